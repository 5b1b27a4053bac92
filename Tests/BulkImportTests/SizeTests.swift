import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// What is too large is told, and never made.
@Suite struct SizeTests {
  private static func read(_ text: String, template: String? = nil) throws -> Reading {
    let made = try template.map { try Template($0, file: "lab.json", schema: .workspace) }
    return try withFile(text.utf8) { try BulkImportTests.read($0, as: "r.csv", template: made) }
  }

  /// A template with so many placeholders of one column.
  private static func template(_ count: Int, _ filter: String = "") -> String {
    let members = (1...count).map { #""E\#($0)": "${big\#(filter)}""# }.joined(separator: ", ")
    return #"{"configuration": {"docker": {"env": {\#(members)}}}}"#
  }

  private static let start = "accountId,name,image,command,big\n6COytUeFj7b8eOhq2L5zL,"

  @Test(arguments: ["", "|slug|short:6", "|lower"])
  func `a template makes no definition that is too large`(filter: String) throws {
    let big = String(repeating: "가a", count: 125_000)
    let text = Self.start + "a1,tensorflow:r2.3.1-py3,ls,\(big)\n6COytUeFj7b8eOhq2L5zL,a2,tensorflow:r2.3.1-py3,ls,x\n"
    let reading = try Self.read(text, template: Self.template(2_000, filter))
    #expect(reading.issues == ["2 E2 definition-size"])
    let issue = try #require(reading.summary.issues.first)
    #expect(issue.column == "big" && issue.message.contains("a definition of 1000000"), "\(issue)")
    #expect(issue.message.contains("from this cell of 500000 bytes"), "\(issue)")
    // The other row is as it should be.
    #expect(reading.definitions.count == 1)
  }

  @Test func `so does no row without one`() throws {
    let half = String(repeating: "x", count: 600_000)
    let text = roster(
      ["args", "env.A"], rows: [["6COytUeFj7b8eOhq2L5zL", "a1", "tensorflow:r2.3.1-py3", "ls", half, half]])
    #expect(try Self.read(text).issues.contains("2 E2 definition-size"))
    // What is only carried is no part of a definition.
    let carried = roster(
      ["note", "more"], rows: [["6COytUeFj7b8eOhq2L5zL", "a1", "tensorflow:r2.3.1-py3", "ls", half, half]])
    #expect(try Self.read(carried).issues == [])
  }

  @Test func `a row has an end`() throws {
    let cell = String(repeating: "x", count: 1 << 20)
    let headers = (1...17).map { "c\($0)" }
    let text = roster(
      headers, rows: [["6COytUeFj7b8eOhq2L5zL", "a1", "tensorflow:r2.3.1-py3", "ls"] + headers.map { _ in cell }])
    let reading = try Self.read(text)
    #expect(reading.summary.issues.map(\.rule) == ["row-length"])
  }
}
