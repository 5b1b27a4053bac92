// JSON text into values, saying where it breaks. Stricter than Foundation's decoder, which takes the last of two members
// with one name and lets a comma before a bracket pass; both would lose what a person wrote.

/// Why a text is no JSON that can be read, and where.
package struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  package let line: Int
  /// The byte of the line, from 1.
  let column: Int
  /// The members that lead to the value, dotted; nil when the text itself is broken.
  package let path: String?
  /// What is wrong and what to do.
  package let message: String

  /// The place within the line and what is wrong.
  package var withoutLine: String { path.map { "\($0): \(message)" } ?? "column \(column): \(message)" }
  /// The place and what is wrong.
  package var description: String { "line \(line), \(withoutLine)" }
}

/// Reads one JSON value (RFC 8259) whose numbers are whole, but for those of rosters.
package struct JSONParser {
  /// Who is read.
  package enum Kind: Sendable {
    /// What people or we ourselves have written, nested at most 64 levels deep.
    case own
    /// The same, whose numbers may have a fraction.
    case roster
    /// What a service has written: of equal names the last counts, and a number that is not whole is null.
    case reply

    fileprivate var deepest: Int { self == .reply ? 512 : 64 }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let kind: Kind
  private let firstLine: Int
  private let firstColumn: Int
  private var index = 0
  private var depth = 0
  private var path: [String] = []

  /// Reads a text, which starts at this line and column of its file.
  package static func value(
    of text: [UInt8], _ kind: Kind = .own, line: Int = 1, column: Int = 1
  ) throws(JSONFault) -> JSONValue {
    try text.withUnsafeBufferPointer { bytes in
      Result { () throws(JSONFault) in try value(of: bytes, kind, line: line, column: column) }
    }.get()
  }

  static func value(
    of bytes: UnsafeBufferPointer<UInt8>, _ kind: Kind = .own, line: Int = 1, column: Int = 1
  ) throws(JSONFault) -> JSONValue {
    var parser = JSONParser(bytes: bytes, kind: kind, firstLine: line, firstColumn: column)
    let value = try parser.value()
    parser.skipBlanks()
    guard parser.index == bytes.count else { throw parser.fault("the JSON has ended before \(parser.here)") }
    return value
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, kind: Kind, firstLine: Int, firstColumn: Int) {
    (self.bytes, self.kind, self.firstLine, self.firstColumn) = (bytes, kind, firstLine, firstColumn)
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONFault) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONFault) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "-"), (0x30...0x39)?: return try number()
    default: return try word()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONFault) -> JSONValue
  ) throws(JSONFault) -> JSONValue {
    depth += 1
    guard depth <= kind.deepest else { throw fault("this is nested more than \(kind.deepest) levels deep") }
    index += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONFault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipBlanks()
    if take("}") { return .object(members) }
    while true {
      skipBlanks()
      guard byte == UInt8(ascii: "\"") else {
        throw fault("a name in double quotes is expected here instead of \(here)")
      }
      let start = index
      let name = try text()
      skipBlanks()
      guard take(":") else { throw fault("a colon is expected after \"\(name.shown)\" instead of \(here)") }
      path.append(name)
      let value = try self.value()
      guard members.updateValue(value, forKey: name) == nil || kind == .reply else {
        throw fault("is given twice in one object: keep one of them", at: start, of: path)
      }
      path.removeLast()
      guard try goesOn(until: "}") else { return .object(members) }
    }
  }

  private mutating func array() throws(JSONFault) -> JSONValue {
    var elements: [JSONValue] = []
    skipBlanks()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      guard try goesOn(until: "]") else { return .array(elements) }
    }
  }

  /// Whether a comma comes, and another element or member after it.
  private mutating func goesOn(until end: Unicode.Scalar) throws(JSONFault) -> Bool {
    skipBlanks()
    if take(end) { return false }
    let comma = index
    guard take(",") else { throw fault("a comma or \(end) is expected here instead of \(here)") }
    skipBlanks()
    guard byte != UInt8(ascii: end) else { throw fault("nothing follows this comma: remove it", at: comma) }
    return true
  }

  // MARK: - Numbers and words

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = index
    while let byte, "+-.0123456789eE".utf8.contains(byte) { index += 1 }
    let text = String(decoding: slice(start..<index), as: UTF8.self)
    let digits = text.drop { $0 == "-" }
    let hasNeedlessZero = digits.first == "0" && digits.dropFirst().first?.isNumber == true
    if !hasNeedlessZero, !text.hasPrefix("+"), let number = Int64(text) { return .integer(number) }
    if kind == .reply, !hasNeedlessZero, let number = Self.fraction(text) {
      // Beyond these it is rounded.
      let whole = abs(number) < 0x1p53 ? Int64(exactly: number) : nil
      return whole.map(JSONValue.integer) ?? .null
    }
    let isWhole = digits.allSatisfy { $0.isASCII && $0.isNumber }
    if kind == .roster, !hasNeedlessZero, !isWhole, Self.fraction(text) != nil { return .fraction(text) }
    if digits.count > 1, isWhole {
      let why =
        hasNeedlessZero ? "starts with a zero: put it in quotes" : "is too large for a number: put it in quotes"
      throw fault("\(text.shown) \(why)", at: start, of: path)
    }
    throw fault("\(text.shown) must be a whole number", at: start, of: path)
  }

  /// The number of a text that JSON allows; without digits before and behind its point it is none.
  private static func fraction(_ text: String) -> Double? {
    let parts = text.drop { $0 == "-" }.split(omittingEmptySubsequences: false) { ".eE".contains($0) }
    return parts.allSatisfy { $0.last?.isNumber == true } && parts[0].first?.isNumber == true ? Double(text) : nil
  }

  private mutating func word() throws(JSONFault) -> JSONValue {
    let start = index
    while let byte, byte >= 0x80 || Character(UnicodeScalar(byte)).isLetter { index += 1 }
    let word = String(decoding: slice(start..<index), as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "": throw fault("a value is expected here instead of \(here)")
    default:
      throw fault(
        "'\(word.shown)' is no value: put text in double quotes (only true, false and null have none)", at: start)
    }
  }

  // MARK: - Texts

  /// Reads a text, from its opening quote to the closing one.
  private mutating func text() throws(JSONFault) -> String {
    let opening = index
    index += 1
    var start = index
    var decoded: [UInt8] = []
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        let rest = slice(start..<index)
        let text = decoded.isEmpty ? String(utf8: rest) : String(validating: decoded + rest, as: UTF8.self)
        guard let text else { throw fault("there is a byte that is not UTF-8: save the file as UTF-8", at: opening) }
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

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
    UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
  ]

  private mutating func escape(_ decoded: inout [UInt8]) throws(JSONFault) {
    let start = index
    index += 1
    if take("u") {
      decoded += String(try scalar(start)).utf8
    } else if let byte, let escaped = Self.escapes[byte] {
      index += 1
      decoded.append(escaped)
    } else {
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

  // MARK: - Places

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
  }

  /// What stands at the current place, for a message.
  private var here: String {
    guard index < bytes.count else { return "the end" }
    let rest = String(decoding: slice(index..<min(bytes.count, index + 8)), as: UTF8.self)
    return "'\(String(rest.prefix(1)).shown)'"
  }

  private func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[range]) }

  private func fault(_ message: String, at place: Int? = nil, of path: [String] = []) -> JSONFault {
    let place = place ?? index
    var (line, start) = (0, 0)
    for index in 0..<place where bytes[index] == UInt8(ascii: "\n") { (line, start) = (line + 1, index + 1) }
    let column = place - start + (line == 0 ? firstColumn : 1)
    let shown = path.isEmpty ? nil : path.joined(separator: ".").shown
    return JSONFault(line: firstLine + line, column: column, path: shown, message: message)
  }
}
