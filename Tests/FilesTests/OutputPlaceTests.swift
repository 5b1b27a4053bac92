import Foundation
import TestSupport
import Testing

@testable import Files

/// What an output may take the place of.
@Suite struct OutputPlaceTests {
  private func check(_ path: String, needed: NeededFiles = NeededFiles()) throws {
    try OutputPlace(path).check(needed: needed) { $0.starts(with: Array("ours".utf8)) }
  }

  private func code(_ path: String, needed: NeededFiles = NeededFiles()) -> FileError.Code? {
    do {
      try check(path, needed: needed)
      return nil
    } catch let error as FileError {
      return error.code
    } catch {
      return nil
    }
  }

  @Test func `nothing, an empty file and one of the kind may be replaced`() async throws {
    try await withTemporaryFolder { folder in
      #expect(code(folder + "/new") == nil)
      try "".write(toFile: folder + "/empty", atomically: false, encoding: .utf8)
      #expect(code(folder + "/empty") == nil)
      try "ours, indeed".write(toFile: folder + "/ours", atomically: false, encoding: .utf8)
      #expect(code(folder + "/ours") == nil)
      #expect(symlink(folder + "/ours", folder + "/link") == 0)
      #expect(code(folder + "/link") == nil, "a link leads to what is looked at")
    }
  }

  @Test func `other files, folders, pipes, sockets and links that lead nowhere may not`() async throws {
    try await withTemporaryFolder { folder in
      try "theirs".write(toFile: folder + "/theirs", atomically: false, encoding: .utf8)
      #expect(code(folder + "/theirs") == .otherContent)
      #expect(mkdir(folder + "/folder", 0o700) == 0)
      #expect(code(folder + "/folder") == .notAFile(.folder))
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(code(folder + "/pipe") == .notAFile(.pipe))
      #expect(code("/dev/null") == .notAFile(.device))
      #expect(symlink("nowhere", folder + "/dangling") == 0)
      #expect(code(folder + "/dangling") == .notAFile(.link))
      #expect(code(folder + "/none/file") == .system(ENOENT))
      #expect(code(folder + "/theirs/file") == .system(ENOTDIR))
    }
  }

  @Test(.enabled(if: geteuid() == 0)) func `nor may another user's file`() async throws {
    try await withTemporaryFolder { folder in
      try "ours".write(toFile: folder + "/ours", atomically: false, encoding: .utf8)
      #expect(chown(folder + "/ours", 12_345, 12_345) == 0)
      #expect(code(folder + "/ours") == .otherOwner(12_345))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ours"], "what tried is gone")
      try Folder(folder).removeFiles { _ in true }
      #expect(FileManager.default.fileExists(atPath: folder + "/ours"))
    }
  }

  @Test func `what is needed may not, by whatever name`() async throws {
    try await withTemporaryFolder { folder in
      for name in ["roster", "q.db"] {
        try "ours".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
      }
      #expect(link(folder + "/roster", folder + "/hard") == 0)
      #expect(symlink(folder + "/roster", folder + "/soft") == 0)
      #expect(symlink(folder, folder + "/here") == 0)
      var needed = NeededFiles()
      try needed.add(folder + "/roster", as: .roster)
      try needed.add(folder + "/missing", as: .template)
      try needed.add(queue: folder + "/q.db")
      for name in ["roster", "hard", "soft", "here/roster", "./roster"] {
        #expect(code("\(folder)/\(name)", needed: needed) == .needed(.roster), "\(name)")
      }
      // Also those of the queue that are not there yet.
      for name in [
        "q.db", "here/q.db", "q.db-wal", "q.db-shm", "here/q.db-journal", "q.db.lock", "q.db.owner-7",
        "q.db.checkpoint",
      ] {
        #expect(code("\(folder)/\(name)", needed: needed) == .needed(.queue), "\(name)")
      }
      #expect(code(folder + "/q.dbs", needed: needed) == nil)
    }
  }
}
