// How a roster's table is found in its file: the options that every verb which looks at a roster honours.

import ArgumentParser
import BulkImport
import Foundation
import Provisioning

/// Where a roster's table is and which of its rows are rows.
struct TableOptions: ParsableArguments {
  @Option(help: "The line of the header (the first that is not empty unless given).")
  var headerLine: Int?
  @Option(help: "Rows with COLUMN=VALUE are no rows, for example totals; may be repeated.")
  var except: [RosterOptions.Condition] = []
  @Option(help: "Only rows with COLUMN=VALUE; may be repeated, all must hold.")
  var only: [RosterOptions.Condition] = []
  @Option(
    help:
      "Leave this column out, as if the roster had not got it: nothing of it is stored, reported or sent; may be repeated."
  )
  var drop: [String] = []
  @Option(help: "csv, json or jsonl (the content tells unless given).")
  var format: RosterOptions.Format?

  func validate() throws {
    if let headerLine, headerLine < 1 { throw ValidationError("--header-line must be at least 1.") }
  }

  var options: RosterOptions {
    var options = RosterOptions()
    (options.headerLine, options.format) = (headerLine, format)
    (options.except, options.only) = (except, only)
    options.dropped = Set(drop.map(\.asHeader))
    return options
  }

  /// The options again, as a person would type them in a shell, each with a blank before it.
  var typed: String {
    var words: [String] = []
    if let headerLine { words += ["--header-line", String(headerLine)] }
    for condition in except { words += ["--except", Self.quoted("\(condition.column)=\(condition.value)")] }
    for condition in only { words += ["--only", Self.quoted("\(condition.column)=\(condition.value)")] }
    for column in drop { words += ["--drop", Self.quoted(column)] }
    if let format { words += ["--format", format.rawValue] }
    return words.map { " \($0)" }.joined()
  }

  static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "0123456789=._-/:+@".unicodeScalars.contains($0)
    }
    return isPlain ? text : text.shellQuoted
  }
}

extension RosterOptions.Condition: ExpressibleByArgument {
  /// Reads `COLUMN=VALUE` for an option.
  public init?(argument: String) { self.init(argument) }
}

extension RosterOptions.Format: ExpressibleByArgument {}
