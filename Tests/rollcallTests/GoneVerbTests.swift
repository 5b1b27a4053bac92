import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// Who leaves a course, and who would come twice: what the command says, asks, and ends with.
@Suite struct GoneVerbTests {
  private static func names(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "n\($0)" } }
  private static let fast = ["--rate", "500/s", "--quiet", "--out", "report"]

  private func with(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(Self.names(1...30))
      #expect(await fixture.run("import", "class.csv").status == 0)
      try await body(fixture)
    }
  }

  private func cancelledCount(_ fixture: CommandFixture) async -> Int {
    await fixture.run("status", "1").output.split(separator: "\n").count { $0.hasPrefix("  cancelled") }
  }

  @Test func `without a terminal it ends with 6 before anything is cancelled, and --yes is no answer`() async throws {
    try await with { fixture in
      try fixture.writeRoster(Self.names(1...24))
      #expect(await fixture.run("run", "class.csv", "--yes", "--dry-run", "--max-gone", "6").status == 0)
      try fixture.writeRoster(Self.names(1...23))
      for verb in [["import", "class.csv"], ["run", "class.csv", "--yes"], ["run", "class.csv", "--dry-run"]] {
        let result = await fixture.run(verb, answer: nil, isInteractive: false)
        #expect(result.status == 6, "\(result)")
        #expect(
          result.errorOutput.contains("Error: 7 of the 30 rows of batch 1, imported 2")
            && result.errorOutput.contains(
              "are not in class.csv, more than --max-gone 20%; nothing was imported, cancelled or sent.")
            && result.errorOutput.contains("give it a --label of its own"),
          "\(result)")
      }
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 1)
      #expect(await cancelledCount(fixture) == 0)
      #expect(fixture.sandbox.ledger.creates.isEmpty)
    }
  }

  @Test(arguments: [["--allow-gone"], ["--max-gone", "7"], ["--max-gone", "25%"]])
  func `an option answers it`(option: [String]) async throws {
    try await with { fixture in
      try fixture.writeRoster(Self.names(1...23))
      let result = await fixture.run(
        ["run", "class.csv", "--yes"] + Self.fast + option, answer: nil, isInteractive: false)
      #expect(result.status == 0 && fixture.sandbox.ledger.creates.count == 23, "\(result)")
      let again = await fixture.run(["run", "class.csv", "--yes"] + Self.fast, answer: nil, isInteractive: false)
      #expect(again.status == 0, "the same roster again is no question: \(again)")
    }
  }

  @Test func `at a terminal it is asked, also with --yes and on this machine`() async throws {
    try await with { fixture in
      try fixture.writeRoster(Self.names(1...20))
      for verb in [["import", "class.csv"], ["run", "class.csv", "--yes"] + Self.fast] {
        let no = await fixture.run(verb, answer: "", isInteractive: true)
        #expect(no.status == 6 && no.errorOutput.contains("Have they left? [y/N]"), "\(no)")
        #expect(await cancelledCount(fixture) == 0)
      }
      let yes = await fixture.run("import", "class.csv", answer: "y", isInteractive: true)
      #expect(yes.status == 0 && yes.output.contains("Batch 2: 20 rows imported"), "\(yes)")
    }
  }

  @Test func `the plan tells it, and a number that is none is no limit`() async throws {
    try await with { fixture in
      try fixture.writeRoster(Self.names(1...20))
      let plan = await fixture.run("check", "class.csv")
      // As `run --dry-run` would, where nobody can be asked.
      #expect(plan.status == 6 && plan.output.contains("  gone      10 of the 30 rows of batch 1"), "\(plan)")
      #expect(!(await fixture.run("check", "class.csv", "--max-gone", "10").output.contains("  gone  ")))
      #expect(!(await fixture.run("check", "class.csv", "--limit", "3").output.contains("  gone  ")))
      for text in ["-1", "101%", "x", "1.5", ""] {
        for words in [["--max-gone=\(text)"], ["--max-gone", text]] {
          let result = await fixture.run(["check", "class.csv"] + words, answer: nil, isInteractive: false)
          #expect(result.status == 2, "\(result)")
          // Nothing at all is a value that is missing.
          let told = text.isEmpty ? "max-gone" : "or a share from 0% to 100%, not '\(text)'"
          #expect(result.errorOutput.contains(told), "\(result)")
        }
      }
    }
  }

  @Test func `another process's roster between plan and import is asked about before anything is cancelled`()
    async throws
  {
    try await with { fixture in
      // The answer comes when another import has made the course larger.
      var context = Context(
        environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
        readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
      context.environment["ROLLCALL_ENDPOINT"] = fixture.endpoint
      let queue = try QueueOptions.parse([]).open(in: context)
      try fixture.writeRoster(Self.names(1...26), to: "small.csv")
      var check = try RosterCheck(
        try RosterArguments.parse(["small.csv", "--label", fixture.folder + "/class.csv"]),
        reading: try ReadingOptions.parse([]), endpoint: try EndpointOptions.parse([]).chosen(in: context),
        database: try QueueOptions.parse([]).path(in: context), in: context)
      try check.read(comparingWith: queue, isImported: true)
      let agreed = Agreement(goneCount: try check.confirmGone(check.comparison, in: context))
      #expect(agreed.goneCount == 0)
      try fixture.writeRoster(Self.names(1...60))
      #expect(await fixture.run("import", "class.csv").status == 0)
      var asked: Comparison?
      let result = try check.importBatch(into: queue, agreed: agreed) { asked = $0 }
      #expect(result == nil && asked?.tooManyGone?.goneCount == 34)
      #expect(await cancelledCount(fixture) == 0)
    }
  }

  @Test func `the hook is told the reason`() async throws {
    try await with { fixture in
      try fixture.writeRoster(Self.names(1...20))
      let hook = "echo $ROLLCALL_EXIT_STATUS $ROLLCALL_REASON >hook.txt"
      #expect(
        await fixture.run("run", "class.csv", "--yes", "--on-finish", "cd '\(fixture.folder)' && \(hook)").status == 6)
      #expect(try fixture.read("hook.txt") == "6 max_gone\n")
    }
  }

  // MARK: - Other names

  @Test func `the same names in another account are told with the account`() async throws {
    try await with { fixture in
      let text = try fixture.read("class.csv").replacing(CommandFixture.account, with: "other1")
      try fixture.write(text)
      let result = await fixture.run("check", "class.csv")
      #expect(result.status == 5, "\(result)")
      #expect(
        result.errorOutput.contains(
          "email: 'n1@example.com' is in this course as 'n1', in account \(CommandFixture.account), and would be so in"),
        "\(result)")
    }
  }

  private static let template = """
    {"accountId": "\(CommandFixture.account)", "name": "ai-${NAME}",
     "configuration": {"docker": {"image": "tensorflow:r2.3.1-py3", "command": "ls"}}}
    """

  @Test(arguments: [("${id}", "${id|pad:4}"), ("${id}", "${email|slug|short:6}"), ("${email|slug|short:8}", "${id}")])
  func `a name that is made otherwise is one issue, and an option allows it`(before: String, now: String) async throws {
    try await CommandFixture.with { fixture in
      func write(_ name: String) throws {
        try fixture.write(Self.template.replacing("${NAME}", with: name), to: "lab.json")
      }
      let rows = (11...20).map { "\($0),Kim \($0),\($0)kim@example.com\n" }.joined()
      try fixture.write("id,student,email\n" + rows)
      try write(before)
      let options = ["class.csv", "--template", "lab.json"]
      let first = await fixture.run(["run"] + options + Self.fast, answer: nil, isInteractive: false)
      #expect(first.status == 0, "\(first)")
      try write(now)
      for verb in [["check"], ["import"], ["run", "--yes"]] {
        let result = await fixture.run(verb + options, answer: nil, isInteractive: false)
        #expect(result.status == 5, "\(result)")
        #expect(result.errorOutput.contains("' is in this course as 'ai-"), "\(result)")
        #expect(
          result.errorOutput.contains("10 rows of class.csv are people whom the course has under another name"),
          "\(result)")
        #expect(result.errorOutput.contains("\n… and 5 more rows\n"), "\(result)")
      }
      #expect(fixture.sandbox.ledger.creates.count == 10)
      let allowed = await fixture.run(
        ["run"] + options + ["--rate", "500/s", "--allow-renamed"], answer: nil, isInteractive: false)
      #expect(allowed.status == 0 && fixture.sandbox.ledger.creates.count == 20, "\(allowed)")
    }
  }
  @Test(arguments: [(2, 0), (8, 0), (8, 5)])
  func `who comes under another name has not left, where that is allowed`(renamed: Int, left: Int) async throws {
    try await CommandFixture.with { fixture in
      func write(_ rows: some Sequence<(id: Int, person: Int)>) throws {
        try fixture.write("id,email\n" + rows.map { "\($0.id),p\($0.person)@example.com\n" }.joined())
      }
      try fixture.write(Self.template.replacing("${NAME}", with: "${id}"), to: "lab.json")
      try write((1...20).map { (100 + $0, $0) })
      #expect(await fixture.run("import", "class.csv", "--template", "lab.json").status == 0)
      try write((1...20 - left).map { ($0 <= renamed ? 500 + $0 : 100 + $0, $0) })
      let result = await fixture.run(
        ["import", "class.csv", "--template", "lab.json", "--allow-renamed"], answer: nil, isInteractive: false)
      #expect(result.status == (left > 4 ? 6 : 0), "\(result)")
    }
  }
}
