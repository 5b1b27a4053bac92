// Why a report could not be written: facts, which the command words.

package import Files

/// A report that could not be written.
package struct ReportError: Error, Hashable {
  /// Why.
  package enum Code: Hashable, Sendable {
    /// The folder holds the report of another course or queue.
    case folderTaken(batch: Int64, label: String, database: String)
    /// The folder or a file in it cannot be written; what was there is as it was.
    case file(FileError.Code)
    /// Some files are new and some are the older report's, because one could not get its name.
    case mixed(FileError.Code)
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

  /// Whether the folder belongs to another report, so that the command was meant differently.
  package var isFolderTaken: Bool { if case .folderTaken = code { true } else { false } }

  /// Runs something that writes files, with its errors as this one's.
  static func wording<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as FileError { throw ReportError(error.path, .file(error.code)) }
  }
}
