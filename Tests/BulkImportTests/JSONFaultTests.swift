// JSON that breaks: where, and what to do.

import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct JSONFaultTests {
  private func messages(_ text: String) throws -> [String] {
    try withFile(text.utf8) { try read($0, as: "r.json") }.summary.issues.map(\.description)
  }

  private func object(_ members: String) -> String {
    #"{"name": "a1", "accountId": "acc1", "image": "a:1", \#(members)}"#
  }

  @Test(arguments: [
    (#""command": ["jupyter", "lab"]"#, "r.json:1: command: must be one text, not an array"),
    (#""command": {"a": 1}"#, "r.json:1: command: must be one text, not an object"),
    (#""command": "ls", "gpuCount": [1]"#, "r.json:1: gpuCount: must be a whole number, not an array"),
    (
      #""command": "ls", "gpuCount": 1.5"#,
      "r.json:1: configuration.resource.gpuCount: '1.5' must be a whole number from 1 to 8"
    ),
    (
      #""command": "ls", "configuration": {"resource": {"gpuCount": 1e2}}"#,
      "r.json:1: configuration.resource.gpuCount: '1e2' must be a whole number from 1 to 8"
    ),
    (#""command": "ls", "env": "A=1""#, #"r.json:1: env: must be an object of names and texts: {"NAME": "…"}"#),
    (#""command": "ls", "env": {"A": {"B": "1"}}"#, "r.json:1: env.A: must be one text, not an object"),
    (#""command": "ls", "command": "cat""#, "r.json:1: command: is given twice in one object: keep one of them"),
    (
      #""command": "ls", "env.X": "1", "env": {"X": "2"}"#,
      "r.json:1: configuration.docker.env.X: is given twice, in two ways to write its path: keep one of them"
    ),
    (#""command": "ls","#, "r.json:1: column 69: nothing follows this comma: remove it"),
    (#""command": "ls" "workdir": "/""#, "r.json:1: column 70: a comma or } is expected here instead of '\"'"),
    (
      #""command": None"#,
      "r.json:1: column 65: 'None' is no value: put text in double quotes (only true, false and null have none)"
    ),
  ])
  func `what is wrong with an object is one issue, and nothing is said to be missing`(
    members: String, message: String
  ) throws {
    #expect(try messages("[\(object(members))]") == [message])
  }

  @Test func `only lists of numbers are joined`() throws {
    let text = "[\(object(#""command": "ls", "exposeTcpPorts": [8888, 6006], "tags": ["a", "b"]"#))]"
    let reading = try withFile(text.utf8) { try read($0, as: "r.json") }
    #expect(reading.issues.isEmpty)
    #expect(reading.definitions.first?.contains(#""exposeTcpPorts":[8888,6006]"#) == true)
    #expect(reading.rows.first?.texts.last == #"["a","b"]"#)
  }

  @Test(arguments: [
    (#"{"students": [{"name": "a1"}]}"#, "r.json:1: \"students\" is not known: call the list \"workspaces\""),
    ("{\n\"students\": [{\"name\": \"a1\"}]}", "r.json:2: \"students\" is not known: call the list \"workspaces\""),
  ])
  func `a list under another name is told what to call it`(text: String, message: String) throws {
    #expect(try messages(text) == [message])
  }

  @Test(arguments: [
    #"{"defaults": {"command": "ls"}, "defaults": {"command": "ls"}, "workspaces": [\#n{"name": "a1"}]}"#,
    #"{"defaults": {"command": "ls"}, "workspaces": [{"name": "a1"}],\#n"defaults": {}}"#,
    #"{"defaults": {"command": "ls"}, "workspaces": [{"name": "a1"}]}\#n{"defaults": {}, "workspaces": [{"name": "a2"}]}"#,
  ])
  func `defaults that are given twice are an issue, also where one roster stands behind another`(text: String) throws {
    let line = text.contains("}]}\n{") || text.contains(",\n\"defaults") ? 2 : 1
    #expect(try messages(text).contains("r.json:\(line): defaults: is given twice in the roster: keep one of them"))
  }

  @Test(arguments: ["[]", "{\"workspaces\": []}"])
  func `JSON without rows says so`(text: String) throws {
    #expect(throws: RosterError(.noRows, file: "r.json", detail: "JSON")) { try messages(text) }
  }

  @Test func `an unclosed bracket is told where it is opened`() throws {
    let error = #expect(throws: RosterError.self) {
      try messages("\(object(#""command": "ls""#))\n{\"name\": \"a2\", \"env\": {\n\n\"X\": \"1\"\n")
    }
    #expect(error?.file == "r.json:2")
  }

  @Test(arguments: [
    ("[\n{\"name\": \"a1\"}\n}", "'[' is closed with '}' here"),
    ("{\"workspaces\": [\n{\"name\": \"a1\"}\n}]", "'[' is closed with '}' here"),
    ("{\"workspaces\": [{\"name\": \"a1\"}]\n\n]", "'{' is closed with ']' here"),
  ])
  func `the roster's own brackets are closed by their own kind`(text: String, message: String) throws {
    let error = #expect(throws: RosterError.self) { try messages(text) }
    #expect(error?.file == "r.json:3" && error?.detail.contains(message) == true, "\(error as Any)")
  }

  @Test func `objects with members of their own are given up before rows are written`() throws {
    let text = (1...6_000).map { #"{"key\#($0)": 1}"# }.joined(separator: "\n")
    let error = #expect(throws: RosterError.self) { try messages(text) }
    #expect(error?.file == "r.json:4097" && error?.detail.contains("more than 4096 different members") == true)
  }

  @Test func `a cell that is too long stands at its line of the roster, and a header line means nothing in JSON`()
    throws
  {
    let long = String(repeating: "x", count: 1_100_000)
    let text = "[\n\n\(object(#""command": "ls""#)),\n\(object("\"command\": \"\(long)\""))]"
    let reading = try withFile(text.utf8) { try read($0, as: "r.json") }
    #expect(reading.issues == ["4 - cell-length"])
    var options = RosterOptions()
    options.headerLine = 3
    let lines = try withFile("[\(object(#""command": "ls""#))]".utf8) { try read($0, options: options) }
    #expect(lines.issues.isEmpty && lines.rows.count == 1)
  }

  @Test(arguments: [
    ("{\n  \"name\": \"a\",,\n}", "t.json: line 2, column 15: a name in double quotes is expected here instead of ','"),
    (#"{"gpuCount": 1.5}"#, "t.json: line 1, gpuCount: 1.5 must be a whole number"),
    (#"{"command": ["jupyter", "lab"]}"#, "t.json: command: must be one text, not an array"),
    (
      #"{"image": "a:1", "configuration": {"docker": {"image": "b:2"}}}"#,
      "t.json: configuration.docker.image is given twice, by its path and by its last word: keep one of them"
    ),
  ])
  func `a template says where it breaks`(text: String, message: String) throws {
    let error = #expect(throws: TemplateError.self) { try Template(text, file: "t.json", schema: .workspace) }
    #expect(error?.description == message)
  }
}

/// JSON is read element by element, again and again, as a table is.
@Suite struct JSONElementTests {
  private static let rest = #""accountId": "acc1", "image": "a:1""#

  /// Names with brackets, quotes and commas around them, and a line for each element.
  private static func elements(_ names: [String]) -> [String] {
    names.map { #"{"command": "ls ]}[{ \"\\, \"", "name": "\#($0)", \#(rest), "note": [1, {"a": "]"}]}"# }
  }

  private static func texts(_ names: [String]) -> [(text: String, firstLine: Int)] {
    let elements = elements(names)
    return [
      ("[\n" + elements.joined(separator: ",\n") + "\n]", 2), (elements.map { $0 + "\n" }.joined(), 1),
      ("{\"workspaces\":\n [" + elements.joined(separator: ",\n") + "], \"defaults\": {}}", 2),
    ]
  }

  @Test(arguments: [0, 1, 36])
  func `a name that comes again is told the line of the first, however far above`(hashBits: Int) throws {
    let names = (1...300).map { "n\($0)" } + ["n1", "n64", "n65", "n300", "n150"]
    for (text, firstLine) in Self.texts(names) {
      let reading = try withFile(text.utf8) { try read($0, as: "r.json", chunkSize: 100, hashBits: hashBits) }
      let messages = reading.summary.issues.map(\.message)
      #expect(reading.rows.count == 305 && messages.count == 5)
      for (message, number) in zip(messages, [1, 64, 65, 300, 150]) {
        #expect(message.hasPrefix("'n\(number)' stands on line \(number - 1 + firstLine) already"), "\(message)")
      }
    }
  }

  @Test func `an element or a member that is too long, or has a NUL, is an issue of its own, and the rest is read`()
    throws
  {
    let long = String(repeating: "x", count: 1_100_000)
    let good = Self.elements(["a1", "a2"])
    for (member, issue) in [
      ("\"note\": \"\(long)\"", "3 - cell-length"), ("\"env\": {\"A\": \"\(long)\"}", "3 - cell-length"),
      ("\"tags\": [\"\(long)\"]", "3 - cell-length"), (#""note": "a\u0000b""#, "3 - null"),
    ] {
      let text = "[\n\(good[0]),\n{\"name\": \"b\", \"command\": \"ls\", \(Self.rest), \(member)},\n\(good[1])]"
      let reading = try withFile(text.utf8) { try read($0, as: "r.json") }
      #expect(reading.issues == [issue] && reading.summary.wholeIssueCount == 0)
      #expect(reading.rows.map(\.line) == [2, 3, 4] && reading.summary.acceptedCount == 2)
    }
  }

  @Test func `JSON that is written again between the look and the reading is refused`() throws {
    for (text, _) in Self.texts(["a1", "a2", "a3"]) {
      for change in [text.replacing("name", with: "Name"), text + "]", String(text.dropLast(30)), "accountId,name\n"] {
        try withFile(text.utf8) { path in
          let reader = try RosterReader(path: path, displayName: "r.json", schema: .workspace)
          try Data(change.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
          #expect(throws: RosterError(.changed, file: "r.json")) { try reader.read(wording: \.withoutPlace) { _ in } }
        }
      }
    }
  }
}
