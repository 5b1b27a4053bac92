// The roster's bytes in chunks, and a look at the first of them: a spreadsheet or JSON must not be read as CSV.

package import Files
package import Foundation
import Provisioning

/// A roster's file, open for reading.
struct RosterFile {
  /// Which file it is, and when it was last written.
  struct Version: Hashable, Sendable {
    let numbers: [Int]

    init(_ status: stat) {
      let time = status.st_mtim
      numbers = [Int(status.st_dev), Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
    }
  }

  /// As it was when it was opened.
  let version: Version
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
    version = Version(status)
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

extension RosterError {
  /// That a roster cannot be copied.
  package init(copying file: String, _ error: FileError) {
    let why = if case .system(let number) = error.code { String(cString: strerror(number)) } else { "\(error.code)" }
    self.init(.noCopy, file: file, detail: "\(error.path): \(why)")
  }
}

extension Spool {
  /// Makes an empty one for what a roster is turned into.
  package static func copying(_ file: String) throws(RosterError) -> Spool {
    do throws(FileError) { return try Spool() } catch { throw RosterError(copying: file, error) }
  }

  /// Appends a piece of what a roster is turned into.
  package func append(_ bytes: some ContiguousBytes, copying file: String) throws(RosterError) {
    do throws(FileError) { try append(bytes) } catch { throw RosterError(copying: file, error) }
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
