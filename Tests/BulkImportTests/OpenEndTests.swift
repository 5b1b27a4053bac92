import BulkImport
import DataForest
import Foundation
import Provisioning
import TestSupport
import Testing
import Words

/// A last line without a line end may be the part of a line that was copied so far.
@Suite struct OpenEndTests {
  private static let header = "student,note,accountId,image,command,name"

  private static func line(_ number: Int) -> String { "학생 \(number),\"a, b\",acc1,a:1,ls,ai-\(number)" }

  /// A header and two whole lines, and what follows them.
  private static func text(_ last: String, end: String = "\n") -> String {
    ([header, line(1), line(2)].map { $0 + end } + [last]).joined()
  }

  private func reading(_ bytes: [UInt8], isWhole: Bool = false) throws -> Reading {
    var options = RosterOptions()
    options.allowsNoLineEnd = isWhole
    return try withFile(bytes) { try read($0, as: "r.csv", options: options) }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a table that is cut anywhere in its last line loses that row and no other`(end: String) throws {
    let last = Array(Self.line(17).utf8)
    for count in 1...last.count {
      let found = try reading(Array(Self.text("", end: end).utf8) + last.prefix(count))
      #expect(found.summary.acceptedCount == 2 && found.rows.count == 3, "\(count): \(found.issues)")
      #expect(found.issues.count == 1 && found.issues[0].hasSuffix(" unfinished"), "\(count): \(found.issues)")
      #expect(found.summary.wholeIssueCount == 0 && found.hasOpenEnd)
    }
    let whole = try reading(Array(Self.text(Self.line(17) + end, end: end).utf8))
    #expect(whole.summary.acceptedCount == 3 && !whole.hasOpenEnd)
  }

  @Test(arguments: ["note=", "note=a, b", "name=ai-3"])
  func `what rows are chosen by says nothing of a row that was cut`(condition: String) throws {
    var options = RosterOptions()
    if condition == "note=" {
      options.except = [try #require(RosterOptions.Condition(condition))]
    } else {
      options.only = [try #require(RosterOptions.Condition(condition))]
    }
    let found = try withFile(Self.text("학생 3,").utf8) { try read($0, as: "r.csv", options: options) }
    #expect(found.issues.map { $0.split(separator: " ")[2] } == ["unfinished"], "\(found.issues)")
  }

  @Test func `a copy that ends between the two bytes of a line end is whole`() throws {
    let found = try reading(Array(Self.text(Self.line(3) + "\r", end: "\r\n").utf8))
    #expect(found.summary.acceptedCount == 3)
  }

  @Test(arguments: ["UTF-16", "UTF-16LE", "CP949", "EUC-JP"])
  func `text in another encoding, cut at any byte of its last line`(encoding: String) throws {
    let names = encoding == "EUC-JP" ? ["さとう", "たなか", "すずき"] : ["김민준", "이서연", "박도윤"]
    func line(_ index: Int) -> String { "\(names[index]),,acc1,a:1,ls,ai-\(index),\(names[index])" }
    let start = "\(Self.header),last\n" + (0..<20).map { _ in "" }.joined() + "\(line(0))\n\(line(1))\n"
    let before = try #require(encoded(start, as: encoding)).count
    let bytes = try #require(encoded(start + line(2), as: encoding))
    for count in before + 1...bytes.count {
      let found = try reading(Array(bytes.prefix(count)))
      #expect(found.summary.acceptedCount == 2, "\(count): \(found.issues)")
      #expect(found.issues.map { $0.split(separator: " ")[2] } == ["unfinished"], "\(count): \(found.issues)")
    }
  }

  @Test func `an object a line, cut anywhere, loses that row and no other`() throws {
    func line(_ number: Int) -> String {
      #"{"accountId": "acc1", "image": "a:1", "command": "ls", "name": "a\#(number)", "note": ["}", 1]}"#
    }
    let start = Array("\(line(1))\n\(line(2))\n".utf8)
    let last = Array(line(17).utf8)
    for count in 1...last.count {
      let found = try reading(start + last.prefix(count))
      #expect(found.summary.acceptedCount == 2, "\(count): \(found.issues)")
      #expect(found.issues == ["3 - unfinished"], "\(count)")
    }
    #expect(try reading(start + last, isWhole: true).summary.acceptedCount == 3)
    #expect(throws: RosterError.self) { try reading(start + last.dropLast(), isWhole: true) }
  }

  @Test(arguments: [
    #"[{"name": "a1", "accountId": "acc1", "image": "a:1", "command": "ls"}]"#,
    #"{"workspaces": [{"name": "a1", "accountId": "acc1", "image": "a:1", "command": "ls"}]}"#,
    #"{"name": "a1", "accountId": "acc1", "image": "a:1", "command": "ls"}"#,
  ])
  func `JSON in brackets, and one object alone, are whole by themselves`(text: String) throws {
    let found = try reading(Array(text.utf8))
    #expect(found.summary.acceptedCount == 1 && !found.hasOpenEnd)
  }

  @Test func `one row below a header is held back too, and a person may say that it is whole`() throws {
    let bytes = Array("\(Self.header)\n\(Self.line(1))".utf8)
    #expect(try reading(bytes).summary.acceptedCount == 0)
    let whole = try reading(bytes, isWhole: true)
    #expect(whole.summary.acceptedCount == 1 && whole.hasOpenEnd)
  }

  @Test func `who says that the end is whole is still told what is wrong in it`() throws {
    func issues(_ last: String) throws -> [String] {
      try reading(Array(Self.text(last).utf8), isWhole: true).issues
    }
    #expect(try issues("학생 3,\"a, b") == ["4 B4 unclosed-quote"])
    #expect(try issues("학생 3,x,acc1,a:1,ls,ai-2") == ["4 F4 duplicate"])
    let cut = Array(Self.text("학생 3,x,acc1,a:1,ls,ai-3,학").utf8.dropLast())
    #expect(try reading(cut, isWhole: true).issues == ["4 G4 utf-8"])
  }

  @Test func `nothing else is said of a row that is held back, and what it names stays in the roster`() throws {
    let found = try reading(Array(Self.text("학생 3,x,acc1,a:1,ls,ai-2").utf8))
    #expect(found.issues == ["4 F4 unfinished"])
    guard case .issue(let text, let account, let name) = found.rows[2].content else {
      Issue.record("the row was accepted")
      return
    }
    #expect(account == "acc1" && name == "ai-2" && text.contains("--allow-no-line-end"))
  }

  @Test func `a quote that is open for more than the last line belongs to the file, not to a row`() throws {
    let found = try reading(Array(Self.text("학생 3,\"open,acc1,a:1,ls,ai-3\n학생 4,x").utf8))
    #expect(found.issues == ["4 B4 unclosed-quote"] && found.summary.wholeIssueCount == 1)
  }

  @Test func `a last line that is no row is no issue`() throws {
    #expect(try reading(Array(Self.text("   ").utf8)).issues.isEmpty)
    var options = RosterOptions()
    options.except = try [#require(RosterOptions.Condition("student=합계"))]
    let total = try withFile(Self.text("합계,2").utf8) { try read($0, as: "r.csv", options: options) }
    #expect(total.issues.isEmpty && total.summary.acceptedCount == 2)
  }

  @Test func `numbers of a row that is held back are not compared with the others`() throws {
    let template = try Template(
      #"{"accountId": "acc1", "name": "a-${id}", "configuration": {"docker": {"image": "a:1", "command": "ls"}}}"#,
      file: "t.json", schema: .workspace)
    let rows = (1...9).map { "2026123\($0)\n" }.joined()
    let found = try withFile("id\n\(rows)2026".utf8) { try read($0, as: "r.csv", template: template) }
    #expect(found.issues == ["11 A11 unfinished"])
  }
}
