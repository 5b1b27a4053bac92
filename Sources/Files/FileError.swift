// Why a file cannot be written: facts, which the command words.

/// A file or folder that cannot be written, and why.
package struct FileError: Error, Hashable {
  /// Why.
  package enum Code: Hashable, Sendable {
    /// The system refused it, with this errno.
    case system(Int32)
    /// Something stands there that is never replaced.
    case notAFile(FileFacts.Kind)
    /// It belongs to another user, by number.
    case otherOwner(UInt32)
    /// It is needed as something else.
    case needed(FileRole)
    /// It holds something that is not of this kind.
    case otherContent
    /// Another process has it locked for longer than was waited; its number, where it is known.
    case busy(Int32?)
  }

  /// The file or folder.
  package let path: String
  /// Why.
  package let code: Code

  /// Makes one.
  package init(_ path: String, _ code: Code) {
    self.path = path
    self.code = code
  }
}

/// What a file is for, so that no output takes its place.
package enum FileRole: Hashable, Sendable {
  /// The queue, or a file beside it that belongs to it.
  case queue
  /// The roster that is read.
  case roster
  /// The template that is read.
  case template
}
