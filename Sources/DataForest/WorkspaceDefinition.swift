// Reading figures for the plan out of a definition, without decoding a million of them.

import Foundation

/// What people want to know of a definition before it is sent.
package enum WorkspaceDefinition {
  private static let key = Array("\"gpuCount\":".utf8)

  /// How many GPUs a definition asks for; 0 when it does not say.
  ///
  /// - Parameter definition: canonical JSON. A quote inside a string is escaped there, so that a quoted key after `{` or
  ///   `,` is a key; an environment variable of that name holds a string and is passed over.
  package static func gpuCount(in definition: String) -> Int {
    var definition = definition
    return definition.withUTF8 { bytes in
      var from = 1
      while let found = place(in: bytes, from: from) {
        from = found + key.count
        guard ",{".utf8.contains(bytes[found - 1]) else { continue }
        let digits = bytes[from...].prefix { (0x30...0x39).contains($0) }
        if let count = Int(String(decoding: digits, as: UTF8.self)) { return count }
      }
      return 0
    }
  }

  /// Where the quoted key stands next.
  private static func place(in bytes: UnsafeBufferPointer<UInt8>, from: Int) -> Int? {
    guard let start = bytes.baseAddress else { return nil }
    var index = from
    while index + key.count <= bytes.count {
      guard let quote = memchr(start + index, Int32(key[0]), bytes.count - index) else { return nil }
      index = UnsafeRawPointer(quote) - UnsafeRawPointer(start)
      if index + key.count <= bytes.count, memcmp(quote, key, key.count) == 0 { return index }
      index += 1
    }
    return nil
  }
}
