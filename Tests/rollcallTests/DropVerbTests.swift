import Foundation
import TestSupport
import Testing

/// `--drop` from the command line to the files, and what the plan says of the columns.
@Suite struct DropVerbTests {
  private static func write(_ fixture: CommandFixture) throws {
    let account = CommandFixture.account
    try fixture.write(
      """
      name,accountId,image,command,email,비밀번호
      n1,\(account),tensorflow:r2.3.1-py3,ls,a@example.com,hunter2-one
      n2,\(account),bad image,ls,b@example.com,hunter2-two
      n3,\(account),tensorflow:r2.3.1-py3,hunter2-three
      n4,\(account),bad image,ls,c@example.com,"hunter2-four" x

      """)
  }

  @Test func `nothing of a dropped column is printed, stored or reported`() async throws {
    try await CommandFixture.with { fixture in
      try Self.write(fixture)
      let arguments = [
        "run", "class.csv", "--skip-invalid", "--drop", "비밀번호", "--out", "report", "--issues", "issues.csv", "--rate",
        "500/s",
      ]
      let result = await fixture.run(arguments, answer: nil, isInteractive: false)
      #expect(result.status == 3, "\(result)")
      #expect(result.errorOutput.contains("  dropped   비밀번호"), "\(result)")
      #expect(!"\(result)".contains("hunter2"), "\(result)")
      let files = try FileManager.default.subpathsOfDirectory(atPath: fixture.folder).filter { $0 != "class.csv" }
      #expect(files.contains("report/failed.csv") && files.contains("rollcall.db") && files.contains("issues.csv"))
      for file in files {
        let bytes = FileManager.default.contents(atPath: fixture.folder + "/" + file) ?? Data()
        #expect(bytes.range(of: Data("hunter2".utf8)) == nil, "\(file)")
      }
      // The report is a roster without the column, with the same options.
      let again = await fixture.run("check", "report/failed.csv", "--drop", "비밀번호")
      #expect(again.status == 5, "\(again)")
    }
  }

  @Test(arguments: ["run", "check", "import", "template"])
  func `a column that is not there is a usage error`(verb: String) async throws {
    try await CommandFixture.with { fixture in
      try Self.write(fixture)
      let result = await fixture.run(verb, "class.csv", "--drop", "emal")
      #expect(result.status == 2 && result.errorOutput.contains("did you mean 'email'?"), "\(result)")
    }
  }

  @Test func `with a template the plan tells what travels and what stays`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("학번,성명,이메일,비고\n1a,김,a@example.com,x\n2b,이,b@example.com,y\n")
      try fixture.write(
        #"{"accountId": "\#(CommandFixture.account)", "name": "ai-${학번}", "description": "${성명}", "configuration":"#
          + #" {"docker": {"image": "tensorflow:r2.3.1-py3", "command": "ls"}}}"#, to: "lab.json")
      let result = await fixture.run("check", "class.csv", "--template", "lab.json", "--drop", "비고")
      #expect(result.status == 0, "\(result)")
      for line in ["  sent      학번, 성명\n", "  carried   이메일\n", "  dropped   비고\n"] {
        #expect(result.output.contains(line), "\(line): \(result)")
      }
    }
  }

  @Test func `a formula in the table of issues is text`() async throws {
    try await CommandFixture.with { fixture in
      for start in ["=", "+", "-", "@", "＝", "＋", "－", "＠"] {
        try fixture.write(
          "name,accountId,image,command\n\(start)HYPERLINK(1),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n")
        let result = await fixture.run("check", "class.csv", "--issues", "issues.csv")
        #expect(result.status == 5, "\(result)")
        let text = try fixture.read("issues.csv")
        #expect(text.contains(",'\(start)HYPERLINK") && !text.contains(",\(start)"), "\(text)")
      }
    }
  }
}

/// A template is one definition; what is larger is not read.
@Suite struct LargeTemplateTests {
  @Test func `a template of a hundred megabytes is refused by its size`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"])
      #expect(FileManager.default.createFile(atPath: fixture.folder + "/lab.json", contents: nil))
      #expect(truncate(fixture.folder + "/lab.json", 100_000_000) == 0)
      let result = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(result.status == 2 && result.errorOutput.contains("more than 1048576 bytes"), "\(result)")
    }
  }
}
