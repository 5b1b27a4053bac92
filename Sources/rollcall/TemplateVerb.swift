// `rollcall template ROSTER`: writes a starter with the roster's own headers.

import ArgumentParser
import BulkImport
import DataForest
import Provisioning

struct TemplateVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template", abstract: "Write a starter template for a roster to standard output.",
    discussion: """
      Change what it says and use it with --template FILE. ${column} stands for a row's cell; the filters are |slug
      (Latin letters, digits and hyphens), |lower, |pad:3 (zeros in front) and |short:6 (at most so long). A value without
      a placeholder is a default, which a cell of the roster overrides.
      """)

  @Argument(help: "The roster: a table with a header (CSV) or JSON.", completion: .file())
  var roster: String
  @OptionGroup var table: TableOptions

  mutating func run() async throws {
    let context = Context.current
    let (path, spool) = try ReadingOptions.file(of: roster, in: context)
    defer { withExtendedLifetime(spool) {} }
    let reader = try RosterReader(path: path, displayName: roster, schema: .workspace, options: table.options)
    let look = try reader.preview()
    context.output(json: Self.starter(look))
    context.tell(
      "Columns of \(roster): \(look.headers.filter { !$0.isEmpty }.map(\.shown).joined(separator: ", "))")
    context.tell(
      "Hint: save this as lab.json, set the account and the image, and run "
        + "`rollcall check \(TableOptions.quoted(roster)) --template lab.json\(table.typed)`.")
  }

  /// A template with the column that makes the best names; the account and the image are for the person to say.
  private static func starter(_ look: RosterPreview) -> String {
    let column = look.bestNameColumn ?? "COLUMN"
    // A name must start with a letter.
    let name = look.bestNameStartsWithDigit ? "ai-${\(column)|slug|short:12}" : "${\(column)|slug|short:15}"
    let description = look.bestDescriptionColumn.map { "${\($0)}" } ?? "made from ${\(column)}"
    func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }
    return """
      {
        "accountId": "YOUR-ACCOUNT-ID",
        "name": \(quoted(name)),
        "description": \(quoted(description)),
        "configuration": {
          "docker": {"image": "tensorflow:r2.3.1-py3", "command": "jupyter lab", "workdir": "/root/"},
          "resource": {"gpuCount": 1, "gpuModel": "T4", "cpuCount": 4, "memoryMb": 16384}
        }
      }

      """
  }
}
