// JSON text into values, saying where it breaks. Stricter than Foundation's decoder, which takes the last of two members
// with one name and lets a comma before a bracket pass; both would lose what a person wrote.

import Provisioning

/// Why a text is no JSON that a roster or a template may hold, and where.
struct JSONFault: Error, Hashable, Sendable {
  /// The line, from 1.
  let line: Int
  /// The byte of the line, from 1.
  let column: Int
  /// The members that lead to the value, dotted; nil when the text itself is broken.
  var path: String?
  /// What is wrong and what to do.
  let message: String

  /// The place within the line and what is wrong.
  var withoutLine: String { path.map { "\($0): \(message)" } ?? "column \(column): \(message)" }
}

/// Reads one JSON value (RFC 8259) whose numbers are whole.
struct JSONParser {
  /// The deepest nesting that is read.
  static let deepest = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private let firstLine: Int
  private let firstColumn: Int
  var index = 0
  private var depth = 0
  private var path: [String] = []

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - line: of its file, on which the text starts.
  ///   - column: of that line, at which it starts.
  static func value(of text: [UInt8], line: Int = 1, column: Int = 1) throws(JSONFault) -> JSONValue {
    let result = text.withUnsafeBufferPointer { bytes -> Result<JSONValue, JSONFault> in
      var parser = JSONParser(bytes: bytes, firstLine: line, firstColumn: column)
      return Result { () throws(JSONFault) in try parser.whole() }
    }
    return try result.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, firstLine: Int, firstColumn: Int) {
    (self.bytes, self.firstLine, self.firstColumn) = (bytes, firstLine, firstColumn)
  }

  private mutating func whole() throws(JSONFault) -> JSONValue {
    let value = try self.value()
    skipBlanks()
    guard index == bytes.count else { throw fault("the JSON has ended before \(here)") }
    return value
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    skipBlanks()
    switch byte {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONFault) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONFault) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try text())
    case let byte? where "-0123456789".utf8.contains(byte): return try number()
    default: return try word()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONFault) -> JSONValue
  ) throws(JSONFault) -> JSONValue {
    depth += 1
    guard depth <= Self.deepest else { throw fault("this is nested more than \(Self.deepest) levels deep") }
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
      guard members.updateValue(value, forKey: name) == nil else {
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
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    let digits = text.drop { $0 == "-" }
    if let number = Int64(text), !text.hasPrefix("+"), digits.count == 1 || digits.first != "0" {
      return .integer(number)
    }
    if digits.count > 1, digits.allSatisfy({ $0.isASCII && $0.isNumber }) {
      let why =
        digits.first == "0" ? "starts with a zero: put it in quotes" : "is too large for a number: put it in quotes"
      throw fault("\(text.shown) \(why)", at: start, of: path)
    }
    throw fault("\(text.shown) must be a whole number", at: start, of: path)
  }

  private mutating func word() throws(JSONFault) -> JSONValue {
    let start = index
    while let byte, byte >= 0x80 || Character(UnicodeScalar(byte)).isLetter { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "":
      throw fault("a value is expected here instead of \(here)")
    default:
      throw fault(
        "'\(word.shown)' is no value: put text in double quotes (only true, false and null have none)", at: start)
    }
  }

  // MARK: - Places

  var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
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
    let rest = String(decoding: bytes[index..<min(bytes.count, index + 8)], as: UTF8.self)
    return "'\(String(rest.prefix(1)).shown)'"
  }

  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[range]) }

  func fault(_ message: String, at place: Int? = nil, of path: [String]? = nil) -> JSONFault {
    let place = place ?? index
    var (line, start) = (0, 0)
    for index in 0..<place where bytes[index] == UInt8(ascii: "\n") { (line, start) = (line + 1, index + 1) }
    let column = place - start + (line == 0 ? firstColumn : 1)
    let shown = path.flatMap { $0.isEmpty ? nil : $0.joined(separator: ".").shown }
    return JSONFault(line: firstLine + line, column: column, path: shown, message: message)
  }
}
