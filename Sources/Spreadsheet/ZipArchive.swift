// The parts of a zip archive: where they are, and their bytes. Only what a workbook needs: one file of less than 4 GiB,
// stored or deflated parts.

import CZlib
import Foundation

/// A zip archive that is open for reading.
struct ZipArchive: Sendable {
  /// One part.
  struct Part: Sendable {
    let name: String
    let isEncrypted: Bool
    let method: Int
    let packedSize: Int
    let size: Int
    let checksum: UInt
    /// Where its own header is.
    let offset: Int
  }

  /// The largest list of parts: a workbook has some dozens.
  private static let largestList = 8 << 20

  private let file: ArchiveFile
  /// The parts by their names in lower case: to a workbook capitals make no difference.
  private let parts: [String: Part]

  /// Reads the list of the parts, at the archive's end.
  ///
  /// - Parameter descriptor: the file; it must stay open.
  /// - Throws: `SpreadsheetError`.
  init(descriptor: Int32) throws {
    file = try ArchiveFile(descriptor)
    // The end record is 22 bytes and a comment of at most 65,535.
    let tailStart = max(0, file.size - 22 - 65_535)
    let tail = try file.bytes(at: tailStart, count: file.size - tailStart)
    let end = stride(from: tail.count - 22, through: 0, by: -1).first {
      tail.number($0, 4) == 0x0605_4B50 && $0 + 22 + tail.number($0 + 20, 2) == tail.count
    }
    guard let end else {
      throw SpreadsheetError.damaged("the list of its parts is not at its end; perhaps only half of it was copied")
    }
    let (count, size, start) = (tail.number(end + 10, 2), tail.number(end + 12, 4), tail.number(end + 16, 4))
    let isInParts = tail.number(end + 4, 2) != 0 || tail.number(end + 8, 2) != count
    guard start != 0xFFFF_FFFF, count != 0xFFFF, !isInParts else {
      throw SpreadsheetError.damaged("it is an archive in several files, or for more than 4 GiB")
    }
    guard start + size <= tailStart + end, size <= Self.largestList else {
      throw SpreadsheetError.damaged("the list of its parts is damaged")
    }
    parts = try Self.parts(in: try file.bytes(at: start, count: size), count: count, before: start)
  }

  /// The names of the parts, in lower case.
  var names: some Collection<String> { parts.keys }

  /// The part of a name; nil if there is none.
  subscript(name: String) -> Part? { parts[name.lowercased()] }

  private static func parts(in list: [UInt8], count: Int, before end: Int) throws -> [String: Part] {
    let damaged = SpreadsheetError.damaged("the list of its parts is damaged")
    var parts: [String: Part] = [:]
    var start = 0
    for _ in 0..<count {
      guard start + 46 <= list.count, list.number(start, 4) == 0x0201_4B50 else { throw damaged }
      let nameEnd = start + 46 + list.number(start + 28, 2)
      let next = nameEnd + list.number(start + 30, 2) + list.number(start + 32, 2)
      guard next <= list.count else { throw damaged }
      // Old programs of Windows write \ where / is meant.
      let name = String(decoding: list[(start + 46)..<nameEnd], as: UTF8.self).replacing("\\", with: "/")
      let part = Part(
        name: name, isEncrypted: list.number(start + 8, 2) & 1 == 1, method: list.number(start + 10, 2),
        packedSize: list.number(start + 20, 4), size: list.number(start + 24, 4),
        checksum: UInt(list.number(start + 16, 4)), offset: list.number(start + 42, 4))
      guard parts.updateValue(part, forKey: name.lowercased()) == nil else {
        throw SpreadsheetError.damaged("two of its parts have the name \(name.debugDescription)")
      }
      start = next
    }
    // Parts that share their bytes make much of little.
    var free = 0
    for part in parts.values.sorted(by: { $0.offset < $1.offset }) {
      guard part.offset >= free, part.offset + 30 + part.packedSize <= end else { throw damaged }
      free = part.offset + 30 + part.packedSize
    }
    return parts
  }

  /// Opens a part.
  ///
  /// - Throws: `SpreadsheetError`.
  func open(_ part: Part) throws -> ZipPartReader {
    guard !part.isEncrypted else { throw SpreadsheetError.encrypted }
    guard part.method == 0 || part.method == 8 else {
      throw SpreadsheetError.damaged("\(part.name) is packed in a way that workbooks do not use (\(part.method))")
    }
    guard !Inflater.isBomb(part.size, of: part.packedSize) else { throw SpreadsheetError.bomb(part.name) }
    let header = try file.bytes(at: part.offset, count: 30)
    guard header.number(0, 4) == 0x0403_4B50 else {
      throw SpreadsheetError.damaged("\(part.name) is not where the list of its parts says")
    }
    let start = part.offset + 30 + header.number(26, 2) + header.number(28, 2)
    return try ZipPartReader(part, start: start, file: file)
  }
}

/// The file of an archive.
struct ArchiveFile: Sendable {
  private let descriptor: Int32
  let size: Int

  init(_ descriptor: Int32) throws {
    self.descriptor = descriptor
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SpreadsheetError.damaged("it cannot be read") }
    size = Int(status.st_size)
  }

  /// Bytes of the file, all of them.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard offset >= 0, count >= 0, offset + count <= size else {
      throw SpreadsheetError.damaged("it ends too soon; perhaps only half of it was copied")
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { return }
        filled += got
      }
    }
    guard bytes.count == count else { throw SpreadsheetError.damaged("it ends while it is read") }
    return bytes
  }
}

extension [UInt8] {
  /// A number in an archive's order of bytes, the lowest first; 0 beyond the end.
  fileprivate func number(_ offset: Int, _ count: Int) -> Int {
    guard offset >= 0, offset + count <= self.count else { return 0 }
    return self[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Reads one part, piece by piece.
final class ZipPartReader {
  private let part: ZipArchive.Part
  private let file: ArchiveFile
  private let inflater: Inflater?
  private var offset: Int
  private var left: Int
  private var checksum: UInt = 0
  private var givenCount = 0

  init(_ part: ZipArchive.Part, start: Int, file: ArchiveFile) throws {
    (self.part, self.file) = (part, file)
    inflater = part.method == 8 ? try Inflater(.none) : nil
    (offset, left) = (start, part.packedSize)
  }

  /// The next bytes.
  ///
  /// - Returns: how many there are; 0 at the end, when they are as the archive says.
  /// - Throws: `SpreadsheetError`.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    let damaged = SpreadsheetError.damaged("\(part.name) is damaged")
    let count: Int
    do {
      count = try inflater?.read(into: buffer) { try packed(1 << 16) } ?? plain(into: buffer)
    } catch let error as InflateError {
      throw error == .bomb ? SpreadsheetError.bomb(part.name) : damaged
    }
    checksum = crc32(checksum, buffer.baseAddress, UInt32(count))
    givenCount += count
    guard givenCount <= part.size else { throw damaged }
    guard count > 0 || (givenCount == part.size && checksum == part.checksum) else { throw damaged }
    return count
  }

  private func plain(into buffer: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    let bytes = try packed(buffer.count)
    _ = buffer.update(fromContentsOf: bytes)
    return bytes.count
  }

  private func packed(_ most: Int) throws -> [UInt8] {
    let bytes = try file.bytes(at: offset, count: min(most, left))
    (offset, left) = (offset + bytes.count, left - bytes.count)
    return bytes
  }
}
