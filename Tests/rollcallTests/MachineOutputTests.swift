import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Sandbox
import Synchronization
import TestSupport
import Testing

@testable import rollcall

/// One document on standard output, whatever the verb and however it ends, and objects on standard error.
@Suite struct MachineOutputTests {
  private static let everyVerb = Suggestion.verbs

  /// What `jq -e` says of a text: nothing unless the filter holds.
  static func jq(_ filter: String, _ text: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["jq", "-e", "-s", filter]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, output)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : String(decoding: said, as: UTF8.self)
  }

  /// That standard output is one document of the one shape, and says the status that the command ends with.
  private func expectDocument(_ result: CommandResult, _ filter: String = "true", _ what: String) throws {
    let whole = """
      length == 1 and (.[0] | .schemaVersion == 3 and .status == \(result.status)
        and (if .status == 0 then has("error") | not else (.error | (.code | type == "string")
          and (.message | type == "string" and length > 0)) end) and (\(filter)))
      """
    let said = try Self.jq(whole, result.output)
    #expect(said == nil, "\(what): \(said ?? "") \(result)")
    if result.status != 0 {
      let code = try JSONParser.value(of: Array(result.output.utf8), .roster)[path: "error.code"]?.stringValue
      #expect(code.flatMap(EndReason.init) != nil, "\(what): \(result)")
    }
  }

  /// That every line of standard error is an object that says its event; the last one the end.
  private func expectObjects(_ result: CommandResult, _ what: String) throws -> [JSONValue] {
    let lines = result.errorOutput.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let objects = try lines.map { try JSONParser.value(of: Array($0.utf8), .roster) }
    for object in objects {
      let event = object[key: "event"]?.stringValue.flatMap(LogEvent.init)
      #expect(event != nil && object[key: "schemaVersion"] == .integer(3), "\(what): \(object)")
      #expect(object[key: "at"]?.stringValue?.hasSuffix("Z") == true, "\(what): \(object)")
    }
    let ends = objects.filter { $0[key: "event"] == .string("end") }
    #expect(ends.count == 1 && ends.first == objects.last, "\(what): \(result)")
    #expect(ends.first?[key: "status"] == .integer(Int64(result.status)), "\(what): \(result)")
    return objects
  }

  private static func events(_ objects: [JSONValue]) -> [String] {
    objects.compactMap { $0[key: "event"]?.stringValue }
  }

  @Test func `a command line that cannot be understood is one document too, with every verb`() async throws {
    try await CommandFixture.with { fixture in
      for verb in Self.everyVerb + ["chekc", ""] {
        let result = await fixture.run(verb, "--json", "--log-format", "json", "--no-such-option-at-all")
        #expect(result.status == 2, "\(verb): \(result)")
        try expectDocument(result, #".error.code == "usage""#, verb)
        _ = try expectObjects(result, verb)
      }
    }
  }

  @Test func `every verb that meets no queue or no roster fails with one document`() async throws {
    try await CommandFixture.with { fixture in
      for arguments in [
        ["status"], ["list"], ["show", "n"], ["rows"], ["runs"], ["report"], ["resume"], ["retry"], ["cancel"],
        ["adopt"], ["forget", "1"],
        ["wait", "1"], ["check", "no.csv"], ["run", "no.csv"], ["import", "no.csv"], ["template", "no.csv"],
        ["sandbox", "--ledger", "http://127.0.0.1:1"], ["sandbox", "--fault", "nonsense"],
        ["doctor", "--endpoint", "nonsense"],
      ] {
        let result = await fixture.run(
          arguments + ["--json", "--log-format", "json"], answer: nil, isInteractive: false)
        #expect(result.status != 0, "\(arguments): \(result)")
        try expectDocument(result, "true", "\(arguments)")
        _ = try expectObjects(result, "\(arguments)")
      }
    }
  }

  @Test func `jq reads every verb's document when all is well, and standard output holds nothing else`() async throws {
    let start = SystemTimeSource().now()
    try await CommandFixture.with(time: JumpingTimeSource(now: start)) { fixture in
      try fixture.writeRoster(["a", "b"])
      try fixture.writeRoster(["c"], to: "other.csv")
      let out = ["--out", "report"]
      let runs: [(arguments: [String], filter: String)] = [
        (["check", "class.csv"], ".plan.counts.new == 2 and .issues == [] and .gone == []"),
        (["template", "class.csv"], #".template.configuration.docker.image | type == "string""#),
        (["import", "class.csv"], ".batch == 1 and .isNew and .states.ready == 2"),
        (["import", "other.csv"], ".batch == 2"),
        (["cancel", "2"], ".cancelledCount == 1"),
        (
          ["run", "class.csv", "--rate", "500/s"] + out, ".batch == 1 and .states.done == 2 and .plan.counts.ready == 2"
        ),
        (["resume", "1"] + out, ".rowCount == 2 and (.folder | endswith(\"/report\"))"),
        (["retry", "1"] + out, ".states.done == 2"),
        (["report", "1"] + out, ".attemptCount == 2"),
        (["wait", "1"], ".states.done == 2"),
        (["status", "1", "--exit-code"], ".states.done == 2 and .processes == []"),
        (["status", "1", "--watch"], ".batch == 1"),
        (["list"], ".batches | length == 2 and .[1].states.cancelled == 1"),
        (["list", "--batches"], ".courses | length == 2 and .[0].lastRun.verb == \"retry\""),
        (["rows", "1"], ".rows | length == 2 and .[0].roster.name == \"a\""),
        (["rows", "--state", "failed"], ".rows == []"),
        (["runs"], ".runs | length == 3 and all(.exitStatus == 0)"), (["runs", "class"], ".runs[2].verb == \"run\""),
        (["show", "c@example.com"], ".found[0] | .match == \"cell\" and .column == \"email\""),
        (["show", "@example"], "(.found | length) == 3 and .items == []"),
        (["show", "a", "--batch", "1"], ".items[0] | .definition.name == \"a\" and (.attempts | length) == 1"),
        (["adopt", "--batch", "1"], ".looks == [] and (.isKept | not)"),
        (["doctor"], ".checks | length > 5 and all(.isWell)"),
        (["config"], ".isFileRead == false and (.settings | length == 8 and all(.from))"),
        (["forget", "2", "--yes"], ".erased[0].batch == 2"),
        (["forget"], ".erased == []"),
        (["sandbox", "--ledger", fixture.endpoint], ".ledger.createsPerKey | length == 2"),
        (["--version"], ".text | length > 0"),
        (["run", "--help"], ".text | startswith(\"OVERVIEW\")"),
      ]
      for (arguments, filter) in runs {
        let result = await fixture.run(arguments + ["--json", "--quiet"], answer: nil, isInteractive: false)
        #expect(result.status == 0, "\(arguments): \(result)")
        try expectDocument(result, filter, "\(arguments)")
        #expect(result.errorOutput.isEmpty, "\(arguments): \(result)")
      }
      #expect(Set(Self.everyVerb).subtracting(runs.map(\.arguments[0])).isEmpty)
    }
  }

  @Test func `a sandbox says where it is once, when it is ready`() async throws {
    let (documents, listener) = AsyncStream.makeStream(of: String.self)
    let context = Context(
      environment: [:], folder: "/", output: { listener.yield($0) }, errorOutput: { _ in }, readAnswer: { nil },
      isInteractive: false, drawsProgress: false, time: SystemTimeSource(), handlesSignals: false)
    let sandbox = Task { await Rollcall.run(["sandbox", "--port", "0", "--json"], in: context) }
    var iterator = documents.makeAsyncIterator()
    let document = try #require(await iterator.next())
    let said = try Self.jq(".[0] | .status == 0 and .environment.ROLLCALL_ENDPOINT == .endpoint", document)
    #expect(said == nil, "\(said ?? "") \(document)")
    sandbox.cancel()
    _ = await sandbox.value
    listener.finish()
    let second = await iterator.next()
    #expect(second == nil)
  }

  @Test func `every line of a run's standard error is an object, also what its command prints, whatever --quiet says`()
    async throws
  {
    try await CommandFixture.with { fixture in
      for (index, quiet) in [[], ["--quiet"]].enumerated() {
        try fixture.writeRoster(["a\(index)", "b--c", "d\(index)"], to: "\(index).csv")
        let result = await fixture.run(
          [
            "run", "\(index).csv", "--skip-invalid", "--rate", "500/s", "--out", "report-\(index)", "--log-format",
            "json",
            "--on-finish", "echo one; echo two >&2; exit 3",
          ] + quiet, answer: nil, isInteractive: false)
        #expect(result.status == 3 && result.output.isEmpty, "\(result)")
        let objects = try expectObjects(result, "\(quiet)")
        let events = Self.events(objects)
        for event in ["issue", "plan", "progress", "closing", "on_finish", "warning", "end"] {
          #expect(events.contains(event), "\(event): \(result)")
        }
        for object in objects where object[key: "event"] == .string("progress") {
          #expect(object[key: "batch"] == .count(index + 1) && object[key: "done"] != nil, "\(object)")
        }
        #expect(objects.last?[key: "reason"] == .string("some_failed"), "\(result)")
        #expect(events.filter { $0 == "on_finish" }.count == 2, "\(result)")
      }
    }
  }

  @Test func `errors, hints, questions and what a person declines are objects`() async throws {
    try await CommandFixture.with { fixture in
      var elsewhere = fixture
      elsewhere.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      elsewhere.environment["NCLOUD_ACCESS_KEY"] = "key"
      elsewhere.environment["NCLOUD_SECRET_KEY"] = "secret"
      try elsewhere.writeRoster(["a"])
      let log = ["--log-format", "json", "--json"]
      let declined = await elsewhere.run(["run", "class.csv"] + log, answer: "n", isInteractive: true)
      #expect(declined.status == 6, "\(declined)")
      #expect(try Self.events(expectObjects(declined, "declined")) == ["plan", "question", "error", "end"])
      try expectDocument(declined, #".error.code == "declined" and .plan.toCreateCount == 1"#, "declined")
      let silent = await elsewhere.run(["run", "class.csv"] + log, answer: nil, isInteractive: false)
      #expect(try Self.events(expectObjects(silent, "silent")) == ["plan", "error", "end"])
      try expectDocument(silent, #".error.hint | contains("--yes")"#, "silent")
      try elsewhere.write("name,accountId\nx", to: "bad.csv")
      let bad = await elsewhere.run(["run", "bad.csv", "--no-such"] + log, answer: nil, isInteractive: false)
      #expect(try Self.events(expectObjects(bad, "bad")) == ["error", "end"])
    }
  }

  @Test func `no at the question is no error, with run and with forget`() async throws {
    try await CommandFixture.with { fixture in
      var elsewhere = fixture
      elsewhere.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      elsewhere.environment["NCLOUD_ACCESS_KEY"] = "key"
      elsewhere.environment["NCLOUD_SECRET_KEY"] = "secret"
      try elsewhere.writeRoster(["a"])
      let run = await elsewhere.run("run", "class.csv", answer: "n", isInteractive: true)
      #expect(run.status == 6 && run.errorOutput.hasSuffix("\nNothing was imported or sent.\n") == false)
      #expect(run.errorOutput.hasSuffix("Nothing was imported or sent.\n"), "\(run)")
      #expect(!run.errorOutput.contains("Error:"), "\(run)")
      _ = await fixture.run("import", "class.csv")
      _ = await fixture.run("cancel", "1")
      let forget = await fixture.run("forget", "1", answer: "", isInteractive: true)
      #expect(forget.status == 6 && !forget.errorOutput.contains("Error:"), "\(forget)")
      #expect(forget.errorOutput.hasSuffix("Nothing was erased.\n"), "\(forget)")
    }
  }

  @Test func `check tells programs who is gone, who comes under another name, and whose name it was`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a", "b", "c", "d"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      try fixture.writeRoster(["a", "c", "e"], image: "pytorch:r1.10.0-py3")
      let gone = await fixture.run("check", "class.csv", "--json")
      try expectDocument(
        gone,
        """
        ([.gone[].name] == ["b", "d"]) and .gone[0].state == "done" and .gone[0].line == 3
          and .plan.counts.gone == 2 and .plan.counts.changed == 2 and .plan.counts.new == 1 and .plan.counts.done == 2
        """, "gone")
      // Who stands in the roster with an issue has not left.
      let bad = try fixture.read("class.csv") + "b,\(CommandFixture.account),PyTorch:1,ls,b@example.com\n"
      try fixture.write(bad)
      let issue = await fixture.run("check", "class.csv", "--json", "--skip-invalid")
      try expectDocument(issue, #"[.gone[].name] == ["d"] and .plan.counts.gone == 1"#, "issue")
      let header = "name,accountId,image,command,email\n"
      let rest = "\(CommandFixture.account),tensorflow:r2.3.1-py3,ls"
      try fixture.write(header + "a,\(rest),b@example.com\nb,\(rest),a@example.com\n")
      let swapped = await fixture.run("check", "class.csv", "--json")
      try expectDocument(
        swapped, #".error.code == "roster_issues" and (.reassigned | length == 2) and .reassigned[0].name == "a""#,
        "swapped")
      try fixture.write(header + "a2,\(rest),a@example.com\n")
      let renamed = await fixture.run("check", "class.csv", "--json")
      try expectDocument(renamed, #".renamed[0].before == "a" and .renamed[0].now == "a2""#, "renamed")
    }
  }

  @Test func `a document that a full disk has cut off is no success, and the last object says so`() async throws {
    _ = await #expect(processExitsWith: .success) {
      let printed = Mutex("")
      let context = Context(
        environment: ["ROLLCALL_DB": "/nowhere/rollcall.db"], folder: "/",
        output: { _ in Context.outputError.store(ENOSPC, ordering: .relaxed) },
        errorOutput: { text in printed.withLock { $0 += text } }, readAnswer: { nil }, isInteractive: false,
        drawsProgress: false, time: SystemTimeSource(), handlesSignals: false)
      let status = await Rollcall.run(["--version", "--json", "--log-format", "json"], in: context)
      let events = try printed.withLock(\.self).split(separator: "\n").map {
        try JSONParser.value(of: Array($0.utf8))[key: "event"]?.stringValue
      }
      exit(status == 1 && events == ["error", "end"] ? 0 : 7)
    }
  }

  @Test func `what is not asked for stays as it is`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      let imported = await fixture.run("import", "class.csv")
      #expect(imported.output.hasPrefix("Batch 1: 1 row imported"), "\(imported)")
      let quiet = await fixture.run("import", "class.csv", "--quiet")
      #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.errorOutput.isEmpty, "\(quiet)")
      let list = await fixture.run("list", "--quiet")
      #expect(list.output.contains("class.csv"), "\(list)")
      // What follows -- is no option.
      let shown = await fixture.run("show", "--", "--json")
      #expect(shown.status == 2 && shown.output.isEmpty, "\(shown)")
    }
  }
}

/// What was probably meant.
@Suite struct SuggestionTests {
  @Test(arguments: [
    ("chekc", "check"), ("stauts", "status"), ("rum", "run"), ("repport", "report"), ("reusme", "resume"),
    ("Retry", "retry"), ("sandbx", "sandbox"), ("lst", "list"),
  ])
  func `a misspelt verb gets a suggestion`(word: String, meant: String) async throws {
    try await CommandFixture.with { fixture in
      let result = await fixture.run(word, "class.csv", "--yes")
      #expect(result.status == 2 && result.errorOutput.contains("Did you mean '\(meant)'?"), "\(result)")
    }
  }

  @Test(arguments: ["fly", "create", "x", "delete-all", "실행"])
  func `what is like no verb gets none`(word: String) async throws {
    try await CommandFixture.with { fixture in
      let result = await fixture.run(word)
      #expect(result.status == 2 && !result.errorOutput.contains("Did you mean"), "\(result)")
      #expect(result.errorOutput.contains("rollcall --help"), "\(result)")
    }
  }

  @Test(arguments: [("--jsno", "--json"), ("--quite", "--quiet"), ("--concurency", "--concurrency")])
  func `a misspelt option gets a suggestion`(option: String, meant: String) async throws {
    try await CommandFixture.with { fixture in
      let result = await fixture.run("run", "class.csv", option)
      #expect(result.status == 2 && result.errorOutput.contains("Did you mean '\(meant)'?"), "\(result)")
    }
  }
}

/// The help of `run`, which has more options than a screen has lines.
@Suite struct RunHelpTests {
  @Test func `the help of run is grouped, the five everyday options first`() async throws {
    try await CommandFixture.with { fixture in
      let help = await fixture.run("run", "--help")
      let sections = help.output.components(separatedBy: "\n\n")
      let titles = sections.compactMap { section in
        section.split(separator: "\n").first.flatMap { $0.hasSuffix(":") ? String($0.dropLast()) : nil }
      }
      #expect(
        titles == [
          "ARGUMENTS", "EVERYDAY OPTIONS", "HOW THE ROSTER IS READ", "WHO COMES AND WHO LEAVES", "QUEUE AND SERVICE",
          "PACE, WAITS AND ATTEMPTS", "FOR PROGRAMS", "OPTIONS",
        ], "\(help)")
      let everyday = sections.first { $0.hasPrefix("EVERYDAY") } ?? ""
      let options = everyday.matches(of: /\n {2}(--[a-z-]+)/).map { String($0.1) }
      #expect(options == ["--template", "--yes", "--dry-run", "--out", "--quiet"])
    }
  }
}
