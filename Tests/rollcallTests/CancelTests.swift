import Foundation
import Sandbox
import Testing

/// What a person drops and brings back.
@Suite struct CancelTests {
  @Test func `what is cancelled is not sent, and retry brings it back`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let cancelled = await fixture.run("cancel")
      #expect(cancelled.status == 0 && cancelled.output.contains("2 rows cancelled"), "\(cancelled)")
      let resumed = await fixture.run("resume", "1", "--out", "report")
      #expect(resumed.status == 3, "\(resumed)")
      #expect(fixture.sandbox.ledger.requests == 0)
      #expect(try fixture.read("report/unprocessed.csv").contains("cancelled"))
      // Without a reason only failed rows are meant.
      #expect(await fixture.run("retry", "1", "--out", "report").status == 3)
      let retried = await fixture.run("retry", "1", "--reason", "cancelled", "--rate", "500/s", "--out", "report")
      #expect(retried.status == 0, "\(retried)")
      #expect(fixture.sandbox.ledger.creates.count == 2)
    }
  }

  @Test func `the plan tells cancelled rows that stay so from those that are back`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      #expect(await fixture.run("cancel").status == 0)
      // The same roster: nothing is imported.
      let same = await fixture.run("run", "class.csv", "--max-new", "0", "--out", "same")
      #expect(same.status == 3, "\(same)")
      #expect(same.errorOutput.contains("2 cancelled, stay so"), "\(same)")
      #expect(!same.errorOutput.contains("creates"), "\(same)")
      let check = await fixture.run("check", "class.csv")
      #expect(check.output.contains("2 cancelled, stay so"), "\(check)")
      // Another one asks for them again.
      try fixture.writeRoster(["n1", "n2", "n3"])
      let longer = await fixture.run("run", "class.csv", "--max-new", "2")
      #expect(longer.status == 6 && longer.errorOutput.contains("3 workspaces would be created"), "\(longer)")
      #expect(longer.errorOutput.contains("2 back after being cancelled"), "\(longer)")
      // Under another label it is another roster.
      try fixture.writeRoster(["n1", "n2"])
      let other = await fixture.run("run", "class.csv", "--label", "other", "--dry-run")
      #expect(other.errorOutput.contains("2 back after being cancelled"), "\(other)")
    }
  }

  @Test func `retry tries failed rows of a reason again`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1", "n2"], image: "tensorflow:r9-py3")
      try fixture.write(
        "name,accountId,image,command\nn1,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n"
          + "n2,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n", to: "theirs.csv")
      #expect(await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db").status == 0)
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 3)
      // Conflicts are left for a person unless they are named.
      #expect(await fixture.run("retry", "--out", "report").status == 3)
      #expect(await fixture.run("retry", "--reason", "refused", "--out", "report").status == 3)
      let taken = await fixture.run("retry", "--reason", "conflict", "--adopt-existing", "--out", "report")
      // What they have is not what the roster asks for.
      #expect(taken.status == 3 && taken.errorOutput.contains("2 rows are made otherwise"), "\(taken)")
      #expect(await fixture.run("retry", "--reason", "nonsense").status == 2)
    }
  }

  @Test func `forget asks, leaves unfinished batches alone, and erases the others`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let unfinished = await fixture.run("forget", "1", "--yes")
      #expect(unfinished.status == 2 && unfinished.errorOutput.contains("rollcall cancel 1"), "\(unfinished)")
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "report").status == 0)
      #expect(await fixture.run("forget", "1").status == 2)
      #expect(await fixture.run("forget", "1", answer: "n", isInteractive: true).status == 6)
      #expect(await fixture.run("forget", "1", answer: "y", isInteractive: true).status == 0)
      #expect(await fixture.run("list", "--batches").output.isEmpty)
      // It counts as somebody else's now.
      #expect(await fixture.run("run", "class.csv", "--rate", "500/s", "--out", "again").status == 3)
    }
  }
}
