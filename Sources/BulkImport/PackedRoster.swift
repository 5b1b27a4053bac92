// What a roster is packed in: gzip, which is unpacked into a file of our own; and an encrypted workbook, told from an old one.

import Files
import Foundation
import Spreadsheet

extension RosterFile {
  private static let gzip: [UInt8] = [0x1F, 0x8B]
  private static let pieceSize = 1 << 16

  /// The roster without gzip; nil, if it is not packed. Goes on reading at its start.
  ///
  /// - Throws: `RosterError`.
  func unpacked() throws -> Spool? {
    let isPacked = try chunk(of: Self.gzip.count).map { $0.elementsEqual(Self.gzip) } ?? false
    try seek(to: 0)
    guard isPacked else { return nil }
    do {
      let (spool, inflater) = (try Spool(), try Inflater(.gzip))
      let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.pieceSize)
      defer { buffer.deallocate() }
      while true {
        let count = try inflater.read(into: buffer) { try chunk(of: Self.pieceSize).map { [UInt8]($0) } ?? [] }
        guard count > 0 else { return spool }
        try spool.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
      }
    } catch let error as InflateError {
      throw RosterError(.packed(error), file: shownAs)
    } catch let error as FileError {
      throw RosterError(copying: shownAs, error)
    }
  }

  /// Whether it is a workbook behind a password: that stands in a container of the same kind as old workbooks (.xls).
  func isEncryptedWorkbook(_ head: Data) throws -> Bool {
    let bytes = [UInt8](head.prefix(52))
    guard bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]), bytes.count == 52, (7...16).contains(bytes[30]) else {
      return false
    }
    // The container's own folder, whose names are UTF-16.
    let sector = bytes[48..<52].reversed().reduce(0) { $0 << 8 | Int($1) }
    try seek(to: (sector + 1) << Int(bytes[30]))
    let folder = try chunk(of: Self.pieceSize) ?? Data()
    return folder.firstRange(of: "EncryptedPackage".utf8.flatMap { (byte: UInt8) -> [UInt8] in [byte, 0] }) != nil
  }
}
