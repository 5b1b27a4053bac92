// What the command makes of a roster with issues: statuses, counts, files.

import ArgumentParser
import DurableQueue
import Foundation
import Provisioning
import Testing

@testable import rollcall

@Suite struct RosterCheckTests {
  private static let good = "a1,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls"
  private static let header = "name,accountId,image,command"

  @Test(arguments: [
    ("a2,\(CommandFixture.account),\"open,ls\n", [String]()), ("", ["--only", "분반=나"]), ("", ["--except", "분반=나"]),
  ])
  func `what no row can mend refuses, whatever rows may be left out`(more: String, options: [String]) async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("\(Self.header)\n\(Self.good)\n\(more)")
      for verb in ["check", "import"] {
        let result = await fixture.run(
          [verb, "class.csv", "--skip-invalid"] + options, answer: nil, isInteractive: false)
        #expect(result.status == 5, "\(result)")
        #expect(result.errorOutput.contains("has 1 issue; nothing was queued or sent."), "\(result)")
        #expect(!"\(result)".contains("left out; they") && !"\(result)".contains("No issues."), "\(result)")
      }
    }
  }

  @Test func `check and import end with 3 when rows are left out`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("\(Self.header)\n\(Self.good)\nB,x,y,ls\n")
      for verb in ["check", "import"] {
        let result = await fixture.run(verb, "class.csv", "--skip-invalid")
        #expect(result.status == 3 && !result.output.contains("No issues."), "\(result)")
      }
    }
  }

  @Test func `a row with an issue has not left the roster`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2", "n3"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let text = try fixture.read("class.csv").split(separator: "\n")
      let broken = text[2].replacing("tensorflow:r2.3.1-py3", with: "TensorFlow")
      try fixture.write("\(text[0])\n\(text[1])\n\(broken)\n")
      let plan = await fixture.run("check", "class.csv", "--skip-invalid")
      #expect(plan.output.contains("1 gone from the roster"), "\(plan)")
      #expect(await fixture.run("import", "class.csv", "--skip-invalid").status == 3)
      #expect(!(await fixture.run("show", "n2", "--batch", "1").output.contains("cancelled")))
      #expect(await fixture.run("show", "n3", "--batch", "1").output.contains("cancelled"))
    }
  }

  @Test func `the issues' file never replaces what is read`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("\(Self.header)\n\(Self.good)\n")
      try fixture.write("{}", to: "lab.json")
      try FileManager.default.createSymbolicLink(
        atPath: fixture.folder + "/link.csv", withDestinationPath: fixture.folder + "/class.csv")
      for target in ["class.csv", "link.csv", "lab.json"] {
        let result = await fixture.run("check", "class.csv", "--template", "lab.json", "--issues", target)
        #expect(result.status == 2 && result.errorOutput.contains("would overwrite"), "\(result)")
      }
      #expect(try fixture.read("class.csv").hasPrefix(Self.header))
    }
  }

  @Test func `an issue that many rows have is one with its lines, in the text, in JSON and in the file`() async throws {
    try await CommandFixture.with { fixture in
      let rows = (1...12_000).map { "n\($0),\(CommandFixture.account),bad,ls\n" }.joined()
      try fixture.write("\(Self.header)\n\(rows)")
      let result = await fixture.run("check", "class.csv", "--issues", "issues.csv", "--json")
      #expect(result.errorOutput.contains("(and 11999 more rows, the last on line 12001)"), "\(result.errorOutput)")
      #expect(result.errorOutput.contains("has 12000 issues in 12000 rows"), "\(result.errorOutput)")
      #expect(result.output.contains("\"issuesLeftOutCount\":0"))
      #expect(result.output.contains(#""lines":"2 to 12001""#) && result.output.contains(#""rowCount":12000"#))
      let lines = try fixture.read("issues.csv").split(separator: "\r\n")
      #expect(lines.count == 2 && lines.last?.hasSuffix(",12000,2 to 12001") == true, "\(lines)")
    }
  }

  @Test func `warnings are shown as one with a count`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(
        "\(Self.header),gpuModel\n"
          + (1...30).map { "n\($0),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls,A100\n" }.joined())
      let result = await fixture.run("check", "class.csv")
      #expect(result.status == 0, "\(result)")
      #expect(result.errorOutput.contains("(and 29 more rows, the last on line 31)"), "\(result)")
    }
  }

  @Test func `check --json is JSON of an empty roster too`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("", to: "empty.csv")
      let result = await fixture.run("check", "empty.csv", "--json")
      #expect(
        result.status == 5 && result.output.contains("\"message\":\"The roster empty.csv is empty.\""), "\(result)")
    }
  }

  @Test func `a dry run stops at --max-new, and the plan names what is only carried`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b"])
      let result = await fixture.run("run", "class.csv", "--dry-run", "--max-new", "1")
      #expect(result.status == 6 && result.errorOutput.contains("  carried   email"), "\(result)")
    }
  }

  /// So many rows that they do not wait in memory for their import.
  private static func manyRows(_ count: Int = 6_000) -> String {
    let rows = (1...count).map { "n\($0),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls,student \($0)\n" }
    return "\(header),description\n" + rows.joined()
  }

  @Test func `a large roster of standard input is read once, and known again`() async throws {
    try await CommandFixture.with { fixture in
      let input = Data(Self.manyRows().utf8)
      for said in ["6000 rows imported, 6000 to send", "is this roster already: 6000 rows"] {
        let result = await fixture.run(
          ["import", "-", "--label", "class"], answer: nil, isInteractive: false, input: input)
        #expect(result.status == 0 && result.output.contains(said), "\(result)")
      }
      let item = await fixture.run("show", "n5999", "--batch", "1")
      #expect(item.output.contains(#""description":"student 5999""#), "\(item)")
    }
  }

  /// So many bytes that the roster is imported while it is read.
  private static func largeRoster(_ last: String = "") -> String {
    let note = String(repeating: "n", count: 1_000)
    let rows = (1...4_500).map { "n\($0),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls,\(note)\n" }
    return "\(header),note\n" + rows.joined() + last
  }

  @Test func `a large roster that is refused while it is imported leaves nothing behind`() async throws {
    try await CommandFixture.with { fixture in
      for (verb, last, status, said) in [
        (["import"], "BAD,\(CommandFixture.account),x,ls,\n", 5, "class.csv has "),
        (["run", "--yes"], "BAD,\(CommandFixture.account),x,ls,\n", 5, "class.csv has "),
        (["import"], "a,\(CommandFixture.account),x,\"ls\n", 5, "class.csv has "),
        (["run", "--yes", "--max-new", "4499"], "", 6, "4500 workspaces would be created, more than --max-new 4499"),
      ] {
        try fixture.write(Self.largeRoster(last))
        let result = await fixture.run(verb + ["class.csv"], answer: nil, isInteractive: false)
        #expect(result.status == status && result.errorOutput.contains(said), "\(verb): \(result)")
        #expect(result.errorOutput.contains("nothing was"), "\(result)")
        #expect(await fixture.run("list", "--batches").output == "")
      }
    }
  }

  @Test func `a large roster is imported as any other, and known again`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.largeRoster("BAD,\(CommandFixture.account),x,ls,\n"))
      let verb = ["import", "class.csv", "--skip-invalid"]
      let first = await fixture.run(verb, answer: nil, isInteractive: false)
      #expect(first.status == 3 && first.output.contains("Batch 1: 4501 rows imported, 4500 to send."), "\(first)")
      let again = await fixture.run(verb, answer: nil, isInteractive: false)
      #expect(again.output.contains("Batch 1 is this roster already: 4501 rows, 4500 to send."), "\(again)")
      try fixture.write(Self.largeRoster())
      let mended = await fixture.run("import", "class.csv")
      #expect(mended.status == 0 && mended.output.contains("Batch 2: 4500 rows imported"), "\(mended)")
    }
  }

  @Test func `what is imported is what the plan was made of, whatever becomes of the file`() async throws {
    try await CommandFixture.with { fixture in
      for (index, text) in [Self.manyRows(), "\(Self.header)\n\(Self.good)\n"].enumerated() {
        try fixture.write(text)
        let context = Context(
          environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
          readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
        let queueOptions = try QueueOptions.parse([])
        let queue = try queueOptions.open(in: context)
        var check = try RosterCheck(
          try RosterArguments.parse(["class.csv", "--label", "class-\(index)"]), reading: try ReadingOptions.parse([]),
          endpoint: try EndpointOptions.parse([]).chosen(in: context),
          database: try queueOptions.path(in: context), in: context)
        try check.read(comparingWith: queue, isImported: true)
        let count = check.comparison.newCount
        try fixture.write("\(Self.header)\nother,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n")
        let result = try #require(try check.importBatch(into: queue))
        #expect(try queue.tally(of: result.batch).rowCount == count)
        #expect(try queue.find("other", in: queue.batch(result.batch)).rows.isEmpty)
      }
    }
  }

  @Test func `where rows cannot wait for their import it says where and what to do, and nothing is queued`()
    async throws
  {
    await #expect(processExitsWith: .success) {
      try await CommandFixture.with { fixture in
        // A limit on the size of files stands for a full disk.
        setenv("TMPDIR", fixture.folder, 1)
        try fixture.write(Self.manyRows())
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 200_000, rlim_max: 200_000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        for verb in [["import", "class.csv"], ["run", "class.csv", "--yes"]] {
          let result = await fixture.run(verb, answer: nil, isInteractive: false)
          #expect(result.status == 1, "\(result)")
          #expect(
            result.errorOutput.contains(
              "No temporary copy of class.csv can be made: \(fixture.folder): File too large."),
            "\(result)")
          #expect(result.errorOutput.contains("TMPDIR"), "\(result)")
        }
        #expect(await fixture.run("list", "--batches").output == "")
      }
    }
  }

  @Test func `a starter has how the table was found, and template takes no other option`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("출석부\n순번,학번,성명\n1,20261234,김\n2,20261235,이\n합계,,\n")
      let result = await fixture.run(
        "template", "class.csv", "--header-line", "2", "--except", "순번=합계", "--format", "csv")
      #expect(result.output.contains(#""name": "ai-${학번|slug|short:12}""#), "\(result)")
      #expect(result.output.contains(#""description": "${성명}""#), "\(result)")
      #expect(
        result.output.contains(#""rollcall": {"headerLine": 2, "except": ["순번=합계"], "format": "csv"}"#), "\(result)")
      #expect(result.errorOutput.contains("--template lab.json`"), "\(result)")
      #expect(await fixture.run("template", "class.csv", "--skip-invalid").status == 2)
    }
  }

  @Test(arguments: [("a\u{9B}31m\u{202E}b\u{2067}", "a\\u{9B}31m\\u{202E}b\\u{2067}")])
  func `what steers a terminal is spelled out`(text: String, shown: String) {
    #expect(IssueText.marked(text, at: 1, value: "a")[0] == "    \(shown)")
  }
}
