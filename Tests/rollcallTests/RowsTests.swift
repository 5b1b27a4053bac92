import Foundation
import TestSupport
import Testing

@testable import rollcall

/// A course with a row of every kind, as `rows`, `show`, `list` and `runs` tell of it.
struct MixedCourse {
  private static let header = "name,학번,성명,e-mail,accountId,image,command\n"

  static func row(_ name: String, _ number: Int, _ person: String, image: String = "tensorflow:r2.3.1-py3") -> String {
    "\(name),\(number),\(person),\(name)@example.ac.kr,\(CommandFixture.account),\(image),ls\n"
  }

  /// Batch 1: two rows that are made, one whose name somebody else has taken, one that is invalid. Batch 2, imported only:
  /// one with another image, one gone, one new that was cancelled, the others as before.
  static func with(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n3"], to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      let rest = row("n3", 20_260_003, "박지호") + row("N4", 20_260_004, "최수아")
      try fixture.write(header + row("n1", 20_260_001, "김민준") + row("n2", 20_260_002, "이서연") + rest)
      let run = ["run", "class.csv", "--skip-invalid", "--rate", "500/s", "--concurrency", "1", "--out", "report"]
      #expect(await fixture.run(run, answer: nil, isInteractive: false).status == 3)
      let second = row("n1", 20_260_001, "김민준", image: "pytorch:r1.10.0-py3") + rest + row("n5", 20_260_005, "정하윤")
      try fixture.write(header + second)
      #expect(await fixture.run("import", "class.csv", "--skip-invalid").status == 3)
      #expect(await fixture.run("cancel").status == 0)
      try await body(fixture)
    }
  }
}

extension CommandFixture {
  /// The same with a terminal of so many columns, or none.
  func at(_ columns: Int?) -> CommandFixture {
    var fixture = self
    fixture.columns = columns
    return fixture
  }
}

@Suite struct RowsTests {
  @Test func `all rows on a terminal of 80 columns, of 120, and where there is none`() async throws {
    try await MixedCourse.with { fixture in
      let told = "Batch 2, class.csv: 4 rows.\n"
      let narrow = await fixture.at(80).run("rows")
      #expect(narrow.status == 0 && narrow.errorOutput == told, "\(narrow)")
      #expect(
        fixture.frozen(narrow.output) == #"""
          2  n1  changed    ID-3  image: tensorflow:r2.3.1-py3 →
                                                    pytorch:r1.10.0-py3
          3  n3  failed     ID-2  the name was already taken by
                                                    something we did not make: already
                                                    there as ID-2
                                                    although nothing that was sent has
                                                    made it
          4  N4  invalid                            name: 'N4' must start with a–z and
                                                    hold only a–z, 0–9 and single hyphens,
                                                    none at the end
          5  n5  cancelled                          cancelled

          """#)
      let wide = await fixture.at(120).run("rows")
      #expect(
        fixture.frozen(wide.output) == #"""
          2  n1  changed    ID-3  image: tensorflow:r2.3.1-py3 → pytorch:r1.10.0-py3
          3  n3  failed     ID-2  the name was already taken by something we did not make: already there as
                                                    ID-2 although nothing that was sent has made it
          4  N4  invalid                            name: 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none
                                                    at the end
          5  n5  cancelled                          cancelled

          """#)
      let plain = await fixture.run("rows")
      #expect(
        fixture.frozen(plain.output) == #"""
          2  n1  changed    ID-3  image: tensorflow:r2.3.1-py3 → pytorch:r1.10.0-py3
          3  n3  failed     ID-2  the name was already taken by something we did not make: already there as ID-2 although nothing that was sent has made it
          4  N4  invalid                            name: 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end
          5  n5  cancelled                          cancelled

          """#)
      for shown in [narrow, wide] { Self.expectWhole(shown.output, as: plain.output) }
    }
  }

  /// That two outputs have the same words: none was cut, none is missing.
  static func expectWhole(_ output: String, as other: String, at location: SourceLocation = #_sourceLocation) {
    func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
    #expect(words(output) == words(other), sourceLocation: location)
  }

  @Test(arguments: [
    (["--state", "changed"], "2"), (["--state", "made"], "2"), (["--state", "failed"], "3"),
    (["--state", "invalid"], "4"), (["--state", "cancelled"], "5"), (["--state", "not sent"], ""),
    (["--state", "failed", "--state", "cancelled"], "3 5"), (["--state", "gone"], "3 (n2)"),
    (["--reason", "conflict"], "3"), (["--reason", "CANCELLED", "--reason", "invalid"], "4 5"),
    (["--where", "성명=박지호"], "3"), (["--where", "rollcall_name=n5"], "5"),
    (["--where", "image=pytorch:r1.10.0-py3", "--state", "failed"], ""), (["1", "--where", "학번=20260002"], "3"),
  ])
  func `rows are chosen by state, reason and cell`(options: [String], wanted: String) async throws {
    try await MixedCourse.with { fixture in
      let result = await fixture.run(["rows"] + options, answer: nil, isInteractive: false)
      let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
      let found = lines.map { options.contains("gone") ? "\($0[0]) (\($0[1]))" : "\($0[0])" }.joined(separator: " ")
      #expect(result.status == 0 && found == wanted, "\(result)")
      #expect(result.errorOutput.hasSuffix(" of this kind.\n"), "\(result)")
    }
  }

  @Test(arguments: [
    (["--state", "faild"], "There is no state 'faild': did you mean 'failed'?"),
    (["--state", "chnaged"], "There is no state 'chnaged': did you mean 'changed'?"),
    (["--state", "42"], "There is no state '42'."),
    (["--reason", "refusd"], "There is no reason 'refusd': did you mean 'refused'?"),
    (["--reason", "conflcit"], "There is no reason 'conflcit': did you mean 'conflict'?"),
    (["--where", "e-mial=x"], "There is no column 'e-mial': did you mean 'e-mail'?"),
    (["--where", "rollcall_nmae=x"], "There is no column 'rollcall_nmae': did you mean 'rollcall_name'?"),
    (["--where", "전공=x"], "There is no column '전공'."),
    (["--state", "gone", "--state", "done"], "--state gone goes with no other: its rows are those of another roster."),
  ])
  func `what there is not is told with what may be meant`(options: [String], message: String) async throws {
    try await MixedCourse.with { fixture in
      let result = await fixture.run(["rows"] + options, answer: nil, isInteractive: false)
      let lines = result.errorOutput.split(separator: "\n")
      #expect(result.status == 2 && lines.first == "Error: \(message)" && lines.count == 2, "\(result)")
    }
  }

  @Test func `as CSV and JSON they are what the report has`() async throws {
    try await MixedCourse.with { fixture in
      #expect(await fixture.run("report", "--out", "again").status == 0)
      func plain(_ text: String) -> String { text.replacing("\u{FEFF}", with: "") }
      func records(_ text: String) -> [Substring] { plain(text).split(separator: "\r\n") }
      let all = records(await fixture.run("rows", "--csv").output)
      let files = try ["succeeded", "failed", "unprocessed"].map { records(try fixture.read("again/\($0).csv")) }
      #expect(all.first == files[0].first && Set(all) == Set(files.flatMap(\.self)) && all.count == 5)
      #expect(
        plain(await fixture.run("rows", "--state", "gone", "--csv").output) == plain(try fixture.read("again/gone.csv"))
      )
      let failed = await fixture.run("rows", "--state", "failed", "--state", "invalid", "--csv")
      #expect(plain(failed.output) == plain(try fixture.read("again/failed.csv")))
      #expect(failed.output.unicodeScalars.first == "\u{FEFF}", "spreadsheets read it as UTF-8")
      let json = await fixture.run("rows", "--json")
      let lines = try fixture.read("again/outcomes.jsonl").split(separator: "\n").joined(separator: ",")
      let label = fixture.folder + "/class.csv"
      #expect(
        json.output
          == "{\"batch\":2,\"label\":\"\(label)\",\"rows\":[\(lines)],\"schemaVersion\":3,\"status\":0}\n")
      let none = await fixture.run("rows", "--json", "--state", "leased")
      #expect(none.output.hasSuffix("\"rows\":[],\"schemaVersion\":3,\"status\":0}\n"), "\(none)")
      // A terminal is not steered, and gets no mark.
      #expect(await fixture.at(80).run("rows", "--csv").output.hasPrefix("name,학번"))
    }
  }

  @Test func `the closing table names up to ten rows, shortened between words, and the command for the others`()
    async throws
  {
    try await CommandFixture.with { fixture in
      let invalid = (1...12).map { MixedCourse.row("Bad\($0)", $0, "이") }.joined()
      try fixture.write("name,학번,성명,e-mail,accountId,image,command\n\(MixedCourse.row("good", 99, "김"))\(invalid)")
      let run = await fixture.at(80).run("run", "class.csv", "--skip-invalid", "--rate", "500/s", "--out", "report")
      let table = run.errorOutput.split(separator: "\n").drop { $0 != "Batch 1, class.csv:" }.joined(separator: "\n")
      let rows = (1...10).map { line in
        let head = "    line \(line + 2)".padding(toLength: 13, withPad: " ", startingAt: 0)
        return "\(head)invalid: name: 'Bad\(line)' must start with a–z and hold only a–z, 0–9 …"
      }
      #expect(
        fixture.frozen(table) == """
          Batch 1, class.csv:
            done      1
            invalid  12
            rows     13
          \(rows.joined(separator: "\n"))
              … and 2 more: `rollcall rows 1 --state invalid`
          Files in FOLDER/report/
          """)
      #expect(run.status == 3)
      #expect(try !fixture.read("report/summary.json").contains("openRows"))
      let report = await fixture.run("report", "--out", "again", "--db", "rollcall.db")
      #expect(
        report.errorOutput.contains(
          "… and 2 more: `rollcall rows 1 --state invalid --db \(fixture.folder)/rollcall.db`"), "\(report)")
    }
  }
}
