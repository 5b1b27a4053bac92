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
  @Option(help: "The sheet of a workbook (the first that is not hidden unless given).")
  var sheet: String?
  @Option(help: "csv, json or jsonl (the content tells unless given).")
  var format: RosterOptions.Format?

  @Flag(help: "Take a last line without a line end for whole; some programs write none.")
  var allowNoLineEnd = false

  func validate() throws {
    if let headerLine, headerLine < 1 { throw ValidationError("--header-line must be at least 1.") }
  }

  var options: RosterOptions {
    var options = RosterOptions()
    (options.headerLine, options.format, options.sheet) = (headerLine, format, sheet)
    (options.except, options.only) = (except, only)
    options.dropped = Set(drop.map(\.asHeader))
    options.allowsNoLineEnd = allowNoLineEnd
    return options
  }

  /// The options for a template.
  var settings: TemplateSettings {
    var settings = TemplateSettings()
    (settings.headerLine, settings.sheet, settings.format) = (headerLine, sheet, format)
    (settings.except, settings.only) = (except, only)
    settings.drop = drop.map(\.asHeader)
    settings.allowsNoLineEnd = allowNoLineEnd
    return settings
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

extension RosterOptions.Overruled {
  /// What of the command line is used, and what of the template is not.
  func text(of template: String) -> String {
    func shown(_ conditions: [RosterOptions.Condition]) -> String {
      conditions.map { "'\("\($0.column)=\($0.value)".shown)'" }.joined(separator: ", ")
    }
    let (option, value) =
      switch self {
      case .headerLine(let line): ("--header-line", "headerLine \(line)")
      case .sheet(let name): ("--sheet", "sheet \(name.shown)")
      case .format(let format): ("--format", "format \(format.rawValue)")
      case .except(let conditions): ("--except", "except \(shown(conditions))")
      case .only(let conditions): ("--only", "only \(shown(conditions))")
      }
    return "\(option) of the command line is used, and not what \(template.shown) says (\(value))."
  }
}
