import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

/// What a first opening left that was killed, or had no room, and what looks like it.
@Suite struct FirstOpeningTests {
  /// A journal's beginning: what it takes back made a file of so many pages grow.
  static func journal(of count: UInt8) -> Data {
    var bytes: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, count]
    bytes += [0, 0, 2, 0, 0, 0, 16, 0]
    return Data(bytes + [UInt8](repeating: 0, count: 512 - bytes.count))
  }

  private func opens(_ path: String) throws {
    let queue = try Queue(path: path, time: ManualTimeSource())
    let result = try queue.importBatch(QueueFixture.batch()) { add in try add(QueueFixture.row(1, "a")) }
    #expect(result?.isNew == true)
    try queue.close()
    let header = try Data(contentsOf: URL(fileURLWithPath: path))[68..<72]
    #expect(header.elementsEqual(Array("ROLC".utf8)), "its first page says whose it is")
  }

  @Test func `an empty file, and a lock without a file`() async throws {
    try await withTemporaryFolder { folder in
      #expect(FileManager.default.createFile(atPath: folder + "/empty.db", contents: nil))
      #expect(FileManager.default.createFile(atPath: folder + "/none.db.lock", contents: nil))
      try opens(folder + "/empty.db")
      try opens(folder + "/none.db")
    }
  }

  @Test(arguments: [0, 16, 100, 2_000, 4_096])
  func `a first page that was half written`(count: Int) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let page = Data(Array("SQLite format 3\0".utf8) + [UInt8](repeating: 1, count: 4_080))
      try page.prefix(count).write(to: URL(fileURLWithPath: path))
      try Self.journal(of: 0).write(to: URL(fileURLWithPath: path + "-journal"))
      try opens(path)
    }
  }

  @Test(arguments: ["DELETE", "WAL"], [true, false])
  func `a file that was cut off before its tables were made`(mode: String, isSigned: Bool) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      let file = try DatabaseQueue(path: path)
      try await file.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = \(mode)")
        if isSigned { try db.execute(sql: "PRAGMA application_id = \(QueueSchema.applicationID)") }
      }
      try file.close()
      try opens(path)
    }
  }

  @Test(arguments: ["header", "no header", "hot journal"])
  func `what is not ours stays as it is`(kind: String) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/theirs.db"
      let header = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 0, count: 84)
      let content = Data(kind == "no header" ? [UInt8](repeating: 7, count: 5_000) : header)
      try content.write(to: URL(fileURLWithPath: path))
      if kind == "hot journal" { try Self.journal(of: 9).write(to: URL(fileURLWithPath: path + "-journal")) }
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      #expect([.notOurs, .corrupt].contains(error?.code), "\(error.map { "\($0)" } ?? "-")")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }
  }

  @Test(arguments: ["-wal", "-journal"], [true, false])
  func `a log without its file is kept, and nothing is begun beside it`(suffix: String, isEmpty: Bool) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      if isEmpty { #expect(FileManager.default.createFile(atPath: path, contents: nil)) }
      let log = suffix == "-wal" ? Data(repeating: 5, count: 4_152) : Self.journal(of: 9)
      try log.write(to: URL(fileURLWithPath: path + suffix))
      let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      #expect(error?.code == .strangeLog)
      if !isEmpty { #expect(throws: QueueError.self) { try Queue.exists(at: path) } }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path + suffix)) == log)
    }
  }

  /// Files as a kill leaves them: the log is not in the file yet.
  private func leaveKilled(_ folder: String) throws {
    let path = folder + "/rollcall.db"
    let queue = try Queue(path: path, time: ManualTimeSource())
    _ = try queue.importBatch(QueueFixture.batch()) { add in
      for index in 1...300 { try add(QueueFixture.row(index, "n\(index)")) }
    }
    try FileManager.default.copyItem(atPath: path, toPath: folder + "/old")
    func finish(_ rows: String) throws {
      try queue.writeExclusively { db in
        try db.run(
          """
          UPDATE item SET state = 'done', due = NULL, remote_id = 'r' || id, finished_at = 1, version = version + 1
          WHERE \(rows)
          """)
      }
    }
    try finish("id <= 200")
    try queue.checkpoint()
    try finish("id > 290")
    for (from, to) in [("", "/new"), ("-wal", "/log")] {
      try FileManager.default.copyItem(atPath: path + from, toPath: folder + to)
    }
    try queue.close()
  }

  @Test func `an older copy over the log of a killed process is refused, and both stay as they are`() async throws {
    try await withTemporaryFolder { folder in
      try leaveKilled(folder)
      for (file, isWhole) in [("/new", true), ("/old", false)] {
        let path = folder + "/again\(isWhole).db"
        try FileManager.default.copyItem(atPath: folder + file, toPath: path)
        try FileManager.default.copyItem(atPath: folder + "/log", toPath: path + "-wal")
        if isWhole {
          let queue = try Queue(path: path, time: ManualTimeSource())
          #expect(try queue.tally(of: BatchID(1)) == Tally([.done: 210, .ready: 90]))
          continue
        }
        let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
        #expect(error?.code == .strangeLog)
        for (now, then) in [("", file), ("-wal", "/log")] {
          #expect(
            try Data(contentsOf: URL(fileURLWithPath: path + now))
              == Data(contentsOf: URL(fileURLWithPath: folder + then)))
        }
      }
    }
  }

  @Test func `no room for its tables is a full disk, and the next opening goes on`() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/rollcall.db"
      _ = await #expect(processExitsWith: .success) { [path = path as String] in
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 60_000, rlim_max: 60_000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()) }
      }
      try opens(path)
    }
  }
}
