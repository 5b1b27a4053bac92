// Headers that are none, rows that are none, and the one way out that is said.

import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct HeaderTests {
  private func messages(_ text: String, _ options: RosterOptions = RosterOptions(), _ template: Template? = nil) throws
    -> [String]
  {
    try withFile(text.utf8) { try read($0, as: "r.csv", options: options, template: template) }
      .summary.issues.map(\.message)
  }

  @Test(arguments: [
    (
      "2026 출석부,,\n\n학번,성명\n1,김\n",
      "none of '학번', '성명' is a field; if the columns are your own, make a template of them: rollcall template r.csv"
    ),
    (
      "name|accountId\na1|acc1\n",
      "'name|accountId' is no field; | is no separator: put commas, semicolons or tabs between cells"
    ),
    (
      "학번,성명\n1,김\n",
      "none of '학번', '성명' is a field; if the columns are your own, make a template of them: rollcall template r.csv"
    ),
  ])
  func `a line that is no header is told one way out`(text: String, message: String) throws {
    #expect(try messages(text) == [message])
  }

  @Test func `headers that are nearly right are told one by one`() throws {
    let found = try messages("Name,AccountID,Image,Command\na1,acc1,a:1,ls\n")
    #expect(found.count == 4 && found.allSatisfy { $0.contains("differs only in capitals") })
  }

  @Test func `a template finds the line of its columns`() throws {
    let template = try Template(
      #"{"accountId": "acc1", "name": "s${학번}", "image": "a:1", "command": "ls"}"#, file: "t", schema: .workspace)
    let text = "출석부,1\n학번,성명\n2026,김\n2027,이\n"
    let found = try withFile(text.utf8) { try read($0, as: "r.csv", template: template) }
    #expect(found.issues.isEmpty && found.rows.map(\.line) == [3, 4])
    #expect(
      found.summary.warnings.map(\.description)
        == ["r.csv:2: this line is taken as the header; what stands above it is left out: '출석부'"])
    // A line that a person names is taken at their word.
    var options = RosterOptions()
    options.headerLine = 1
    #expect(
      try messages(text, options, template) == [
        "the template's 학번 is not among '출석부', '1'; line 2 looks like the header: add --header-line 2"
      ])
  }

  @Test func `an unknown placeholder is one issue, without those that follow from it`() throws {
    let template = try Template(
      #"{"accountId": "acc1", "name": "s${학버}", "image": "a:1", "command": "ls"}"#, file: "t", schema: .workspace)
    #expect(
      try messages("학번,성명\n2026,김\n2026,이\n", RosterOptions(), template)
        == ["t: name: ${학버} names no column: did you mean '학번'?"])
    let far = try messages("이메일,성명\nx,김\n", RosterOptions(), template)
    #expect(far == ["t: name: ${학버} names no column; the roster has 이메일, 성명"])
  }

  @Test func `the separator that Excel names is used and its line is no header`() throws {
    let text = "\u{FEFF}sep=;\r\n" + roster(rows: [row("a1")]).replacing(",", with: ";")
    let reading = try withFile(text.utf8) { try read($0) }
    #expect(reading.issues.isEmpty && reading.rows.map(\.line) == [3])
  }

  @Test func `columns to choose by are the roster's own, and what is wrong with them is of the whole`() throws {
    let template = try Template(#"{"description": "${note}"}"#, file: "t", schema: .workspace)
    var options = RosterOptions()
    options.except = [try #require(RosterOptions.Condition("description=x"))]
    let text = roster(["note"], rows: [row("a1", "x")])
    let reading = try withFile(text.utf8) { try read($0, as: "r.csv", options: options, template: template) }
    #expect(reading.summary.wholeIssueCount == 1)
    #expect(
      reading.summary.issues.first?.message
        == "there is no column 'description' to choose rows by; the roster has accountId, name, image, command, note")
  }

  @Test func `what leaves no row says what there is`() throws {
    var options = RosterOptions()
    options.only = [try #require(RosterOptions.Condition("학과=없음"))]
    let text = roster(["학과"], rows: [row("a1", "컴공"), row("a2", "수학")])
    let none = #expect(throws: RosterError.self) { try messages(text, options) }
    #expect(none?.description == "No row of r.csv has 학과 = '없음' (2 rows; 학과 is 컴공, 수학).")
    options.only = []
    options.headerLine = 9
    let behind = #expect(throws: RosterError.self) { try messages(text, options) }
    #expect(behind?.description == "The last row of r.csv is on line 3; --header-line 9 is behind its end.")
  }

  @Test func `headers in the shape of a path, and columns to carry, must be there`() throws {
    var options = RosterOptions()
    options.carried = ["nota"]
    let text = roster(["docker.gpus", "note"], rows: [row("a1", "1", "x")])
    let found = try messages(text, options)
    #expect(found.count == 2 && found.contains { $0.hasPrefix("'docker.gpus' is no field of a definition") })
    #expect(found.contains { $0.hasPrefix("there is no column 'nota' to carry: did you mean 'note'?") })
  }

  @Test func `what ends a file early is of the whole, and every issue is counted by kind and handed over`() throws {
    let rows = (0..<12_000).map { row("A\($0)", image: "x") }
    let text = roster(rows: rows) + "acc1,\"a3,a:1,ls\n"
    var handedOver = 0
    let summary = try withFile(text.utf8) { path in
      try RosterReader(path: path, schema: .workspace).read(
        wording: \.withoutPlace, issues: { handedOver += $0.count }, { _ in })
    }
    #expect(summary.wholeIssueCount == 1 && summary.issueRowCount == 12_000)
    #expect(handedOver == 24_001 && summary.issueCount == 24_001)
    let group = try #require(summary.issueGroups.groups.first { $0.first.rule == "image-form" })
    #expect(group.rowCount == 12_000 && group.lastLine == 12_001)
  }

  @Test func `lines end with CRLF, LF or a lone CR`() throws {
    let lines = try withFile("one\rtwo\r\nthree\nfour".utf8) { path in
      try RosterReader(path: path, schema: .workspace).lines([1, 2, 3, 4])
    }
    #expect(lines == [1: "one", 2: "two", 3: "three", 4: "four"])
  }

  @Test func `a NUL in a cell is an issue`() throws {
    let text = #"[{"name": "a1", "accountId": "acc1", "image": "a:1", "command": "ls\u0000", "note": "\u0000"}]"#
    #expect(try withFile(text.utf8) { try read($0) }.issues == ["1 - null", "1 - null"])
  }

  @Test func `pairs of data are objects, and what is no pair is told`() throws {
    let text = roster(
      ["input", "output"], rows: [row("a1", "/in=>/data; /x=>/y", "/out=>/o"), row("a2", "/in=>/d;/e", "")])
    let reading = try readText(text)
    let definition = try JSONValue(text: try #require(reading.definitions.first))
    #expect(
      definition[path: "configuration.data.input"]?.canonicalText
        == #"[{"hdfs":"/in","path":"/data"},{"hdfs":"/x","path":"/y"}]"#)
    #expect(
      definition[path: "configuration.data.output"]?.canonicalText
        == #"[{"hdfs":"/out","overwrite":false,"path":"/o"}]"#)
    #expect(reading.issues == ["3 E3 list-form"])
    #expect(reading.summary.issues.first?.message.hasPrefix("'/e' must be a pair hdfs=>path") == true)
  }
}
