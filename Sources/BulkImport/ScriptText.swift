// What a one-byte encoding of another alphabet than the Latin one makes of a text.

import Provisioning

/// Whether the words beyond ASCII are of one alphabet, with no capital behind a small letter.
struct ScriptText {
  private let wordCount: Int
  private let goodCount: Int

  /// The encodings that are told apart.
  static let encodings: [RosterFormat.Encoding] = [.windows1251, .koi8R, .cp866, .windows1253, .windows1255]

  /// Reads a text; nil where it cannot be in the encoding.
  init?(_ bytes: [UInt8], in encoding: RosterFormat.Encoding) {
    guard let transcoder = Transcoder(from: encoding.rawValue, replacing: true) else { return nil }
    let text = String(decoding: transcoder.feed(bytes), as: UTF8.self).unicodeScalars
    guard transcoder.isWhole else { return nil }
    let words = text.split { $0.isASCII && !$0.properties.isAlphabetic }.filter { $0.contains { !$0.isASCII } }
    wordCount = words.count
    goodCount = words.count { Self.isGood($0, of: encoding) }
  }

  /// Whether a text could be in the encoding.
  var fits: Bool { wordCount > 0 && goodCount * 10 >= wordCount * 9 }

  private static func isGood(_ word: some Collection<Unicode.Scalar>, of encoding: RosterFormat.Encoding) -> Bool {
    guard word.count > 1, word.allSatisfy({ isLetter($0, of: encoding) }) else { return false }
    if encoding == .windows1253, !isGreek(Array(word)) { return false }
    return !zip(word, word.dropFirst()).contains { $0.properties.isLowercase && $1.properties.isUppercase }
  }

  /// Whether a word in small letters has one accent, and its two forms of sigma where they belong.
  private static func isGreek(_ word: [Unicode.Scalar]) -> Bool {
    guard word.contains(where: \.properties.isLowercase) else { return true }
    let accents = word.count { "άέήίόύώΆΈΉΊΌΎΏ".unicodeScalars.contains($0) }
    return accents == 1 && !word.dropLast().contains("ς") && word.last != "σ" && !word.contains("ΰ")
  }

  private static func isLetter(_ scalar: Unicode.Scalar, of encoding: RosterFormat.Encoding) -> Bool {
    switch (encoding, scalar.value) {
    case (.windows1253, 0x0386...0x03CE): true
    case (.windows1255, 0x05D0...0x05EA): true
    case (.windows1251, let value), (.koi8R, let value), (.cp866, let value): isEastSlavic(value)
    default: false
    }
  }

  /// Whether a letter is Russian, Ukrainian or Belarusian.
  private static func isEastSlavic(_ value: UInt32) -> Bool {
    switch value {
    case 0x0410...0x044F, 0x0401, 0x0404, 0x0406, 0x0407, 0x040E, 0x0451, 0x0454, 0x0456, 0x0457, 0x045E, 0x0490,
      0x0491:
      true
    default: false
    }
  }
}
