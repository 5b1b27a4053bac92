import Pacing
import Testing

@testable import Wire

@Suite struct RateLimitHeadersTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  struct Row: Sendable {
    let headers: [String: String]
    let remaining: Int?
    let seconds: Double?
  }

  private static let rows: [Row] = [
    Row(headers: ["ratelimit": #""default";r=0;t=30"#], remaining: 0, seconds: 30),
    Row(headers: ["ratelimit": "limit=100, remaining=7, reset=5"], remaining: 7, seconds: 5),
    Row(headers: ["ratelimit-remaining": "0", "ratelimit-reset": "12"], remaining: 0, seconds: 12),
    Row(headers: ["x-ratelimit-remaining": "3", "x-ratelimit-reset": "1700000060"], remaining: 3, seconds: 60),
    Row(headers: ["x-rate-limit-remaining": "0", "x-rate-limit-reset": "1700000060000"], remaining: 0, seconds: 60),
    Row(headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000060000000"], remaining: 0, seconds: 60),
    Row(headers: ["ratelimit": "r=0;t=1.5", "ratelimit-remaining": "9"], remaining: 0, seconds: 1.5),
    Row(headers: ["x-ratelimit-reset": "7"], remaining: nil, seconds: 7),
    Row(headers: ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000"], remaining: 0, seconds: nil),
    Row(headers: ["ratelimit": "r=0;t=inf"], remaining: 0, seconds: nil),
    Row(headers: ["x-ratelimit-remaining": "0"], remaining: 0, seconds: nil),
    Row(headers: ["ratelimit": "r=0;t=31622400"], remaining: 0, seconds: nil),
    Row(headers: ["ratelimit-remaining": "-1", "ratelimit-reset": "5"], remaining: nil, seconds: 5),
    Row(headers: ["ratelimit": #""day";r=0;t=86400"#], remaining: 0, seconds: 3_600),
  ]

  @Test(arguments: rows)
  func `what a service tells of its limit is read`(row: Row) {
    let told = RateLimitHeaders(Reply(status: 200, headers: row.headers), at: Self.now)
    #expect(told?.remaining == row.remaining && told?.reset?.wait == row.seconds.map { .seconds($0) }, "\(row)")
  }

  @Test(
    arguments: [
      [:], ["ratelimit": "nonsense"], ["ratelimit": "r=-1;t=-5"], ["x-ratelimit-remaining": "x"],
    ] as [[String: String]])
  func `what cannot be read is none`(headers: [String: String]) {
    #expect(RateLimitHeaders(Reply(status: 200, headers: headers), at: Self.now) == nil, "\(headers)")
  }
}
