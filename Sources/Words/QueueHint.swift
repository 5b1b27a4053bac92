// What to do about a failure of the queue.

package import DurableQueue

extension QueueError {
  /// What to do about it; nil when the sentence says it all.
  package var hint: String? {
    switch code {
    case .cannotOpen, .readOnly: "Check the folder's permissions, or name another file with --db."
    case .notOurs: "Name another file with --db; this one was left as it is."
    case .newerSchema: "Update this Rollcall, or name another file with --db."
    case .corrupt: "Keep a copy, try `sqlite3 FILE .recover`, and name another file with --db."
    case .diskFull: "Free some space and run the same command again; nothing that was answered is lost."
    case .busy: "Continue that process (`kill -CONT`) or end it (`kill`), then run the same command again."
    case .networkFileSystem:
      "Name a file on a disk of this machine with --db, or use --force-db if nobody else opens it."
    case .other: nil
    }
  }
}
