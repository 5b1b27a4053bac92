// The file of --issues: every issue as a row, written while the roster is read, however many there are.

import BulkImport
import CSV
import Foundation

/// A table of issues that is being written; readable by its owner alone.
final class IssueFile {
  private static let header = ["file", "line", "column", "cell", "rule", "severity", "value", "message"]
  private static let flushSize = 1 << 16

  private let path: String
  private let handle: FileHandle
  private var bytes = RecordWriter.byteOrderMark

  /// Makes the file, in place of an older one.
  ///
  /// - Throws: `Problem`, when the system does not let it.
  init(path: String) throws {
    self.path = path
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: attributes),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw Self.problem(path) }
    self.handle = handle
    RecordWriter.append(Self.header, to: &bytes)
  }

  /// Adds issues and warnings.
  func add(_ issues: [RowIssue]) throws {
    for issue in issues {
      RecordWriter.append(
        [
          issue.file, String(issue.line), issue.column ?? "", issue.cell ?? "", issue.rule,
          issue.isWarning ? "warning" : "issue", issue.value ?? "", issue.message,
        ], to: &bytes)
    }
    if bytes.count >= Self.flushSize { try flush() }
  }

  /// Writes what is left.
  func finish() throws {
    try flush()
    try wording { try handle.close() }
  }

  private func flush() throws {
    try wording { try handle.write(contentsOf: bytes) }
    bytes.removeAll(keepingCapacity: true)
  }

  private func wording(_ body: () throws -> Void) throws {
    do { try body() } catch { throw Self.problem(path) }
  }

  private static func problem(_ path: String) -> Problem {
    Problem("The issues cannot be written to \(path).", hint: "Check the folder of --issues.", .toolFailed)
  }
}
