// Which column is which field, and what can be wrong with a header.

import BulkImport
import DataForest
import Provisioning
import Testing
import Words

@Suite struct ColumnTests {
  @Test func `a column is a field by its full path or its last word`() throws {
    let text = """
      accountId,name,configuration.docker.image,command,configuration.name,queueName,configuration.resource.gpuCount
      acc1,a1,a:1,ls,conf,gpu,2

      """
    #expect(
      try readText(text).definitions == [
        #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","image":"a:1"},"name":"conf","#
          + #""queueName":"gpu","resource":{"gpuCount":2}},"name":"a1"}"#
      ])
  }

  @Test func `a full path beats a last word`() throws {
    let definition = try #require(try readText(roster(rows: [row("a1")])).definitions.first)
    #expect(try JSONValue(text: definition)[path: "name"] == .string("a1"))
    #expect(try JSONValue(text: definition)[path: "configuration.name"] == nil)
  }

  @Test func `a last word that two fields have names neither`() throws {
    let schema = Schema(
      fields: [
        Field("id", .string, required: true, help: "id"), Field("who", .string, required: true, help: "who"),
        Field("a.size", .integer, help: "a"), Field("b.size", .integer, help: "b"),
      ], accountPath: "who", namePath: "id")
    let reading = try readText("id,who,size,b.size\n1,2,3,4\n", schema: schema)
    #expect(reading.definitions == [#"{"b":{"size":4},"id":"1","who":"2"}"#])
    #expect(reading.rows.map(\.texts) == [["1", "2", "3", "4"]])
  }

  @Test func `environment variables have a column each, by either name`() throws {
    let text = roster(["env.TOKEN", "configuration.docker.env.MY.PATH", "env.EMPTY"], rows: [row("a1", "x", "y", "")])
    let definition = try JSONValue(text: try #require(try readText(text).definitions.first))
    #expect(
      definition[path: "configuration.docker.env"] == .object(["TOKEN": .string("x"), "MY.PATH": .string("y")]))
  }

  @Test func `columns that name no field are carried and never sent`() throws {
    let reading = try readText(roster(["email", "학번"], rows: [row("a1", "a@example.com", "20260001")]))
    #expect(reading.summary.columns == ["accountId", "name", "image", "command", "email", "학번"])
    #expect(reading.rows.first?.texts.suffix(2) == ["a@example.com", "20260001"])
    #expect(reading.definitions.allSatisfy { !$0.contains("example.com") && !$0.contains("2026") })
  }

  @Test func `columns that a report added are dropped, so that a report is a roster`() throws {
    let plain = try readText(roster(["email"], rows: [row("a1", "a@example.com")]))
    let text = roster(["rollcall_state", "email", "rollcall_line"], rows: [row("a1", "failed", "a@example.com", "7")])
    let report = try readText("\u{FEFF}" + text.replacing("\n", with: "\r\n"))
    #expect(report.summary == plain.summary)
    #expect(report.rows == plain.rows)
  }

  @Test func `headers match after trimming and in either way that Unicode writes them`() throws {
    let schema = Schema(
      fields: [Field("이름", .string, required: true, help: "name"), Field("who", .string, required: true, help: "who")],
      accountPath: "who", namePath: "이름")
    let decomposed = "\u{110B}\u{1175}\u{1105}\u{1173}\u{11B7}"
    let reading = try readText("\(decomposed) ,\twho\u{A0}\na,b\n", schema: schema)
    #expect(reading.definitions == [#"{"who":"b","이름":"a"}"#])
    #expect(reading.summary.columns.map { Array($0.utf8) } == [Array("이름".utf8), Array("who".utf8)])
  }

  @Test(arguments: [
    ("accountId,name,image,command,image", "1 E1 header-twice"),
    ("accountId,name,image,command,email,email", "1 F1 header-twice"),
    ("accountId,name,image,command,configuration.docker.image", "1 E1 field-twice"),
    ("accountId,name,image,command,env.A,configuration.docker.env.A", "1 F1 field-twice"),
    ("accountId,name,image,command,env", "1 E1 map-column"), ("accountId,name,image,command,env.", "1 E1 map-column"),
    ("accountId,name,image,command,GpuCount", "1 E1 header-case"),
    ("accountId,name,image,command,ENV.A", "1 E1 header-case"),
    ("accountId,name,command", "1 - field-missing"), ("accountId,name,Image,command", "1 C1 field-missing"),
    ("학번,성명", "1 - header"), ("accountId,name,image,command,a\"b", "1 E1 quotes"),
  ])
  func `what is wrong with a header is said once, and no row is accepted`(header: String, issue: String) throws {
    let cells = header.split(separator: ",").enumerated().map { "x\($0.offset):1" }.joined(separator: ",")
    let good =
      row().joined(separator: ",") + String(repeating: ",1", count: max(0, header.split(separator: ",").count - 4))
    let reading = try readText("\(header)\n\(header.hasPrefix("accountId,name,image,c") ? good : cells)\n")
    #expect(reading.issues.filter { $0.hasPrefix("1 ") } == [issue])
    #expect(reading.summary.acceptedCount == 0)
    for row in reading.rows {
      guard case .issue(let text, _, _) = row.content else { continue }
      #expect(text.hasPrefix(try #require(reading.summary.issues.first).withoutPlace))
    }
  }

  @Test func `the message names the column to add`() throws {
    let reading = try readText("accountId,name,Image\nacc1,a1,a:1\n")
    #expect(
      reading.summary.issues.map(\.description) == [
        "roster.csv:1: command: no column gives it: add a column 'command' (the command it starts with)",
        "roster.csv:1: Image (C1): 'Image' differs only in capitals from the field image: write it exactly so",
      ])
  }

  @Test func `a header that differs in capitals is carried when its field has a column`() throws {
    let reading = try readText(roster(["Name"], rows: [row("a1", "Kim")]))
    #expect(reading.issues == [])
    #expect(reading.rows.first?.texts.last == "Kim")
  }

  @Test func `a title line is no header, and its rows are not looked at`() throws {
    let reading = try readText("2026학년도 1학기 출석부,,,\n순번,학과,학번,성명\n1,2,3,4\n")
    #expect(reading.issues == ["2 - header"] && reading.warnings == ["2 - header-line"])
    #expect(reading.rows.isEmpty)
  }

  @Test func `an empty header is an issue only above a value, once for its column`() throws {
    let clean = try readText(roster(["", ""], rows: [row("a1", "", " "), row("a2", "", "")]))
    #expect(clean.issues == [])
    #expect(clean.summary.columns == ["accountId", "name", "image", "command"])
    let reading = try readText(roster(["", ""], rows: [row("a1", "", ""), row("a2", "", "x"), row("a3", "", "y")]))
    #expect(reading.issues == ["3 F3 header-empty"])
    #expect(reading.rows.map(\.content.isAccepted) == [true, false, false])
  }
}
