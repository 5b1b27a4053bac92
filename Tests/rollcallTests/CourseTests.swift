import Foundation
import Sandbox
import Testing

/// Five weeks of one course: who joins, leaves, is renamed, is given another image, and what a wrong or shuffled file does.
@Suite struct CourseTests {
  private static let template = """
    {"accountId": "\(CommandFixture.account)", "name": "ai-${id}", "description": "${student}", "configuration":
    {"docker": {"image": "tensorflow:r2.3.1-py3", "command": "ls"}}}
    """

  /// The lines of a plan that tell of the roster.
  private static func plan(_ result: CommandResult) -> String {
    (result.output + result.errorOutput).split(separator: "\n")
      .filter { $0.hasPrefix("  rows") || $0.hasPrefix("  changed") }.map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " | ")
  }

  private struct Week: Sendable {
    let what: String
    let rows: [String]
    let plan: String
    let status: Int32
    /// Creates that the sandbox has carried out afterwards.
    let createCount: Int
    var gone: [String] = []
    var saying: String?
  }

  private static let changed =
    "changed   1 row is made otherwise than the roster asks for (description); it is left as it is"

  private static let weeks = [
    Week(
      what: "the first week", rows: ["101,Kim", "102,Lee", "103,Park"], plan: "rows      3 new", status: 0,
      createCount: 3),
    Week(
      what: "the same file again", rows: ["101,Kim", "102,Lee", "103,Park"], plan: "rows      3 already done",
      status: 0, createCount: 3),
    Week(
      what: "one joins at the top, one leaves", rows: ["104,Choi", "101,Kim", "103,Park"],
      plan: "rows      1 new, 2 already done, 1 gone from the roster", status: 0, createCount: 4, gone: ["102,Lee"]),
    Week(
      what: "a name is corrected", rows: ["104,Choi", "101,Kim", "103,Bak"],
      plan: "rows      3 already done | \(Self.changed)", status: 3, createCount: 4),
    Week(
      what: "shuffled", rows: ["103,Bak", "104,Choi", "101,Kim"],
      plan: "rows      3 already done | \(Self.changed)", status: 3,
      createCount: 4),
    Week(
      what: "the numbers moved by one row", rows: ["103,Choi", "104,Kim", "101,Bak"], plan: "", status: 5,
      createCount: 4,
      saying: "was made for 'Bak' and would be 'Choi' now"),
    Week(
      what: "back again", rows: ["101,Kim", "102,Lee", "103,Bak", "104,Choi"],
      plan: "rows      4 already done | \(Self.changed)", status: 3, createCount: 4),
  ]

  @Test func `weeks of one course`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(Self.template, to: "lab.json")
      for week in Self.weeks {
        try fixture.write("id,student\n" + week.rows.map { $0 + "\n" }.joined())
        let check = await fixture.run("check", "class.csv", "--template", "lab.json")
        #expect(Self.plan(check) == week.plan, "\(week.what): \(check)")
        let run = await fixture.run(
          "run", "class.csv", "--template", "lab.json", "--rate", "500/s", "--out", "w\(check.status)")
        #expect(run.status == week.status, "\(week.what): \(run)")
        if let saying = week.saying { #expect(run.errorOutput.contains(saying), "\(run)") }
        #expect(fixture.sandbox.ledger.creates.count == week.createCount, "\(week.what)")
        #expect(fixture.sandbox.ledger.createRequestsForExistingKey == 0)
        guard week.status != 5 else { continue }
        let folder = try #require(run.errorOutput.split(separator: "\n").first { $0.hasPrefix("Files in ") })
        let path = folder.dropFirst("Files in ".count).dropLast()
        let done = try String(contentsOfFile: path + "/succeeded.csv", encoding: .utf8).split(separator: "\r\n")
          .dropFirst()
        #expect(done.map { $0.split(separator: ",").prefix(2).joined(separator: ",") } == week.rows, "\(week.what)")
        let gone = try String(contentsOfFile: path + "/gone.csv", encoding: .utf8).split(separator: "\r\n").dropFirst()
        #expect(gone.map { $0.split(separator: ",").prefix(2).joined(separator: ",") } == week.gone, "\(week.what)")
        try FileManager.default.removeItem(atPath: String(path))
      }
      // A wrong file by mistake: nothing of it is queued.
      try fixture.write("a,b\n1,2\n")
      #expect(await fixture.run("run", "class.csv", "--template", "lab.json").status == 5)
      #expect(fixture.sandbox.ledger.creates.count == 4)
    }
  }
}
