// The bytes that mean something in CSV, and texts compared byte by byte.

import Foundation

extension UInt8 {
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")
  static let semicolon = UInt8(ascii: ";")
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")
  static let `return` = UInt8(ascii: "\r")

  var isLineEnd: Bool { self == .newline || self == .return }
}

extension String {
  /// The text of these bytes; nil when they are not UTF-8. Faster than the standard library's initializer that checks,
  /// which looks its types up at run time.
  init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    self.init(decoding: bytes, as: UTF8.self)
    // What is not UTF-8 was replaced.
    if !hasBytes(bytes) { return nil }
  }

  /// Whether its UTF-8 is exactly these bytes.
  func hasBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard utf8.count == bytes.count else { return false }
    guard let start = bytes.baseAddress else { return true }
    let isEqual = utf8.withContiguousStorageIfAvailable { text in
      text.baseAddress.map { memcmp($0, start, bytes.count) == 0 } ?? true
    }
    return isEqual ?? utf8.elementsEqual(bytes)
  }
}
