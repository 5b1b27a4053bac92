// JSON that breaks: where, and what to do.

import DataForest
import Foundation
import Provisioning
import TestSupport
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
    (#""command": "ls", "gpuCount": 1.5"#, "r.json:1: gpuCount: 1.5 must be a whole number"),
    (#""command": "ls", "resource": {"gpuCount": 1e2}"#, "r.json:1: resource.gpuCount: 1e2 must be a whole number"),
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
    #expect(reading.rows.first?.cells.last == #"["a","b"]"#)
  }

  @Test(arguments: [
    (#"{"students": [{"name": "a1"}]}"#, "r.json:1: \"students\" is not known: call the list \"workspaces\""),
    ("{\n\"students\": [{\"name\": \"a1\"}]}", "r.json:2: \"students\" is not known: call the list \"workspaces\""),
  ])
  func `a list under another name is told what to call it`(text: String, message: String) throws {
    #expect(try messages(text) == [message])
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

  @Test(arguments: [
    #"{"a":[1,-2,{"b":null}],"c":"\u00e9\n\"\\\/ 가","d":true,"e":{}}"#, #""\ud83d\ude00""#, "[]", " -0 ",
    "9223372036854775807",
  ])
  func `what is JSON is read as Foundation reads it`(text: String) throws {
    #expect(try JSONParser.value(of: Array(text.utf8)) == JSONValue(text: text))
  }

  @Test func `damaged JSON is a fault, never a crash`() throws {
    let original = Array(#"{"name":"a1","env":{"X":"\u00e9\\"},"ports":[1,-2,300],"flag":false,"none":null}"#.utf8)
    for seed in 1...5_000 {
      var random = SeededGenerator(seed: seed)
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes.remove(at: place)
        } else {
          bytes[place] = .random(in: 0...255, using: &random)
        }
      }
      if case .success(let value) = Result(catching: { try JSONParser.value(of: bytes) }) {
        #expect(try JSONParser.value(of: Array(value.canonicalText.utf8)) == value, "seed \(seed)")
      }
    }
  }
}
