import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// Definitions made from the columns of somebody else's table.
@Suite struct TemplateTests {
  private static let lab = """
    {"accountId": "acc1", "name": "ai-${학번|short:8}", "description": "${성명}, ${학과}",
     "configuration": {"docker": {"image": "a:1", "command": "ls", "exposeTcpPorts": [8888], "env": {"ID": "${학번}"}},
                       "resource": {"gpuCount": 1}}}
    """
  private static let table = "순번,학과,학번,성명,gpuCount\n1,컴퓨터,20261234,김민준,\n2,컴퓨터,20265678,\"이, 서연\",2\n"

  private func read(_ text: String, _ template: String, options: RosterOptions = RosterOptions()) throws -> Reading {
    let template = try Template(template, file: "lab.json", schema: .workspace)
    return try withFile(text.utf8) { try BulkImportTests.read($0, as: "r.csv", options: options, template: template) }
  }

  @Test func `placeholders are filled, defaults give way to cells, cells are never expanded`() throws {
    let reading = try read(Self.table.replacingOccurrences(of: "컴퓨터", with: "${성명}"), Self.lab)
    #expect(reading.issues.isEmpty)
    #expect(
      reading.definitions.first
        == #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","env":{"ID":"20261234"},"exposeTcpPorts":[8888],"image":"a:1"},"resource":{"gpuCount":1}},"description":"김민준, ${성명}","name":"ai-20261234"}"#
    )
    #expect(reading.definitions.last?.contains(#""gpuCount":2"#) == true)
    #expect(reading.summary.columns == ["순번", "학과", "학번", "성명", "gpuCount"])
  }

  @Test(arguments: [
    (#"{"name": "ai-${id}"}"#, "a1,acc1,a:1,ls,late, bob"),
    (#"{"name": "ai-${id}", "description": "${note}"}"#, "a1,acc1,a:1,ls,late, bob,carol"),
    (#"{"name": "ai-${id}", "description": "${note}"}"#, "a1,acc1,a:1,ls,late, bob"),
  ])
  func `cells beyond the header are never taken for what the template makes`(template: String, last: String) throws {
    let reading = try read("id,accountId,image,command,note\na0,acc1,a:1,ls,x\n\(last)\n", template)
    #expect(reading.summary.acceptedCount == 1, "\(reading.definitions)")
    #expect(reading.issues.map { $0.split(separator: " ")[2] } == ["ragged"], "\(reading.issues)")
    #expect(!reading.definitions.contains { $0.contains("bob") || $0.contains("carol") })
  }

  @Test func `a value with a placeholder wins over the column of its field, which travels along`() throws {
    let text = "name,accountId,image,command\nKim,acc1,a:1,ls\n"
    let reading = try read(text, #"{"name": "x-${name|slug}"}"#)
    #expect(reading.definitions.first?.contains(#""name":"x-kim""#) == true)
    #expect(reading.rows.first?.texts == ["Kim", "acc1", "a:1", "ls"])
  }

  @Test(arguments: [
    ("Müller, Jörg", "muller-jorg"), ("O'Neil--X", "o-neil-x"), ("  A b ", "a-b"), ("홍길동", ""), ("Ａ１", "a1"),
    ("x@example.com", "x-example-com"), ("-a-", "a"),
  ])
  func `slug`(text: String, slug: String) { #expect(text.slug == slug) }

  @Test func `filters are applied in their order`() throws {
    let reading = try read(
      "id,accountId,image,command\n7,acc1,a:1,ls\n",
      #"{"name": "S${id|pad:3}", "description": "$${id} is ${id|pad:2}"}"#)
    #expect(reading.summary.issues.map(\.message).first?.hasPrefix("'S007' must start with a–z") == true)
    let good = try read(
      "id,accountId,image,command\nABCDEF,acc1,a:1,ls\n", #"{"name": "s-${id|lower|short:3}", "description": "$${id}"}"#
    )
    #expect(good.definitions.first?.contains(#""description":"${id}""#) == true)
    #expect(good.definitions.first?.contains(#""name":"s-abc""#) == true)
  }

  @Test func `a name without Latin letters points at a column that would do`() throws {
    let reading = try read(Self.table, Self.lab.replacingOccurrences(of: "ai-${학번|short:8}", with: "${성명|slug}"))
    let issue = try #require(reading.summary.issues.first)
    #expect(
      issue.description == """
        r.csv:2: name (from 성명) (D2): '김민준' has no Latin letters or digits for |slug: use '학번', which differs in every row
        """)
  }

  @Test func `equal names and long names are told at the cell that they are made from`() throws {
    let template = Self.lab.replacingOccurrences(of: "ai-${학번|short:8}", with: "workspace-${학과|slug}-x")
    let reading = try read(
      "학과,학번,성명\ncs,20261234,김민준\ncs,20265678,이서연\n", template)
    #expect(reading.issues == ["3 A3 duplicate"])
    let long = try read(
      "학과,학번,성명\ncomputer,20261234,김민준\n", template)
    #expect(long.issues == ["2 A2 name-length"])
  }

  @Test func `a number that a spreadsheet has shortened is an issue`() throws {
    let reading = try read(Self.table.replacingOccurrences(of: "20261234", with: "2.02E+11"), Self.lab)
    #expect(reading.issues == ["2 C2 mangled-number", "2 C2 mangled-number"])
    let fine = try read(Self.table.replacingOccurrences(of: "20261234", with: "2E11"), Self.lab)
    #expect(fine.summary.issues.map(\.rule) == ["name-form"])
  }

  @Test func `names made only from a column that counts the rows are an issue`() throws {
    let template = Self.lab.replacingOccurrences(of: "ai-${학번|short:8}", with: "ai-${순번|pad:2}")
    let reading = try read(Self.table, template)
    #expect(reading.summary.issues.map(\.rule) == ["row-numbers"])
    var options = RosterOptions()
    options.allowsRowNumbers = true
    #expect(try read(Self.table, template, options: options).issues.isEmpty)
  }

  @Test func `a placeholder that names no column is told with what there is`() throws {
    let reading = try read(Self.table, Self.lab.replacingOccurrences(of: "${성명}", with: "${성멍}"))
    #expect(reading.summary.issues.first?.message == "lab.json: description: ${성멍} names no column: did you mean '성명'?")
  }

  @Test func `what is wrong with a template is told all at once`() {
    let error = #expect(throws: TemplateError.self) {
      try Template(
        #"{"nam": "x", "name": "${a|sulg}", "description": "${b", "configuration": {"docker": {"image": "${}"}}}"#,
        file: "lab.json", schema: .workspace)
    }
    #expect(error?.problems.count == 4)
    #expect(error?.description.contains("lab.json: name: |sulg is no filter") == true)
    #expect(throws: TemplateError.self) { try Template("[1]", file: "t", schema: .workspace) }
    #expect(throws: TemplateError.self) { try Template("{", file: "t", schema: .workspace) }
  }
}
