import DataForest
import Provisioning
import Testing
import Words

@testable import BulkImport

/// Rows that are no rows: left out where that is certain, and otherwise told how.
@Suite struct TotalTests {
  private static let template = #"{"accountId": "acc1", "name": "ai-${id|slug}", "image": "a:1", "command": "ls"}"#

  private func reading(_ text: String, template: String? = template) throws -> Reading {
    let made = try template.map { try Template($0, file: "lab.json", schema: .workspace) }
    return try withFile(text.utf8) { try read($0, as: "r.csv", template: made) }
  }

  @Test(arguments: [
    "합계,,,28", "Total,,,28", "  Points Possible,,,10.00", "평균,,,9.5", "소계:,,,1", ",합계 20명,,28", "Grand total,,,", "총계",
    "合計,,,3", "Durchschnitt,,,2",
  ])
  func `a total that has nothing a name is made of is left out, and said`(total: String) throws {
    let found = try reading("student,note,id,score\nKim,,s1,9\n\(total)\nLee,,s2,8\n")
    #expect(found.issues.isEmpty && found.rows.map(\.line) == [2, 4] && found.summary.rowCount == 2)
    #expect(found.summary.warnings.map(\.rule) == ["total"] && found.warnings.first?.hasPrefix("3 ") == true)
    #expect(found.summary.warnings.first?.message.contains("--except '") == true)
  }

  @Test(arguments: [["", "합계", "", ""], ["", "합계"], ["Total", "", "", ""]])
  func `a total under a header of fields is left out`(total: [String]) throws {
    let found = try reading(roster(rows: [row("a1"), total]), template: nil)
    #expect(found.issues.isEmpty && found.rows.count == 1 && found.summary.warnings.map(\.rule) == ["total"])
  }

  @Test(arguments: [
    // A student whose id is missing, whatever the name.
    ("Min,,,9", "required"), ("Total Kim,,,9", "required"), ("Sum Park,,,9", "required"),
    // Whose level is a word of totals.
    ("Park,Average,,9", "total"), ("Park,Total,,", "total"), ("박서준,평균,,", "total"),
  ])
  func `a row that lacks its id and is no total is an issue`(row: String, rule: String) throws {
    let found = try reading("student,note,id,score\nKim,,s1,9\n\(row)\n")
    #expect(found.summary.issues.map(\.rule) == [rule] && found.rows.count == 2)
  }

  @Test func `a row with a name that says total is a row`() throws {
    let found = try reading("student,note,id,score\nTotal,,s9,9\n")
    #expect(found.issues.isEmpty && found.rows.count == 1 && found.warnings.isEmpty)
    // Where names are made of the very cell that says it, nothing is certain.
    let made = #"{"accountId": "acc1", "name": "ai-${student|slug}", "image": "a:1", "command": "ls"}"#
    let named = try reading("student,note,id,score\nKim,,s1,9\n합계,,,\n", template: made)
    #expect(named.summary.issues.map(\.rule) == ["total"])
    #expect(named.summary.issues.first?.message.contains("--except 'student=합계'") == true)
  }

  @Test func `an element of JSON that says total is no total of a table`() throws {
    let found = try reading(#"[{"student": "합계", "score": "9"}, {"student": "Kim", "id": "s1"}]"#)
    #expect(found.rows.count == 2 && found.issues.count == 1)
  }

  @Test(arguments: ["예: 김 예시", "Example: Jane Doe", "(예) 홍길동", "例：山田", "e.g. Kim"])
  func `the example of a form is told how to leave it out`(cell: String) throws {
    let found = try reading("student,note,id,score\n\(cell),,s0,9\nKim,,s1,9\n")
    #expect(found.issues.isEmpty && found.warnings == ["2 A2 example-row"])
    #expect(found.summary.warnings.first?.message.contains("--except 'student=\(cell)'") == true)
    #expect(try reading("student,note,id,score\nKim,,s1,9\n\(cell),,s0,9\n").warnings.isEmpty)
  }

  @Test(arguments: ["작성일: 2026-03-02", "as of 2026", "Printed: now"])
  func `a note below the table that makes a name is told how to leave it out`(note: String) throws {
    let found = try reading("id,student,note\ns1,Kim,\n\(note),,\ns3,,\n")
    #expect(found.issues.isEmpty && found.warnings == ["3 A3 one-cell"])
    #expect(found.summary.warnings.first?.message.contains("--except 'id=\(note)'") == true)
  }

  // MARK: - What stands above

  @Test(arguments: [
    "version:v1.0,,,\n", "Spring 2026\n", "Course,AI 101,,,,,,\n", "2026 roster,,,\n\n,as of 2026-03-02,,\n",
    "반,AI,,,,,,\n교수,김,,,,,,\n",
  ])
  func `lines with few cells above many with several are no header`(top: String) throws {
    let table = "student,note,id,score,a,b,c\n" + (1...5).map { "Kim,x,s\($0),9,1,2,3\n" }.joined()
    let found = try reading(top + table)
    #expect(found.issues.isEmpty && found.rows.count == 5 && found.summary.warnings.map(\.rule) == ["header-line"])
    // A starter template is made of the same header.
    let look = try withFile((top + table).utf8) { try RosterReader(path: $0, schema: .workspace).preview() }
    #expect(look.headers == ["student", "note", "id", "score", "a", "b", "c"])
  }
}
