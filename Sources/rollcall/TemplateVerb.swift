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
      a placeholder is a default, which a cell of the roster overrides. What is said here about reading the roster, such as
      --header-line, stands in it under "rollcall", so that it need not be said again; the command line wins.
      """)

  @Argument(help: "The roster: a table with a header (CSV or .xlsx) or JSON.", completion: .file())
  var roster: String
  @OptionGroup var table: TableOptions
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let context = Context.current
    let (path, spool) = try ReadingOptions.file(of: roster, in: context)
    defer { withExtendedLifetime(spool) {} }
    let reader = try RosterReader(path: path, displayName: roster, schema: .workspace, options: table.options)
    let look = try reader.preview()
    var settings = table.settings
    settings.except += look.probablyNone.filter { !settings.except.contains($0) }
    let starter = Self.starter(look, settings)
    try context.answer([
      "template": JSONParser.value(of: Array(starter.utf8)), "columns": .texts(look.headers.filter { !$0.isEmpty }),
    ])
    if !context.machine.printsDocument { context.output(json: starter) }
    context.advise(
      "Columns of \(roster): \(look.headers.filter { !$0.isEmpty }.map(\.shown).joined(separator: ", "))")
    if !look.probablyNone.isEmpty {
      let rows = look.probablyNone.map { "'\("\($0.column)=\($0.value)".shown)'" }.joined(separator: ", ")
      context.advise("Rows that are probably none are left out by it: \(rows). Take out of \"except\" what is one.")
    }
    if let spoiled = look.spoiledNameColumn { context.advise(Self.text(spoiled, instead: look.bestNameColumn)) }
    context.advise(
      "Hint: save this as lab.json, set the account and the image, and run "
        + "`rollcall check \(TableOptions.quoted(roster)) --template lab.json`.")
  }

  /// That the column which would make the best names has a cell twice.
  private static func text(_ spoiled: RosterPreview.SpoiledColumn, instead: String?) -> String {
    let lines =
      spoiled.lines.prefix(5).map(String.init).joined(separator: " and ") + (spoiled.lines.count > 5 ? " …" : "")
    let more = spoiled.moreCount == 0 ? "" : ", and \(spoiled.moreCount) more stand twice"
    let use = instead.map { "names are made of '\($0.shown)' instead" } ?? "names are made of it all the same"
    return
      "'\(spoiled.header.shown)' would make the best names, but lines \(lines) share '\(spoiled.value.shown)'\(more): "
      + "\(use). If that is a mistake, mend the roster and make the template again."
  }

  /// A template with the column that makes the best names; the account and the image are for the person to say.
  private static func starter(_ look: RosterPreview, _ settings: TemplateSettings) -> String {
    let column = look.nameColumn ?? "COLUMN"
    // A name must start with a letter.
    let name = look.nameStartsWithDigit ? "ai-${\(column)|slug|short:12}" : "${\(column)|slug|short:15}"
    let description = look.bestDescriptionColumn.map { "${\($0)}" } ?? "made from ${\(column)}"
    func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }
    let said = settings.json.map { "\(quoted($0.key)): \($0.value.canonicalText)" }.joined(separator: ", ")
    let reading = settings.isEmpty ? "" : "  \(quoted(TemplateSettings.key)): {\(said)},\n"
    return """
      {
      \(reading)  "accountId": "YOUR-ACCOUNT-ID",
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
