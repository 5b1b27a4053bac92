// What a course remembers: how its roster is read, so that the options are typed once. What this command says counts; what
// it leaves out is as last time, and that is told.

import BulkImport
import DurableQueue
import Foundation
import Provisioning

/// How a course's roster is read.
struct CourseSettings: Hashable {
  private static let templateKey = "template"
  private static let readingKey = "reading"

  /// The template's whole path; nil where there is none.
  var template: String?
  /// What the options say that a template could say, too.
  var reading = TemplateSettings()

  init() {}

  /// What the options of a command say.
  init(of options: ReadingOptions, in context: Context) {
    template = options.template.map(context.absolute)
    reading = options.table.settings
    reading.carry = options.carry.map(\.asHeader)
  }

  /// What the queue has of a course.
  ///
  /// - Throws: `QueueError` when it is no such text.
  init(_ record: CourseRecord, in queue: Queue) throws {
    func damaged(_ detail: String) -> QueueError {
      QueueError(.corrupt, path: queue.path, detail: "the settings of a course cannot be read (\(detail))")
    }
    guard case .success(let value) = Result(catching: { try JSONValue(text: record.settings) }) else {
      throw damaged("no JSON")
    }
    template = value[key: Self.templateKey]?.stringValue
    var problems: [String] = []
    if let text = value[key: Self.readingKey] { reading = TemplateSettings(text, &problems) }
    if let problem = problems.first { throw damaged(problem) }
  }

  /// What of it holds for a course's rows in whatever file they stand.
  fileprivate var ofRows: CourseSettings {
    var settings = CourseSettings()
    settings.template = template
    (settings.reading.drop, settings.reading.carry) = (reading.drop, reading.carry)
    return settings
  }

  /// As the queue has it.
  var text: String {
    var members: [String: JSONValue] = [:]
    members[Self.templateKey] = template.map(JSONValue.string)
    if !reading.isEmpty {
      members[Self.readingKey] = .object(Dictionary(uniqueKeysWithValues: reading.json.map { ($0.key, $0.value) }))
    }
    return JSONValue.object(members).canonicalText
  }
}

extension ReadingOptions {
  /// The options, with what they leave out as a course remembers it.
  ///
  /// - Returns: the options, and those that are as last time, as words of a command line.
  func asLastTime(_ last: CourseSettings) -> (options: ReadingOptions, words: [String]) {
    var (options, words) = (self, [String]())
    func fill<Value>(_ own: inout Value?, _ value: Value?, _ name: String, _ text: (Value) -> String) {
      guard own == nil, let value else { return }
      own = value
      words += [name, text(value)]
    }
    func fill(_ own: inout [RosterOptions.Condition], _ values: [RosterOptions.Condition], _ name: String) {
      guard own.isEmpty else { return }
      own = values
      words += values.flatMap { [name, "\($0.column)=\($0.value)"] }
    }
    // A column that was left out stays so beside others: it was left out for a reason.
    func join(_ own: inout [String], _ values: [String], _ name: String) {
      let known = Set(own.map(\.asHeader))
      let more = values.filter { !known.contains($0) }
      own += more
      words += more.flatMap { [name, $0] }
    }
    fill(&options.template, last.template, "--template") { $0 }
    fill(&options.table.headerLine, last.reading.headerLine, "--header-line") { "\($0)" }
    fill(&options.table.sheet, last.reading.sheet, "--sheet") { $0 }
    fill(&options.table.format, last.reading.format, "--format") { $0.rawValue }
    fill(&options.table.except, last.reading.except, "--except")
    fill(&options.table.only, last.reading.only, "--only")
    join(&options.table.drop, last.reading.drop, "--drop")
    join(&options.carry, last.reading.carry, "--carry")
    if last.reading.allowsNoLineEnd, !options.table.allowNoLineEnd {
      options.table.allowNoLineEnd = true
      words.append("--allow-no-line-end")
    }
    return (options, words)
  }
}

/// What a command knows of its course before it reads the roster.
struct KnownCourse {
  /// The course.
  let course: Course
  /// What the queue has of it; nil where it has no batch yet.
  let record: CourseRecord?
  /// How it was read last time; nil where it has no batch yet, or a person wants it read anew.
  let settings: CourseSettings?

  /// - Parameters:
  ///   - isFresh: whether what is remembered does not count.
  ///   - isMended: whether a report of its own is read, of which what was said of the roster's file does not hold.
  init(_ course: Course, in queue: Queue?, isFresh: Bool, isMended: Bool = false) throws {
    self.course = course
    record = try queue?.course(course)
    let settings =
      try isFresh ? nil : record.flatMap { record in try queue.map { try CourseSettings(record, in: $0) } }
    self.settings = isMended ? settings?.ofRows : settings
  }
}

extension RosterCheck {
  /// Tells which options are as last time.
  ///
  /// - Parameter folder: the folder that the course remembers, where it is used.
  func tellMemory(folder: String? = nil, quiet: Bool = false, in context: Context) {
    let words = asLastTime + (folder.map { ["--out", $0] } ?? [])
    guard !words.isEmpty, !quiet else { return }
    context.tell("As last time: \(words.map(TableOptions.quoted).joined(separator: " ")) (--fresh reads it anew)")
  }

  /// Makes the course remember how it was read, where that is news.
  func remember(in queue: Queue) throws {
    let course = newBatch.course
    guard mended == nil, try queue.course(course)?.settings != settings.text else { return }
    try queue.remember(course, settings: settings.text)
  }
}

extension ReportOptions {
  /// The folder that a course remembers, where the command names none.
  func remembered(_ known: KnownCourse) -> String? { folder == nil ? known.record?.folder : nil }

  /// The same, where it is not the one that is called after the course.
  func toldMemory(_ known: KnownCourse, in context: Context) -> String? {
    guard let record = known.record, let folder = remembered(known) else { return nil }
    return folder == Self.standardFolder(of: known.course, record.id, in: context) ? nil : folder
  }
}
