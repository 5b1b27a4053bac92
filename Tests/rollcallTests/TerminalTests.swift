import DataForest
import Foundation
import Pacing
import Provisioning
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// Nothing that a service, a roster, a file name, a variable or an argument says steers a terminal, makes a line of its own,
/// or tells a key.
@Suite struct TerminalTests {
  private static let account = SandboxConfiguration.standardAccounts[0]
  private static let keys = ["HOSTILE-ACCESS-KEY-1", "HOSTILE-SECRET-KEY-2"]

  /// Runs commands one after another and looks at what each printed.
  private struct Looker {
    var fixture: CommandFixture

    @discardableResult
    func run(_ arguments: String..., json: Bool = false, answer: String? = nil) async throws -> CommandResult {
      let result = await fixture.run(arguments, answer: answer, isInteractive: answer != nil)
      for (name, text) in [("output", result.output), ("error output", result.errorOutput)] {
        look(text, "\(name) of \(arguments.map(\.visibleLine))")
      }
      if json { _ = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) }
      return result
    }

    func look(_ text: String, _ what: String) {
      let steering = Set(text.unicodeScalars.filter { $0.isSteering && $0 != "\n" && $0 != "\t" })
      #expect(steering.isEmpty, "\(what): \(steering.map { String($0.value, radix: 16) })")
      for line in text.split(separator: "\n") where line.hasPrefix("FORGED") { Issue.record("\(what): \(line)") }
      for key in TerminalTests.keys { #expect(!text.contains(key), "\(what): \(key)") }
    }

    /// Looks at the files of a folder; of CSV files only where nothing in the roster is odd.
    func lookAtFiles(in folder: String, csv: Bool) throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/" + folder)
      #expect(names.count >= 7, "\(names)")
      for name in names where csv || !name.hasSuffix(".csv") {
        var text = try fixture.read("\(folder)/\(name)").replacing("\r\n", with: "\n")
        if name.hasSuffix(".csv") { text = String(text.unicodeScalars.dropFirst()) }
        look(text, name)
      }
    }
  }

  private func withService(_ body: (Looker) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let service = try HostileService()
      let endpoint = "http://127.0.0.1:\(service.port)"
      let sandbox = try SandboxServer(SandboxConfiguration(), time: SystemTimeSource())
      var fixture = CommandFixture(folder: folder, endpoint: endpoint, sandbox: sandbox)
      fixture.environment = [
        "HOME": folder, "ROLLCALL_ENDPOINT": endpoint, "ROLLCALL_DB": folder + "/rollcall.db",
        "NCLOUD_ACCESS_KEY": Self.keys[0], "NCLOUD_SECRET_KEY": Self.keys[1],
      ]
      try await body(Looker(fixture: fixture))
      withExtendedLifetime(service) {}
    }
  }

  private static func row(_ name: String, _ rest: String = "tensorflow:r2.3.1-py3,ls") -> String {
    "\(name),\(account),\(rest)\n"
  }

  @Test func `a hostile service: every command's outputs and files`() async throws {
    try await withService { look in
      let header = "name,accountId,image,command\n"
      try look.fixture.write(header + ["made", "taken", "refused"].map { Self.row($0) }.joined())
      try look.fixture.write(header + Self.row("held"), to: "held.csv")
      try look.fixture.write(header + Self.row("page"), to: "page.csv")
      let fast = ["--rate", "500/s", "--request-timeout", "1s", "--settle-delay", "1s"]
      func submit(_ arguments: String...) async throws -> CommandResult {
        let result = await look.fixture.run(arguments + fast, answer: nil, isInteractive: false)
        look.look(result.output, "\(arguments)")
        look.look(result.errorOutput, "\(arguments)")
        return result
      }
      let run = try await submit("run", "class.csv", "--out", "report", "--json", "--log-format", "json")
      #expect(run.status == 3, "\(run)")
      _ = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
      let held = try await submit("run", "held.csv", "--out", "held")
      #expect(held.status == 6 && held.errorOutput.contains("\\u{1B}[2J"), "\(held)")
      _ = try await submit("run", "page.csv", "--out", "page", "--max-attempts", "1")
      _ = try await submit("retry", "1", "--out", "report")
      _ = try await submit("resume", "2", "--out", "held")
      for item in ["made", "taken", "refused"] {
        let shown = try await look.run("show", item, "--batch", "1")
        #expect(shown.output.contains("\\u{1B}[2J") == (item == "refused"), "\(shown)")
      }
      try await look.run("show", "page", "--batch", "3")
      try await look.run("status", "2")
      try await look.run("status", "2", "--json", json: true)
      try await look.run("list")
      try await look.run("runs")
      try await look.run("rows", "1")
      try await look.run("rows", "1", "--json", json: true)
      try await look.run("report", "1", "--out", "again", "--json", json: true)
      try await look.run("adopt", "--batch", "1")
      try await look.run("adopt", "--batch", "1", "taken")
      try await look.run("cancel", "2")
      try await look.run("forget", "3", "--yes")
      try await look.run("sandbox", "--ledger", look.fixture.endpoint, json: true)
      for folder in ["report", "held", "page", "again"] { try look.lookAtFiles(in: folder, csv: true) }
      #expect(try look.fixture.read("report/failed.csv").contains("\\u{1B}[2J"))
      var jumping = look
      jumping.fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
      let doctor = try await jumping.run("doctor")
      #expect(doctor.output.contains("\\u{1B}[2J"), "\(doctor)")
      try look.fixture.write(header + Self.row("other"), to: "other.csv")
      let online = try await jumping.run("check", "other.csv", "--online")
      #expect(online.errorOutput.contains("\\u{1B}[2J"), "\(online)")
    }
  }

  @Test func `hostile names: every command's outputs, and the roster's cells come back`() async throws {
    try await withService { look in
      var look = look
      // No file name holds a slash or a NUL.
      let odd = hostileText.replacing("\0", with: "")
      let (roster, bad, label) = ("\(odd)1.csv", "\(odd)2.csv", "label \(odd)")
      look.fixture.environment["ROLLCALL_DB"] = nil
      let database = "queue \(odd).db"
      let quoted = "\"" + odd.replacing("\r\n", with: " \n") + "\""
      let header = "name,accountId,image,command,\(quoted)\n"
      try look.fixture.write(header + Self.row("made", "tensorflow:r2.3.1-py3,ls,\(quoted)"), to: roster)
      try look.fixture.write(header + Self.row("b--\(odd.prefix(4))", "x \(odd.prefix(8)),,\(quoted)"), to: bad)
      let folder = look.fixture.folder
      #expect(FileManager.default.fileExists(atPath: folder + "/" + roster))
      try await look.run("check", roster, "--db", database)
      try await look.run("check", bad, "--db", database, "--issues", "issues.csv")
      try await look.run("check", bad, "--db", database, "--json", json: true)
      look.look(
        String(try look.fixture.read("issues.csv").replacing("\r\n", with: "\n").unicodeScalars.dropFirst()), "issues")
      try await look.run("template", roster)
      let run = try await look.run(
        "run", roster, "--db", database, "--label", label, "--out", "out \(odd)", "--rate", "500/s")
      #expect(run.status == 0, "\(run)")
      try look.lookAtFiles(in: "out \(odd)", csv: false)
      // Cells are data: the report is a roster again.
      #expect(try look.fixture.read("out \(odd)/succeeded.csv").contains(String(odd.prefix(4))))
      try await look.run("import", bad, "--db", database, "--skip-invalid")
      try await look.run("import", roster, "--db", database, "--label", label + "2")
      try await look.run("import", roster, "--db", database, "--label", label + "3")
      try await look.run("run", roster, "--db", database, "--label", label + "2", "--out", "out \(odd)")
      for verb in ["status", "list", "rows", "runs", "report", "retry", "resume", "cancel", "adopt", "doctor"] {
        try await look.run(verb, "--db", database)
        try await look.run(verb, "--db", database + odd)
      }
      try await look.run("forget", "1", "--db", database)
      try await look.run("forget", "1", "--db", database, answer: "n")
      try await look.run("status", "--json", "--db", database, json: true)
      try await look.run("show", odd, "--db", database)
      try await look.run("adopt", odd, "--db", database)
      try await look.run("sandbox", "--state", "out \(odd)")
      try await look.run("sandbox", "--rate-limit", "1/s", "--rate-change", odd)
      try await look.run("sandbox", "--fault", odd)
      try await look.run("check", roster, "--template", "missing \(odd)")
      try await look.run("check", "missing \(odd)")
      try await look.run("check", roster, "--issues", folder)
      try await look.run("check", roster, "--only", "\(odd)=\(odd)")
      try await look.run("check", roster, "--carry", odd)
    }
  }

  @Test func `hostile arguments and variables`() async throws {
    try await withService { look in
      var look = look
      for arguments in [[hostileText], ["run", "x", "--rate", hostileText], ["run", "x", "--rate=\(hostileText)"]] {
        let result = await look.fixture.run(arguments, answer: nil, isInteractive: false)
        #expect(result.status == 2, "\(result)")
        look.look(result.errorOutput, "\(arguments)")
        #expect(result.errorOutput.contains("\\r\\nFORGED"), "\(result)")
      }
      try await look.run("resume", hostileText)
      try await look.run("retry", "--reason", hostileText)
      try await look.run("check", "x", "--endpoint", hostileText)
      try await look.run("--\(hostileText)")
      look.fixture.environment["ROLLCALL_ENDPOINT"] = hostileText
      try await look.run("check", "x")
      look.fixture.environment["XDG_STATE_HOME"] = hostileText
      look.fixture.environment["ROLLCALL_DB"] = nil
      try await look.run("list")
      look.fixture.environment["XDG_STATE_HOME"] = nil
      look.fixture.environment["HOME"] = hostileText
      try await look.run("list")
    }
  }

  @Test func `a hint that names an odd queue is a command that a shell understands`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      let database = "q\u{1B}[31m\u{202E}'.db"
      let result = await fixture.run("import", "class.csv", "--db", database)
      #expect(result.status == 0, "\(result)")
      let word = (fixture.folder + "/" + database).shellQuoted
      #expect(result.errorOutput.contains("`rollcall resume 1 --db \(word)`"), "\(result)")
      #expect(word.hasSuffix(#"/q\033[31m\342\200\256\'.db'"#), "\(word)")
    }
  }
}
