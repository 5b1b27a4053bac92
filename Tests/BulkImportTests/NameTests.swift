// Names that a template makes: of empty cells, of numbers without their zeros, of columns that count.

import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct NameTests {
  private static func template(_ name: String) throws -> Template {
    try Template(
      #"{"accountId": "acc1", "name": "\#(name)", "image": "a:1", "command": "ls"}"#, file: "lab.json",
      schema: .workspace)
  }

  private func reading(_ text: String, _ name: String, _ options: RosterOptions = RosterOptions()) throws -> Reading {
    let template = try Self.template(name)
    return try withFile(text.utf8) { try read($0, as: "r.csv", options: options, template: template) }
  }

  @Test(arguments: ["ws${학번}", "ai-${학번|pad:8}", "${학번|slug}"])
  func `an empty cell makes no name, and no duplicate of another empty one`(name: String) throws {
    let reading = try reading("학번,성명\n,김\n,이\n2026,박\n", name)
    #expect(reading.issues.filter { $0 != "4 A4 name-form" } == ["2 A2 required", "3 A3 required"])
    #expect(
      reading.summary.issues.first?.message == "the cell of '학번' is empty, and the name is made of it: fill it in")
  }

  @Test func `names without Latin letters are one kind of issue that points at a column that differs`() throws {
    let rows = (1...300).map { "\($0),학생\($0 % 7)김,2026\(1_000 + $0)\n" }.joined()
    let reading = try reading("순번,성명,학번\n" + rows.replacing(/학생\d/, with: "학생"), "${성명|slug}")
    let group = try #require(reading.summary.issueGroups.groups.first)
    #expect(reading.summary.issueGroups.groups.count == 1)
    #expect(group.rowCount == 300 && group.lastLine == 301)
    #expect(
      group.first.message == "'학생김' has no Latin letters or digits for |slug: use '학번', which differs in every row")
  }

  @Test func `numbers that lost their zeros are one issue of the whole, unless they are padded or allowed`() throws {
    let text = "학번,성명\n0172,김\n0181,이\n0191,박\n72,최\n0234,윤\n0235,한\n0236,조\n0237,장\n9,임\n0239,오\n"
    let reading = try reading(text, "s${학번}")
    #expect(reading.issues == ["5 A5 short-number"])
    #expect(reading.summary.wholeIssueCount == 1)
    let message = try #require(reading.summary.issues.first).message
    #expect(
      message
        == "'72' has 2 digits where the column's others have 4, and 1 more row up to line 10: has a spreadsheet lost "
        + "leading zeros? Format the column as text, write ${학번|pad:4} in the template, or say --allow-short-numbers")
    #expect(try self.reading(text, "s${학번|pad:4}").issues.isEmpty)
    var options = RosterOptions()
    options.allowsShortNumbers = true
    #expect(try self.reading(text, "s${학번}", options).issues.isEmpty)
    #expect(try self.reading("학번,성명\n1,김\n22,이\n333,박\n", "s${학번}").issues.isEmpty)
  }

  @Test func `the count of the rows is found behind a choice of rows, at the header's line`() throws {
    let text = "출석부\n순번,분반,학번\n1,가,7\n2,나,8\n3,나,9\n4,가,6\n"
    var options = RosterOptions()
    options.headerLine = 2
    options.only = [try #require(RosterOptions.Condition("분반=나"))]
    let reading = try reading(text, "s${순번}", options)
    #expect(reading.issues == ["2 - row-numbers"])
    #expect(reading.summary.wholeIssueCount == 1)
  }

  @Test func `a slug that is cut ends without a hyphen`() throws {
    let template = try Self.template("${성명|slug|short:5}")
    let name = try #require(template.values.first { $0.path == "name" })
    #expect(name.expanded { _ in "Kim, Minjun" } == "kim-m")
    #expect(name.expanded { _ in "Park Jiwoo" } == "park")
  }

  @Test func `the best column for names and the one for descriptions are no counts and can be placeholders`() throws {
    let text = "순번,a|b,x}y,학번,성명\n1,q1,r1,2026,김\n2,q2,r2,2027,이\n"
    let look = try withFile(text.utf8) { try RosterReader(path: $0, schema: .workspace).preview() }
    #expect(look.bestNameColumn == "학번" && look.nameStartsWithDigit)
    #expect(look.bestDescriptionColumn == "성명")
  }

  @Test func `a rejected row keeps its account and name where both are known`() throws {
    let reading = try readText(roster(rows: [row("a1", image: "x"), row("", image: "x"), row("a3")]))
    let (found, contents) = (reading.summary.issues.map(\.withoutPlace), reading.rows.map(\.content))
    #expect(contents[0] == .issue(found[0], account: "acc1", name: "a1"))
    #expect(contents[1] == .issue(found[1...].joined(separator: "; ")))
    guard case .item = contents[2] else { return #expect(contents[2] == contents[0]) }
  }
}
