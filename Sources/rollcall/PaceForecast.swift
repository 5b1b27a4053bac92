// The plan's line about the pace: what the limit is and where it comes from, and how long the creates will take.

import DurableQueue
import Pacing
import WorkerPool

struct PaceForecast {
  /// Up to this pace, or with no more creates than are awaited at once, it is the limit that decides how long a run takes;
  /// else it may be the service's answers.
  private static let surePerSecond = 50.0

  let limit: Limit
  /// Where the limit stands.
  var state = QuotaState()
  let createCount: Int
  /// The probe of each account takes a permit too.
  let accountCount: Int

  /// The line, of a run that may send from `begin` on.
  func text(from begin: Instant? = nil, at now: Instant) -> String {
    createCount > 0 ? "\(pace): \(forecast(from: max(now, begin ?? now), at: now))" : pace
  }

  private var pace: String {
    let windows = limit.quota.windows.map { ", \($0)" }.joined()
    let (rate, burst) = (limit.quota.rate, limit.quota.burst)
    switch limit.source {
    case .standard where limit.isTried:
      return "at least \(Rate.text(perSecond: limit.provenPerSecond)), no limit was met so far\(windows)"
    case .standard: return "\(rate.displayText), burst \(burst), until a limit is known\(windows)"
    case .flag:
      let said = limit.at.map { ", said \($0.rfc3339())" } ?? ""
      return "\(rate.displayText), burst \(burst)\(windows) (--rate\(said))"
    case .learned:
      let learned = limit.at.map { " \($0.rfc3339())" } ?? ""
      return "about \(Rate.text(perSecond: rate.perSecond)) (learned\(learned))\(windows)"
    }
  }

  /// A learned pace may turn out slower, and an unknown one faster.
  private func forecast(from begin: Instant, at now: Instant) -> String {
    let done = limit.forecast(of: createCount + accountCount, from: state, at: begin)
    let creates = createCount.of("create")
    let time = (done - now).forecastText
    switch limit.source {
    case .flag where limit.quota.rate.perSecond > Self.surePerSecond && createCount > Rules.mostConcurrency:
      return "\(creates) in \(time) or more, as fast as the service answers, done \(done.rfc3339()) at the earliest"
    case .flag: return "\(creates) in about \(time), done \(done.rfc3339())"
    case .standard: return "\(creates) in about \(time), less if the service allows more, done by \(done.rfc3339())"
    case .learned:
      let latest = now + (done - now) * 3 / 2
      let latestTime = (latest - now).forecastText
      let range = time == latestTime ? "about \(time)" : "\(time) to \(latestTime)"
      return "\(creates) in \(range), done by \(latest.rfc3339())"
    }
  }
}
