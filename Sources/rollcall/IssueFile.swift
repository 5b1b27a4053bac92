// The file of --issues: every issue, those that say the same in one row with their lines, however many there are.

import BulkImport
import CSV
import Files
import Foundation
import Provisioning
import Words

/// A table of issues that is being written. A file is readable by its owner alone and gets its name when it is whole.
final class IssueFile {
  static let header = ["file", "line", "column", "cell", "rule", "severity", "value", "message", "rows", "lines"]
  private static let flushSize = 1 << 16
  private static let mark = "rollcall-issues"

  private enum Target {
    case file(NewFile, OutputPlace)
    case stream(FileHandle)
  }

  private let shown: String
  private let needed: NeededFiles
  private let target: Target
  /// Those that say the same, which are rows at the end, and what is beyond them, row after row.
  private var groups = IssueGroups(mostOfKind: .max, mostRanges: .max)
  private var others: Spool?
  private var othersSize = 0
  private var bytes = RecordWriter.byteOrderMark

  /// Starts the table, where `IssuePlace` lets it.
  init(path: String, shown: String, needed: NeededFiles) throws {
    self.shown = shown
    self.needed = needed
    switch try IssuePlace(path, shown: shown, needed: needed) {
    case .open(let number): target = .stream(try Self.stream(fcntl(number, F_DUPFD_CLOEXEC, 0), shown))
    case .stream: target = .stream(try Self.stream(Foundation.open(path, O_WRONLY | O_CLOEXEC), shown))
    case .file(let place):
      do {
        target = .file(try NewFile(place.name, in: place.folder, mark: Self.mark), place)
      } catch {
        throw IssuePlace.problem(error.code, shown)
      }
    }
    RecordWriter.appendEscaped(Self.header, to: &bytes)
  }

  private static func stream(_ descriptor: Int32, _ shown: String) throws -> FileHandle {
    guard descriptor >= 0 else { throw IssuePlace.problem(.system(errno), shown) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func add(_ issues: [RowIssue]) throws {
    var rows: [UInt8] = []
    for issue in issues where !groups.add(issue) { Self.append(issue, rows: 1, lines: "\(issue.line)", to: &rows) }
    guard !rows.isEmpty else { return }
    try wording {
      let spool = try others ?? Spool()
      others = spool
      try spool.append(rows)
      othersSize += rows.count
    }
  }

  private static func append(_ issue: RowIssue, rows: Int, lines: String, to bytes: inout [UInt8]) {
    RecordWriter.appendEscaped(
      [
        issue.file, String(issue.line), issue.column ?? "", issue.cell ?? "", issue.rule,
        issue.isWarning ? "warning" : "issue", issue.value ?? "", issue.message, String(rows), lines,
      ].map(\.visibleLine), to: &bytes)
  }

  /// Writes what is left and gives a file its name, if what has it now may still be replaced.
  func finish() throws {
    for group in groups.groups {
      Self.append(group.first, rows: group.rowCount, lines: "\(group.lines)", to: &bytes)
      if bytes.count >= Self.flushSize { try flush() }
    }
    if let others {
      for start in stride(from: 0, to: othersSize, by: Self.flushSize) {
        bytes += try wording { try others.bytes(start..<min(start + Self.flushSize, othersSize)) }
        try flush()
      }
    }
    try flush()
    try wording {
      switch target {
      case .stream(let handle): try handle.close()
      case .file(let file, let place):
        try file.sync()
        try IssuePlace.check(place, needed: needed)
        try file.rename()
        try place.folder.sync()
      }
    }
  }

  private func flush() throws {
    try wording {
      switch target {
      case .stream(let handle): try handle.write(contentsOf: bytes)
      case .file(let file, _):
        file.buffer += bytes
        try file.flush()
      }
    }
    bytes.removeAll(keepingCapacity: true)
  }

  private func wording<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as FileError {
      throw IssuePlace.problem(error.code, shown)
    } catch {
      throw CommandError(
        "The issues cannot be written to \(shown): whoever read them has gone, or it is full.",
        hint: "Leave --issues out, or name another file.", .toolFailed)
    }
  }
}
