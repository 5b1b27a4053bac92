// `rollcall list`: the courses, a line each; with --batches every version of their rosters.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning
import Words

struct ListVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show all courses: how far each is, and how its last run ended.")

  @Flag(help: "Show every version of every roster instead, the oldest first.")
  var batches = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let courses = try Self.courses(queue, at: context.time.now())
    let all = try queue.batches().map { (batch: $0, tally: try queue.tally(of: $0.id)) }
    context.answer([
      "courses": .array(courses.map(\.members)), "batches": .array(all.map { .object($0.batch.members($0.tally)) }),
    ])
    let lines = batches ? Self.lines(all, context) : try Self.lines(courses, queue, context)
    for line in lines { context.show(line) }
  }

  // MARK: - Courses

  private static func courses(_ queue: Queue, at now: Instant) throws -> [CourseLine] {
    try queue.courses().map { state in
      let waits = state.tally.unfinishedCount > 0 ? try queue.waits(baseURL: state.baseURL) : []
      return CourseLine(state: state, keyWait: waits.first, now: now)
    }.sorted { $0.order.lexicographicallyPrecedes($1.order) }
  }

  private static func lines(_ courses: [CourseLine], _ queue: Queue, _ context: Context) throws -> [String] {
    let names = CourseNames(Set(courses.map(\.course)))
    let lines = TextTable.lines(
      of: courses.map { $0.cells(names) }, numbers: CourseLine.numbers, columns: context.outputWidth())
    let baseURLs = Set(courses.map(\.course.baseURL)).sorted { $0.text < $1.text }
    let holds = try baseURLs.flatMap { baseURL in
      try queue.holds(baseURL: baseURL).map {
        "Account \($0.account) at \(baseURL) is held: \($0.text); a run tries it again."
      }
    }
    return lines + holds
  }

  // MARK: - Batches

  private static func lines(_ batches: [(batch: Batch, tally: Tally)], _ context: Context) -> [String] {
    let rows = batches.map { batch, tally in
      var parts = ItemState.allCases.filter { tally[$0] > 0 }.map { "\(tally[$0]) \($0.displayName)" }
      if tally.invalidCount > 0 { parts.append("\(tally.invalidCount) invalid") }
      return [
        "\(batch.id.rawValue)", batch.importedAt.rfc3339(), batch.shortLabel, batch.baseURL.text,
        parts.joined(separator: ", "),
      ]
    }
    return TextTable.lines(of: rows, numbers: [0], columns: context.outputWidth())
  }
}

/// A course's line.
private struct CourseLine {
  /// The columns of numbers.
  static let numbers: Set = [0, 3, 4, 5, 6]

  let state: CourseState
  /// What everything at its endpoint waits for.
  let keyWait: KeyWait?
  let now: Instant

  var course: Course { Course(service: "", baseURL: state.baseURL, label: state.label) }

  func cells(_ names: CourseNames) -> [String] {
    let tally = state.tally
    func counted(_ count: Int, _ word: String) -> String { count > 0 ? "\(count) \(word)" : "" }
    return [
      state.batch.map { "\($0.id.rawValue)" } ?? "", names.name(of: course), names.endpoint(of: course),
      state.batch == nil ? "" : "\(tally[.done])/\(tally.rowCount) made",
      counted(tally[.failed] + tally.invalidCount, "failed"), counted(state.changedCount, "changed"),
      counted(tally.unfinishedCount, "waiting"), tail,
    ]
  }

  /// How its last run ended, and what else keeps rows from being made.
  private var tail: String {
    let cancelled = state.tally[.cancelled]
    return [
      state.lastRun.map { RunWords.sentence($0, now: now) } ?? "Never run.", wait.map { "\($0)." },
      cancelled > 0 ? "\(cancelled) cancelled." : nil,
    ].compactMap(\.self).joined(separator: " ")
  }

  /// Why rows wait, unless the last run has said it.
  private var wait: String? {
    let said = state.lastRun?.end
    if let hold = state.holds.first {
      return said?.message.contains(hold.account) == true ? nil : "Account \(hold.account) is held"
    }
    if let keyWait {
      return "Nothing is sent until \(RunWords.clock(keyWait.until, now: now)): \(keyWait.text)"
    }
    let doubts = state.tally[.inDoubt]
    if doubts > 0 { return doubts == 1 ? "1 answer is unknown" : "\(doubts) answers are unknown" }
    guard let reason = state.waitReason, reason != .notSent, reason.rawValue != said?.reason,
      said?.message.contains(reason.displayText) != true
    else { return nil }
    return "Waiting: \(reason.displayText)\(state.waitMessage.map { " (\($0))" } ?? "")"
  }

  /// What courses are sorted by.
  var order: [String] { [course.shortLabel, course.label, course.baseURL.text] }

  /// For programs; a course that never had a roster has no batch and no counts.
  var members: JSONValue {
    var members: [String: JSONValue?] = state.batch?.members(state.tally) ?? [:]
    members["label"] = .string(state.label)
    members["endpoint"] = .string(state.baseURL.text)
    if state.batch != nil { members["changedCount"] = .count(state.changedCount) }
    members["holds"] = .array(
      state.holds.map { hold in
        .members([
          "account": .string(hold.account), "reason": .string(hold.reason.rawValue),
          "message": hold.message.map(JSONValue.string),
        ])
      })
    members["wait"] = keyWait.map { wait in
      .members([
        "until": .time(wait.until), "reason": .string(wait.reason.rawValue),
        "message": wait.message.map(JSONValue.string),
      ])
    }
    members["waitReason"] = state.waitReason.map { .string($0.rawValue) }
    members["lastRun"] = state.lastRun?.members
    return .members(members)
  }
}
