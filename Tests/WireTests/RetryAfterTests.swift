import Pacing
import Testing

@testable import Wire

@Suite struct RetryAfterTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  @Test(arguments: [
    ("0", Duration.seconds(0)), ("120", .seconds(120)), ("Tue, 14 Nov 2023 22:14:20 GMT", .seconds(60)),
    ("Tue, 14 Nov 2023 22:00:00 GMT", .zero),
  ])
  func `Retry-After is read as seconds or as a date`(text: String, wait: Duration) {
    #expect(Reply(status: 503, headers: ["retry-after": text]).retryAfter(at: Self.now) == wait)
  }

  @Test(arguments: ["", "soon", "-5", "1.5"]) func `a Retry-After that cannot be read counts as none`(text: String) {
    #expect(Reply(status: 503, headers: ["retry-after": text]).retryAfter(at: Self.now) == nil)
  }
}
