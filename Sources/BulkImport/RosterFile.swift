// The roster's bytes in chunks, and a look at the first of them: a spreadsheet or JSON must not be read as CSV.

import Files
import Foundation
import Provisioning

/// A roster's file, open for reading.
struct RosterFile {
  private let handle: FileHandle
  private let shownAs: String

  /// Opens the file.
  ///
  /// - Throws: `RosterError`, when there is no such file or it is no regular one.
  init(path: String, shownAs: String) throws {
    self.shownAs = shownAs
    // Not to block: opening a pipe waits for whoever writes into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? RosterError(.missing, file: shownAs)
        : RosterError(.unreadable, file: shownAs, detail: FileRefusal(path, code).sentence)
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw RosterError(.unreadable, file: shownAs, detail: String(cString: strerror(errno)).lowercased())
    }
    // What is no file would give nothing on the second reading.
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw RosterError(.notAFile, file: shownAs, detail: "a folder")
    default: throw RosterError(.notAFile, file: shownAs, detail: "a pipe or a device")
    }
  }

  /// The next bytes; nil at the end of the file.
  func chunk(of size: Int) throws -> Data? {
    let data = try Self.wording(shownAs) { try handle.read(upToCount: size) }
    return data.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Goes on reading at this byte.
  func seek(to offset: Int) throws {
    try Self.wording(shownAs) { try handle.seek(toOffset: UInt64(offset)) }
  }

  /// Turns what the system throws into our error.
  private static func wording<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      let isForbidden = (error as? CocoaError)?.code == .fileReadNoPermission
      let detail = isForbidden ? "permission denied" : error.localizedDescription
      throw RosterError(.unreadable, file: file, detail: detail)
    }
  }
}

/// What a file looks like, from its first bytes.
enum ForeignFormat {
  private static let signatures: [(bytes: [UInt8], name: String)] = [
    ([0x50, 0x4B, 0x03, 0x04], "an .xlsx spreadsheet or another zip file"),
    ([0xD0, 0xCF, 0x11, 0xE0], "an .xls spreadsheet"), ([0x1F, 0x8B], "a gzip file"), (Array("%PDF".utf8), "a PDF"),
  ]

  /// What the file looks like, if not like CSV in UTF-8; nil if it may be that.
  static func name(ofFileStarting head: Data) -> String? {
    if let known = signatures.first(where: { head.starts(with: $0.bytes) }) { return known.name }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = head.starts(with: mark) ? head.dropFirst(mark.count) : head[...]
    switch text.first(where: { !" \t\r\n".utf8.contains($0) }) {
    case UInt8(ascii: "<"): return "HTML or XML, which some sites offer as .xls"
    default:
      let isMarked = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
      return head.contains(0) && !isMarked ? "UTF-16 text without its mark, or a binary file" : nil
    }
  }
}
