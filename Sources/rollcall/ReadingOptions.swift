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
  @Option(help: "The line of the header (the first that is not empty unless given).")
  var headerLine: Int?
  @Option(help: "Rows with COLUMN=VALUE are no rows, for example totals; may be repeated.")
  var except: [RosterOptions.Condition] = []
  @Option(help: "Only rows with COLUMN=VALUE; may be repeated, all must hold.")
  var only: [RosterOptions.Condition] = []
  @Option(help: "Only so many rows, from the first.")
  var limit: Int?
  @Option(help: "csv, json or jsonl (the content tells unless given).")
  var format: RosterOptions.Format?
  @Option(help: "This column only travels into the reports, whatever its header looks like; may be repeated.")
  var carry: [String] = []
  @Option(help: "Write every issue into this CSV file.", completion: .file())
  var issues: String?
  @Flag(help: "Allow names that are made only from a column that counts the rows.")
  var allowRowNumbers = false
  @Flag(help: "Allow that a name which was made for one person is another's now.")
  var allowReassigned = false
  @Flag(help: "Queue the good rows; the bad ones go into failed.csv.")
  var skipInvalid = false

  func validate() throws {
    if let headerLine, headerLine < 1 { throw ValidationError("--header-line must be at least 1.") }
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
  }

  var options: RosterOptions {
    var options = RosterOptions()
    (options.headerLine, options.limit, options.format) = (headerLine, limit, format)
    (options.except, options.only) = (except, only)
    options.carried = Set(carry)
    options.allowsRowNumbers = allowRowNumbers
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

extension RosterOptions.Condition: ExpressibleByArgument {
  /// Reads `COLUMN=VALUE` for an option.
  public init?(argument: String) { self.init(argument) }
}

extension RosterOptions.Format: ExpressibleByArgument {}
