import DurableQueue
import Files
import Foundation
import Provisioning
import TestSupport
import Testing
import Words

@testable import DurableQueue
@testable import SQLiteStore

@Suite struct QueueHintTests {
  @Test(arguments: [
    QueueError.Code.cannotOpen, .otherSchema, .corrupt, .diskFull, .readOnly, .busy, .forbidden, .hardLink, .mountPoint,
    .replaced, .strangeLog, .forgotten,
  ])
  func `nobody is sent to another file where a queue may be`(code: QueueError.Code) {
    let error = QueueError(code, path: "/home/kim/my queue.db", detail: "x")
    #expect(error.hint?.contains("--db") == false && error.hint?.contains("another file") == false, "\(code)")
  }

  @Test func `whose file it is, and how it is given back`() async throws {
    try await withTemporaryFolder { folder in
      _ = await #expect(processExitsWith: .success) { [folder = folder as String] in
        let path = folder + "/it's.db"
        #expect(FileManager.default.createFile(atPath: path + ".lock", contents: nil))
        guard geteuid() == 0 else {
          #expect(chmod(path + ".lock", 0) == 0)
          let hint = QueueError.refused(path, at: path + ".lock", EACCES).hint
          #expect(hint?.contains("chmod u+rw") == true)
          return
        }
        #expect(chmod(path + ".lock", 0o600) == 0 && seteuid(12_345) == 0)
        let error = QueueError.refused(path, at: path + ".lock", EACCES)
        #expect(error.code == .forbidden)
        #expect(error.description.contains("the file \(path).lock belongs to root, and this is uid 12345"))
        #expect(error.hint?.contains("sudo chown 12345: '\(folder)/it'\\''s.db'*") == true, "\(error.hint ?? "-")")
        #expect(error.hint?.contains("sudo -u root") == true)
      }
    }
  }

  @Test func `a queue of root's is refused to others, with its owner`() async throws {
    try await withTemporaryFolder { folder in
      _ = await #expect(processExitsWith: .success) { [folder = folder as String] in
        for name in ["", "-wal", ".lock", ".checkpoint", ".owner-1"] {
          let place = "\(folder)/q\(name)"
          #expect(mkdir(place, 0o755) == 0)
          let path = place + "/q.db"
          let queue = try Queue(path: path, time: ManualTimeSource())
          // A killed owner, whose lock has to be looked at.
          _ = try queue.becomeOwner()
          try queue.close()
          #expect(FileManager.default.createFile(atPath: path + name, contents: nil) || name.isEmpty)
          if geteuid() == 0 {
            for file in try FileManager.default.contentsOfDirectory(atPath: place) where "q.db\(name)" != file {
              #expect(chown("\(place)/\(file)", 12_345, 12_345) == 0)
            }
            #expect(chown(place, 12_345, 12_345) == 0)
          }
          #expect(chmod(path + name, geteuid() == 0 ? 0o600 : 0) == 0)
        }
        if geteuid() == 0 { #expect(seteuid(12_345) == 0) }
        for name in ["", "-wal", ".lock", ".checkpoint", ".owner-1"] {
          let path = "\(folder)/q\(name)/q.db"
          let error = #expect(throws: QueueError.self) { try Queue(path: path, time: ManualTimeSource()).reclaim() }
          #expect(error?.code == .forbidden && error?.refusal?.path == path + name, "\(error.map { "\($0)" } ?? "-")")
        }
      }
    }
  }
}
