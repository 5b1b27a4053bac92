// How far a batch is: the figures that a person or a program is shown while a run is under way, and their shapes.

import DurableQueue
import Foundation
import Pacing
import Provisioning

struct Progress {
  /// When the service is asked next what became of the requests without an answer.
  enum Look {
    case now
    case after(Duration)
  }

  var tally: Tally
  /// What was measured lately; nil while that is too little to say.
  var pace: MeasuredPace?
  /// The limit that is known; nil where none is, and where nobody runs the batch.
  var quota: Quota?
  /// How long nothing is sent, and why; nil while something is.
  var wait: (length: Duration, reason: Reason?)?
  /// Nil while nothing is in doubt, or that is not known.
  var look: Look?
  /// Whether the service is asked what there is, before anything is sent.
  var isProbing = false

  /// Rows that a run can do something about: an invalid or cancelled one is none of them.
  private var doableCount: Int { tally.rowCount - tally.invalidCount - tally[.cancelled] }
  private var finishedCount: Int { tally[.done] + tally[.failed] }
  private var waitingCount: Int { tally[.ready] + tally[.leased] }

  /// How long it takes until all is sent: never less than the limit makes it, and no less than it takes at the pace of
  /// late; nil when nothing tells.
  private var timeLeft: Duration? {
    guard wait == nil, waitingCount > 0 else { return nil }
    var lengths: [Duration] = []
    // From any instant: nothing of the limit counts as used, as in the plan.
    let start = Instant(microseconds: 1_000_000_000_000_000)
    if let quota { lengths.append(quota.forecast(of: waitingCount, from: QuotaState(), at: start) - start) }
    if let pace, quota != nil || pace.isSettled {
      let seconds = Double(waitingCount) / pace.perSecond
      guard seconds < 1e9 else { return nil }
      lengths.append(.microseconds(Int64(seconds * 1_000_000)))
    }
    return lengths.max()
  }

  // MARK: - Texts

  /// A part of the line, with shorter texts for where it does not fit.
  private struct Part {
    let texts: [String]
    /// The lowest is left out last.
    let rank: Int
    var style = StyledText.Style.dim
  }

  private var waitTexts: [String] {
    guard let wait else { return [] }
    let short = "waiting \(wait.length.forecastText)"
    let reason = wait.reason?.displayTextWhileWaiting.split(separator: ":").first.map(String.init)
    let reasons = [reason ?? "the service asked", wait.reason.flatMap(Self.shortText)].compactMap(\.self)
    return reasons.map { "\(short): \($0)" } + [short]
  }

  /// A reason in a word or two; nil where the usual words are as short.
  private static func shortText(_ reason: Reason) -> String? {
    switch reason {
    case .usedUp: "limit used up"
    case .keyQuota: "quota used up"
    case .unreachable: "unreachable"
    case .unknown: "no answers"
    case .foreign: "foreign answers"
    default: nil
    }
  }

  private var doubtTexts: [String] {
    let count = tally[.inDoubt]
    guard count > 0 else { return [] }
    let unknown = count == 1 ? "1 answer unknown" : "\(count) answers unknown"
    switch look {
    case nil: return [unknown]
    case .now: return ["\(unknown): asking the service", unknown]
    case .after(let length):
      let time = length.forecastText
      return ["\(unknown): asking the service in \(time)", "\(unknown): asking in \(time)", unknown]
    }
  }

  private var paceText: String? {
    let limit = quota?.rate.perSecond
    guard let pace else { return nil }
    let text = Rate.text(perSecond: pace.perSecond, beside: limit)
    return limit.map { "\(text) of \(Rate.text(perSecond: $0))" } ?? text
  }

  /// In the order in which they stand in the line.
  private var parts: [Part] {
    let done = "\(tally[.done])/\(doableCount)"
    var parts = [
      Part(texts: ["\(done) done", done], rank: 0, style: .plain),
      Part(texts: tally[.failed] > 0 ? ["\(tally[.failed]) failed"] : [], rank: 1, style: .red),
      Part(texts: waitTexts, rank: 2, style: .plain),
      Part(texts: doubtTexts, rank: 3, style: .plain),
    ]
    if isProbing, wait == nil { parts.append(Part(texts: ["asking the service what there is"], rank: 3)) }
    if waitingCount > 0 { parts.append(Part(texts: ["\(waitingCount) waiting"], rank: 6)) }
    if wait == nil, !isProbing, waitingCount > 0 {
      parts.append(Part(texts: [paceText].compactMap(\.self), rank: 5))
      parts.append(Part(texts: [timeLeft.map { "\($0.forecastText) left" }].compactMap(\.self), rank: 4))
    }
    return parts.filter { !$0.texts.isEmpty }
  }

  private static let separator = ", "

  /// All of it, for a log.
  var text: String { parts.compactMap(\.texts.first).joined(separator: Self.separator) }

  /// One line for a terminal as wide as it is now; one that wraps could not be drawn over.
  func line(on terminal: Context) -> [StyledText] { line(columns: (terminal.terminalWidth() ?? 80) - 1) }

  /// One line for a terminal that can be drawn over: a bar whose length depends on the terminal alone, and beside it what
  /// fits of the rest, in whole words; the least important is left out first. ASCII, because what is wide and what is not
  /// is told alike by every terminal there.
  func line(columns: Int) -> [StyledText] {
    let bar = bar(columns: columns)
    var room = columns - bar.count
    var chosen: [(order: Int, text: StyledText)] = []
    for (order, part) in parts.enumerated().sorted(by: { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) })
    {
      let gap = chosen.isEmpty ? 0 : Self.separator.count
      guard let text = part.texts.first(where: { $0.count + gap <= room }) else { continue }
      room -= text.count + gap
      chosen.append((order, StyledText(text, part.style)))
    }
    let texts = chosen.sorted { $0.order < $1.order }.map(\.text)
    return [StyledText(bar)]
      + texts.enumerated().flatMap { index, text in
        index == 0 ? [text] : [StyledText(Self.separator, .dim), text]
      }
  }

  /// The bar and a blank; nothing where the terminal is too narrow for both bar and text.
  private func bar(columns: Int) -> String {
    let length = columns >= 99 ? 24 : columns >= 59 ? 12 : columns >= 39 ? 8 : 0
    guard length > 0, doableCount > 0 else { return "" }
    let filled = finishedCount * length / doableCount
    let isUnderWay = filled > 0 && filled < length
    let full = isUnderWay ? String(repeating: "=", count: filled - 1) + ">" : String(repeating: "=", count: filled)
    return "[\(full)\(String(repeating: " ", count: length - filled))] "
  }

  /// For programs; members that do not apply are left out.
  func members(at now: Instant) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "at": .string(now.rfc3339()), "rowCount": .integer(Int64(tally.rowCount)),
      "done": .integer(Int64(tally[.done])), "failed": .integer(Int64(tally[.failed])),
      "cancelled": .integer(Int64(tally[.cancelled])), "invalid": .integer(Int64(tally.invalidCount)),
      "waiting": .integer(Int64(waitingCount)), "answerUnknown": .integer(Int64(tally[.inDoubt])),
      "finishedPerMinute": .integer(Int64(((pace?.perSecond ?? 0) * 60).rounded())),
    ]
    if let quota { members["limit"] = .string(Rate.text(perSecond: quota.rate.perSecond)) }
    if let wait {
      members["waitSeconds"] = .integer(wait.length.wholeSeconds)
      members["waitReason"] = wait.reason.map { .string($0.rawValue) }
      members["reason"] = members["waitReason"]
    }
    if tally[.inDoubt] > 0, case .after(let length) = look {
      members["askingInSeconds"] = .integer(length.wholeSeconds)
    }
    if let timeLeft { members["secondsLeft"] = .integer(timeLeft.wholeSeconds) }
    return members
  }
}

extension Duration {
  fileprivate var wholeSeconds: Int64 { Int64(seconds.rounded(.up)) }
}
