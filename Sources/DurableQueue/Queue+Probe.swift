// What the probe's list tells about items that were never sent: whose name is taken is a conflict, and no create is sent.

import GRDB
import Pacing
package import Provisioning

extension Queue {
  /// Marks the batch's ready items whose names the service already lists although we never sent them: they failed with
  /// a conflict, and keep the id of what was found.
  ///
  /// - Returns: how many were marked.
  package func markTaken(_ listed: [RemoteItem], in account: AccountScopeID, of batch: BatchID) async throws -> Int {
    let now = time.now().microseconds
    return try await write { db in
      var count = 0
      for remote in listed {
        // Row in: at most one item, by its key.
        try db.cachedStatement(
          sql: """
            UPDATE item SET state = 'failed', due = NULL, version = version + 1, reason = 'conflict', message = ?,
              remote_id = ?, finished_at = ?
            WHERE account_scope_id = ? AND name = ? AND batch_id = ? AND state = 'ready' AND unanswered = 0
            """
        ).execute(
          arguments: [
            "already there as \(remote.id) before anything was sent", remote.id, now, account.rawValue, remote.name,
            batch.rawValue,
          ])
        count += db.changesCount
      }
      return count
    }
  }
}
