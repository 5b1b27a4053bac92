// The encoding of a roster, decided by what each one makes of its bytes: it is read where one makes sense, and refused where
// several do.

import Foundation
import Provisioning

/// The encoding of a roster.
struct EncodingGuess {
  private(set) var encoding = RosterFormat.Encoding.utf8
  /// A cell that shows what it makes of the bytes; nil where it is sure.
  private(set) var sample: String?

  /// The encodings of East Asian writings that are told apart where bytes are no UTF-8.
  private static let eastAsian: [RosterFormat.Encoding] = [.cp949, .gbk, .eucJP, .shiftJIS, .big5]
  /// So many bytes of lines beyond ASCII are enough.
  private static let sampleSize = 1 << 16

  /// UTF-8, for what is known to be that.
  init() {}

  /// Finds out, from the whole file where it must.
  ///
  /// - Parameter head: its first bytes, which were read.
  /// - Throws: `RosterError`, where it could be more than one.
  init(_ head: Data, of file: RosterFile, shownAs: String) throws {
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      encoding = .utf16
      return
    }
    if head.contains(0) {
      guard let wide = Self.wide(head) else {
        throw RosterError(.format, file: shownAs, detail: "UTF-16 text without its mark, or a binary file")
      }
      encoding = wide
      return
    }
    // Text in seven bits that switches between sets of characters.
    if let escape = head.firstIndex(of: 0x1B), head.count > escape + 1, [0x24, 0x28].contains(head[escape + 1]) {
      throw RosterError(.format, file: shownAs, detail: "ISO-2022 text, as mail programs write it")
    }
    var check = UTF8Check()
    check.feed(head)
    while check.isValid, let chunk = try file.chunk(of: 1 << 18) { check.feed(chunk) }
    guard !check.isComplete else { return }
    let lines = try Self.foreignLines(of: file)
    // Stray bytes in UTF-8 are left to the reader, which says where they are; so is what fits nothing.
    if Self.isMostlyUTF8(lines) { return }
    let fitting = Self.encodings(of: lines)
    guard fitting.count < 2 else {
      let could = zip(fitting, Self.differing(lines, fitting)).map { "\($0.name) ('\($1.shown)')" }
      throw RosterError(.encoding, file: shownAs, detail: could.joined(separator: " or "))
    }
    guard let only = fitting.first else { return }
    (encoding, sample) = (only, Self.sample(lines, only))
  }

  /// Those that a text could be in.
  ///
  /// - Parameter bytes: lines with bytes beyond ASCII.
  static func encodings(of bytes: [UInt8]) -> [RosterFormat.Encoding] {
    if EastAsianText(bytes, in: .cp949)?.isSurelyKorean == true { return [.cp949] }
    return eastAsian.filter { EastAsianText(bytes, in: $0)?.fits($0) == true } + LatinText.fitting(bytes)
      + ScriptText.encodings.filter { ScriptText(bytes, in: $0)?.fits == true }
  }

  /// UTF-16 without its mark: with one order of bytes it has line ends and no control characters.
  private static func wide(_ head: Data) -> RosterFormat.Encoding? {
    let fitting = [RosterFormat.Encoding.utf16LittleEndian, .utf16BigEndian].filter { encoding in
      guard let transcoder = Transcoder(from: encoding.rawValue) else { return false }
      let text = transcoder.feed(head.prefix(head.count / 2 * 2))
      let controls = text.contains { $0 < 0x20 && !"\t\r\n".utf8.contains($0) }
      return transcoder.lostCount == 0 && !controls && text.contains { $0 == 0x0A || $0 == 0x0D }
    }
    return fitting.count == 1 ? fitting[0] : nil
  }

  /// The first lines that have a byte beyond ASCII.
  private static func foreignLines(of file: RosterFile) throws -> [UInt8] {
    try file.seek(to: 0)
    var (lines, line, isForeign) = ([UInt8](), [UInt8](), false)
    while lines.count < sampleSize, let chunk = try file.chunk(of: 1 << 18) {
      for byte in chunk {
        line.append(byte)
        if byte >= 0x80 { isForeign = true }
        guard byte == 0x0A || byte == 0x0D || line.count > 1 << 14 else { continue }
        if isForeign { lines += line }
        (line, isForeign) = ([], false)
        if lines.count >= sampleSize { break }
      }
    }
    return isForeign ? lines + line : lines
  }

  private static func isMostlyUTF8(_ lines: [UInt8]) -> Bool {
    let scalars = String(decoding: lines, as: UTF8.self).unicodeScalars
    let lost = scalars.count { $0 == "\u{FFFD}" }
    return lost * 4 <= scalars.count { !$0.isASCII && $0 != "\u{FFFD}" }
  }

  /// The first cell with a letter beyond ASCII.
  private static func sample(_ lines: [UInt8], _ encoding: RosterFormat.Encoding) -> String {
    let cell = cells(lines, encoding).first { cell in
      cell.unicodeScalars.contains { !$0.isASCII && $0.properties.isAlphabetic }
    }
    return String(cell ?? "").trimmed
  }

  /// The first cell that is not the same in all of several encodings, in each of them.
  private static func differing(_ lines: [UInt8], _ encodings: [RosterFormat.Encoding]) -> [String] {
    let all = encodings.map { cells(lines, $0) }
    let count = all.map(\.count).min() ?? 0
    guard let index = (0..<count).first(where: { index in all.contains { $0[index] != all[0][index] } }) else {
      return encodings.map { sample(lines, $0) }
    }
    return all.map { String($0[index]).trimmed }
  }

  private static func cells(_ lines: [UInt8], _ encoding: RosterFormat.Encoding) -> [Substring] {
    let text = Transcoder(from: encoding.rawValue, replacing: true).map { $0.feed(lines) } ?? []
    return String(decoding: text, as: UTF8.self).split { ",;\t\r\n\"".contains($0) || $0.isNewline }
  }
}
