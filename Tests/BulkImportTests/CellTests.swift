// Cells: what each kind becomes, and every rule that one can break.

import BulkImport
import DataForest
import Provisioning
import Testing
import Words

@Suite struct CellTests {
  @Test func `an empty cell is not given`() throws {
    let reading = try readText(roster(["description", "gpuCount", "exposeTcpPorts"], rows: [row("a1", "", " ", "")]))
    #expect(
      reading.definitions == [
        #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","image":"a:1"}},"name":"a1"}"#
      ])
  }

  @Test func `cells are trimmed for the definition and kept as they were written`() throws {
    let reading = try readText(roster(["description"], rows: [row(" a1\u{3000}", "\" two\nlines \"")]))
    #expect(reading.rows.first?.texts == ["acc1", " a1\u{3000}", "a:1", "ls", " two\nlines "])
    let definition = try JSONValue(text: try #require(reading.definitions.first))
    #expect(definition[path: "name"] == .string("a1"))
    #expect(definition[path: "description"] == .string("two\nlines"))
  }

  @Test func `ports are a list of numbers`() throws {
    let reading = try readText(roster(["exposeTcpPorts"], rows: [row("a1", "8888; 6006"), row("a2", "22")]))
    let ports = try reading.definitions.map { try JSONValue(text: $0)[path: "configuration.docker.exposeTcpPorts"] }
    #expect(ports == [.array([.integer(8_888), .integer(6_006)]), .array([.integer(22)])])
  }

  @Test func `data outputs are a JSON array`() throws {
    let cell = #""[{""hdfs"":""/o"",""overwrite"":true,""path"":""/p""}]""#
    let reading = try readText(roster(["configuration.data.output"], rows: [row("a1", cell)]))
    let definition = try JSONValue(text: try #require(reading.definitions.first))
    #expect(
      definition[path: "configuration.data.output"]
        == .array([.object(["hdfs": .string("/o"), "overwrite": .bool(true), "path": .string("/p")])]))
  }

  @Test(arguments: [
    ("nonsense", "it is not JSON"), ("1.5", "it is not JSON"), ("{}", "it is no array"),
    ("[1]", "element 1 is no object"),
    (#"[{"hdfs":"/o","path":"/p"}]"#, "object 1 has no overwrite"),
    (#"[{"hdfs":"/o","overwrite":"yes","path":"/p"}]"#, "in object 1, overwrite is not true or false"),
    (#"[{"hdfs":"/o","overwrite":true,"path":1}]"#, "in object 1, path is not text"),
    (
      #"[{"hdfs":"/o","overwrite":true,"path":"/p"},{"hdfs":"/o","overwrite":true,"path":"/p","mode":"x"}]"#,
      "object 2 has 'mode', which is no member"
    ),
  ])
  func `the message says what is wrong with a JSON array`(cell: String, fault: String) throws {
    let quoted = "\"\(cell.replacing("\"", with: "\"\""))\""
    let issue = try #require(try readText(roster(["output"], rows: [row("a1", quoted)])).summary.issues.first)
    #expect(issue.rule == "list-form")
    #expect(issue.message.hasSuffix(", but \(fault)"))
  }

  @Test(arguments: ["1.5", "x", "1 2", "9223372036854775808", "0x1", "１"])
  func `a whole number is asked for once, also where no rule of the field knows`(cell: String) throws {
    let plain = Schema(
      fields: [
        Field("id", .string, required: true, help: "id"), Field("who", .string, required: true, help: "who"),
        Field("size", .integer, help: "size"), Field("sizes", .integerList, help: "sizes"),
      ], accountPath: "who", namePath: "id")
    let reading = try readText("id,who,size,sizes\na,b,\(cell),1;\(cell);2\n", schema: plain)
    #expect(reading.issues == ["2 C2 whole-number", "2 D2 whole-number"])
    #expect(try readText(roster(["gpuCount"], rows: [row("a1", cell)])).issues == ["2 E2 gpu-count"])
  }

  @Test func `all issues of all rows come out at once, in order`() throws {
    let reading = try readText(
      roster(
        ["gpuCount", "exposeTcpPorts"],
        rows: [
          row("A--", account: "", "0", "0;1;99999"), row("a2", "1", "1"),
          row("a3", image: "x", "", "1;;2"),
        ]))
    #expect(
      reading.issues == [
        "2 A2 required", "2 B2 name-form", "2 E2 gpu-count", "2 F2 port", "2 F2 port", "4 C4 image-form",
        "4 F4 list-form",
      ])
    #expect(reading.rows.map(\.content.isAccepted) == [false, true, false])
  }

  @Test func `a value breaks every rule it breaks`() throws {
    #expect(
      try readText(roster(rows: [row("Name--of-much-length")])).issues == ["2 B2 name-form", "2 B2 name-length"])
  }

  @Test func `a warning does not reject its row`() throws {
    let reading = try readText(roster(["gpuModel"], rows: [row("a1", "A100"), row("a2", "T4")]))
    #expect(reading.issues == [])
    #expect(reading.warnings == ["2 E2 gpu-model"])
    #expect(reading.summary.acceptedCount == 2)
    #expect(reading.summary.warnings.first?.isWarning == true)
  }

  @Test func `a value is shown clipped, and what cannot be seen is spelled out`() throws {
    let text = roster(rows: [row("a\u{1B}[31m\u{200B}\u{A0}b"), row(String(repeating: "가", count: 70))])
    let values = try readText(text).summary.issues.map(\.value)
    #expect(values.first == "a\\u{1B}[31m\\u{200B}\\u{A0}b")
    #expect(values.last == String(repeating: "가", count: 60) + "…")
  }
}
