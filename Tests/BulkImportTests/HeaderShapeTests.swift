// Headers that are rows, stand again, stand twice or are quoted in another way.

import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct HeaderShapeTests {
  /// What is wrong with a roster, read with a template that makes its names of a column.
  private func issues(_ text: String, name column: String, except: [String] = [], headerLine: Int? = nil) throws
    -> [RowIssue]
  {
    var options = RosterOptions()
    options.except = try except.map { try #require(RosterOptions.Condition($0)) }
    options.headerLine = headerLine
    let template = try Template(
      #"{"accountId": "acc1", "name": "s${\#(column)|slug}", "image": "a:1", "command": "ls"}"#, file: "t",
      schema: .workspace)
    return try withFile(text.utf8) { try read($0, as: "r.csv", options: options, template: template) }.summary.issues
  }

  @Test(arguments: [
    ("ID,Name\n1001,Kim\nID,Name\n1002,Lee\nID,Name\n", "ID"),
    ("\u{FEFF}MATRNR;NACHNAME\n1001;Kim\n\u{FEFF}MATRNR;NACHNAME\n1002;Lee\n", "MATRNR"),
    ("학번\t성명\n1001\t김\n학번 \t성명\n1002\t이\n", "학번"),
  ])
  func `the header that stands again is one issue with the condition that leaves it out`(text: String, column: String)
    throws
  {
    let found = try issues(text, name: column)
    #expect(found.map { "\($0.line) \($0.rule)" } == ["3 header-again"])
    #expect(found.first?.message.contains("--except '\(column)=\(column)'") == true, "\(found)")
    #expect(try issues(text, name: column, except: ["\(column)=\(column)"]).isEmpty)
    let look = try withFile(text.utf8) { try RosterReader(path: $0, schema: .workspace).preview() }
    #expect(look.probablyNone.map(\.column) == [column] && look.rows.count == 2)
  }

  @Test(arguments: [
    "번호,학번,성명,번호,학번,성명\n1,1001,김,3,1003,박\n2,1002,이,4,1004,최\n5,1005,정,6,1006,강\n",
    "번호,학번,성명,,번호,학번,성명\n1,1001,김,,3,1003,박\n2,1002,이,,4,1004,최\n5,1005,정,,6,1006,강\n",
    "학번;학번;학번\n1;2;3\n4;5;6\n7;8;9\n",
  ])
  func `two blocks side by side are headers that stand twice, and no title`(text: String) throws {
    let found = try issues(text, name: "학번")
    #expect(found.allSatisfy { $0.line == 1 } && found.contains { $0.rule == "header-twice" }, "\(found)")
  }

  @Test(arguments: [
    ("2024100,김민준,CS\n2024101,이서연,CS\n2024102,박도윤,EE\n", "2024100"), ("s2024100\ns2024101\ns2024102\n", "s2024100"),
    ("Kim\tkim@uni.de\nLee\tlee@uni.de\n", "Kim"), ("B00123456;Anna\nB00123457;Jörg\n", "B00123456"),
  ])
  func `a first row that is taken as the header is told`(text: String, column: String) throws {
    #expect(try issues(text, name: column).map { "\($0.line) \($0.rule)" } == ["1 header-row"])
    // Without a template too, and at their word where a person names the line.
    #expect(try readText(text).summary.issues.map(\.rule) == ["header-row"])
    #expect(try !issues(text, name: column, headerLine: 1).contains { $0.rule == "header-row" })
  }

  @Test(arguments: [
    ("ID,20261,20262\n2024100,20000,30000\n2024101,20001,30001\n", "ID"),
    ("Name,2026-03-02,2026-03-09\nKim,O,X\nLee,X,O\n", "Name"), ("학번,1,2,3\n2024100,1,0,1\n2024101,0,1,1\n", "학번"),
    ("user@host,grp\nkim,1\nlee,2\n", "grp"), ("ID,CS101\nAB12345,CS102\nAB12346,CS103\n", "ID"),
  ])
  func `a header with numbers in it is one`(text: String, column: String) throws {
    #expect(try !issues(text, name: column).contains { $0.rule == "header-row" })
  }

  @Test(arguments: [
    "Matrikel;\"Name,\nVorname\"\n1001;\"Müller, Anna\"\n1002;\"Schmidt, Jörg\"\n",
    "\"Matrikel\";\"Name,\r\nVor,name\"\r\n1001;\"Müller, Anna\"\r\n1002;\"Schmidt, Jörg\"\r\n",
    "Matrikel\t\"Name,\nVorname\"\n1001\t\"Müller, Anna\"\n1002\t\"Schmidt, Jörg\"\n",
  ])
  func `a separator is chosen with which quotes hold over lines`(text: String) throws {
    #expect(try issues(text, name: "Matrikel").isEmpty)
    let look = try withFile(text.utf8) { try RosterReader(path: $0, schema: .workspace).preview() }
    #expect(look.headers.first == "Matrikel" && look.rows.first == ["1001", "Müller, Anna"])
  }

  @Test(arguments: [
    "'Matrikel';'Name'\n'1001';'Müller'\n", "'id'\t'grp'\n'1'\t'x'\n", "'학번','성명'\n'1001','김'\n",
  ])
  func `headers in single quotes are told`(text: String) throws {
    #expect(try readText(text).summary.issues.first?.rule == "header-quotes")
  }

  @Test(arguments: [
    Array("ID,N".utf8) + [0xFF] + Array("me\n1,x\n".utf8), [0xC3] + Array("D,Name,é,é,é\n1,é\n".utf8),
    Array("\"ID,Nameé\n1,é\n".utf8),
  ])
  func `a header that cannot be read is not called empty`(bytes: [UInt8]) throws {
    let error = #expect(throws: RosterError.self) {
      try withFile(bytes) { try RosterReader(path: $0, displayName: "r.csv", schema: .workspace).preview() }
    }
    #expect(error?.code == .brokenHeader)
    #expect(error?.description.hasPrefix("The header of r.csv cannot be read: line 1, column ") == true)
  }
}
