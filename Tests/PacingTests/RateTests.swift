import Pacing
import Testing

@Suite struct RateTests {
  @Test(arguments: [
    ("10/s", "10/s"), ("2880/m", "48/s"), ("90/m", "1.5/s"), ("600000/m", "10000/s"), ("999999/m", "16667/s"),
    ("100/m", "100/m"), ("60/m", "1/s"), ("59/m", "59/m"), ("6/m", "6/m"), ("1/m", "1/m"), ("5000/h", "5000/h"),
    ("500/day", "500/day"),
  ])
  func `people read a rate by the second, a slow one by the minute, and what that would round as it was written`(
    written: String, read: String
  ) throws {
    #expect(try #require(Rate(written)).displayText == read)
  }

  @Test(
    arguments: [
      (10_000, nil, "10000/s"), (8.33, nil, "8.3/s"), (9.96, nil, "10/s"), (1, nil, "1/s"), (0.5, nil, "30/m"),
      (0.5, 2, "0.5/s"), (0.004, nil, "14/h"), (0.00001, nil, "0.9/day"), (0, nil, "0/s"), (0.45, 0.5, "27/m"),
      (0, 0.5, "0/m"),
    ] as [(Double, Double?, String)])
  func `a measured pace is told in a unit in which it is a number that people can picture`(
    perSecond: Double, other: Double?, text: String
  ) {
    #expect(Rate.text(perSecond: perSecond, beside: other) == text)
  }

  @Test(arguments: [
    ("1/s", 1, Rate.Period.second), ("10/s", 10, .second), ("90/m", 90, .minute), ("5000/h", 5_000, .hour),
    ("500/day", 500, .day), ("1000000/s", 1_000_000, .second), ("007/s", 7, .second),
  ])
  func `a rate is read as people write it`(text: String, count: Int, period: Rate.Period) throws {
    let rate = try #require(Rate(text))
    #expect(rate.count == count)
    #expect(rate.period == period)
    #expect(rate == Rate(count, per: period))
  }

  @Test(arguments: [
    "", "/", "/s", "10", "10/", "10/sec", "10/S", "10/d", "10/days", "10/s/s", "10 / s", " 10/s", "10/s ", "0/s",
    "-1/s",
    "+1/s", "1.5/s", "1e3/s", "1000001/s", "99999999999999999999/s", "１０/s", "ten/s",
  ])
  func `anything else is no rate`(text: String) {
    #expect(Rate(text) == nil)
  }

  @Test func `a rate written out reads back as itself`() throws {
    for period in Rate.Period.allCases {
      for count in [1, 2, 300, Rate.largestCount] {
        let rate = try #require(Rate(count, per: period))
        #expect(Rate(rate.description) == rate)
      }
    }
  }

  @Test(arguments: [
    ("1/s", 1_000_000), ("3/s", 333_334), ("300/s", 3_334), ("1000/s", 1_000), ("1000000/s", 1), ("60/m", 1_000_000),
    ("7/m", 8_571_429), ("5000/h", 720_000), ("500/day", 172_800_000), ("1000000/day", 86_400),
  ])
  func `the interval is rounded up to a microsecond`(text: String, microseconds: Int) throws {
    #expect(try #require(Rate(text)).interval == .microseconds(microseconds))
  }

  @Test func `as many intervals as the count are never shorter than the period`() throws {
    for period in Rate.Period.allCases {
      for count in 1...2_000 {
        let rate = try #require(Rate(count, per: period))
        #expect(rate.interval * count >= period.duration, "\(rate)")
        #expect((rate.interval - .microseconds(1)) * count < period.duration, "\(rate)")
      }
    }
  }

  @Test(arguments: [("10/s", 10.0), ("90/m", 1.5), ("7200/h", 2), ("86400/day", 1)])
  func `a rate is told in permits a second`(text: String, perSecond: Double) throws {
    #expect(try #require(Rate(text)).perSecond == perSecond)
  }
}
