// JSON as a value with one canonical text, so that "the same definition" is a comparison of two strings.

/// A JSON value. Numbers are whole, for no field of a definition has a fraction; only a roster's columns that are none may.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number with a fraction or an exponent, as it was written; read from rosters alone.
  case fraction(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The member of an object; nil when this is no object or has no such member.
  package subscript(key key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// The value that members lead to; nil when one of them is missing.
  package subscript(steps steps: some Sequence<String>) -> JSONValue? { steps.reduce(Optional(self)) { $0?[key: $1] } }

  /// The value at a dotted path such as `configuration.image`; nil when a step of it is missing.
  package subscript(path path: String) -> JSONValue? { self[steps: path.split(separator: ".").map(String.init)] }

  /// The text of a string; nil for any other value.
  package var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}

// MARK: - Writing

extension JSONValue {
  /// The canonical text: keys sorted by their UTF-8 bytes, no white space, `/` and everything beyond ASCII as it is,
  /// control characters escaped. Two equal values have the same text, but for letters that Unicode writes in two ways
  /// (`é`, `가`): Swift takes those as equal, and the text keeps the way that was given.
  package var canonicalText: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the canonical text.
  package func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let number): bytes += String(number).utf8
    case .fraction(let text): bytes += text.utf8
    case .string(let text): Self.append(text, to: &bytes)
    case .array(let elements):
      Self.append(elements, between: ("[", "]"), to: &bytes) { $0.append(to: &$1) }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      Self.append(sorted, between: ("{", "}"), to: &bytes) { member, bytes in
        Self.append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
    }
  }

  private static func append<Element>(
    _ elements: [Element], between brackets: (Unicode.Scalar, Unicode.Scalar), to bytes: inout [UInt8],
    each: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: brackets.0))
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      each(element, &bytes)
    }
    bytes.append(UInt8(ascii: brackets.1))
  }

  /// Appends the canonical text of an array of texts.
  package static func append(_ texts: [String], to bytes: inout [UInt8]) {
    append(texts, between: ("[", "]"), to: &bytes) { append($0, to: &$1) }
  }

  /// Appends the canonical text of a text.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    let isPlain = text.withUTF8 { characters in
      // Hardly any text has something to escape.
      guard !characters.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
        return false
      }
      bytes.append(UInt8(ascii: "\""))
      bytes.append(contentsOf: characters)
      bytes.append(UInt8(ascii: "\""))
      return true
    }
    if isPlain { return }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

// MARK: - Reading

extension JSONValue {
  /// Reads JSON text whose numbers are whole; throws `JSONFault`.
  package init(text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSONParser.value(of: $0) }
  }
}
