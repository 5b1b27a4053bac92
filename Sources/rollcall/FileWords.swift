// Sentences about files that cannot be written, and what to do about it.

import Files
import Foundation
import Provisioning
import Reporter

enum FileWords {
  /// Why a file cannot be written, as the end of a sentence.
  static func why(_ code: FileError.Code) -> String {
    switch code {
    case .system(let number): String(cString: strerror(number))
    case .notAFile(let kind): "it is \(name(of: kind)), not a file"
    case .otherOwner(let user): "it belongs to another user (\(user))"
    case .needed(let role): "it is \(name(of: role))"
    case .otherContent: "it holds something else, which Rollcall did not write"
    case .busy(let process):
      "\(process.map { "process \($0)" } ?? "another process") is writing there and has not ended for a minute"
    }
  }

  static func name(of role: FileRole) -> String {
    switch role {
    case .queue: "the queue, or a file that belongs to it"
    case .roster: "the roster"
    case .template: "the template"
    }
  }

  private static func name(of kind: FileFacts.Kind) -> String {
    switch kind {
    case .regular: "a file"
    case .folder: "a folder"
    case .link: "a symbolic link"
    case .pipe: "a named pipe"
    case .device: "a device"
    case .socket: "a socket"
    }
  }

  /// What to do about it; `elsewhere` tells how to name another place: `name another folder with --out`.
  static func hint(_ code: FileError.Code, elsewhere: String) -> String {
    switch code {
    case .system(ENOSPC), .system(EDQUOT): "Free some space there, or \(elsewhere)."
    case .system(EROFS): "The file system is read-only: \(elsewhere)."
    case .system(ENOTDIR), .system(EEXIST): "A file stands where a folder must be: move it away, or \(elsewhere)."
    case .system(EACCES), .system(EPERM): "Check whose the folder is and its permissions, or \(elsewhere)."
    case .notAFile, .otherContent: "Move it away if it is not needed, or \(elsewhere)."
    case .otherOwner: "Run this as that user, move the file away, or \(elsewhere)."
    case .needed: "\(elsewhere.prefix(1).uppercased())\(elsewhere.dropFirst())."
    case .busy(let process):
      process.map { "Continue it (`kill -CONT \($0)`) or end it (`kill \($0)`), or \(elsewhere)." }
        ?? "Wait for it, or \(elsewhere)."
    case .system: "Check the folder, or \(elsewhere)."
    }
  }
}

extension ReportError {
  /// One sentence: which file, and why.
  var sentence: String {
    switch code {
    case .folderTaken(let batch, let label, let database):
      "The report \(path) cannot be written: it holds the report of \(label.visibleLine), batch \(batch) of the queue "
        + "\(database.visibleLine)."
    case .file(let code): "The report \(path) cannot be written: \(FileWords.why(code))."
    case .mixed(let code):
      "The report's file \(path) could not be replaced: \(FileWords.why(code)). Some files beside it are new, and "
        + "some are the older report's."
    }
  }

  var hint: String {
    switch code {
    case .folderTaken: "Name another folder with --out."
    case .file(let code), .mixed(let code): FileWords.hint(code, elsewhere: "name another folder with --out")
    }
  }
}
