import Foundation
import GRDB
import Pacing
import TestSupport
import Testing

/// `forget` from the command line: what is erased, what stays, and what is said of that.
@Suite struct ForgetVerbTests {
  private static func write(_ fixture: CommandFixture, _ tag: String, to name: String, count: Int = 12) throws {
    let account = CommandFixture.account
    // Every other row has a command that the service refuses; its message names the workspace.
    let rows = (1...count).map { index in
      "\(tag)\(index)q,\(account),tensorflow:r2.3.1-py3,\(tag)cmd\(index)q,\(tag)desc\(index)q,\(tag)mail\(index)q@example.com\n"
    }
    try fixture.write("name,accountId,image,command,description,email\n" + rows.joined(), to: name)
  }

  private static func bytes(_ fixture: CommandFixture) -> Data {
    ["", "-wal", "-shm"].reduce(into: Data()) {
      $0 += FileManager.default.contents(atPath: fixture.folder + "/rollcall.db" + $1) ?? Data()
    }
  }

  @Test func `no cell of a forgotten batch is in the files, and what stays elsewhere is named`() async throws {
    try await CommandFixture.with { fixture in
      try Self.write(fixture, "gone", to: "gone.csv")
      try Self.write(fixture, "here", to: "here.csv")
      for name in ["gone", "here"] {
        let result = await fixture.run("run", "\(name).csv", "--rate", "500/s")
        #expect(result.status == 0, "\(result)")
      }
      try fixture.write("", to: "rollcall.db.rescued-1")
      #expect(Self.bytes(fixture).range(of: Data("gonemail7q".utf8)) != nil)
      let result = await fixture.run("forget", "1", "--yes")
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("Batch 1, gone.csv: erased, with 12 items"), "\(result)")
      #expect(result.output.contains("rollcall-gone-1") && result.output.contains("rollcall.db.rescued-1"), "\(result)")
      let bytes = Self.bytes(fixture)
      for index in 1...12 {
        for cell in ["gone\(index)q", "gonecmd\(index)q", "gonedesc\(index)q", "gonemail\(index)q"] {
          #expect(bytes.range(of: Data(cell.utf8)) == nil, "\(cell)")
        }
      }
      #expect(bytes.range(of: Data("heremail7q".utf8)) != nil)
      #expect(await fixture.run("report", "2").status == 0)
      // Nothing is left to clean.
      let again = await fixture.run("forget")
      #expect(again.status == 0 && again.output.contains("Nothing of what was erased before is left"), "\(again)")
    }
  }

  @Test func `an error at one batch leaves nothing of the one before it`() async throws {
    try await CommandFixture.with { fixture in
      try Self.write(fixture, "gone", to: "gone.csv")
      try Self.write(fixture, "here", to: "here.csv")
      for name in ["gone", "here"] { #expect(await fixture.run("run", "\(name).csv", "--rate", "500/s").status == 0) }
      // The second one cannot be erased.
      let queue = try DatabaseQueue(path: fixture.folder + "/rollcall.db")
      try await queue.write { db in
        try db.execute(
          sql: "CREATE TRIGGER t BEFORE DELETE ON batch WHEN old.id = 2 BEGIN SELECT RAISE(ABORT, 'no'); END")
      }
      try queue.close()
      let result = await fixture.run("forget", "1", "2", "--yes")
      #expect(result.status == 1, "\(result)")
      #expect(Self.bytes(fixture).range(of: Data("gonemail7q".utf8)) == nil)
      #expect(Self.bytes(fixture).range(of: Data("heremail7q".utf8)) != nil)
    }
  }
}
