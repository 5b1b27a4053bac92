import DurableQueue
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import rollcall

/// What the plan says of the pace, and that the line of the run says the same.
@Suite struct PaceForecastTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  private static func limit(_ rate: String, _ source: Limit.Source, burst: Int = 2, windows: [String] = []) -> Limit {
    let quota = Quota(
      rate: Rate(rate) ?? .untilLearned, burst: burst, windows: windows.compactMap { Rate($0).flatMap(Window.init) })
    return Limit(quota: quota, source: source)
  }

  private static func text(_ limit: Limit, _ createCount: Int) -> String {
    PaceForecast(limit: limit, createCount: createCount, accountCount: 1).text(at: now)
  }

  @Test func `each kind of limit has its words, and none says more than is known`() {
    let texts = [
      Self.text(.standard, 0), Self.text(.standard, 30), Self.text(.standard, 70_264),
      // As far as learning goes, which no service has ever refused.
      Self.text(Self.limit("600000/m", .standard, burst: 500), 70_264),
      Self.text(Self.limit("240/m", .standard), 30),
      Self.text(Self.limit("4/s", .flag), 30), Self.text(Self.limit("600000/m", .flag), 70_264),
      Self.text(Self.limit("500/s", .flag), 64), Self.text(Self.limit("100/m", .flag), 30),
      Self.text(Self.limit("10/s", .flag, windows: ["500/day"]), 1_200),
      Self.text(Self.limit("2911/m", .learned), 3), Self.text(Self.limit("2911/m", .learned), 70_264),
      Self.text(Self.limit("6/m", .learned), 30),
    ]
    #expect(
      texts.map { $0 + "\n" }.joined() == """
        2/s, burst 2, until a limit is known
        2/s, burst 2, until a limit is known: 30 creates in about 15 s, less if the service allows more, done by 2023-11-14T22:13:34Z
        2/s, burst 2, until a limit is known: 70264 creates in about 9 h 45 min, less if the service allows more, done by 2023-11-15T07:58:51Z
        at least 1750/s, no limit was met so far: 70264 creates in about 40 s, less if the service allows more, done by 2023-11-14T22:14:00Z
        at least 2/s, no limit was met so far: 30 creates in about 15 s, less if the service allows more, done by 2023-11-14T22:13:34Z
        4/s, burst 2 (--rate): 30 creates in about 7 s, done 2023-11-14T22:13:27Z
        10000/s, burst 2 (--rate): 70264 creates in 7 s or more, as fast as the service answers, done 2023-11-14T22:13:27Z at the earliest
        500/s, burst 2 (--rate): 64 creates in about 1 s, done 2023-11-14T22:13:20Z
        100/m, burst 2 (--rate): 30 creates in about 17 s, done 2023-11-14T22:13:37Z
        10/s, burst 2, 500/day (--rate): 1200 creates in about 2 d, done 2023-11-16T22:30:19Z
        about 49/s (learned): 3 creates in about 1 s, done by 2023-11-14T22:13:20Z
        about 49/s (learned): 70264 creates in 24 min 8 s to 36 min 12 s, done by 2023-11-14T22:49:32Z
        about 6/m (learned): 30 creates in 4 min 50 s to 7 min 15 s, done by 2023-11-14T22:20:35Z

        """)
  }

  @Test(arguments: ["/m", "/s", "/h", "/day"])
  func `no text has a number that nobody can picture, or a range that is nothing`(period: String) {
    for source in [Limit.Source.standard, .flag, .learned] {
      for count in [1, 2, 59, 60, 61, 100, 999, 1_000, 12_345, 600_000, 1_000_000] {
        for creates in [1, 2, 100, 70_264] {
          let text = Self.text(Self.limit("\(count)\(period)", source), creates)
          #expect(!text.contains("000/m") && !text.contains(" ms") && !text.contains("at most"), "\(text)")
          #expect(text.contains(/in (about )?[1-9]/), "\(text)")
        }
      }
    }
  }

  @Test(arguments: ["4/s", "30/m", "100/m"])
  func `the line of a run that begins says what the plan has said`(rate: String) throws {
    let limit = Self.limit(rate, .flag)
    let plan = Self.text(limit, 1_199)
    let line = Progress(tally: Tally([.ready: 1_200]), quota: limit.quota).text
    let length = try #require(plan.firstMatch(of: /in about (.*), done/)?.1)
    #expect(line.hasSuffix(", \(length) left"), "\(line)")
  }
}
