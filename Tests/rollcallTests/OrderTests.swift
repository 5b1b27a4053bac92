import Foundation
import Sandbox
import Testing

@testable import rollcall

/// What can be told without credentials, or without waiting, is told before either.
@Suite struct OrderTests {
  /// A fixture whose endpoint needs credentials, of which there are none.
  private func withoutCredentials(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      try fixture.writeRoster(["a"])
      try fixture.writeRoster(["b--c"], to: "bad.csv")
      try fixture.write("PK\u{3}\u{4}", to: "class.xlsx")
      try fixture.write("{", to: "broken.json")
      #expect(mkdir(fixture.folder + "/taken", 0o700) == 0)
      try fixture.write("mine", to: "taken/failed.csv")
      try await body(fixture)
    }
  }

  @Test(arguments: [
    (["run", "nothing.csv"], "no file nothing.csv"), (["run", "class.xlsx"], "is damaged"),
    (["run", "taken"], "a folder"),
    (["run", "class.csv", "--template", "missing.json"], "no template missing.json"),
    (["run", "class.csv", "--template", "broken.json"], "broken.json"), (["run", "-"], "--label"),
    (["run", "class.csv", "--label", " "], "--label needs a text"), (["check", "class.csv", "--label="], "--label"),
    (["import", "class.csv", "--label", "\t"], "--label needs a text"),
    (["run", "class.csv", "--out", "class.csv"], "Not a directory"),
    (["run", "class.csv", "--out", "class.csv/below/it"], "Not a directory"),
    (["run", "class.csv", "--out", "taken"], "did not write"),
    (["run", "class.csv", "--issues", "taken/failed.csv"], "did not write"),
    (["run", "class.csv", "--db", "class.csv"], "is not a Rollcall queue"),
  ])
  func `what is wrong besides is told before the credentials are missed`(arguments: [String], words: String)
    async throws
  {
    try await withoutCredentials { fixture in
      let result = await fixture.run(arguments, answer: nil, isInteractive: false)
      #expect(result.status != 0 && result.errorOutput.contains(words), "\(result)")
      #expect(!result.errorOutput.contains("credentials"), "\(result)")
      let left = try FileManager.default.contentsOfDirectory(atPath: fixture.folder).filter { $0.hasPrefix("rollcall") }
      #expect(left.isEmpty, "nothing is made: \(left)")
    }
  }

  @Test func `resume and retry tell of the batch and the report's folder first`() async throws {
    try await withoutCredentials { fixture in
      #expect(await fixture.run("import", "class.csv").status == 0)
      for verb in ["resume", "retry"] {
        for (arguments, words) in [(["99"], "no batch 99"), (["1", "--out", "class.csv"], "Not a directory")] {
          let result = await fixture.run([verb] + arguments, answer: nil, isInteractive: false)
          #expect(result.errorOutput.contains(words) && !result.errorOutput.contains("credentials"), "\(result)")
        }
        let bare = await fixture.run(verb, "1")
        #expect(bare.status == 2 && bare.errorOutput.contains("There are no credentials"), "\(bare)")
      }
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall-class-1"))
    }
  }

  @Test func `nobody waits for a locked queue to be told that the roster or the credentials are missing`() async throws
  {
    try await withoutCredentials { fixture in
      #expect(await fixture.run("import", "class.csv").status == 0)
      let descriptor = open(fixture.folder + "/rollcall.db.lock", O_RDWR | O_CREAT, 0o600)
      #expect(flock(descriptor, LOCK_EX) == 0)
      defer { close(descriptor) }
      for verb in ["run", "check", "import"] {
        let result = await fixture.run(verb, "nothing.csv")
        #expect(result.status == 2 && result.errorOutput.contains("no file nothing.csv"), "\(verb): \(result)")
      }
      let bare = await fixture.run("run", "class.csv")
      #expect(bare.status == 2 && bare.errorOutput.contains("There are no credentials"), "\(bare)")
    }
  }

  @Test func `import makes no queue for a roster that is not there`() async throws {
    try await withoutCredentials { fixture in
      #expect(await fixture.run("import", "nothing.csv").status == 2)
      #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/rollcall.db"))
    }
  }

  @Test func `a sandbox tells of its own options before half of a pair is missed`() async throws {
    try await withoutCredentials { fixture in
      var fixture = fixture
      fixture.environment["NCLOUD_ACCESS_KEY"] = "half"
      let result = await fixture.run("sandbox", "--fault", "nonsense")
      #expect(result.status == 2 && result.errorOutput.contains("nonsense"), "\(result)")
    }
  }

  @Test func `what is wrong with the roster is told, and what is wrong with the command decides`() async throws {
    try await withoutCredentials { fixture in
      let result = await fixture.run("run", "bad.csv", answer: nil, isInteractive: false)
      #expect(result.status == 2, "\(result)")
      #expect(
        result.errorOutput.contains("has 1 issue") && result.errorOutput.contains("NCLOUD_ACCESS_KEY"), "\(result)")
    }
  }

  @Test func `each problem of a template has a line`() async throws {
    try await withoutCredentials { fixture in
      try fixture.write(#"{"nam":"a","imag":"b","configuration":{"docker":{"comand":"c"}}}"#, to: "lab.json")
      let result = await fixture.run("check", "class.csv", "--template", "lab.json")
      #expect(result.status == 5, "\(result)")
      let lines = result.errorOutput.split(separator: "\n")
      #expect(lines.count(where: { $0.hasPrefix("lab.json: ") }) == 3, "\(result)")
      #expect(lines.contains("Error: The template lab.json has 3 problems."), "\(result)")
    }
  }
}
