import Foundation
import Sandbox
import Testing

@testable import rollcall

/// What `template` writes about reading the roster, and what becomes of it.
@Suite struct TemplateSettingsTests {
  private static let attendance = """
    2026 출석부,,,,
    순번,학번,성명,전화,분반
    1,20251001,김민준,010-1,가
    2,20251002,이서연,010-2,나
    3,20251003,박도윤,010-3,가
    제외,20251099,시험,010-9,가

    """

  private static func template(_ rollcall: String) -> String {
    """
    {\(rollcall)"accountId": "\(CommandFixture.account)", "name": "ai-${학번|slug}", "description": "${성명}",
     "image": "tensorflow:r2.3.1-py3", "command": "ls"}
    """
  }

  @Test func `options are typed once, for the template`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.attendance)
      let options = ["--header-line", "2", "--except", "순번=제외", "--only", "분반=가", "--drop", "전화", "--format", "csv"]
      let made = await fixture.run(["template", "class.csv"] + options, answer: nil, isInteractive: false)
      #expect(
        made.output.contains(
          #""rollcall": {"headerLine": 2, "except": ["순번=제외"], "only": ["분반=가"], "drop": ["전화"], "format": "csv"},"#),
        "\(made)")
      #expect(made.errorOutput.contains("--template lab.json`."), "\(made)")
      let filled = made.output.replacing("YOUR-ACCOUNT-ID", with: CommandFixture.account)
      try fixture.write(filled, to: "lab.json")
      let check = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(check.status == 0 && check.output.contains("2 rows") && check.output.contains("dropped   전화"), "\(check)")
      let run = await fixture.run("run", "class.csv", "--template", "lab.json", "--rate", "500/s", "--out", "report")
      #expect(run.status == 0, "\(run)")
      #expect(fixture.sandbox.ledger.creates.count == 2)
      // Nothing of it is sent or stored as a part of a definition.
      #expect(try !fixture.read("report/outcomes.jsonl").contains("headerLine"))
      #expect(try !fixture.read("report/succeeded.csv").contains("010-"))
    }
  }

  @Test(arguments: [
    (["--header-line", "2"], #""headerLine": 1"#, "--header-line of the command line is used", "headerLine 1"),
    (["--except", "순번=제외"], #""except": ["순번=합계"]"#, "--except of the command line is used", "'순번=합계'"),
    (["--only", "분반=나"], #""only": ["분반=가"]"#, "--only of the command line is used", "'분반=가'"),
    (["--format", "csv"], #""format": "json""#, "--format of the command line is used", "format json"),
  ])
  func `the command line wins, and that is said`(options: [String], setting: String, says: String, value: String)
    async throws
  {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.attendance)
      try fixture.write(Self.template(#""rollcall": {\#(setting)}, "#), to: "lab.json")
      let result = await fixture.run(
        ["check", "class.csv", "--template", "lab.json"] + options, answer: nil, isInteractive: false)
      #expect(result.status == 0, "\(result)")
      #expect(result.errorOutput.contains("Note: \(says)") && result.errorOutput.contains(value), "\(result)")
      let same = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(!same.errorOutput.contains("Note:"), "\(same)")
    }
  }

  @Test func `a program that ends its last line with nothing is said once`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("학번,성명\n20251001,김민준\n20251002,이서연")
      let made = await fixture.run("template", "class.csv", "--allow-no-line-end")
      #expect(made.output.contains(#""rollcall": {"allowNoLineEnd": true},"#), "\(made)")
      try fixture.write(Self.template(""), to: "lab.json")
      let held = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(held.status == 5 && held.errorOutput.contains("say --allow-no-line-end"), "\(held)")
      try fixture.write(Self.template(#""rollcall": {"allowNoLineEnd": true}, "#), to: "lab.json")
      let check = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(check.status == 0 && check.output.contains("2 rows"), "\(check)")
    }
  }

  @Test func `columns that either leaves out are left out`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.attendance)
      try fixture.write(Self.template(#""rollcall": {"drop": ["전화"]}, "#), to: "lab.json")
      let result = await fixture.run("check", "class.csv", "--template", "lab.json", "--drop", "분반")
      #expect(result.status == 0 && result.output.contains("dropped   전화, 분반"), "\(result)")
    }
  }

  @Test(arguments: [
    (#"{"headerlines": 2}"#, "rollcall.headerlines is not known: did you mean \"headerLine\"?"),
    (#"{"tabs": "x"}"#, "rollcall.tabs is not known; there are headerLine, except"),
    (#"{"headerLine": "2"}"#, "rollcall.headerLine must be the number of a line"),
    (#"{"headerLine": 0}"#, "rollcall.headerLine must be the number of a line"),
    (#"{"except": "순번=합계"}"#, "rollcall.except must be an array of texts"),
    (#"{"only": ["section"]}"#, "rollcall.only must be an array of texts"),
    (#"{"drop": [1]}"#, "rollcall.drop must be an array of headers"),
    (#"{"allowNoLineEnd": 1}"#, "rollcall.allowNoLineEnd must be true or false"),
    (#"{"format": "xml"}"#, "rollcall.format must be"), ("[]", "rollcall must be an object"),
    ("5", "rollcall must be an object"),
  ])
  func `settings that are none are told with what there is`(settings: String, says: String) async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.attendance)
      try fixture.write(Self.template("\"rollcall\": \(settings), "), to: "lab.json")
      let result = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(result.status == 5 && result.errorOutput.contains(says), "\(result)")
    }
  }

  // MARK: - What a roster shows

  @Test func `rows that are probably none are left out by the template, and said`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(
        "Student,ID\n\"예: 김 예시\",x1\n\"Kim, Minjun\",s1\n\"Lee, Seo\",s2\n\"Student, Test\",s9\n총원,\n\"Total, Ann\",s3\n"
      )
      let made = await fixture.run(["template", "class.csv"], answer: nil, isInteractive: false)
      #expect(made.output.contains(#""except": ["Student=예: 김 예시","Student=Student, Test","Student=총원"]"#), "\(made)")
      #expect(made.errorOutput.contains("Rows that are probably none are left out by it"), "\(made)")
    }
  }

  @Test(arguments: [
    ("학번,email\n20251001,a@b\n20251002,c@d\n20251002,e@f\n", "names are made of 'email' instead", "${email|"),
    ("학번,성명\n20251001,김\n20251002,이\n20251002,박\n", "names are made of it all the same", "ai-${학번|"),
  ])
  func `what keeps the best column from making names is said`(roster: String, says: String, name: String) async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(roster)
      let made = await fixture.run(["template", "class.csv"], answer: nil, isInteractive: false)
      #expect(
        made.errorOutput.contains("'학번' would make the best names, but lines 3 and 4 share '20251002'"), "\(made)")
      #expect(made.errorOutput.contains(says) && made.output.contains(name), "\(made)")
    }
  }

  @Test func `a column with many equal cells is none that makes names`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("section,학번\nA,1001\nA,1002\nB,1003\nB,1004\n")
      let made = await fixture.run(["template", "class.csv"], answer: nil, isInteractive: false)
      #expect(!made.errorOutput.contains("would make the best names") && made.output.contains("${학번|"), "\(made)")
    }
  }
}
