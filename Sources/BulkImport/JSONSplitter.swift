// JSON rosters in pieces: finds where each element starts and ends, so that one is decoded at a time however long the
// file. What is inside an element is the decoder's.

import CSV
import Foundation
import Provisioning

/// Splits the bytes of a JSON roster into its elements.
struct JSONSplitter {
  /// What the roster is.
  enum Shape: Hashable, Sendable {
    /// `[{…}, {…}]`
    case array
    /// `{"defaults": {…}, "workspaces": [{…}, {…}]}`
    case object
    /// An object after the other, a line each as a rule.
    case lines
  }

  /// A part of the roster.
  struct Part {
    /// The member of the object that it is; nil for an element.
    var key: String?
    var bytes: [UInt8]
    /// The line on which it starts, from 1.
    var line: Int
    /// The byte of the line at which it starts, from 1.
    var column: Int
    /// The byte of the file at which it starts, from 0.
    var offset: Int
    /// Whether the file ends within it.
    var isCut = false
  }

  /// Why the rest cannot be split.
  struct Broken: Error {
    let line: Int
    let message: String

    static func cut(at line: Int) -> Broken {
      Broken(
        line: line, message: "the JSON ends in the middle: a bracket or a quote that is opened here is not closed")
    }
  }

  static let deepest = 64
  static let longestElement = 16 << 20

  private let shape: Shape
  /// The depth of what encloses an element.
  private var elementDepth: Int
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var part: Part?
  private var line: Int
  private var column = 1
  private var offset: Int
  /// Where the brackets that are open were opened; of those within an element, none.
  private var openLines: [Int] = []
  /// Whether a line end stands behind the last part, and between any two.
  private var hasEnd = false
  private var hasEnds = false
  private var hasParts = false
  /// Whether the last line alone lacks its end.
  var hasOpenEnd: Bool { shape == .lines && hasEnds && !hasEnd }
  /// How many objects or arrays there are that could be the roster.
  private(set) var outerCount = 0
  /// In the object's own level: the key that was read last, and the text of the one being read.
  private var key: String?
  private var keyBytes: [UInt8]?

  /// Splits the bytes of a roster from `offset` on, which is on this line.
  init(_ shape: Shape, line: Int = 1, offset: Int = 0) {
    (self.shape, self.line, self.offset) = (shape, line, offset)
    elementDepth = shape == .lines ? 0 : 1
  }

  /// Reads the next piece of the file.
  mutating func feed(_ bytes: Data, _ body: (Part) throws -> Void) throws {
    for byte in bytes {
      try take(byte, body)
      (column, offset) = (column + 1, offset + 1)
      if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) }
    }
  }

  /// Says that the file has ended.
  mutating func finish(_ body: (Part) throws -> Void) throws {
    // What begins and is cut off on the last line can be told from the others.
    if shape == .lines, var last = part, depth == 0 || hasEnds && !last.bytes.contains(where: \.isLineEnd) {
      part = nil
      last.isCut = depth > 0 || isInString
      return try body(last)
    }
    if depth == 0, !isInString, let part {
      throw Broken(line: part.line, message: "something follows the end of the roster: remove it")
    }
    guard depth == 0, !isInString else {
      throw Broken.cut(at: part?.line ?? openLines.last ?? line)
    }
  }

  private mutating func take(_ byte: UInt8, _ body: (Part) throws -> Void) throws {
    if isInString {
      keep(byte)
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
        endKey()
      }
      return
    }
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"), 0xEF, 0xBB, 0xBF:
      if part != nil { keep(byte) } else if byte.isLineEnd { hasEnd = true }
    case UInt8(ascii: "\""):
      if part == nil, isAtObjectLevel, key == nil { keyBytes = [] } else { startIfNeeded() }
      isInString = true
      keep(byte)
    case UInt8(ascii: "["), UInt8(ascii: "{"): try open(byte)
    case UInt8(ascii: "]"), UInt8(ascii: "}"): try close(byte, body)
    case UInt8(ascii: ",") where depth == elementDepth || isAtObjectLevel && depth == 1: try endPart(body)
    case UInt8(ascii: ":") where isAtObjectLevel && depth == 1 && part == nil: break
    default:
      startIfNeeded()
      keep(byte)
    }
    if let part, part.bytes.count > Self.longestElement {
      throw Broken(line: part.line, message: "this element is longer than \(Self.longestElement >> 20) MB")
    }
  }

  private var isAtObjectLevel: Bool { shape == .object && depth == 1 && elementDepth == 1 }

  private mutating func startIfNeeded() {
    guard part == nil else { return }
    (hasEnds, hasEnd, hasParts) = (hasEnds || hasParts && hasEnd, false, true)
    part = Part(key: isAtObjectLevel ? key : nil, bytes: [], line: line, column: column, offset: offset)
  }

  private mutating func keep(_ byte: UInt8) {
    if keyBytes != nil { keyBytes?.append(byte) } else { part?.bytes.append(byte) }
  }

  private mutating func endKey() {
    guard let bytes = keyBytes else { return }
    keyBytes = nil
    let text = Result { try JSONParser.value(of: bytes) }
    key = if case .success(.string(let text)) = text { text } else { "" }
  }

  private mutating func open(_ byte: UInt8) throws {
    depth += 1
    guard depth <= Self.deepest else {
      throw Broken(line: line, message: "this is nested more than \(Self.deepest) levels deep")
    }
    if shape == .lines {
      startIfNeeded()
      keep(byte)
    } else if depth == 1 {
      // The roster's own bracket.
      openLines = [line]
      outerCount += 1
    } else if isWorkspaces(byte) {
      elementDepth = 2
      openLines.append(line)
    } else {
      depth -= 1
      startIfNeeded()
      depth += 1
      keep(byte)
    }
  }

  /// Whether this bracket opens the array of elements.
  private func isWorkspaces(_ byte: UInt8) -> Bool {
    shape == .object && depth == 2 && elementDepth == 1 && part == nil && key == "workspaces"
      && byte == UInt8(ascii: "[")
  }

  private mutating func close(_ byte: UInt8, _ body: (Part) throws -> Void) throws {
    guard depth > 0 else { throw Broken(line: line, message: "a bracket is closed that was never opened") }
    if shape == .lines {
      keep(byte)
      depth -= 1
      if depth == 0, let whole = part {
        part = nil
        try body(whole)
      }
      return
    }
    if depth == elementDepth {
      let isObject = shape == .object && depth == 1
      guard byte == UInt8(ascii: isObject ? "}" : "]") else {
        let opened = isObject ? "{" : "["
        throw Broken(line: line, message: "'\(opened)' is closed with '\(Character(Unicode.Scalar(byte)))' here")
      }
      try endPart(body)
      openLines.removeLast(min(1, openLines.count))
      if elementDepth == 2 { (elementDepth, key) = (1, nil) }
    } else {
      keep(byte)
    }
    depth -= 1
  }

  private mutating func endPart(_ body: (Part) throws -> Void) throws {
    if let whole = part { try body(whole) }
    part = nil
    if elementDepth == 1 { key = nil }
  }
}
