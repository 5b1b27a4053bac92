import Foundation
import Sandbox
import Testing

@testable import rollcall

/// What the options that name an output may write over: nothing, or an older one of the same kind.
@Suite struct OutputTests {
  private static let queueNames = [
    "rollcall.db", "rollcall.db-wal", "rollcall.db-shm", "rollcall.db-journal", "rollcall.db.lock",
    "rollcall.db.owner-1", "rollcall.db.checkpoint", "soft.csv",
  ]

  private func withQueue(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      #expect(symlink("rollcall.db", fixture.folder + "/soft.csv") == 0)
      try await body(fixture)
    }
  }

  @Test func `issues never take the place of the queue or of what belongs to it, by any name`() async throws {
    try await withQueue { fixture in
      for name in Self.queueNames {
        for verb in ["check", "run", "import"] {
          let result = await fixture.run(verb, "class.csv", "--issues", name)
          #expect(result.status == 2 && result.errorOutput.contains("the queue"), "\(verb) \(name): \(result)")
        }
      }
      // A second name of the file itself; the queue may be refused for having one.
      #expect(link(fixture.folder + "/rollcall.db", fixture.folder + "/hard.csv") == 0)
      #expect(await fixture.run("check", "class.csv", "--issues", "hard.csv").status != 0)
      #expect(unlink(fixture.folder + "/hard.csv") == 0)
      let list = await fixture.run("list")
      #expect(list.status == 0 && list.output.contains("class.csv"), "\(list)")
    }
  }

  @Test func `nor of a queue that is not there yet`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      let result = await fixture.run("run", "class.csv", "--issues", "rollcall.db")
      #expect(result.status == 2, "\(result)")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `nor of folders, devices and files that hold something else; each is left as it was`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["b--c"])
      try fixture.write("mine", to: "notes.csv")
      try fixture.write("file,size\na,1\n", to: "files.csv")
      #expect(mkdir(fixture.folder + "/folder", 0o700) == 0)
      #expect(symlink("nowhere", fixture.folder + "/dangling") == 0)
      for name in ["notes.csv", "files.csv", "folder", "dangling", "/dev/zero"] {
        let result = await fixture.run("check", "class.csv", "--issues", name)
        #expect(result.status == 2 && result.errorOutput.contains("Hint: Move it away"), "\(name): \(result)")
      }
      #expect(try fixture.read("notes.csv") == "mine")
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/nowhere"))
    }
  }

  @Test func `an empty file and older issues are replaced, also when a spreadsheet has saved them`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["b--c"])
      try fixture.write("", to: "issues.csv")
      #expect(await fixture.run("check", "class.csv", "--issues", "issues.csv").status == 5)
      let first = try fixture.read("issues.csv")
      #expect(first.contains("b--c"))
      #expect(await fixture.run("check", "class.csv", "--issues", "issues.csv").status == 5)
      #expect(try fixture.read("issues.csv") == first)
      try fixture.write("file;line;column;cell;rule;severity;value;message;rows;lines\r\n", to: "issues.csv")
      #expect(symlink("issues.csv", fixture.folder + "/link.csv") == 0)
      #expect(await fixture.run("check", "class.csv", "--issues", "link.csv").status == 5)
      #expect(try fixture.read("issues.csv") == first)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: fixture.folder + "/link.csv") == "issues.csv")
    }
  }

  @Test func `what is open already is written to`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["b--c"])
      let pipe = Pipe()
      let number = pipe.fileHandleForWriting.fileDescriptor
      let result = await fixture.run("check", "class.csv", "--issues", "/dev/fd/\(number)")
      #expect(result.status == 5, "\(result)")
      try pipe.fileHandleForWriting.close()
      let text = String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
      #expect(text.contains("name-form"), "\(text)")
    }
  }

  @Test func `a report never takes the place of the roster, the queue, or somebody's own file`() async throws {
    try await CommandFixture.with { fixture in
      for (file, needs) in [
        ("succeeded.csv", "the roster"), ("failed.csv", "did not write"), ("gone.csv", "the queue"),
      ] {
        let folder = fixture.folder + "/" + file + ".d"
        #expect(mkdir(folder, 0o700) == 0)
        let name = "\(file).d/\(file)"
        if file == "succeeded.csv" { try fixture.writeRoster(["a"], to: name) }
        if file == "failed.csv" { try fixture.write("student\nKim\n", to: name) }
        try fixture.writeRoster(["a"])
        let roster = file == "succeeded.csv" ? name : "class.csv"
        var arguments = ["run", roster, "--out", file + ".d"]
        if file == "gone.csv" { arguments += ["--db", name] }
        let result = await fixture.run(arguments, answer: nil, isInteractive: false)
        #expect(result.status == 1 && result.errorOutput.contains(needs), "\(file): \(result)")
        #expect(fixture.sandbox.ledger.requests == 0)
      }
      #expect(try fixture.read("failed.csv.d/failed.csv") == "student\nKim\n")
      #expect(try fixture.read("succeeded.csv.d/succeeded.csv").hasPrefix("name,accountId"))
    }
  }

  @Test func `a sandbox's state never takes the place of the queue or of something else`() async throws {
    try await withQueue { fixture in
      try fixture.write("mine", to: "notes.json")
      #expect(mkfifo(fixture.folder + "/pipe", 0o600) == 0)
      for name in Self.queueNames + ["notes.json", "pipe", "/dev/zero", "."] {
        let result = await fixture.run("sandbox", "--port", "0", "--state", name)
        #expect(result.status == 2 || result.status == 1, "\(name): \(result)")
        #expect(result.errorOutput.contains("--state"), "\(name): \(result)")
      }
      #expect(try fixture.read("notes.json") == "mine")
    }
  }
}
