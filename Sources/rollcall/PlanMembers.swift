// The plan for programs.

import BulkImport
import DataForest
import DurableQueue
import Pacing
import Provisioning

extension Plan {
  /// What a run would do, in the terms of the plan that people see.
  func members(at now: Instant) -> JSONValue {
    let (summary, facts) = (check.summary, check.facts)
    return .members([
      "endpoint": .string(check.endpoint.baseURL.text), "accounts": .texts(facts.accounts),
      "accountCount": .count(facts.accountCount), "rowCount": .count(check.rowCount), "counts": counts,
      "toCreateCount": .count(createCount), "firstName": facts.firstName.map(JSONValue.string),
      "lastName": facts.lastName.map(JSONValue.string), "gpuCount": .count(facts.gpuCount),
      "sent": .texts(summary.sent), "carried": .texts(summary.staying), "dropped": .texts(summary.dropped),
      "pace": pace(at: now), "waitUntil": wait.map { .time($0.until) },
      "held": .texts(holds.map(\.account).filter(facts.accounts.contains)),
    ])
  }

  /// Rows by what they are to the queue.
  private var counts: JSONValue {
    let comparison = check.comparison
    return .object([
      "new": .count(comparison.newCount), "done": .count(comparison[.done]),
      "failedBefore": .count(comparison[.failed] - comparison.conflictCount),
      "conflict": .count(comparison.conflictCount), "ready": .count(comparison[.ready]),
      "leased": .count(comparison[.leased]), "inDoubt": .count(comparison[.inDoubt]),
      "back": .count(comparison.backCount), "cancelled": .count(comparison[.cancelled] - comparison.backCount),
      "gone": .count(comparison.goneCount), "changed": .count(comparison.changed[.done] ?? 0),
      "reassigned": .count(comparison.reassignedCount), "renamed": .count(comparison.renamedCount),
      "invalid": .count(check.invalidCount),
    ])
  }

  private func pace(at now: Instant) -> JSONValue {
    let quota = limit.quota
    let begin = max(now, wait?.until ?? now)
    let done = quota.forecast(of: createCount + check.facts.accountCount, from: state, at: begin)
    return .members([
      "source": .string(limit.source.rawValue), "rate": .string(quota.rate.description), "burst": .count(quota.burst),
      "windows": .texts(quota.windows.map(\.description)),
      "forecastSeconds": createCount > 0 ? .seconds(done - now) : nil,
    ])
  }

  /// Shows it to people, unless they are to be left alone, and to programs.
  func tell(quietly: Bool, in context: Context) {
    let now = context.time.now()
    context.answer(["plan": members(at: now)])
    guard !quietly else { return }
    guard !context.machine.logsObjects else {
      return context.tell(lines: lines(at: now), as: .plan, ["plan": members(at: now)])
    }
    for line in lines(at: now) { context.tell(line, wrappedTo: 12) }
  }
}
