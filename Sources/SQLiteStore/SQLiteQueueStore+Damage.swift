// An error that a damaged value may have caused becomes the sentence that says where that value is.

import DurableQueue
import Foundation
import GRDB

/// That an error may come of a damaged value; with a detail where it can come of nothing else.
private struct Suspicion {
  let detail: String?
}

extension SQLiteQueueStore {
  /// Our error for what was thrown; where the file may be damaged, after a look for the place.
  func wrapping(_ error: any Error) -> any Error {
    guard let damage = Self.damage(error) else { return QueueError.wrapping(error, path: path) }
    let found = Result { () throws -> String? in
      try place.isLost ? pool.writeWithoutTransaction(Self.look) : pool.read(Self.look)
    }
    switch found {
    case .success(let found?): return QueueError(.corrupt, path: path, detail: found)
    case .success(nil), .failure:
      guard let detail = damage.detail else { return QueueError.wrapping(error, path: path) }
      return QueueError(.corrupt, path: path, detail: detail)
    }
  }

  /// - Returns: nil when an error cannot come of damage.
  private static func damage(_ error: any Error) -> Suspicion? {
    switch error {
    case let error as DamagedValue: return Suspicion(detail: "a value of \(error.what) cannot be")
    case let error as BrokenRows: return Suspicion(detail: error.what)
    case is RowDecodingError: return Suspicion(detail: "a value is missing or cannot be")
    case let error as DatabaseError:
      switch error.resultCode {
      // What our own statements never ask for unless a value is wrong.
      case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_ERROR, .SQLITE_ABORT, .SQLITE_RANGE, .SQLITE_CORRUPT:
        return Suspicion(detail: nil)
      default: return nil
      }
    default: return nil
    }
  }

  private static func look(_ db: Database) throws -> String? {
    if let found = try QueueSchema.firstDamage(db) { return found }
    return try QueueSchema.firstProblem(db)
  }
}
