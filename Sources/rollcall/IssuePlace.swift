// Where the issues go: into what is open already, into a pipe, or into a file that nobody needs for something else.

import CSV
import Files
import Foundation

/// Where --issues leads.
enum IssuePlace {
  /// What this process has open, by number: `/dev/stdout`, `/dev/fd/63`.
  case open(Int32)
  /// A named pipe, or one of the devices that keep nothing.
  case stream
  /// A file, new or in place of an older one.
  case file(OutputPlace)

  /// Finds out where an absolute path leads, which the person has named as `shown`, and refuses what must not be written.
  init(_ path: String, shown: String, needed: NeededFiles) throws {
    do {
      self = try Self.place(path, needed)
    } catch let error as FileError {
      throw Self.problem(error.code, shown)
    }
  }

  private static func place(_ path: String, _ needed: NeededFiles) throws -> IssuePlace {
    if let number = descriptor(of: path) {
      guard let facts = FileFacts.of(descriptor: number) else { throw FileError(path, .system(EBADF)) }
      if let role = needed.role(of: facts) { throw FileError(path, .needed(role)) }
      return .open(number)
    }
    if let facts = try FileFacts.of(path) {
      if let role = needed.role(of: facts) { throw FileError(path, .needed(role)) }
      let keepsNothing = facts.kind == .device && ["/dev/null", "/dev/tty"].contains(path)
      if facts.kind == .pipe || keepsNothing { return .stream }
    }
    let place = try OutputPlace(path)
    try check(place, needed: needed)
    return .file(place)
  }

  /// The descriptor that a path such as /dev/fd/3 names; nil for other paths.
  private static func descriptor(of path: String) -> Int32? {
    if path == "/dev/stdout" { return STDOUT_FILENO }
    if path == "/dev/stderr" { return STDERR_FILENO }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      return Int32(path.dropFirst(folder.count))
    }
    return nil
  }

  /// Refuses a file's place unless there is nothing, or an older file of issues.
  static func check(_ place: OutputPlace, needed: NeededFiles) throws(FileError) {
    try place.check(needed: needed) { beginning in
      // Also one that a spreadsheet has saved: without the mark, or with other separators.
      var text = beginning[...]
      if text.starts(with: RecordWriter.byteOrderMark) { text = text.dropFirst(RecordWriter.byteOrderMark.count) }
      let start = IssueFile.header.prefix(5).joined(separator: ",")
      return text.prefix(start.utf8.count).map { [";", "\t"].contains(UnicodeScalar($0)) ? UInt8(ascii: ",") : $0 }
        == Array(start.utf8)
    }
  }

  /// The error when the issues cannot be written.
  static func problem(_ code: FileError.Code, _ shown: String) -> CommandError {
    let elsewhere = "name another file with --issues"
    let hint = FileWords.hint(code, elsewhere: elsewhere)
    return switch code {
    case .needed(let role):
      CommandError("--issues \(shown) would overwrite \(FileWords.name(of: role)).", hint: hint, .usage)
    case .notAFile, .otherContent, .otherOwner:
      CommandError("The issues cannot be written to \(shown): \(FileWords.why(code)).", hint: hint, .usage)
    case .system, .busy:
      CommandError("The issues cannot be written to \(shown): \(FileWords.why(code)).", hint: hint, .toolFailed)
    }
  }
}
