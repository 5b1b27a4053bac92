import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// "It may not be looked at" is never taken for "it is not there". A link that leads to itself cannot be looked at by
/// anybody, root included.
@Suite struct LookTests {
  private func loop(_ name: String, _ fixture: CommandFixture) throws {
    let path = fixture.folder + "/" + name
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    #expect(symlink(path, path) == 0)
  }

  @Test(arguments: [
    ["status"], ["doctor"], ["check", "class.csv"], ["run", "class.csv"], ["import", "class.csv"], ["list"],
  ])
  func `a queue that cannot be looked at is not "no queue"`(arguments: [String]) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      try loop("rollcall.db", fixture)
      let result = await fixture.run(arguments, answer: nil, isInteractive: false)
      let text = result.output + result.errorOutput
      #expect(result.status == (arguments == ["doctor"] ? 6 : 1), "\(result)")
      #expect(text.contains("symbolic links") && text.contains("rollcall.db"), "\(result)")
      for wrong in ["no queue", "does not exist yet", "1 new", "another file", "--db"] {
        #expect(!text.contains(wrong), "\(wrong): \(result)")
      }
      #expect(fixture.sandbox.ledger.createRequests == 0)
    }
  }

  @Test func `a roster, a template and a report that cannot be looked at are errors that say so`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      for name in ["loop.csv", "loop.json", "report/summary.json"] { try loop(name, fixture) }
      for (arguments, status) in [
        (["check", "loop.csv"], 5), (["check", "class.csv", "--template", "loop.json"], 2),
        (["run", "class.csv", "--out", "report", "--rate", "500/s"], 1),
      ] {
        let result = await fixture.run(arguments, answer: nil, isInteractive: false)
        #expect(
          Int(result.status) == status && result.errorOutput.contains("symbolic link"), "\(arguments): \(result)")
      }
      let missing = await fixture.run("check", "class.csv", "--template", "none.json")
      #expect(missing.status == 2 && missing.errorOutput.contains("There is no template none.json"), "\(missing)")
    }
  }

  @Test func `credentials that cannot be looked at are not "no credentials"`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      try fixture.writeRoster(["a"])
      try loop(".ncloud/configure", fixture)
      let result = await fixture.run("run", "class.csv")
      #expect(result.status == 2 && result.errorOutput.contains(".ncloud/configure cannot be read"), "\(result)")
      // What the environment has needs no file.
      fixture.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      fixture.environment["NCLOUD_SECRET_KEY"] = "secret"
      let found = await fixture.run("run", "class.csv")
      #expect(!found.errorOutput.contains("configure"), "\(found)")
    }
  }

  @Test(arguments: ["HOME", "XDG_STATE_HOME"])
  func `a state folder that is not named whole is refused`(variable: String) async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.environment["ROLLCALL_DB"] = nil
      fixture.environment[variable] = "home/kim"
      for verb in ["status", "list", "doctor"] {
        let result = await fixture.run(verb)
        #expect(result.status == 2, "\(result)")
        #expect(
          result.errorOutput.contains("\(variable) is \"home/kim\", which does not begin with a slash"), "\(result)")
      }
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/home"))
    }
  }

  @Test func `a run whose queue is deleted does not end with 0, and what it knows is saved`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster((1...6).map { "n\($0)" })
      #expect(await fixture.run("import", "class.csv").status == 0)
      let path = fixture.folder + "/rollcall.db"
      let run = Task { await fixture.run("resume", "--rate", "4/s", "--burst", "1", "--out", "report") }
      while fixture.sandbox.ledger.creates.isEmpty { await Task.yield() }
      #expect(unlink(path) == 0)
      let result = await run.value
      #expect(result.status == 1 && result.errorOutput.contains("was deleted"), "\(result)")
      let made = fixture.sandbox.ledger.creates.count
      #expect(made < 6)
      #expect(try fixture.read("report/succeeded.csv").split(separator: "\r\n").count == made + 1)
      let saved = try #require(
        try FileManager.default.contentsOfDirectory(atPath: fixture.folder).first { $0.contains("rescued") })
      for neighbour in ["-wal", "-shm"] { unlink(path + neighbour) }
      #expect(rename("\(fixture.folder)/\(saved)", path) == 0)
      let again = await fixture.run("resume", "--rate", "500/s", "--out", "report")
      #expect(again.status == 0, "\(again)")
      #expect(fixture.sandbox.ledger.creates.map(\.name).sorted() == (1...6).map { "n\($0)" })
    }
  }

  /// Begins a run of six rows, lets something happen to its files after the first create, and returns how it ended.
  private func resume(_ fixture: CommandFixture, _ happen: () throws -> Void) async throws -> CommandResult {
    try fixture.writeRoster((1...6).map { "n\($0)" })
    #expect(await fixture.run("import", "class.csv").status == 0)
    let run = Task { await fixture.run("resume", "--rate", "4/s", "--burst", "1", "--out", "report") }
    while fixture.sandbox.ledger.creates.isEmpty { await Task.yield() }
    try happen()
    return await run.value
  }

  @Test func `a run whose queue was replaced by another leads nobody to destroy that`() async throws {
    try await CommandFixture.with { fixture in
      let path = fixture.folder + "/rollcall.db"
      var other = fixture
      other.environment["ROLLCALL_DB"] = fixture.folder + "/other.db"
      try other.writeRoster(["z"])
      #expect(await other.run("import", "class.csv").status == 0)
      let result = try await resume(fixture) {
        #expect(rename(fixture.folder + "/other.db", path) == 0)
      }
      #expect(result.status == 1 && result.errorOutput.contains("was replaced by another file"), "\(result)")
      #expect(result.errorOutput.contains("is saved in \(path).rescued-"), "\(result)")
      #expect(!result.errorOutput.contains("rm -f") && result.errorOutput.contains("`mv -n "), "\(result)")
    }
  }

  @Test func `a run that cannot save what it knows says so, and tells how it ended`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      let folder = fixture.folder + "/state"
      fixture.environment["ROLLCALL_DB"] = folder + "/rollcall.db"
      let result = try await resume(fixture) { #expect(rename(folder, fixture.folder + "/away") == 0) }
      #expect(result.status == 1 && result.errorOutput.contains("could not be saved"), "\(result)")
      #expect(result.errorOutput.contains("  rows      6") && result.errorOutput.contains("was deleted"), "\(result)")
      #expect(
        try fixture.read("report/succeeded.csv").split(separator: "\r\n").count
          == fixture.sandbox.ledger.creates.count + 1)
    }
  }

  @Test func `a log that cannot be emptied at the end is a warning`() async throws {
    try await CommandFixture.with { fixture in
      let lock = fixture.folder + "/rollcall.db.checkpoint"
      let result = try await resume(fixture) {
        unlink(lock)
        #expect(mkdir(lock, 0o700) == 0)
      }
      #expect(result.status == 0 && result.errorOutput.contains("  done  6"), "\(result)")
      #expect(result.errorOutput.contains("warning: The queue") && result.errorOutput.contains("safe in its log"))
    }
  }
}
