// What can go wrong with the queue's file; `Words` has the sentences.

package import Files
package import Provisioning

/// A failure of the queue, not of an item. No value that was bound to a statement is ever in it.
package struct QueueError: Error, Hashable {
  /// What kind of failure it is.
  package enum Code: Hashable, Sendable {
    /// The file cannot be opened or made.
    case cannotOpen
    /// The file is no SQLite file, or not one of ours.
    case notOurs
    /// Another version of Rollcall wrote it.
    case otherSchema
    /// The file is damaged.
    case corrupt
    /// The disk is full.
    case diskFull
    /// The file or its folder is read-only.
    case readOnly
    /// Another process held the write lock too long.
    case busy
    /// The file is on a network file system.
    case networkFileSystem
    /// The system does not let this process at the file, its folder or one of its neighbours; see `refusal`.
    case forbidden
    /// The file has a second name, beside which its log and its locks do not stand.
    case hardLink
    /// The file is a mount point, and its log and its locks stand beside another path of it.
    case mountPoint
    /// What stands at the path is not what a process has open: it was deleted or replaced meanwhile.
    case replaced
    /// The log beside the file was not written for it.
    case strangeLog
    /// The batch is no longer in it.
    case forgotten
    /// Anything else that SQLite reports.
    case other
  }

  /// What kind of failure it is.
  package let code: Code
  /// The queue's file.
  package let path: String
  /// What the system or SQLite said.
  package let detail: String
  /// What stands in the way, and whose it is; nil when it is not about that.
  package let refusal: FileRefusal?
  /// The log of a `strangeLog`.
  package let log: StrangeLog?

  /// Makes an error.
  package init(
    _ code: Code, path: String, detail: String, refusal: FileRefusal? = nil, log: StrangeLog? = nil
  ) {
    self.code = code
    self.path = path
    self.detail = detail
    self.refusal = refusal
    self.log = log
  }
}

/// A log or a journal that stands beside a queue's file and was not written for it.
package struct StrangeLog: Hashable, Sendable {
  /// The log.
  package let path: String
  /// Whether there is anything in the queue's own file.
  package let hasFile: Bool

  /// Makes one.
  package init(_ path: String, hasFile: Bool) {
    self.path = path
    self.hasFile = hasFile
  }
}

/// A transaction found that a batch is no longer there.
package struct ForgottenBatch: Error {
  /// The batch.
  package let batch: BatchID
}
