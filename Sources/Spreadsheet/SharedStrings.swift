// The texts that cells name by a number. A workbook may have millions: the first are held in memory, the rest in a file.

import Files

/// The texts of a workbook, one after another.
final class StringTable {
  /// So many bytes of text are held in memory.
  static let heldSize = 8 << 20
  /// The most texts, and the most bytes of all of them.
  static let mostTexts = 1 << 24
  static let largest = 1 << 30

  private let heldSize: Int
  private var held: [UInt8] = []
  private var spool: Spool?
  /// How many bytes are in the spool, and those that are not written yet.
  private var spooledCount = 0
  private var pending: [UInt8] = []
  /// What was last read of the spool: cells mostly name the texts in order.
  private var window: [UInt8] = []
  private var windowStart = 0
  /// Where each text ends.
  private var ends: [UInt32] = []
  private static let windowSize = 1 << 16

  init(heldSize: Int = heldSize) { self.heldSize = heldSize }

  var count: Int { ends.count }
  private var size: Int { Int(ends.last ?? 0) }

  /// Adds a text; throws `SpreadsheetError` where there are too many, `FileError` where the file has no room.
  func append(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard ends.count < Self.mostTexts, size + bytes.count <= Self.largest else {
      throw SpreadsheetError.tooLarge("its shared texts are more than \(Self.mostTexts), or than \(Self.largest) bytes")
    }
    ends.append(UInt32(size + bytes.count))
    if spool == nil, pending.isEmpty, held.count + bytes.count <= heldSize {
      held += bytes
    } else {
      pending += bytes
      if pending.count >= Self.windowSize { try flush() }
    }
  }

  /// The text of a number; nil if there is none.
  func text(_ index: Int) throws -> String? {
    guard ends.indices.contains(index) else { return nil }
    let range = Int(index == 0 ? 0 : ends[index - 1])..<Int(ends[index])
    if range.upperBound <= held.count { return String(decoding: held[range], as: UTF8.self) }
    if !pending.isEmpty { try flush() }
    let place = (range.lowerBound - held.count)..<(range.upperBound - held.count)
    if place.lowerBound < windowStart || place.upperBound > windowStart + window.count {
      windowStart = place.lowerBound
      let end = min(max(place.upperBound, windowStart + Self.windowSize), spooledCount)
      window = try spool?.bytes(windowStart..<end) ?? []
    }
    let part = (place.lowerBound - windowStart)..<(place.upperBound - windowStart)
    return window.indices.contains(part.upperBound - 1) || part.isEmpty
      ? String(decoding: window[part], as: UTF8.self) : nil
  }

  private func flush() throws {
    let spool = try self.spool ?? Spool()
    try spool.append(pending)
    self.spool = spool
    spooledCount += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}

/// Reads those texts.
final class StringListener: XMLListener {
  let table = StringTable()
  private var text = RichText()
  private var isInText = false

  func start(_ name: String, _ attributes: [String: String]) {
    if name == "si" {
      isInText = true
      _ = text.take()
    }
    if isInText { text.start(name) }
  }

  func end(_ name: String) throws {
    text.end(name)
    guard name == "si" else { return }
    isInText = false
    try table.append(text.take())
  }

  func text(_ text: String) throws { try self.text.append(text) }
}

/// A text of one or several runs; how it is pronounced (Japanese) is no part of it.
struct RichText {
  /// The most bytes; a spreadsheet's cell has at most 32,767 letters.
  static let longest = 1 << 20

  private var text = ""
  private var isText = false
  private var isPronunciation = false

  mutating func start(_ name: String) {
    if name == "t" { isText = true }
    if name == "rPh" { isPronunciation = true }
  }

  mutating func end(_ name: String) {
    if name == "t" { isText = false }
    if name == "rPh" { isPronunciation = false }
  }

  mutating func append(_ piece: String) throws {
    guard isText, !isPronunciation else { return }
    text += piece
    guard text.utf8.count <= Self.longest else {
      throw SpreadsheetError.tooLarge("a text is longer than \(Self.longest) bytes")
    }
  }

  /// The whole text; the next one begins.
  mutating func take() -> String {
    defer { self = RichText() }
    return text.withoutEscapes
  }
}

extension String {
  /// `_x000D_` stands for a character that XML cannot have, `_x005F_` for the `_` before what looks like one.
  var withoutEscapes: String {
    guard utf8.contains(UInt8(ascii: "_")), contains("_x") else { return self }
    return replacing(/_x([0-9A-Fa-f]{4})_/) { match in
      UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { String($0) } ?? String(match.0)
    }
  }
}
