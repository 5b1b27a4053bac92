// Records into bytes: RFC 4180 with CRLF, quotes only where a reader needs them. Knows no files.

/// Writes records. What it writes, `RecordReader` reads back the same.
package enum RecordWriter {
  /// The UTF-8 byte order mark: put first in a file, it tells Excel that the file is UTF-8.
  package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Appends a record and its CRLF. Nothing is appended for a record without fields, which CSV cannot say.
  package static func append(_ fields: some Collection<String>, to bytes: inout [UInt8]) {
    guard let first = fields.first else { return }
    if fields.count == 1, first.isEmpty {
      // A blank line would be no record.
      bytes += [.quote, .quote]
    } else {
      append(field: first, to: &bytes)
    }
    for field in fields.dropFirst() {
      bytes.append(.comma)
      append(field: field, to: &bytes)
    }
    bytes.append(.return)
    bytes.append(.newline)
  }

  private static func append(field: String, to bytes: inout [UInt8]) {
    var field = field
    field.withUTF8 { text in
      guard needsQuotes(text) else {
        bytes.append(contentsOf: text)
        return
      }
      bytes.append(.quote)
      for byte in text {
        if byte == .quote { bytes.append(.quote) }
        bytes.append(byte)
      }
      bytes.append(.quote)
    }
  }

  /// A semicolon and a tab get them for readers that guess the separator. A field that starts with a byte order mark needs
  /// them too: at the start of a file it would be taken for the file's.
  private static func needsQuotes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let isSpecial = { (byte: UInt8) in
      byte == .comma || byte == .quote || byte == .semicolon || byte == .tab || byte.isLineEnd
    }
    return text.contains { $0 <= .semicolon && isSpecial($0) } || text.starts(with: byteOrderMark)
  }
}
