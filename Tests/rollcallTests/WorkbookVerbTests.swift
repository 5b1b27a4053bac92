import Foundation
import TestSupport
import Testing

@testable import rollcall

/// Rosters in workbooks and in gzip, through the command.
@Suite struct WorkbookVerbTests {
  private static let header = ["name", "accountId", "image", "command", "성명", "학번"]

  private static func cells(_ name: String, _ student: String) -> [String] {
    [name, CommandFixture.account, "tensorflow:r2.3.1-py3", "ls", student, "0072"]
  }

  private static let book = ZipFile.workbook(texts: [["2026 봄"], header, cells("a1", "김민준"), cells("a2", "이서연")])

  private func write(_ bytes: [UInt8], to name: String, _ fixture: CommandFixture) throws {
    try Data(bytes).write(to: URL(filePath: fixture.folder + "/" + name))
  }

  @Test func `a workbook is checked, run and reported, with the sheet's rows as its lines`() async throws {
    try await CommandFixture.with { fixture in
      // What it is called does not count.
      try write(Self.book.bytes, to: "class.csv", fixture)
      let check = await fixture.run("check", "class.csv")
      #expect(check.status == 0 && check.errorOutput.contains("Read as Excel workbook, sheet 'Sheet1': 2 rows."))
      let run = await fixture.run("run", "class.csv", "--out", "report")
      #expect(run.status == 0, "\(run)")
      let report = try fixture.read("report/succeeded.csv")
      #expect(report.contains("a1,") && report.contains("김민준,0072,") && report.contains(",3\r\n"), "\(report)")
      let again = await fixture.run("run", "class.csv", "--out", "report")
      #expect(again.status == 0 && !again.errorOutput.contains("2 new"), "\(again)")
      let rows = [Self.header, Self.cells("a1", "김민준"), Self.cells("a2", "이서연")]
      let plain = rows.map { $0.joined(separator: ",") + "\n" }
      try fixture.write(plain.joined(), to: "class.csv")
      let asText = await fixture.run("import", "class.csv")
      #expect(asText.output.contains("is this roster already"), "\(asText)")
    }
  }

  @Test func `a workbook and gzip from standard input`() async throws {
    try await CommandFixture.with { fixture in
      for (label, bytes) in [("a", Self.book.bytes), ("b", Deflated.gzip(Self.book.bytes))] {
        let result = await fixture.run(
          ["import", "-", "--label", label], answer: nil, isInteractive: false, input: Data(bytes))
        #expect(result.status == 0 && result.output.contains("2 rows imported"), "\(result)")
      }
    }
  }

  @Test func `issues of a sheet in the file of issues and in JSON`() async throws {
    try await CommandFixture.with { fixture in
      try write(ZipFile.workbook(texts: [Self.header, Self.cells("A1", "김")]).bytes, to: "class.xlsx", fixture)
      let json = await fixture.run("check", "class.xlsx", "--json", "--issues", "issues.csv")
      #expect(json.status == 5 && json.output.contains(#""cell":"Sheet1!A2""#), "\(json)")
      #expect(json.errorOutput.contains("class.xlsx:2: name (Sheet1!A2): 'A1' must start"), "\(json)")
      #expect(try fixture.read("issues.csv").contains("class.xlsx,2,name,Sheet1!A2,name-form,issue,A1,"))
    }
  }

  @Test func `a sheet that is not there is a mistake of the command`() async throws {
    try await CommandFixture.with { fixture in
      try write(Self.book.bytes, to: "class.xlsx", fixture)
      try fixture.writeRoster(["a"], to: "class.csv")
      let unknown = await fixture.run("check", "class.xlsx", "--sheet", "명단")
      #expect(unknown.status == 2 && unknown.errorOutput.contains("has no sheet '명단'; it has 'Sheet1'"), "\(unknown)")
      let none = await fixture.run("run", "class.csv", "--sheet", "명단")
      #expect(none.status == 2 && none.errorOutput.contains("class.csv is no workbook"), "\(none)")
    }
  }

  @Test func `a template of a sheet names the sheet`() async throws {
    try await CommandFixture.with { fixture in
      try write(Self.book.bytes, to: "class.xlsx", fixture)
      let result = await fixture.run("template", "class.xlsx", "--sheet", "sheet1")
      #expect(result.status == 0 && result.errorOutput.contains("성명, 학번"), "\(result)")
      #expect(result.output.contains(#""sheet": "sheet1""#), "\(result)")
    }
  }

  @Test func `what is no roster ends with 5 and a remedy`() async throws {
    try await CommandFixture.with { fixture in
      var macros = Self.book
      macros.parts.append(ZipFile.Part("xl/vbaProject.bin", "x"))
      let files: [(bytes: [UInt8], words: String, remedy: String)] = [
        (macros.bytes, "has macros", "Save it as .xlsx"),
        (Array(Self.book.bytes.dropLast(9)), "is damaged", "Copy it again"),
        (ZipFile([ZipFile.Part("a.csv", "a")]).bytes, "looks like a zip file", "Unpack it"),
        (Array(Deflated.gzip(Self.book.bytes).dropLast(9)), "breaks off", "Make it again"),
      ]
      for file in files {
        try write(file.bytes, to: "class.xlsx", fixture)
        let result = await fixture.run("check", "class.xlsx")
        #expect(
          result.status == 5 && result.errorOutput.contains(file.words) && result.errorOutput.contains(file.remedy),
          "\(result)")
      }
    }
  }
}
