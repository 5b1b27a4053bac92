// `rollcall runs [COURSE]`: when somebody worked on a course, and how that ended.

import ArgumentParser
import DurableQueue
import Pacing
import Provisioning
import Words

struct RunsVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "Show the runs of a course and how each ended, the last one first.")

  @Argument(help: "The course: its label, the last part of that, or a batch's number (all courses unless given).")
  var course: String?
  @Option(help: "So many at most.")
  var limit = 30
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let found = try runs(in: queue)
    let shown = Array(found.prefix(limit))
    context.answer(["runs": .array(shown.map(\.members))])
    for line in Self.lines(shown, at: context.time.now(), columns: context.outputWidth()) { context.show(line) }
    if shown.isEmpty { context.advise("No run is remembered.") }
    if found.count > limit { context.advise("There are older ones: --limit says how many are shown.") }
  }

  /// One more than are shown, where there are.
  private func runs(in queue: Queue) throws -> [RunRecord] {
    guard let course else { return try queue.runs(atMost: limit + 1) }
    let found = try Self.courses(course, in: queue).flatMap { try queue.runs(of: $0, atMost: limit + 1) }
    return Array(found.sorted { $0.id > $1.id }.prefix(limit + 1))
  }

  /// The courses that a person means: by a batch's number, a label, the last part of one, or the
  /// beginning of that.
  private static func courses(_ text: String, in queue: Queue) throws -> [Course] {
    if let number = Int64(text), let batch = try queue.batch(BatchID(number)) { return [batch.course] }
    let all = try queue.courseLabels()
    let short = all.map { ($0, $0.shortLabel) }
    let isMeant: [(Course, String) -> Bool] = [
      { $0.label == text || $1 == text }, { $1.lowercased() == text.lowercased() },
      // Without what the file's name ends with.
      { $1.split(separator: ".").first.map { $0.lowercased() == text.lowercased() } ?? false },
    ]
    for isMeant in isMeant {
      let meant = short.filter(isMeant).map(\.0)
      if !meant.isEmpty { return meant }
    }
    let names = Set(short.map(\.1)).sorted()
    throw CommandError(
      "There is no course '\(text.shown)'\(Suggestion.end(text, among: names))",
      hint: names.isEmpty ? nil : "`rollcall list` shows the courses.", .usage)
  }

  static func lines(_ runs: [RunRecord], at now: Instant, columns: Int?) -> [String] {
    let courses = Set(runs.map(\.course))
    let labels = CourseNames(courses)
    let rows = runs.map { run in
      let start = run.startedAt.localDayAndTime
      return [
        "\(start.day) \(start.time)", run.verb, run.batch.map { "batch \($0.rawValue)" } ?? "",
        courses.count > 1 ? labels.name(of: run.course) : "", run.end.map { "exit \($0.status)" } ?? "",
        RunWords.sentence(run, now: now),
      ]
    }
    return TextTable.lines(of: rows, columns: columns)
  }
}

extension Course {
  /// The label as people see it: the last part of a path.
  var shortLabel: String { label.split(separator: "/").last.map(String.init) ?? label }
}

extension RunRecord {
  /// The course that it was of; a run remembers no service.
  var course: Course { Course(service: "", baseURL: baseURL, label: label) }

  /// For programs; members that do not apply are left out.
  var members: JSONValue {
    .members([
      "label": .string(label), "endpoint": .string(baseURL.text), "verb": .string(verb),
      "batch": batch.map { .integer($0.rawValue) }, "startedAt": .time(startedAt), "isUnderWay": .bool(isUnderWay),
      "endedAt": end.map { .time($0.at) }, "exitStatus": end.map { .count($0.status) },
      "reason": end.map { .string($0.reason) }, "message": end.map { .string($0.message) },
      "rowCount": (end?.counts?.rowCount).map(JSONValue.count),
      "doneCount": (end?.counts?.doneCount).map(JSONValue.count),
      "unsentCount": (end?.counts?.unsentCount).map(JSONValue.count),
    ])
  }
}

/// What courses are called beside each other: the last part of the label where that tells them apart, else the whole.
struct CourseNames {
  private let ambiguous: Set<String>
  private let hasSeveralEndpoints: Bool

  init(_ courses: Set<Course>) {
    var labels: [String: Set<String>] = [:]
    for course in courses { labels[course.shortLabel, default: []].insert(course.label) }
    ambiguous = Set(labels.filter { $0.value.count > 1 }.keys)
    hasSeveralEndpoints = Set(courses.map(\.baseURL)).count > 1
  }

  func name(of course: Course) -> String { ambiguous.contains(course.shortLabel) ? course.label : course.shortLabel }
  /// Empty where all are at one.
  func endpoint(of course: Course) -> String { hasSeveralEndpoints ? course.baseURL.text : "" }
}
