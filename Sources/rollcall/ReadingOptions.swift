// How a roster is to be read: the options of `check`, `run` and `import`.

import ArgumentParser
import BulkImport
import DataForest
import Foundation
import Provisioning

/// How a roster is read, and what makes definitions of its rows.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: "A template: JSON in the shape of a definition, with ${column} where a cell belongs.", completion: .file())
  var template: String?
  @OptionGroup var table: TableOptions
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

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  var options: RosterOptions {
    var options = table.options
    options.limit = limit
    options.carried = Set(carry.map { $0.precomposedStringWithCanonicalMapping })
    options.allowsRowNumbers = allowRowNumbers
    options.allowsShortNumbers = allowShortNumbers
    return options
  }

  /// The file to read: the roster, or what standard input was written into, because a roster is read more than once.
  ///
  /// - Returns: its path, and what keeps it there.
  static func file(of roster: String, in context: Context) throws -> (path: String, spool: Spool?) {
    guard roster == "-" else { return (context.absolute(roster), nil) }
    let spool = try Spool(shownAs: "standard input")
    try spool.write("standard input") { output in
      while let data = context.readInput() { try output.write(contentsOf: data) }
    }
    return (spool.path, spool)
  }

  /// The file for the issues, if one was named.
  func issueFile(in context: Context) throws -> IssueFile? {
    try issues.map { try IssueFile(path: context.absolute($0)) }
  }

  /// Refuses to write the issues over what is being read.
  func refuseOverwriting(roster: String, in context: Context) throws {
    guard let issues, let target = Self.file(at: context.absolute(issues)) else { return }
    for path in [roster, template.map(context.absolute)].compactMap(\.self) where Self.file(at: path) == target {
      throw Problem(
        "--issues \(issues.shown) would overwrite \(path == roster ? "the roster" : "the template").",
        hint: "Name another file.", .usage)
    }
  }

  /// Which file a path leads to, whatever it is called; nil when there is none.
  private static func file(at path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  /// The template, if one was named.
  func readTemplate(in context: Context) throws -> Template? {
    guard let template else { return nil }
    let text: String
    do {
      text = try String(contentsOfFile: context.absolute(template), encoding: .utf8)
    } catch {
      throw Problem("The template \(template) cannot be read.", hint: "Check its path; it must be UTF-8.", .usage)
    }
    do {
      return try Template(text, file: template, schema: .workspace)
    } catch {
      throw Problem(
        error.description, hint: "A template has the shape of a definition; `rollcall template ROSTER` writes one.",
        .rosterIssues)
    }
  }
}
