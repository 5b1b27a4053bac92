import Pacing
import TestSupport
import Testing

@testable import Wire

/// One function for every header that says when to come back.
@Suite struct ComeBackTests {
  /// 2023-11-14T22:13:20Z.
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  private static let second = Duration.seconds(1)

  @Test(arguments: [
    ("120", 120.0), (" 7 ", 7), ("1.5", 1.5), ("0.25", 0.25), ("\"30\"", 30), ("60, 60", 60), ("60, 120", 120),
    ("1,5", 5), ("+3", 3), ("\"60\", \"90\"", 90), ("3600", 3_600),
    ("Tue, 14 Nov 2023 22:14:20 GMT", 60), ("Tuesday, 14-Nov-23 22:14:20 GMT", 60), ("Tue Nov 14 22:14:20 2023", 60),
    ("Fri Dec  1 22:13:20 2023", 3_600), ("2023-11-14T22:14:20Z", 60), ("2023-11-15T07:14:20.5+09:00", 60.5),
    ("1700000002", 2), ("1700000002000", 2), ("1700000002000000", 2), ("1700000000500", 0.5), ("1700000002.75", 2.75),
  ])
  func `a wait is read in every form`(text: String, seconds: Double) {
    #expect(ComeBack(text, at: Self.now)?.wait == .microseconds(Int64(seconds * 1_000_000)), "\(text)")
  }

  @Test(arguments: [
    "", "soon", "0", "0.0", "-5", "-1700000002", "++5", "1e9", "0x10", "inf", "nan", "1.", ".5", "1.2.3", "5s",
    // The past, in each form.
    "1699999999", "1699999999000", "1699999999999999", "1700000000", "Tue, 14 Nov 2023 22:00:00 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "1970-01-01T00:00:00Z",
    // Neither a stretch of time nor an instant.
    "86400000", "2678401", "31622400", "9999999999", "99999999999999999999999999", "1600000000", "1800000000",
    "Tue, 31 Feb 2024 00:00:00 GMT", "14 Nov 2023", "Tue, 14 Foo 2023 22:14:20 GMT", "Tue, 14 Nov 2023 22:14:20 EST",
  ])
  func `what asks for nothing or makes no sense leaves our own backoff on`(text: String) {
    #expect(ComeBack(text, at: Self.now) == nil, "\(text)")
  }

  @Test(arguments: [
    ("3601", 3_601), ("86400", 86_400), ("2678400", 2_678_400), ("1700086400", 86_400),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799 - 1_700_000_000), ("1700086400000", 86_400),
  ])
  func `more than an hour is waited for an hour, and what was asked is kept`(text: String, asked: Int) {
    let comeBack = ComeBack(text, at: Self.now)
    #expect(comeBack?.wait == .seconds(3_600) && comeBack?.asked == .seconds(asked), "\(text)")
  }

  @Test func `a header in milliseconds is more exact than one in seconds`() {
    let headers = ["retry-after": "5", "retry-after-ms": "4250"]
    #expect(Reply(status: 429, headers: headers).retryAfter(at: Self.now)?.wait == .milliseconds(4_250))
    #expect(
      Reply(status: 429, headers: ["x-ms-retry-after-ms": "70"]).retryAfter(at: Self.now)?.wait == .milliseconds(70))
    let odd = ["retry-after": "5", "retry-after-ms": "soon"]
    #expect(Reply(status: 429, headers: odd).retryAfter(at: Self.now)?.wait == .seconds(5))
    #expect(Reply(status: 429, headers: ["retry-after-ms": "0"]).retryAfter(at: Self.now) == nil)
  }

  @Test func `dates and instants are meant by the service's clock`() {
    let ahead = Self.now + .seconds(400)
    #expect(ComeBack("1700000410", at: Self.now, serviceTime: ahead)?.wait == .seconds(10))
    #expect(ComeBack("Tue, 14 Nov 2023 22:20:10 GMT", at: Self.now, serviceTime: ahead)?.wait == .seconds(10))
    let behind = Self.now - .seconds(400)
    #expect(ComeBack("1699999610", at: Self.now, serviceTime: behind)?.wait == .seconds(10))
    // A Date of a proxy that has no clock.
    let epoch = Instant(microseconds: 0)
    #expect(ComeBack("1700000010", at: Self.now, serviceTime: epoch)?.wait == .seconds(10))
    #expect(ComeBack("Tue, 14 Nov 2023 22:13:30 GMT", at: Self.now, serviceTime: epoch)?.wait == .seconds(10))
  }

  @Test func `whatever a header holds, the wait is more than zero and at most an hour`() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = Array("0123456789.,:-+eE \"GMTuNovZ")
    for round in 0..<200_000 {
      let count = Int.random(in: 0...24, using: &generator)
      let text = String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
      guard let comeBack = ComeBack(text, at: Self.now) else { continue }
      #expect(comeBack.wait > .zero && comeBack.wait <= .seconds(3_600), "seed 7, round \(round): \(text)")
    }
  }
}
