// A day of one lecturer, from the first import to a course next to hers, compared as a whole with `Tests/Golden/day.txt`.
// `RECORD=1 scripts/test --filter DayTests` writes it anew: look at the difference before you commit it.

import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

@Suite struct DayTests {
  /// What the day has printed and written so far.
  private final class Diary {
    private(set) var text = ""
    private let fixture: CommandFixture

    init(_ fixture: CommandFixture) { self.fixture = fixture }

    func note(_ what: String) { text += "# \(what)\n" }

    /// Runs a command, and shows the files of a report that it wrote.
    func run(
      _ words: String..., environment: [String: String] = [:], answer: String? = nil, showing files: [String] = []
    ) async throws {
      var fixture = fixture
      fixture.environment.merge(environment) { $1 }
      let result = await fixture.run(words, answer: answer, isInteractive: answer != nil)
      text += "$ rollcall \(words.joined(separator: " "))\n"
      // A busy machine tells of its progress.
      let lines = fixture.frozen(result.output + result.errorOutput).split(
        separator: "\n", omittingEmptySubsequences: false)
      text += lines.filter { !$0.contains(/^TIME \d+\/\d+ done/) }.joined(separator: "\n")
      text += "status \(result.status)\n"
      for file in files { text += "--- \(file)\n" + fixture.frozen(try fixture.read(file)) }
      text += "\n"
    }
  }

  private static let people = (1...60).map { number in
    (name: "s\(number < 10 ? "0" : "")\(number)", student: "Person \(number)")
  }

  /// The class, with an image for each.
  private static func roster(_ image: (Int) -> String) -> String {
    let rows = people.enumerated().map { place, person in
      "\(person.name),\(CommandFixture.account),\(image(place + 1)),jupyter lab,\(person.student)\n"
    }
    return "name,accountId,image,command,student\n" + rows.joined()
  }

  private static let old = "tensorflow:r2.3.1-py3"
  private static let new = "pytorch:r1.10.0-py3"
  @Test func `a day in the life of a course`() async throws {
    let text = try await CommandFixture.with { fixture async throws -> String in
      let diary = Diary(fixture)
      let pace = ["--rate", "500/s", "--concurrency", "1"]
      let report = "rollcall-class-1"
      let files = ["summary.json", "changed.csv"].map { "\(report)/\($0)" }

      diary.note("The first import, and what it makes; two names are somebody else's.")
      try fixture.writeRoster(["s07", "s31"], to: "theirs.csv")
      #expect(
        await fixture.run("run", "theirs.csv", "--rate", "500/s", "--concurrency", "1", "--db", "theirs.db").status == 0
      )
      try fixture.write(Self.roster { _ in Self.old })
      try await diary.run("import", "class.csv")
      try await diary.run("run", "class.csv", pace[0], pace[1], pace[2], pace[3], showing: files)

      diary.note("40 images are changed in the roster.")
      try fixture.write(Self.roster { ![7, 31].contains($0) && $0 <= 42 ? Self.new : Self.old })
      try await diary.run("check", "class.csv")
      try await diary.run("run", "class.csv", showing: files)
      try await diary.run("adopt", "s01", "--differs")

      try await diary.run("adopt")
      diary.note("An export is cut off.")
      let whole = try fixture.read("class.csv")
      try fixture.write(whole.split(separator: "\n").prefix(21).joined(separator: "\n") + "\n")
      try await diary.run("run", "class.csv", "--quiet")

      diary.note("The key of the night is wrong, and somebody new is in the roster.")
      try fixture.write(whole + "s61,\(CommandFixture.account),\(Self.old),jupyter lab,Person 61\n")
      try await diary.run(
        "run", "class.csv", environment: ["NCLOUD_ACCESS_KEY": "FAKE-ACCESS-KEY-0001", "NCLOUD_SECRET_KEY": "wrong"],
        showing: files)

      diary.note("The roster's file has another name.")
      try FileManager.default.moveItem(
        atPath: fixture.folder + "/class.csv", toPath: fixture.folder + "/spring.csv")
      try await diary.run("run", "spring.csv")
      try await diary.run("run", "spring.csv", answer: "y", showing: files)

      diary.note("The names that are taken are mended in failed.csv.")
      let failed = try fixture.read("\(report)/failed.csv")
      try fixture.write(
        failed.replacing("\r\ns07,", with: "\r\ns07b,").replacing("\r\ns31,", with: "\r\ns31b,"),
        to: "\(report)/failed.csv")
      try await diary.run("check", "\(report)/failed.csv")
      try await diary.run("run", "\(report)/failed.csv", showing: files)

      diary.note("A course next to it with the same people.")
      try fixture.write(whole, to: "lab.csv")
      try await diary.run("run", "lab.csv", showing: ["rollcall-lab-2/summary.json", "rollcall-lab-2/changed.csv"])
      try await diary.run("list")
      try await diary.run("runs")
      return diary.text
    }
    try expectGolden("day.txt", text)
  }
}
