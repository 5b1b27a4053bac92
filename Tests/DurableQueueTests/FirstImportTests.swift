import Foundation
import GRDB
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// The first import goes without the write-ahead log, and is as safe as any other.
@Suite struct FirstImportTests {
  private func settings(_ queue: Queue) throws -> [String] {
    var found: [String] = []
    try queue.onWriter { db in
      for name in ["journal_mode", "synchronous"] {
        found.append(try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "")
      }
    }
    return found
  }

  /// The journal mode that the rows of an import see.
  private func modeDuring(_ queue: Queue, digest: String = "d1") throws -> String {
    let mode = Mutex("")
    try queue.store.importing { db in
      let found = try db.value("PRAGMA journal_mode", as: String.self) ?? ""
      mode.withLock { $0 = found }
    }
    return mode.withLock { $0 }
  }

  @Test func `the log is left for the first import only, and only if nobody else is there`() async throws {
    try await withTemporaryFolder { folder in
      let queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      // A reader of our own is no obstacle, another process's is.
      _ = try queue.batches()
      #expect(try modeDuring(queue) == "delete")
      #expect(try settings(queue) == ["wal", "2"])
      let other = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      _ = try other.batches()
      #expect(try modeDuring(queue) == "wal")
      try other.close()
      #expect(try modeDuring(queue) == "delete")
      _ = try queue.importBatch(QueueFixture.batch()) { add in try add(QueueFixture.row(1, "a")) }
      #expect(try modeDuring(queue) == "wal")
      try queue.close()
    }
  }

  @Test func `a first import that fails leaves an empty queue in the log's mode`() async throws {
    struct Broken: Error {}
    try await withTemporaryFolder { folder in
      let queue = try Queue(path: folder + "/rollcall.db", time: ManualTimeSource())
      #expect(throws: Broken.self) {
        try queue.importBatch(QueueFixture.batch()) { add in
          try add(QueueFixture.row(1, "a"))
        } confirm: { _ in
          throw Broken()
        }
      }
      #expect(try settings(queue) == ["wal", "2"])
      #expect(try queue.batches().isEmpty)
      try queue.close()
    }
  }

  /// The files as a power cut in the middle would leave them: pages are in the file, and the journal says what was there.
  @Test func `a first import that was cut off is undone by the next opening`() async throws {
    struct CutOff: Error {}
    try await withTemporaryFolder { folder in
      let (path, copy) = (folder + "/rollcall.db", folder + "/copy.db")
      let queue = try Queue(path: path, time: ManualTimeSource())
      #expect(throws: CutOff.self) {
        try queue.importBatch(QueueFixture.batch()) { add in
          for index in 1...60_000 { try add(QueueFixture.row(index, "item-\(index)")) }
        } confirm: { _ in
          for suffix in ["", "-journal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
          }
          throw CutOff()
        }
      }
      try queue.close()
      let size = try FileManager.default.attributesOfItem(atPath: copy)[.size] as? Int
      try #require(size ?? 0 > 1_000_000, "pages of the import are in the file")
      let again = try Queue(path: copy, time: ManualTimeSource())
      #expect(try again.batches().isEmpty)
      #expect(try settings(again) == ["wal", "2"])
      #expect(try again.onReader { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
      let result = try again.importBatch(QueueFixture.batch()) { add in try add(QueueFixture.row(1, "a")) }
      #expect(result?.isNew == true)
      try again.close()
    }
  }
}
