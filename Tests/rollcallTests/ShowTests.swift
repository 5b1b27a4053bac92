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

  @Test(arguments: [
    ("이서연", "n2 of", "line 3 of batch 1, class.csv (성명: 이서연)"),
    ("20260005", "n5 of", "line 5 of batch 2, class.csv (학번: 20260005)"),
    ("N3@Example.AC.kr", "n3 of", "line 3 of batch 2, class.csv (e-mail: n3@example.ac.kr)"),
    ("민준", "n1 of", "line 2 of batch 2, class.csv (성명: 김민준)"), ("n1", "n1 of", "line 2 of batch 2, class.csv"),
    ("최수아", "line 4: not accepted: name: 'N4'", "line 4 of batch 2, class.csv (성명: 최수아)"),
    ("4", "line 4: not accepted: ", "line 4 of batch 2, class.csv"),
  ])
  func `a row is found by any cell, in the latest roster that has it`(text: String, start: String, place: String)
    async throws
  {
    try await MixedCourse.with { fixture in
      let shown = await fixture.run("show", text)
      #expect(shown.status == 0 && shown.output.hasPrefix(start), "\(shown)")
      #expect(shown.output.contains("  row       \(place)\n"), "\(shown)")
    }
  }

  @Test func `several rows are listed, with the cell that was found and how to choose`() async throws {
    try await MixedCourse.with { fixture in
      let shown = await fixture.run("show", "@example.ac.kr")
      #expect(
        shown.output == """
          n1  done       class.csv  batch 2  line 2  e-mail: n1@example.ac.kr
          n3  failed     class.csv  batch 2  line 3  e-mail: n3@example.ac.kr
              invalid    class.csv  batch 2  line 4  e-mail: N4@example.ac.kr
          n5  cancelled  class.csv  batch 2  line 5  e-mail: n5@example.ac.kr
          n2  done       class.csv  batch 1  line 3  e-mail: n2@example.ac.kr

          """)
      #expect(
        shown.status == 0
          && shown.errorOutput == "Hint: Choose one by its line and batch: `rollcall show 2 --batch 2`.\n", "\(shown)")
      let batch = await fixture.run("show", "@example.ac.kr", "--batch", "1")
      #expect(batch.output.split(separator: "\n").allSatisfy { $0.contains("  batch 1  ") }, "\(batch)")
      for batch in [["show", "nobody"], ["show", "nobody", "--batch", "1"], ["show", "99"]] {
        let none = await fixture.run(batch, answer: nil, isInteractive: false)
        #expect(none.status == 2 && none.errorOutput.split(separator: "\n").count == 2, "\(none)")
      }
    }
  }

  @Test func `when and by what a row was cancelled, and with which roster one has left`() async throws {
    try await MixedCourse.with { fixture in
      func line(_ item: String, _ start: String) async -> String? {
        fixture.frozen(await fixture.run("show", item).output).split(separator: "\n").first { $0.hasPrefix(start) }
          .map(String.init)
      }
      #expect(await line("n5", "  cancelled") == "  cancelled TIME by `rollcall cancel`")
      #expect(
        await line("n2", "  left") == "  left      the roster with batch 2, imported TIME; what was made is still there"
      )
      #expect(await line("n1", "  left") == nil)
      try fixture.writeRoster(["p1", "p2", "p3"], to: "new.csv")
      #expect(await fixture.run("import", "new.csv").status == 0)
      try fixture.writeRoster(["p1"], to: "new.csv")
      #expect(await fixture.run("import", "new.csv").status == 0)
      #expect(await line("p2", "  cancelled") == "  cancelled TIME: it left the roster with batch 4, imported TIME")
      #expect(await line("p1", "  cancelled") == nil)
      // Only a part of a roster is no roster that somebody has left with.
      try fixture.writeRoster(["p1", "p4"], to: "new.csv")
      #expect(await fixture.run("import", "new.csv", "--limit", "1").status == 0)
      #expect(await line("p2", "  cancelled") == "  cancelled TIME: it left the roster with batch 4, imported TIME")
    }
  }
}
