// Whether the queue's file is well, for the person who asks.

import Foundation
import GRDB

/// What a look at the queue's file showed.
package struct QueueHealth: Hashable, Sendable {
  /// What SQLite finds wrong in the file; empty when nothing is.
  package let problems: [String]
  /// The name of the network file system that it is on; nil when it is on none.
  package let networkName: String?
  /// Whether others than its owner may read it.
  package let isReadableByOthers: Bool
  /// Free bytes on its disk; nil when the system does not tell.
  package let freeByteCount: Int64?
  /// Its size with its log.
  package let byteCount: Int64
  /// The number of its tables.
  package let schema: Int
}

extension Queue {
  /// Looks at the file; reads all of it.
  package func health() throws -> QueueHealth {
    let problems = try read { db in
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
