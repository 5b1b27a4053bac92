// JSON as we write it ourselves, and nearly all that others write, read without the standard decoder: that one makes and
// throws an error for every kind of value that a value is not.

/// Reads JSON whose numbers are whole.
struct JSONScan {
  /// Deeper nesting is left to the decoder.
  private static let deepest = 64
  /// So many digits are a whole number of 64 bits, whatever they are.
  private static let mostDigits = 18

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var depth = 0

  /// The value of a text; nil where the standard decoder has to say what it is, or what is wrong with it: other numbers,
  /// escapes by number, equal keys, and all that is no JSON.
  static func value(of text: String) -> JSONValue? {
    var text = text
    return text.withUTF8 { bytes in
      var scan = JSONScan(bytes: bytes)
      guard let value = scan.value() else { return nil }
      scan.skipBlanks()
      return scan.index == bytes.count ? value : nil
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func takes(_ wanted: UInt8) -> Bool {
    skipBlanks()
    guard byte == wanted else { return false }
    index += 1
    return true
  }

  private mutating func value() -> JSONValue? {
    skipBlanks()
    switch byte {
    case UInt8(ascii: "\""): return text().map(JSONValue.string)
    case UInt8(ascii: "{"): return nested { $0.object() }
    case UInt8(ascii: "["): return nested { $0.array() }
    case UInt8(ascii: "t"): return word("true", .bool(true))
    case UInt8(ascii: "f"): return word("false", .bool(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return integer()
    }
  }

  private mutating func nested(_ body: (inout JSONScan) -> JSONValue?) -> JSONValue? {
    guard depth < Self.deepest else { return nil }
    depth += 1
    index += 1
    defer { depth -= 1 }
    return body(&self)
  }

  private mutating func object() -> JSONValue? {
    if takes(UInt8(ascii: "}")) { return .object([:]) }
    var members: [String: JSONValue] = [:]
    repeat {
      skipBlanks()
      guard let key = text(), takes(UInt8(ascii: ":")), let value = value(),
        members.updateValue(value, forKey: key) == nil
      else { return nil }
    } while takes(UInt8(ascii: ","))
    return takes(UInt8(ascii: "}")) ? .object(members) : nil
  }

  private mutating func array() -> JSONValue? {
    if takes(UInt8(ascii: "]")) { return .array([]) }
    var elements: [JSONValue] = []
    repeat {
      guard let value = value() else { return nil }
      elements.append(value)
    } while takes(UInt8(ascii: ","))
    return takes(UInt8(ascii: "]")) ? .array(elements) : nil
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) -> JSONValue? {
    let isHere = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
    guard isHere else { return nil }
    index += word.utf8CodeUnitCount
    return value
  }

  private mutating func integer() -> JSONValue? {
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let start = index
    var number: Int64 = 0
    while let byte, (0x30...0x39).contains(byte), index - start < Self.mostDigits {
      number = number * 10 + Int64(byte - 0x30)
      index += 1
    }
    let hasNeedlessZero = bytes[start...].first == 0x30 && (index - start > 1 || isNegative)
    guard index > start, !hasNeedlessZero, !endsOtherwise else { return nil }
    return .integer(isNegative ? -number : number)
  }

  /// Whether a number goes on after its first digits.
  private var endsOtherwise: Bool { byte.map { "0123456789.eE".utf8.contains($0) } ?? false }

  private mutating func text() -> String? {
    guard byte == UInt8(ascii: "\"") else { return nil }
    index += 1
    var unescaped: [UInt8]?
    var start = index
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        let rest = UnsafeBufferPointer(rebasing: bytes[start..<index])
        index += 1
        guard let unescaped else { return String(decoding: rest, as: UTF8.self) }
        return String(decoding: unescaped + rest, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard index + 1 < bytes.count, let character = Self.escapes[bytes[index + 1]] else { return nil }
        unescaped = (unescaped ?? []) + bytes[start..<index] + [character]
        index += 2
        start = index
      case ..<0x20: return nil
      default: index += 1
      }
    }
    return nil
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"),
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "b"): 0x08,
    UInt8(ascii: "f"): 0x0C,
  ]
}
