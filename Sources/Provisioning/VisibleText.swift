// Foreign text made visible. What a service, a cell, a file name, a variable or an argument says may hold characters that
// steer a terminal, or the direction of the text around them; they are written out, so that people see them and nothing
// obeys them.

extension Unicode.Scalar {
  /// Whether it steers instead of standing for itself: control characters (DEL and C1 too), line and paragraph separators,
  /// and the format characters that cannot be seen: bidi controls, zero-width blanks, tags. The joiners that scripts and
  /// emoji need are left alone.
  package var isSteering: Bool {
    switch value {
    case 0x20...0x7E: false
    case 0...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
      0xFFF9...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE007F:
      true
    default: false
    }
  }

  /// Neither a letter nor a plain blank. The joiner of emoji is left alone.
  fileprivate var isInvisible: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: value != 0x200D
    case .spaceSeparator: value != 0x20
    default: false
    }
  }
}

extension String {
  /// The text as a part of one line: what steers is written out, `\n`, `\r` and `\t` or `\u{1B}`. Done twice it changes
  /// nothing more.
  package var visibleLine: String { writingOut(\.isSteering) }

  /// The text with what steers written out, but for the newlines and tabs, which are our own.
  package var visibleText: String { writingOut { $0.isSteering && $0 != "\n" && $0 != "\t" } }

  /// The whole text for one line of a terminal: all that cannot be seen is written out, other blanks than the plain one too.
  package var escaped: String { writingOut(\.isInvisible) }

  /// The text for one line of a terminal: as `escaped`, at most 60 characters.
  package var shown: String { count > 60 ? String(prefix(60)).escaped + "…" : escaped }

  private func writingOut(_ isWrittenOut: (Unicode.Scalar) -> Bool) -> String {
    guard utf8.contains(where: { !(0x20...0x7E ~= $0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case _ where !isWrittenOut(scalar): text.unicodeScalars.append(scalar)
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default: text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return text
  }

  /// The text as a shell takes it for one word. One that steers is written as `$'\033'` (bash, zsh, ksh), which can be
  /// printed, copied and read back.
  package var shellQuoted: String {
    guard !unicodeScalars.contains(where: \.isSteering) else { return writtenOutForShell }
    let plain = utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/._-+:@%,=".utf8.contains(byte)
    }
    return plain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }

  private var writtenOutForShell: String {
    var word = "$'"
    for scalar in unicodeScalars {
      switch scalar {
      case "'", "\\": word += "\\\(scalar)"
      case _ where scalar.isSteering:
        // Three digits of the octal form are read wherever they end; of the others as many as follow.
        for byte in String(scalar).utf8 {
          let digits = String(byte, radix: 8)
          word += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
      default: word.unicodeScalars.append(scalar)
      }
    }
    return word + "'"
  }
}

extension JSONValue {
  /// Appends JSON with what steers in it as `\u` escapes: it stands in texts only, whose values stay the same. Newlines and
  /// tabs are our own, between the tokens.
  package static func appendVisibly(_ json: [UInt8], to bytes: inout [UInt8]) {
    guard json.contains(where: mayBeginSteering) else {
      bytes += json
      return
    }
    for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
      guard scalar.isSteering, scalar != "\n", scalar != "\t" else {
        bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
      }
    }
  }

  /// JSON with what steers in it as `\u` escapes.
  package static func visible(_ json: String) -> String {
    var bytes: [UInt8] = []
    appendVisibly(Array(json.utf8), to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a character that steers may begin with this byte of UTF-8; none of Korean does.
  private static func mayBeginSteering(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x09, 0x0A: false
    case ..<0x20, 0x7F, 0xC2, 0xD8, 0xE1, 0xE2, 0xEF, 0xF0, 0xF3: true
    default: false
    }
  }
}
