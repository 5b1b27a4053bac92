// How a roster is to be read: the options of `check`, `run` and `import`.

import ArgumentParser
import BulkImport
import DataForest
import DurableQueue
import Files
import Foundation
import Provisioning

/// Which roster, and what its batch is called.
struct RosterArguments: ParsableArguments {
  @Argument(help: "The roster: a table with a header (CSV or .xlsx) or JSON; - is standard input.", completion: .file())
  var roster: String
  @Option(help: "What the batch is called (the roster's path unless given).")
  var label: String?

  func validate() throws {
    if let label, label.allSatisfy(\.isWhitespace) { throw ValidationError("--label needs a text.") }
  }

  /// What the course is called: what was said, or the roster's real path.
  func label(of path: String) -> String { label ?? URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  /// The course at an endpoint.
  func course(at endpoint: Endpoint, in context: Context) -> Course {
    Course(
      service: DataForestClient.targetName, baseURL: endpoint.baseURL, label: label(of: context.absolute(roster)))
  }
}

/// What makes definitions of rows that are none.
struct TemplateOption: ParsableArguments {
  @Option(
    help: "A template: JSON in the shape of a definition, with ${column} where a cell belongs.", completion: .file())
  var template: String?
}

/// Which rows of a roster are taken, and as what.
struct RowOptions: ParsableArguments {
  @Option(help: "Only so many rows, from the first.")
  var limit: Int?
  @Option(help: "This column only travels into the reports, whatever its header looks like; may be repeated.")
  var carry: [String] = []
  @Option(help: "Write every issue into this CSV file.", completion: .file())
  var issues: String?
  @Flag(help: "Allow names that are made only from a column that counts the rows.")
  var allowRowNumbers = false
  @Flag(help: "Allow names made of numbers that are shorter than the column's others.")
  var allowShortNumbers = false
  @Flag(help: "Allow that a name which was made for one person is another's now.")
  var allowReassigned = false
  @Flag(help: "Queue the good rows; the bad ones go into failed.csv.")
  var skipInvalid = false
  @Flag(help: "Read the roster as this command says, and not as last time; that is remembered from now on.")
  var fresh = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }
}

/// How a roster is read, and what makes definitions of its rows.
@dynamicMemberLookup
struct ReadingOptions: ParsableArguments {
  @OptionGroup(title: HelpTitle.everyday) var made: TemplateOption
  @OptionGroup(title: HelpTitle.roster) var table: TableOptions
  @OptionGroup(title: HelpTitle.roster) var rows: RowOptions
  @OptionGroup(title: HelpTitle.people) var gone: GoneOptions

  var template: String? {
    get { made.template }
    set { made.template = newValue }
  }

  subscript<Value>(dynamicMember option: WritableKeyPath<RowOptions, Value>) -> Value {
    get { rows[keyPath: option] }
    set { rows[keyPath: option] = newValue }
  }

  /// How the roster is read, by the command line and the template; says what of the template is not used.
  func options(with template: Template?, in context: Context) -> RosterOptions {
    guard let template else { return options }
    var options = options
    for setting in options.take(template.settings) { context.tell("Note: \(setting.text(of: template.file))") }
    return options
  }

  private var options: RosterOptions {
    var options = table.options
    options.limit = rows.limit
    options.carried = Set(rows.carry.map(\.asHeader))
    options.allowsRowNumbers = rows.allowRowNumbers
    options.allowsShortNumbers = rows.allowShortNumbers
    return options
  }

  /// The file to read and what keeps it: the roster, or what standard input was written into, because some lines of a
  /// roster are read again.
  static func file(of roster: String, in context: Context) throws -> (path: String, spool: Spool?) {
    guard roster == "-" else { return (context.absolute(roster), nil) }
    let spool = try RosterError.copying("standard input") { () throws(FileError) in
      let spool = try Spool()
      while let data = context.readInput() { try spool.append(data) }
      return spool
    }
    return (spool.path, spool)
  }

  /// What must not be written over while a roster is read, by the paths of both.
  ///
  /// - Parameter roster: nil where it may be.
  func neededFiles(roster: String?, database: String, in context: Context) -> NeededFiles {
    var needed = NeededFiles()
    // What may not be looked at is refused where it is read.
    if let roster { _ = Result { try needed.add(roster, as: .roster) } }
    if let template { _ = Result { try needed.add(context.absolute(template), as: .template) } }
    _ = Result { try needed.add(queue: database) }
    return needed
  }

  /// Refuses, before anything is read, a place where the issues must not be written.
  func refuseOverwriting(_ needed: NeededFiles, in context: Context) throws {
    if let issues = rows.issues { _ = try IssuePlace(context.absolute(issues), shown: issues, needed: needed) }
  }

  func issueFile(_ needed: NeededFiles, in context: Context) throws -> IssueFile? {
    try rows.issues.map { try IssueFile(path: context.absolute($0), shown: $0, needed: needed) }
  }

  /// - Parameter isRemembered: whether nobody has named it now, because a course remembers it.
  func readTemplate(isRemembered: Bool = false, in context: Context) throws -> Template? {
    guard let template else { return nil }
    let hint =
      isRemembered
      ? "It is the one of last time: name the one of now with --template, or --fresh reads the roster without it."
      : nil
    let text = try Self.text(ofTemplate: template, hint: hint, in: context)
    do {
      return try Template(text, file: template, schema: .workspace)
    } catch {
      let problems = error.problems.map { "\(error.file): \($0)" }
      // One is the error itself; several stand above it, a line each.
      if problems.count > 1 { context.tell(lines: problems) }
      throw CommandError(
        problems.count == 1 ? problems[0] : "The template \(template) has \(problems.count) problems.",
        hint: "A template has the shape of a definition; `rollcall template ROSTER` writes one.", .rosterIssues)
    }
  }

  private static func text(ofTemplate template: String, hint: String?, in context: Context) throws -> String {
    let bytes: [UInt8]?
    do {
      bytes = try FileLook.contents(of: context.absolute(template), upTo: Template.longestText)
    } catch {
      throw CommandError(
        "The template \(template) cannot be read: \(error.sentence).",
        hint: hint ?? "See to the file, or name another one.",
        .usage)
    }
    guard let bytes else {
      throw CommandError(
        "There is no template \(template).", hint: hint ?? "Check the path and the folder you are in.", .usage)
    }
    guard bytes.count <= Template.longestText else {
      throw CommandError(
        "The template \(template) has more than \(Template.longestText) bytes.",
        hint: "A template has the shape of one definition; is it the roster?", .usage)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("The template \(template) is not UTF-8.", hint: "Save it as UTF-8.", .usage)
    }
    return text
  }
}
