// `adopt --differs`: what was made is never said to be what the roster asks for while it is not.

import Foundation
import Sandbox
import Testing

@testable import rollcall

@Suite struct LookAgainTests {
  private func roster(_ columns: String, _ cells: String) -> String {
    "name,accountId,image,command\(columns)\na,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\(cells)\n"
  }

  @Test(arguments: [
    (",description", ",for Kim", "description: for Kim → (none)"),
    (",gpuCount", ",1", "gpuCount: 1 → (none)"),
    (",env.A,env.B", ",1,2", "env.B: 2 → (none)"),
    (",configuration.docker.workdir", ",/root/", "workdir: /root/ → (none)"),
  ])
  func `a field that the roster has no more differs after a look, too`(
    columns: String, cells: String, sentence: String
  ) async throws {
    try await CommandFixture.with { fixture in
      try fixture.write(roster(columns, cells))
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      try fixture.write(columns.contains("env") ? roster(",env.A", ",1") : roster("", ""))
      let changed = await fixture.run("run", "class.csv", "--out", "report")
      #expect(changed.status == 3 && changed.errorOutput.contains(sentence), "\(changed)")
      let look = await fixture.run("adopt", "--differs")
      #expect(
        look.output.contains(sentence)
          && look.output.contains("1 row kept as the service has it; 1 not as the roster asks"),
        "\(look)")
      let again = await fixture.run("run", "class.csv", "--out", "report")
      #expect(again.status == 3 && again.errorOutput.contains(sentence), "\(again)")
    }
  }

  @Test func `a hint names the queue as the command line did`() async throws {
    try await CommandFixture.with { fixture in
      let place = ["--db", fixture.folder + "/my queue.db"]
      func run(_ arguments: [String]) async -> CommandResult {
        await fixture.run(arguments + place, answer: nil, isInteractive: false)
      }
      try fixture.writeRoster(["a"])
      #expect(await run(["run", "class.csv", "--rate", "500/s", "--out", "report"]).status == 0)
      try fixture.writeRoster(["a"], image: "pytorch:r1.10.0-py3")
      let changed = await run(["run", "class.csv", "--out", "report"])
      let database = "--db '\(fixture.folder)/my queue.db'`"
      #expect(changed.errorOutput.contains("`rollcall adopt --differs --batch 2 \(database)"), "\(changed)")
      let resumed = await run(["retry", "--out", "report"])
      if resumed.status == 3 { #expect(resumed.errorOutput.contains("--batch 2 \(database)"), "\(resumed)") }
      let unknown = await run(["adopt", "z"])
      #expect(unknown.errorOutput.contains("`rollcall adopt --batch 2 \(database) lists the conflicts."), "\(unknown)")
      let unknownToo = await run(["adopt", "z", "--differs"])
      #expect(unknownToo.errorOutput.contains("`rollcall report 2 \(database) writes it."), "\(unknownToo)")
    }
  }
}
