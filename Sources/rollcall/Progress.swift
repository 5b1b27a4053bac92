// How far a batch is: the figures that a person or a program is shown while a run is under way, and their shapes.

import Foundation
import Pacing
import Provisioning

struct Progress {
  var tally: Tally
  /// Items finished a second; 0 while it is unknown.
  var pace: Double
  /// The limit; nil where nobody runs the batch.
  var limit: Rate?
  /// How long nothing is sent, and why; nil while something is.
  var wait: (length: Duration, reason: Reason?)?

  private var finishedCount: Int { tally[.done] + tally[.failed] + tally[.cancelled] }
  private var waitingCount: Int { tally[.ready] + tally[.leased] }

  /// How long it takes until all is sent, by the pace so far; nil when that says nothing: what is left waits for something
  /// else then, such as a list or an account.
  private var timeLeft: Duration? {
    guard pace > 0, Double(waitingCount) >= pace, Double(waitingCount) / pace < 1e9 else { return nil }
    return .microseconds(Int64(Double(waitingCount) / pace * 1_000_000))
  }

  /// Why nothing moves, as display text.
  private var waitText: String? {
    wait.map { wait in
      let reason = wait.reason?.displayTextWhileWaiting.split(separator: ":").first.map(String.init)
      return "waiting \(wait.length.displayText): \(reason ?? "the service asked")"
    }
  }

  private var parts: [String] {
    var parts = ["\(tally[.done])/\(tally.rowCount) done", "\(tally[.failed]) failed", "\(waitingCount) waiting"]
    if tally[.inDoubt] > 0 { parts.append("\(tally[.inDoubt]) answer unknown") }
    if let limit { parts.append("\(String(format: "%.1f", pace))/s of \(limit.textPerSecond)") }
    if let waitText {
      parts.append(waitText)
    } else if tally[.inDoubt] > 0, waitingCount == 0 {
      parts.append("asking the service's list")
    } else if let timeLeft {
      parts.append("\(timeLeft.displayText) left")
    }
    return parts
  }

  var text: String { parts.joined(separator: " · ") }

  /// One line for a terminal as wide as it is now; one that wraps could not be drawn over.
  func bar(on terminal: Context) -> String {
    bar(columns: (terminal.terminalWidth() ?? 80) - 1, isUTF8: terminal.isUTF8)
  }

  /// One line for a terminal that can be drawn over: a bar, and what fits beside it; the least important is left out first.
  func bar(columns: Int, isUTF8: Bool) -> String {
    let separator = isUTF8 ? " · " : ", "
    var parts = parts
    // While nothing moves the reason is what people look for.
    if waitText != nil, parts.count > 1 { parts.insert(parts.removeLast(), at: 1) }
    while parts.count > 1, parts.joined(separator: separator).count > columns { parts.removeLast() }
    let text = String(parts.joined(separator: separator).prefix(max(0, columns)))
    let room = min(24, columns - text.count - 3)
    guard room >= 6, tally.rowCount > 0 else { return text }
    let filled = finishedCount * room / tally.rowCount
    let (full, empty) = isUTF8 ? ("█", "░") : ("#", "-")
    return "[\(String(repeating: full, count: filled))\(String(repeating: empty, count: room - filled))] \(text)"
  }

  /// One line for programs; members that do not apply are left out. Version 1.
  func json(at now: Instant) -> String {
    var members: [String: JSONValue] = [
      "schemaVersion": .integer(1), "at": .string(now.rfc3339()), "rowCount": .integer(Int64(tally.rowCount)),
      "done": .integer(Int64(tally[.done])), "failed": .integer(Int64(tally[.failed])),
      "cancelled": .integer(Int64(tally[.cancelled])), "waiting": .integer(Int64(waitingCount)),
      "answerUnknown": .integer(Int64(tally[.inDoubt])),
      "finishedPerMinute": .integer(Int64((pace * 60).rounded())),
    ]
    if let limit { members["limit"] = .string(limit.description) }
    if let wait {
      members["waitSeconds"] = .integer(Int64(wait.length.seconds.rounded(.up)))
      members["waitReason"] = wait.reason.map { .string($0.rawValue) }
    }
    if let timeLeft { members["secondsLeft"] = .integer(Int64(timeLeft.seconds.rounded(.up))) }
    return JSONValue.object(members).canonicalText
  }
}
