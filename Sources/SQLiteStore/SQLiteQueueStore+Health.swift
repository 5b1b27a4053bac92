// Whether the queue's file is well, for the person who asks.

package import DurableQueue
import Foundation
import GRDB

extension SQLiteQueueStore {
  /// Looks at the file; reads all of it.
  package func health() throws -> QueueHealth {
    let problems = try pool.read { db in
      try [QueueSchema.firstDamage(db)].compactMap(\.self) + String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
        + Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
          "a reference leads nowhere: \($0)"
        }
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let system = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    let log = (try? FileManager.default.attributesOfItem(atPath: path + "-wal"))?[.size] as? Int64
    return QueueHealth(
      problems: problems.filter { $0 != "ok" }, networkName: FileSystemCheck.networkName(of: folder),
      isReadableByOthers: ((attributes?[.posixPermissions] as? Int) ?? 0) & 0o077 != 0,
      freeByteCount: (system?[.systemFreeSize] as? NSNumber)?.int64Value,
      byteCount: ((attributes?[.size] as? NSNumber)?.int64Value ?? 0) + (log ?? 0), schema: QueueSchema.version)
  }
}
