import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// The queue is known by what it is: deleted, replaced and doubled files under a process that has them open.
@Suite struct QueuePlaceTests {
  /// Something that a person does to the files of a queue that is in use.
  enum Mishap: String, CaseIterable, Sendable {
    case file = ""
    case log = "-wal"
    case memory = "-shm"
    case lock = ".owner-1"
    case copy
    case logCopy
    case memoryCopy

    func happen(to path: String) throws {
      let replaced: [Mishap: String] = [.copy: "", .logCopy: "-wal", .memoryCopy: "-shm"]
      guard let suffix = replaced[self] else {
        #expect(unlink(path + rawValue) == 0)
        return
      }
      try FileManager.default.copyItem(atPath: path + suffix, toPath: path + ".copy")
      #expect(rename(path + ".copy", path + suffix) == 0)
    }
  }

  @Test(arguments: Mishap.allCases)
  func `nothing is claimed from a queue whose files went, and what was answered is saved`(mishap: Mishap) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      // A process of its own, because SQLite shares what is open in one.
      _ = await #expect(processExitsWith: .success) { [path = path as String, mishap = mishap.rawValue as String] in
        try await Self.settleAfter(try #require(Mishap(rawValue: mishap)), in: path)
      }
      let copy = try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.contains(".rescued-") }
      #expect((copy != nil) == [.file, .copy, .logCopy].contains(mishap))
      if let copy {
        for neighbour in ["-wal", "-shm"] { unlink(path + neighbour) }
        #expect(rename("\(folder)/\(copy)", path) == 0)
      }
      let again = try Queue(path: path, time: ManualTimeSource())
      #expect(try again.tally(of: BatchID(1)) == Tally([.done: 1, .ready: 2]))
      #expect(try again.onReader { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }
  }

  /// Claims, lets the mishap happen, settles what was in flight, and saves it.
  private static func settleAfter(_ mishap: Mishap, in path: String) async throws {
    let queue = try Queue(path: path, time: ManualTimeSource())
    let scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
    let batch = try #require(
      try queue.importBatch(QueueFixture.batch()) { add in
        for index in 1...3 { try add(QueueFixture.row(index, "n\(index)")) }
      }?.batch)
    let owner = try queue.becomeOwner()
    let claim = try await queue.claim(upTo: 1, of: batch, for: owner.id, with: scope, within: .zero, under: .standard)
    try mishap.happen(to: path)
    await #expect {
      try await queue.claim(upTo: 1, of: batch, for: owner.id, with: scope, within: .zero, under: .standard)
    } throws: {
      ($0 as? QueueError)?.code == .replaced
    }
    let answer = Answer(lease: try #require(claim.leases.first).handle, outcome: Outcome(.made, remoteID: "1"))
    #expect(try await queue.settle(answer) == .settled(.done))
    // Also a reader that is new reads what is open, not what stands at the path.
    queue.pool.invalidateReadOnlyConnections()
    #expect(try queue.tally(of: batch) == Tally([.done: 1, .ready: 2]))
    #expect(throws: QueueError.self) { try queue.assign(batch) }
    await #expect(throws: QueueError.self) { try await queue.end(owner) }
    _ = try queue.rescue()
  }

  @Test func `an import into a file that was deleted meanwhile is an error`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      let error = #expect(throws: QueueError.self) {
        try queue.importBatch(QueueFixture.batch()) { add in
          try add(QueueFixture.row(1, "a"))
        } confirm: { _ in
          unlink(path) == 0
        }
      }
      #expect(error?.code == .replaced)
    }
  }

  @Test func `closing a queue leaves alone what stands at its path now`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      func leave() throws {
        let queue = try Queue(path: path, time: ManualTimeSource())
        for suffix in ["", "-wal", "-shm"] { #expect(unlink(path + suffix) == 0) }
        for suffix in ["-wal", "-shm"] {
          try "another's".write(toFile: path + suffix, atomically: false, encoding: .utf8)
        }
        withExtendedLifetime(queue) {}
      }
      try leave()
      for suffix in ["-wal", "-shm"] { #expect(FileManager.default.fileExists(atPath: path + suffix)) }
    }
  }

  @Test func `the queue itself is named first where its neighbours went with it`() async throws {
    try await withTemporaryFolder { folder in
      for round in 1...8 {
        let path = "\(folder)/\(round).db"
        let queue = try Queue(path: path, time: ManualTimeSource())
        let owner = try queue.becomeOwner()
        for suffix in ["", "-wal", "-shm", ".owner-1"] { #expect(unlink(path + suffix) == 0) }
        let error = #expect(throws: QueueError.self) { try queue.refuseIfReplaced() }
        #expect(error?.description.contains("was deleted or moved away while this process had it open") == true)
        withExtendedLifetime(owner) {}
      }
    }
  }

  @Test func `a second name is refused by each of its names, and the last one is let in`() async throws {
    try await withTemporaryFolder { folder in
      let (path, other) = (folder + "/rollcall.db", folder + "/other.db")
      try Queue(path: path, time: ManualTimeSource()).close()
      #expect(link(path, other) == 0)
      for name in [path, other] {
        let error = #expect(throws: QueueError.self) { try Queue(path: name, time: ManualTimeSource()) }
        #expect(error?.code == .hardLink)
      }
      #expect(!FileManager.default.fileExists(atPath: other + ".lock"), "nothing is left beside it")
      #expect(unlink(other) == 0)
      try Queue(path: path, time: ManualTimeSource()).close()
      // A symlink is no second name: it leads to the one that there is.
      #expect(symlink(path, other) == 0)
      #expect(try Queue(path: other, time: ManualTimeSource()).path == path)
    }
  }

  @Test(arguments: [Mishap.log, .memory, .copy, .logCopy, .memoryCopy])
  func `a second process does not open what a living one has lost`(mishap: Mishap) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      _ = try queue.batches()
      _ = await #expect(processExitsWith: .success) { [path = path as String] in
        try Queue(path: path, time: ManualTimeSource()).close()
      }
      try mishap.happen(to: path)
      _ = await #expect(processExitsWith: .success) { [path = path as String] in
        let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
        #expect(error?.code == .replaced && error?.description.contains("process \(getppid())") == true)
      }
      withExtendedLifetime(queue) {}
    }
  }

  @Test func `a living owner whose lock was deleted keeps what it holds`() async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      _ = try await fixture.claimOne(of: batch)
      let path = fixture.queue.path
      #expect(unlink("\(path).owner-\(fixture.owner.id.rawValue)") == 0)
      let other = try Queue(path: path, time: fixture.time)
      #expect(try other.reclaim() == 0)
      #expect(try other.tally(of: batch)[.leased] == 1)
      #expect(try other.processesAtWork().map(\.process) == [getpid()])
    }
  }

  /// What another process is, by what its row says: that its number is this process's does not make it this one.
  @Test(arguments: ["anotherboot 1 1", "OWN OWN 1", "OWN 1 1", nil])
  func `an owner whose lock and process are gone is gone, whoever has its number now`(identity: String?) async throws {
    try await QueueFixture.with { fixture in
      let batch = try fixture.importNames(["a", "b"])
      _ = try await fixture.claimOne(of: batch)
      let path = fixture.queue.path
      let own = try #require(ProcessIdentity(of: getpid())).text.split(separator: " ")
      let stored = identity.map { text in
        zip(text.split(separator: " "), own).map { $0 == "OWN" ? $1 : $0 }.joined(separator: " ")
      }
      let other = try Queue(path: path, time: fixture.time)
      try other.writeExclusively { db in try db.run("UPDATE owner SET process_identity = ?", [stored]) }
      #expect(unlink("\(path).owner-\(fixture.owner.id.rawValue)") == 0)
      #expect(try other.processesAtWork().isEmpty)
      #expect(try other.reclaim() == 1)
      #expect(try other.tally(of: batch)[.inDoubt] == 1)
    }
  }

  @Test func `at work is who holds its lock, not who has its number`() async throws {
    try await withTemporaryFolder { folder in
      let queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      // Its process went on without it, as one does that has its number now.
      _ = try queue.becomeOwner()
      #expect(try queue.processesAtWork().isEmpty)
      let owner = try queue.becomeOwner()
      #expect(try queue.processesAtWork().map(\.process) == [getpid()])
      withExtendedLifetime(owner) {}
    }
  }
}

/// A process that lets nobody see what it has open is known by its lock on the log.
@Suite struct LogHoldTests {
  @Test func `the log of an open queue is held, and no other`() throws {
    try withSyncFolder { folder in
      let path = folder + "/rollcall.db"
      let queue = try Queue(path: path, time: ManualTimeSource())
      #expect(LogHold.isHeld(path + "-wal"))
      try FileManager.default.copyItem(atPath: path + "-wal", toPath: path + ".copy")
      #expect(!LogHold.isHeld(path + ".copy"))
      // A first import leaves the log and comes back to another one.
      _ = try queue.importBatch(QueueFixture.batch()) { add in try add(QueueFixture.row(1, "a")) }
      #expect(LogHold.isHeld(path + "-wal"))
      // Where nobody can tell, nothing is said to be wrong.
      #expect(LogHold.isHeld(folder + "/nothing"))
      try queue.close()
    }
  }

  private func withSyncFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { _ = Result { try FileManager.default.removeItem(atPath: folder) } }
    try body(folder)
  }
}
