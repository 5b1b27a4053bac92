// The texts of JSON: quotes, escapes, surrogates.

extension JSONParser {
  /// Reads a text, from its opening quote to the closing one.
  mutating func text() throws(JSONFault) -> String {
    let opening = index
    index += 1
    var start = index
    var decoded: [UInt8] = []
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try checked(decoded, start..<index, opening)
        index += 1
        return text
      case UInt8(ascii: "\\"):
        decoded += slice(start..<index)
        try escape(&decoded)
        start = index
      case 0..<0x20:
        throw fault(
          byte == 0x0A
            ? "the line ends inside quotes: close them, or write \\n" : "a control character stands in quotes")
      default: index += 1
      }
    }
    throw fault("a quote is opened here and never closed", at: opening)
  }

  private func checked(_ decoded: [UInt8], _ rest: Range<Int>, _ opening: Int) throws(JSONFault) -> String {
    let text =
      decoded.isEmpty
      ? String(validating: slice(rest), as: UTF8.self) : String(validating: decoded + slice(rest), as: UTF8.self)
    guard let text else {
      throw fault("there is a byte that is not UTF-8: save the file as UTF-8", at: opening)
    }
    return text
  }

  private mutating func escape(_ decoded: inout [UInt8]) throws(JSONFault) {
    let start = index
    index += 1
    let escaped = byte
    index += 1
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(escaped ?? 0)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0C)
    case UInt8(ascii: "n"): decoded.append(0x0A)
    case UInt8(ascii: "r"): decoded.append(0x0D)
    case UInt8(ascii: "t"): decoded.append(0x09)
    case UInt8(ascii: "u"): decoded += String(try scalar(start)).utf8
    default:
      index = min(start + 1, index)
      throw fault("a backslash must be doubled here: \\\\", at: start)
    }
  }

  private mutating func scalar(_ start: Int) throws(JSONFault) -> Character {
    var value = try unit(start)
    if (0xD800..<0xDC00).contains(value), take("\\"), take("u") {
      let low = try unit(start)
      guard (0xDC00..<0xE000).contains(low) else { throw fault("\\u here is half of a character", at: start) }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw fault("\\u here is half of a character", at: start) }
    return Character(scalar)
  }

  private mutating func unit(_ start: Int) throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw fault("\\u needs four hexadecimal digits", at: start)
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
