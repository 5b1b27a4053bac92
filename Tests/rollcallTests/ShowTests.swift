import Testing

@testable import rollcall

/// `show` finds what a person may ask for: a row that was not accepted too, and the item that it would be.
@Suite struct ShowTests {
  @Test func `a row with an issue is found by its line and by the name that it has`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a1", "a2"])
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s").status == 0)
      let broken = try fixture.read("class.csv").split(separator: "\n").map { line in
        line.contains("a2") ? line.replacing("tensorflow:r2.3.1-py3", with: "no image") : line
      }
      try fixture.write(broken.joined(separator: "\n") + "\n")
      let run = await fixture.run("run", "class.csv", "--rate", "500/s", "--skip-invalid", "--out", "second")
      #expect(run.status == 3, "\(run)")
      for what in ["a2", "3"] {
        let shown = await fixture.run("show", what)
        #expect(shown.status == 0, "\(shown)")
        #expect(shown.output.contains("line 3: not accepted: ") && shown.output.contains("'no image'"), "\(shown)")
        #expect(shown.output.contains("a2 of \(CommandFixture.account): done"), "what was made before: \(shown)")
      }
      #expect(await fixture.run("show", "a3").status == 2)
    }
  }
}
