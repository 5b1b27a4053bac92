// Cells and headers that look right and are not: `NULL`, totals that would be names, headers that are nearly fields.

import DataForest
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct StandInTests {
  private static let template =
    #"{"accountId": "acc1", "name": "ai-${id|slug}", "image": "a:1", "command": "ls", "configuration": {"resource": {"gpuCount": 1}}}"#

  private func reading(
    _ text: String, template: String? = template, carry: Set<String> = []
  ) throws -> Reading {
    let made = try template.map { try Template($0, file: "lab.json", schema: .workspace) }
    var options = RosterOptions()
    options.carried = carry
    return try withFile(text.utf8) { try read($0, as: "r.csv", options: options, template: made) }
  }

  // MARK: - Empty cells

  @Test(arguments: [
    "NULL", "\\N", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "NaN", "N/A", "NA", " NULL ",
  ])
  func `what programs write for an empty cell makes no name`(cell: String) throws {
    let found = try reading("id,n\ns1,A\n\(cell),B\ns3,C\n")
    #expect(found.issues == ["3 A3 stand-in"] && found.definitions.count == 2)
    let told = found.summary.issues.first?.message ?? ""
    #expect(told.contains("--except 'id=\(cell.trimmed)'"), "\(told)")
  }

  @Test(arguments: ["Null", "nan", "Na", "NASA", "Nancy"])
  func `a name is none of them`(cell: String) throws {
    #expect(try reading("id,n\ns1,A\n\(cell),B\n").issues.isEmpty)
  }

  @Test func `NA is a family name beside another column, and what only travels may say anything`() throws {
    let made = #"{"accountId": "acc1", "name": "${f|slug}-${id|slug}", "image": "a:1", "command": "ls"}"#
    #expect(try reading("f,id,n\nNA,s1,NULL\nKIM,s2,#N/A\n", template: made).issues.isEmpty)
    #expect(try reading("f,id,n\nNULL,s1,x\n", template: made).issues == ["2 A2 stand-in"])
  }

  @Test func `a required field says it, too`() throws {
    let found = try reading(roster(rows: [row("a1", account: "NULL"), row("a2")]), template: nil)
    #expect(found.issues == ["2 A2 stand-in"])
  }

  // MARK: - Totals

  @Test(arguments: [
    "Total,,", "Gesamt,78,x", "Average,12,78", "총 12명,,", "계,3,1", "총,3,1", "Insgesamt,3,1", "Totale,3,1", "Suma:,3,1",
  ])
  func `a total makes no name`(total: String) throws {
    let found = try reading("id,n,m\ns1,A,x\n\(total)\n")
    #expect(found.issues == ["3 A3 total"] && found.definitions.count == 1)
    let cell = total.prefix { $0 != "," }
    #expect(found.summary.issues.first?.message.contains("--except 'id=\(cell)'") == true)
  }

  @Test func `a family name is no total`() throws {
    let made = #"{"accountId": "acc1", "name": "ai-${id|slug}", "image": "a:1", "command": "ls"}"#
    let found = try reading("id,f,n\ns1,계,\ns2,Sum,\ns3,Max,\nsum,Min,\n", template: made)
    #expect(found.issues.isEmpty && found.rows.count == 4 && found.warnings.isEmpty)
  }

  // MARK: - Headers

  @Test(arguments: [
    "ACCOUNTID", "Account ID", "account_id", "GPUCOUNT", "GpuCount", "Gpu-Count", "gpu_count", "gpuCuont", "gpuCoun",
    "IMAGE",
  ])
  func `a header that is nearly a field which the template sets is an issue`(header: String) throws {
    let found = try reading("id,n,\(header)\ns1,A,2\n")
    #expect(found.issues == ["1 C1 header-near"])
    #expect(found.summary.issues.first?.message.contains("--carry") == true)
    #expect(try reading("id,n,\(header)\ns1,A,2\n", carry: [header]).issues.isEmpty)
  }

  @Test(arguments: ["Name", "NAME", "Comment", "Account", "Command line", "GPU", "Imag", "count"])
  func `a header of another meaning is carried`(header: String) throws {
    #expect(try reading("id,n,\(header)\ns1,A,2\n").issues.isEmpty)
  }

  @Test func `a column that the template reads is meant, whatever its header`() throws {
    let made = #"{"accountId": "${ACCOUNTID}", "name": "ai-${id}", "image": "a:1", "command": "ls"}"#
    #expect(try reading("id,ACCOUNTID\ns1,acc2\n", template: made).definitions.count == 1)
  }

  @Test func `an element of JSON with a member that is nearly a field is an issue`() throws {
    let found = try reading(#"[{"id": "s1", "ACCOUNTID": "acc2", "GpuCount": 2}]"#)
    #expect(found.summary.issues.map(\.rule) == ["header-near", "header-near"])
  }

  // MARK: - What is said

  @Test func `a rule below the header is told how to leave it out, not to use its own column`() throws {
    let told = try withFile(("id,n\n---,---\n" + (1...9).map { "s\($0),A\n" }.joined()).utf8) { path in
      let template = try Template(Self.template, file: "lab.json", schema: .workspace)
      return try read(path, as: "r.csv", template: template).summary.issues.map(\.message)
    }
    #expect(told.count == 1 && told[0].contains("--except 'id=---'"), "\(told)")
  }

  @Test(arguments: [(";", "semicolon"), ("\t", "tab"), (",", "comma")])
  func `a row of another length is told its file's separator`(separator: String, word: String) throws {
    let lines = ["n,m,id", "A,x,s1", "B,y,s2", "C,z,s3,more,w", "D,v"]
    let text = lines.map { $0.split(separator: ",").joined(separator: separator) }.joined(separator: "\n") + "\n"
    let told = try reading(text).summary.issues.map(\.message)
    #expect(
      told.count == 2 && told[0].contains("a \(word) in quotes") && told[1].contains("missing \(word)s"), "\(told)")
  }

  @Test func `a header that is one cell short is told so`() throws {
    let text = "id,n,m\n" + (1...6).map { "\($0),s\($0),A,x\n" }.joined()
    let told = try reading(text).summary.issues
    #expect(told.allSatisfy { $0.message.contains("the header lacks a column") } && !told.isEmpty, "\(told)")
  }
}
