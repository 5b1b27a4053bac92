// Sentences about a failure of the queue, and what to do about it. Another file is never named as a way out where a queue may exist: what it
// knows to be made would be made again.

package import DurableQueue
import Files
import Foundation
import Provisioning

extension QueueError: CustomStringConvertible {
  /// One sentence: what, and which file.
  package var description: String {
    switch code {
    case .cannotOpen: "The queue \(path) cannot be opened: \(detail)."
    case .notOurs: "The file \(path) is not a Rollcall queue: \(detail)."
    case .otherSchema: "The queue \(path) was written by another version of Rollcall: its tables have \(detail)."
    case .corrupt: "The queue \(path) is damaged: \(detail)."
    case .diskFull: "The disk is full; the queue \(path) cannot grow."
    case .readOnly: "The queue \(path) cannot be written: \(detail)."
    case .busy: "The queue \(path) is locked: \(detail)."
    case .networkFileSystem: "The queue \(path) is on a network file system (\(detail)), where it could be damaged."
    case .forbidden: "The queue \(path) may not be opened: \(detail)."
    case .hardLink: "The queue \(path) has \(detail) (hard links); its log and its locks stand beside one of them only."
    case .mountPoint:
      "The queue \(path) is a mount point of its own; its log and its locks stand beside another path of it."
    case .replaced: "The queue \(path) \(detail)."
    case .strangeLog: "The queue \(path) and its log do not belong together: \(detail)."
    case .forgotten: "\(detail) is no longer in the queue \(path): it was erased."
    case .other: "The queue \(path) failed: \(detail)."
    }
  }

  /// What to do about it; nil when the sentence says it all.
  package var hint: String? {
    switch code {
    case .forbidden, .cannotOpen, .readOnly:
      refusal?.hint(opening: path) ?? "Check the folder and the file's permissions."
    case .notOurs: "Name the queue's own file with --db; this one was left as it is."
    case .otherSchema:
      "Finish it with the version that made it; it was left as it is. To a new queue what it has made is somebody else's."
    case .corrupt: "Keep a copy of \(neighbours), then put a whole copy back, or try `sqlite3 \(quoted) .recover`."
    case .diskFull: "Free some space and run the same command again; nothing that was answered is lost."
    case .busy: "Continue that process (`kill -CONT`) or end it (`kill`), then run the same command again."
    case .networkFileSystem:
      "Move \(neighbours) to a disk of this machine while nobody uses them, and name it there with --db; or use --force-db "
        + "if nobody else opens it."
    case .hardLink:
      "Find its names with `find DIR -xdev -inum $(stat -c %i \(quoted))`, end what uses it, and delete all but one; where "
        + "a -wal stands beside one of them, keep that one."
    case .mountPoint: "Name it by the path that it has in its own folder, or mount that folder instead of the file."
    case .replaced:
      "Nothing new is sent. End every rollcall process that uses it, put back what was moved away (or what was saved, if "
        + "that was said), never over a file that stands there, and run the same command again. What is lost for good is "
        + "found by the service's list: `rollcall run ROSTER --adopt-existing`."
    case .strangeLog: strangeLogHint
    case .forgotten: "Somebody ran `rollcall forget`; `rollcall list` shows the batches that are left."
    case .other: nil
    }
  }

  private var strangeLogHint: String {
    let file = log?.path ?? path + "-wal"
    let isJournal = file.hasSuffix("-journal")
    guard log?.hasFile != false else {
      return
        "It was left as it is. Bring back the file that \(file.shellQuoted) belongs to, then run the same command again. "
        + "Where that is lost for good, move \(file.shellQuoted) away first; what was made is found by the service's list: "
        + "`rollcall run ROSTER --adopt-existing`."
    }
    return
      "Both were left as they are. If a copy was put back: bring back the file that \(file.shellQuoted) belongs to, or "
      + "move \(file.shellQuoted)\(isJournal ? "" : " and -shm") away and go on with the copy (or with a .rescued one); what "
      + "is newer than that is found by the service's list."
  }

  private var quoted: String { path.shellQuoted }
  private var neighbours: String { "\(quoted)*" }
}

extension FileRefusal {
  /// What mends it: by whose file it is.
  func hint(opening queue: String) -> String {
    if code == EROFS { return "Its disk is mounted read-only: see `findmnt -T \(path.shellQuoted)`." }
    guard code == EACCES || code == EPERM, let owner else {
      return "See to \(path.shellQuoted), and run the same command again."
    }
    if isOurs { return "`chmod \(isFolder ? "u+rwx" : "u+rw") \(path.shellQuoted)`, then run the same command again." }
    let account = Self.account(owner)
    let asOwner = "run the command as \(owner): `sudo -u \(account.shellQuoted) rollcall … --db \(queue.shellQuoted)`"
    // Nobody should be told to take over a folder of the system.
    guard !isFolder || path.split(separator: "/").count > 2 else {
      return "Check HOME and XDG_STATE_HOME, which should lead to a folder of \(user)'s; or \(asOwner)."
    }
    let files = !isFolder && path.hasPrefix(queue) ? "\(queue.shellQuoted)*" : path.shellQuoted
    let take = "sudo chown \(isFolder ? "-R " : "")\(Self.number(user)): \(files)"
    return "If it is meant to be \(user)'s: `\(take)`; if it is \(owner)'s, \(asOwner)."
  }

  /// As `sudo -u` takes a user that has only a number.
  private static func account(_ user: String) -> String {
    user.hasPrefix("uid ") ? "#\(user.dropFirst(4))" : user
  }

  private static func number(_ user: String) -> String { user.hasPrefix("uid ") ? String(user.dropFirst(4)) : user }
}
