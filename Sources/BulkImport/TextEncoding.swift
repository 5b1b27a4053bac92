// What a file looks like from its bytes: whether it is UTF-8, and whether it is a format that is no roster.

import CSV
import Foundation

extension Collection<UInt8> {
  /// The text without a byte order mark at its start, or several, as programs leave that add one to a file which has one.
  var withoutMark: SubSequence {
    var text = self[...]
    while text.starts(with: RecordWriter.byteOrderMark) { text = text.dropFirst(RecordWriter.byteOrderMark.count) }
    return text
  }
}

/// Tells whether bytes that come in pieces are UTF-8 (RFC 3629).
struct UTF8Check {
  /// What may be the beginning of a character that goes on in the next piece.
  private var held: [UInt8] = []
  private(set) var isValid = true

  mutating func feed(_ piece: Data) {
    guard isValid else { return }
    var rest = piece[...]
    if let first = held.first {
      let missing = rest.prefix(Self.length(of: first) - held.count)
      held += missing
      rest = rest.dropFirst(missing.count)
      if held.count == Self.length(of: first) {
        check(held[...])
        held.removeAll()
      }
    }
    let start = rest.indices.suffix(3).last { rest[$0] >= 0xC0 }
    let isCut = start.map { rest.endIndex - $0 < Self.length(of: rest[$0]) } ?? false
    let end = isCut ? start ?? rest.endIndex : rest.endIndex
    check(rest[..<end])
    held += rest[end...]
  }

  private mutating func check(_ bytes: some ContiguousBytes) {
    bytes.withUnsafeBytes { bytes in
      do {
        _ = try UTF8Span(validating: Span(_unsafeElements: bytes.bindMemory(to: UInt8.self)))
      } catch {
        isValid = false
      }
    }
  }

  /// How many bytes the character has that begins with this one.
  private static func length(of first: UInt8) -> Int { first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2 }

  /// Whether all of it was UTF-8, to the last byte.
  var isComplete: Bool { isValid && held.isEmpty }
}

/// What a file looks like, from its first bytes.
enum ForeignFormat {
  private static let signatures: [(bytes: [UInt8], name: String)] = [
    ([0xD0, 0xCF, 0x11, 0xE0], "a workbook of an old Excel (.xls)"), (Array("%PDF".utf8), "a PDF"),
    ([0x1F, 0x8B], "a gzip file within another one"),
    ([0xFF, 0xFE, 0, 0], "UTF-32 text"), ([0, 0, 0xFE, 0xFF], "UTF-32 text"),
  ]

  /// What the file looks like, if not like CSV in UTF-8; nil if it may be that.
  static func name(ofFileStarting head: Data) -> String? {
    if let known = signatures.first(where: { head.starts(with: $0.bytes) }) { return known.name }
    switch head.withoutMark.first(where: { !" \t\r\n".utf8.contains($0) }) {
    case UInt8(ascii: "<"): return "HTML or XML, which some sites offer as .xls"
    default: return nil
    }
  }
}
