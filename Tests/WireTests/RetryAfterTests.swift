import Pacing
import Testing

@testable import Wire

@Suite struct RetryAfterTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  @Test func `Retry-After is meant by the Date of the same reply`() {
    let date = "Tue, 14 Nov 2023 22:20:00 GMT"
    let headers = ["retry-after": "Tue, 14 Nov 2023 22:20:09 GMT", "date": date]
    #expect(Reply(status: 503, headers: headers).retryAfter(at: Self.now)?.wait == .seconds(9))
    #expect(Reply(status: 503, headers: ["date": date]).retryAfter(at: Self.now) == nil)
    #expect(Reply(status: 503, headers: headers).date == Self.now + .seconds(400))
  }
}
