// One part of a workbook as a stream of its elements, by the XML parser of Foundation.

import Foundation
import FoundationXML

/// What wants the elements of a part. Names come without their prefix: some programs write `x:row` for `row`.
protocol XMLListener: AnyObject {
  /// An element begins.
  func start(_ name: String, _ attributes: [String: String]) throws
  /// An element ends.
  func end(_ name: String) throws
  /// Text stands here, perhaps a piece of it.
  func text(_ text: String) throws
}

extension XMLListener {
  func end(_ name: String) throws {}
  func text(_ text: String) throws {}
}

/// Thrown by a listener that has heard enough.
struct HeardEnough: Error {}

/// Reads one part.
final class XMLPart: NSObject, XMLParserDelegate {
  private let listener: any XMLListener
  private var failure: (any Error)?
  /// How many elements are open; none is before the first, and after the last.
  private var depth = 0
  /// A workbook's elements are nested less than ten times.
  private static let deepest = 64

  private init(_ listener: any XMLListener) { self.listener = listener }

  /// Reads a part through, or until the listener has heard enough.
  ///
  /// - Throws: `SpreadsheetError`, and what the listener throws, which ends the reading.
  static func read(_ part: ZipArchive.Part, of archive: ZipArchive, _ listener: any XMLListener) throws {
    let stream = try PartStream(try archive.open(part), name: part.name)
    let reader = XMLPart(listener)
    let parser = XMLParser(stream: stream)
    parser.delegate = reader
    let isRead = parser.parse()
    if let failure = reader.failure ?? stream.failure {
      if failure is HeardEnough { return }
      throw failure
    }
    // The parser goes on behind what is wrong, and does not mind elements that are never closed.
    guard isRead, parser.parserError == nil, reader.depth == 0 else {
      throw SpreadsheetError.damaged("\(part.name) is no XML at its line \(parser.lineNumber)")
    }
  }

  private func attempt(_ parser: XMLParser, _ body: () throws -> Void) {
    guard failure == nil else { return }
    do {
      try body()
    } catch {
      failure = error
      parser.abortParsing()
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    attempt(parser) {
      depth += 1
      guard depth <= Self.deepest else { throw SpreadsheetError.damaged("elements are nested without end") }
      try listener.start(Self.local(name), attributes)
    }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    attempt(parser) {
      depth -= 1
      try listener.end(Self.local(name))
    }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { attempt(parser) { try listener.text(text) } }

  func parser(_ parser: XMLParser, foundCDATA data: Data) {
    attempt(parser) { try listener.text(String(decoding: data, as: UTF8.self)) }
  }

  private static func local(_ name: String) -> String {
    name.utf8.lastIndex(of: UInt8(ascii: ":")).map { String(name[name.utf8.index(after: $0)...]) } ?? name
  }
}

/// A part of an archive as the parser reads it.
private final class PartStream: InputStream {
  private let reader: ZipPartReader
  private let name: String
  /// The parser takes it for granted that names are UTF-8, and ends the process otherwise.
  private var check: UTF8Pieces
  /// Its beginning, which was looked at.
  private var head: ArraySlice<UInt8>
  private var isAtEnd = false
  /// Why it ended before its end.
  private(set) var failure: (any Error)?

  /// Reads the beginning, and refuses what is no plain XML.
  init(_ reader: ZipPartReader, name: String) throws {
    (self.reader, self.name) = (reader, name)
    var prolog = Prolog()
    while !prolog.isOver {
      let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
        count = try reader.read(into: buffer)
      }
      guard prolog.take(piece), !piece.isEmpty else {
        throw SpreadsheetError.damaged("\(name) begins with what no workbook has")
      }
    }
    var check = UTF8Pieces()
    guard prolog.bytes.withUnsafeBufferPointer({ check.take($0) }) else { throw SpreadsheetError.noUTF8(in: name) }
    self.check = check
    head = prolog.bytes[...]
    super.init(data: Data())
  }

  override func open() {}
  override func close() {}
  override var streamStatus: Stream.Status { isAtEnd ? .atEnd : .open }
  // The parser asks for it where it gets nothing more.
  override var streamError: (any Error)? { nil }
  override var hasBytesAvailable: Bool { !isAtEnd }

  override func read(_ buffer: UnsafeMutablePointer<UInt8>, maxLength: Int) -> Int {
    if !head.isEmpty {
      let piece = head.prefix(maxLength)
      head = head.dropFirst(piece.count)
      return UnsafeMutableBufferPointer(start: buffer, count: maxLength).update(fromContentsOf: piece)
    }
    do {
      let count = try reader.read(into: UnsafeMutableBufferPointer(start: buffer, count: maxLength))
      guard check.take(UnsafeBufferPointer(start: buffer, count: count)) else {
        throw SpreadsheetError.noUTF8(in: name)
      }
      isAtEnd = count == 0
      return count
    } catch {
      (failure, isAtEnd) = (error, true)
      return 0
    }
  }
}

extension SpreadsheetError {
  fileprivate static func noUTF8(in part: String) -> SpreadsheetError { .damaged("\(part) is not UTF-8") }
}

/// Tells whether bytes that come in pieces are UTF-8.
struct UTF8Pieces {
  /// What may be the beginning of a character that goes on in the next piece.
  private var held: [UInt8] = []

  /// Takes the next piece; whether all is well so far.
  mutating func take(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
    let bytes = held + piece
    var end = bytes.count
    if let start = bytes.indices.suffix(3).last(where: { bytes[$0] >= 0xC0 }) {
      let length = bytes[start] >= 0xF0 ? 4 : bytes[start] >= 0xE0 ? 3 : 2
      let isCut = bytes.count - start < length && bytes[start] < 0xF5
      if isCut, bytes[(start + 1)...].allSatisfy({ (0x80...0xBF).contains($0) }) { end = start }
    }
    held = Array(bytes[end...])
    return String(validating: bytes[..<end], as: UTF8.self) != nil
  }
}

/// What stands before a part's first element. It must be UTF-8, and have no document type: that is where entities are
/// declared, which make much of little or read other files, and no workbook has one.
struct Prolog {
  private(set) var bytes: [UInt8] = []
  /// Whether the first element has been reached.
  private(set) var isOver = false
  /// What was looked at.
  private var offset = 0

  private static let longest = 1 << 16
  /// What may stand there.
  private static let passed = [(open: "<?", close: "?>"), (open: "<!--", close: "-->")]

  /// Takes the next bytes.
  ///
  /// - Returns: whether all is well so far.
  mutating func take(_ piece: [UInt8]) -> Bool {
    bytes += piece
    if offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    while !isOver {
      while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
      let rest = bytes[offset...]
      // What is not whole yet goes on in the next piece.
      guard rest.count >= 4 else { return bytes.count < Self.longest }
      guard let (open, close) = Self.passed.first(where: { rest.starts(with: $0.open.utf8) }) else {
        isOver = rest.first == UInt8(ascii: "<") && rest.dropFirst().first != UInt8(ascii: "!")
        return isOver
      }
      guard let end = rest.dropFirst(open.utf8.count).firstRange(of: close.utf8)?.upperBound else {
        return bytes.count < Self.longest
      }
      if rest.starts(with: "<?xml ".utf8), !Self.isUTF8(rest[..<end]) { return false }
      offset = end
    }
    return true
  }

  private static func isUTF8(_ declaration: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: declaration, as: UTF8.self).lowercased().filter { $0 != "'" && $0 != "\"" && $0 != " " }
    return !text.contains("encoding=") || text.contains("encoding=utf-8")
  }
}
