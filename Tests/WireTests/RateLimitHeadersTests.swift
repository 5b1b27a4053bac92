import Pacing
import Testing

@testable import Wire

@Suite struct RateLimitHeadersTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  @Test(arguments: [
    (["ratelimit": #""default";r=0;t=30"#], 0, 30), (["ratelimit": "limit=100, remaining=7, reset=5"], 7, 5),
    (["ratelimit-remaining": "0", "ratelimit-reset": "12"], 0, 12),
    (["x-ratelimit-remaining": "3", "x-ratelimit-reset": "1700000060"], 3, 60),
    (["x-rate-limit-remaining": "0", "x-rate-limit-reset": "1700000060000"], 0, 60),
    (["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000060000000"], 0, 60),
    (["ratelimit": "r=0;t=1.5", "ratelimit-remaining": "9"], 0, 1.5), (["x-ratelimit-reset": "7"], nil, 7),
    (["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000"], 0, nil), (["ratelimit": "r=0;t=inf"], 0, nil),
    (["x-ratelimit-remaining": "0"], 0, nil), (["ratelimit": "r=0;t=31622400"], 0, nil),
    (["ratelimit-remaining": "-1", "ratelimit-reset": "5"], nil, 5), (["ratelimit": #""day";r=0;t=86400"#], 0, 3_600),
  ])
  func `what a service tells of its limit is read`(headers: [String: String], remaining: Int?, seconds: Double?) {
    let told = RateLimitHeaders(Reply(status: 200, headers: headers), at: Self.now)
    #expect(told?.remaining == remaining && told?.reset?.wait == seconds.map { .seconds($0) }, "\(headers)")
  }

  @Test(arguments: [
    [:], ["ratelimit": "nonsense"], ["ratelimit": "r=-1;t=-5"], ["x-ratelimit-remaining": "x"],
  ])
  func `what cannot be read is none`(headers: [String: String]) {
    #expect(RateLimitHeaders(Reply(status: 200, headers: headers), at: Self.now) == nil, "\(headers)")
  }
}
