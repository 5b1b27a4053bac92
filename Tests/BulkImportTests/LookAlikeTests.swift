import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// Texts that look alike: ignored where that is harmless, and otherwise shown by their code, wherever they may stand.
@Suite struct LookAlikeTests {
  /// Ways to write `gpuCount`, and a text with a blank and a hyphen, `반 A-1`.
  private static let fields = [
    "gpuCount\u{A0}", "\u{FEFF}gpuCount", "gpu\u{200B}Count", "\u{2060}gpuCount", "ｇｐｕＣｏｕｎｔ", "gpu\u{AD}Count",
  ]
  private static let texts = [
    "반\u{A0}A-1", "반 A\u{2011}1", "반 A\u{2010}1", "반 A\u{2013}1", "\u{1107}\u{1161}\u{11AB} A-1", "반 Ａ-１",
    "반\u{3000}A-1",
    "\u{200B}반 A-1", "반 A-1\u{FEFF}", "반 A\u{2212}1",
  ]
  private static let fixed = #""accountId": "acc1", "image": "a:1", "command": "ls""#

  private func reading(_ text: String, _ options: RosterOptions = RosterOptions(), template: String? = nil) throws
    -> Reading
  {
    let made = try template.map { try Template($0, file: "t", schema: .workspace) }
    return try withFile(text.utf8) { try read($0, as: "r", options: options, template: made) }
  }

  @Test(arguments: fields)
  func `a field is found in headers, keys and templates`(field: String) throws {
    let table = try reading(roster([field], rows: [row("a1", "2")]))
    let json = try reading(#"[{\#(Self.fixed), "name": "a1", "\#(field)": 2}]"#)
    let template = try reading("id\ns1\n", template: #"{\#(Self.fixed), "name": "${id}", "\#(field)": 2}"#)
    let inner = #""configuration": {"docker": {"image": "a:1", "command": "ls"}, "resource": {"\#(field)": 2}}"#
    let nested = try reading("id\ns1\n", template: #"{"accountId": "acc1", "name": "${id}", \#(inner)}"#)
    for found in [table, json, template, nested] {
      #expect(
        found.issues.isEmpty && found.definitions.first?.contains(#""gpuCount":2"#) == true, "\(found.summary.issues)")
    }
  }

  @Test(arguments: texts)
  func `a column is found by what it looks like`(header: String) throws {
    let text = roster([header, "x"], rows: [row("a1", "p", "q")])
    var options = RosterOptions()
    for dropped in ["반 A-1", header] {
      options.dropped = [dropped]
      #expect(try reading(text, options).summary.dropped == ["반 A-1"])
    }
    options = RosterOptions()
    options.carried = [header]
    #expect(try reading(roster(["반 A-1"], rows: [row("a1", "p")]), options).issues.isEmpty)
    let template = #"{\#(Self.fixed), "name": "a-${\#(header)|slug}"}"#
    #expect(try reading("반 A-1\ns1\n", template: template).definitions.first?.contains(#""name":"a-s1""#) == true)
    #expect(try reading("\(header)\ns1\n", template: template).issues.isEmpty)
    #expect(try reading(#"[{"\#(header)": "s1"}]"#, template: template).issues.isEmpty)
  }

  @Test(arguments: texts)
  func `rows are chosen by what a cell looks like`(cell: String) throws {
    for (typed, written) in [(cell, "반 A-1"), ("반 A-1", cell)] {
      let text = roster(["group"], rows: [row("a1", written), row("a2", "other")])
      var options = RosterOptions()
      options.except = [try #require(RosterOptions.Condition("group=\(typed)"))]
      #expect(try reading(text, options).rows.map(\.line) == [3])
      options.except = []
      options.only = [try #require(RosterOptions.Condition("\u{200B}group\u{A0}=\(typed)"))]
      #expect(try reading(text, options).rows.map(\.line) == [2])
    }
  }

  @Test(arguments: ["|slug\u{A0}", "|\u{200B}slug", "|ｓｌｕｇ", " |slug"])
  func `a filter is known by what it looks like`(filter: String) throws {
    let found = try reading("id\nS 1\n", template: #"{\#(Self.fixed), "name": "a-${id\#(filter)}"}"#)
    #expect(found.definitions.first?.contains(#""name":"a-s-1""#) == true, "\(found.summary.issues)")
  }

  @Test func `a second mark at the beginning is nothing`() throws {
    let marks = "\u{FEFF}\u{FEFF}"
    #expect(try reading(marks + roster(rows: [row("a1")])).issues.isEmpty)
    #expect(try reading(marks + #"[{\#(Self.fixed), "name": "a1"}]"#).issues.isEmpty)
    #expect(try reading("id\ns1\n", template: marks + #"{\#(Self.fixed), "name": "${id}"}"#).issues.isEmpty)
  }

  // MARK: - Shown by code

  @Test(arguments: [
    ("name", "a\u{2011}1", "U+2011, which looks like '-'"), ("name", "ａ1", "U+FF41, which looks like 'a'"),
    ("name", "а1", "U+0430, which looks like 'a'"), ("name", "a\u{200B}1", "U+200B, which looks like nothing"),
    ("name", "a\u{A0}1", "U+00A0, which looks like a blank"), ("gpuCount", "２", "U+FF12, which looks like '2'"),
    ("image", "a:1\u{2013}b", "U+2013, which looks like '-'"),
  ])
  func `what breaks a rule by a character that looks right is told its code`(field: String, cell: String, says: String)
    throws
  {
    var cells = row("a1", "1")
    cells[["name": 1, "image": 2, "gpuCount": 4][field] ?? 0] = cell
    let found = try reading(roster(["gpuCount"], rows: [cells]))
    #expect(found.summary.issues.first?.message.contains(says) == true, "\(found.summary.issues)")
  }

  @Test(arguments: [
    ("command", "jupyter\u{A0}lab", "U+00A0"), ("command", "jupyter lab \u{2013}\u{2013}ip=0.0.0.0", "U+2013"),
    ("command", "ls \u{2212}l", "U+2212"), ("description", "AI\u{200B} 101", "U+200B"),
    ("env.A", "x\u{2060}y", "U+2060"),
    ("args", "\u{FEFF}x", "U+FEFF"),
  ])
  func `what is sent and looks like something else is a warning with its code`(
    field: String, cell: String, code: String
  )
    throws
  {
    let text =
      field == "command"
      ? roster(rows: [["acc1", "a1", "a:1", cell]]) : roster([field], rows: [row("a1", cell)])
    let found = try reading(text)
    #expect(found.issues.isEmpty && found.summary.warnings.map(\.rule) == ["unseen"])
    #expect(found.summary.warnings.first?.message.contains(code) == true)
  }

  @Test(arguments: ["2026–27", "A – B", "👩\u{200D}💻", "–5 °C", "naïve"])
  func `what people write in a description is none`(cell: String) throws {
    #expect(try reading(roster(["description"], rows: [row("a1", cell)])).warnings.isEmpty)
  }

  // MARK: - What was meant

  @Test func `the nearest field or column is named`() throws {
    let error = #expect(throws: TemplateError.self) {
      try Template(#"{"gpuCoun": 1, "nam": "a", "memoryMB": 1}"#, file: "t", schema: .workspace)
    }
    #expect(
      error?.problems == [
        "gpuCoun is no field: did you mean gpuCount?", "memoryMB is no field: did you mean memoryMb?",
        "nam is no field: did you mean name?",
      ])
    var options = RosterOptions()
    options.except = [try #require(RosterOptions.Condition("grop=x"))]
    options.carried = ["grou"]
    let found = try reading(roster(["group"], rows: [row("a1", "x")]), options)
    #expect(found.summary.issues.allSatisfy { $0.message.contains("did you mean 'group'?") }, "\(found.summary.issues)")
    #expect(found.summary.issues.map(\.rule) == ["filter", "carry"])
    let near = try reading(roster(["gpuCoun"], rows: [row("a1", "1")]))
    #expect(near.summary.issues.first?.message.contains("field gpuCount") == true)
    let json = try reading(#"[{\#(Self.fixed), "name": "a1", "gpuCoun": 1}]"#)
    #expect(json.summary.issues.first?.message.contains("field gpuCount") == true)
  }
}
