// What a roster is: looked at once, then read as records again and again, whatever it is.

import CSV
import Files
import Foundation
import Provisioning

/// A roster as records: its header, then its rows.
struct RosterSource: Sendable {
  /// What makes records of the file.
  private enum Kind {
    case table(TableSource)
    case json(JSONRoster)
  }

  let format: RosterFormat
  let facts: SourceFacts
  /// The roster itself, or its text in UTF-8.
  let path: String
  private let shownAs: String
  private let kind: Kind
  /// Keeps the files that the roster was turned into.
  private let spools: [Spool]
  private let original: String
  /// The roster as it was when it was looked at.
  private let version: RosterFile.Version

  /// Looks at a roster; throws `RosterError`.
  ///
  /// - Parameter wanted: the columns that a template reads.
  init(_ roster: String, shownAs: String, schema: Schema, options: RosterOptions, wanted: Set<String>) throws {
    (self.shownAs, original) = (shownAs, roster)
    let given = try RosterFile(path: roster, shownAs: shownAs)
    version = given.version
    let unpacked = try given.unpacked()
    let file = try unpacked.map { try RosterFile(path: $0.path, shownAs: shownAs) } ?? given
    let head = try file.chunk(of: 1 << 16) ?? Data()
    let sheet = try SheetTable(file, head, shownAs: shownAs, options)
    if sheet == nil, let name = ForeignFormat.name(ofFileStarting: head) {
      throw RosterError(.format, file: shownAs, detail: name)
    }
    let guess = try sheet == nil ? EncodingGuess(head, of: file, shownAs: shownAs) : EncodingGuess()
    let encoding = guess.encoding
    let plain = unpacked?.path ?? roster
    let text = try sheet?.spool ?? (encoding == .utf8 ? nil : Self.transcode(plain, from: encoding, shownAs: shownAs))
    spools = [unpacked, text].compactMap(\.self)
    path = text?.path ?? plain
    let start = (try RosterFile(path: path, shownAs: shownAs).chunk(of: 1 << 20) ?? Data()).withoutMark
    var format = RosterFormat(encoding: encoding, shape: .json, isPacked: unpacked != nil, sample: guess.sample)
    if sheet == nil, let shape = Self.jsonShape(start, options, schema) {
      let json = try JSONRoster(
        path: path, shownAs: shownAs, shape: shape, schema: schema, allowsNoLineEnd: options.allowsNoLineEnd)
      (kind, facts) = (.json(json), json.facts)
      format.shape = shape == .lines ? .jsonLines : .json
    } else {
      let table = TableGuess(
        start, names: FieldNames(schema), wanted: wanted, headerLine: options.headerLine, sheet: sheet)
      kind = .table(TableSource(path: path, shownAs: shownAs, separator: table.separator, sheet: sheet))
      facts = SourceFacts(
        form: sheet == nil ? .table : .sheet, firstHeaderLine: table.headerLine, rowWidth: table.rowWidth,
        rowLikeCell: table.rowLikeCell, separator: table.separator, sheet: sheet, mayLackBytes: encoding != .utf8)
      format.shape = sheet.map { .sheet($0.name) } ?? .table(separator: table.separator)
    }
    self.format = format
    try refuseChanged()
  }

  /// Refuses a roster that was written, replaced or removed since it was looked at.
  func refuseChanged() throws {
    if RosterFile.isChanged(original, since: version) { throw RosterError(.changed, file: shownAs) }
  }

  /// When it had last been written, in microseconds since 1970.
  var writtenAt: Int64 { version.writtenAt }

  /// Whether its last line has no line end, though others have one.
  func hasOpenEnd() throws -> Bool {
    switch kind {
    case .table: try RosterFile(path: path, shownAs: shownAs).lastByte().map { !$0.isLineEnd } ?? false
    case .json(let json): json.openNumber != nil
    }
  }

  /// Hands over the records, the header first, without those of a table that are blank.
  ///
  /// - Parameters:
  ///   - place: of the record to begin with; nil for the first.
  ///   - body: gets each record and says whether it wants more. What it throws is passed on.
  /// - Throws: `RosterError`; `CSVError` where a table goes on in a way that cannot be read.
  func read(from place: RecordPlace? = nil, chunkSize: Int, _ body: (Record) throws -> Bool) throws {
    switch kind {
    case .table(let table): try table.read(from: place, chunkSize: chunkSize, body)
    case .json(let json): try json.read(from: place, chunkSize: chunkSize, body)
    }
  }

  // MARK: - Encodings

  /// The file as UTF-8; a byte that fits no character becomes U+FFFD.
  private static func transcode(
    _ path: String, from encoding: RosterFormat.Encoding, shownAs: String
  ) throws -> Spool {
    guard let transcoder = Transcoder(from: encoding.rawValue, replacing: true) else {
      throw RosterError(.format, file: shownAs, detail: "\(encoding.rawValue) text, which this system cannot read")
    }
    let file = try RosterFile(path: path, shownAs: shownAs)
    do {
      let spool = try Spool()
      while let chunk = try file.chunk(of: 1 << 18) { try spool.append(transcoder.feed(chunk)) }
      // What is cut off within its last character is told like any other last line without an end.
      guard transcoder.lostCount == 0 || !encoding.isWide else {
        throw RosterError(.format, file: shownAs, detail: "UTF-16 text that is broken")
      }
      try spool.append(transcoder.finish())
      return spool
    } catch let error as FileError {
      throw RosterError(copying: shownAs, error)
    }
  }

  // MARK: - Shapes

  /// What kind of JSON a text is, by its start; nil when it is a table.
  private static func jsonShape(_ text: Data, _ options: RosterOptions, _ schema: Schema) -> JSONSplitter.Shape? {
    let first = text.first { !" \t\r\n".utf8.contains($0) }
    switch options.format {
    case .csv: return nil
    case .jsonl: return .lines
    case .json: return first == UInt8(ascii: "[") ? .array : .object
    case nil: break
    }
    switch first {
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "{"): return isLines(text, schema) ? .lines : .object
    default: return nil
    }
  }

  /// A first line that is an object by itself and has no "workspaces" is the first of many.
  private static func isLines(_ text: Data, _ schema: Schema) -> Bool {
    let line = text.drop { " \t\r\n".utf8.contains($0) }.prefix { $0 != UInt8(ascii: "\n") }
    guard case .success(let value) = Result(catching: { try JSONParser.value(of: Array(line), .roster) }) else {
      return false
    }
    guard case .object(let members) = value, members["workspaces"] == nil, members["defaults"] == nil else {
      return false
    }
    // A list of objects under another name is a roster by itself, whose list has the wrong name.
    let names = FieldNames(schema)
    return !members.contains { key, member in
      guard case .array(let elements) = member, case .object? = elements.first else { return false }
      return !names.isField(key)
    }
  }
}

// MARK: - Bytes

/// A roster's file, open for reading.
struct RosterFile {
  /// Which file it is, and when it was last written.
  struct Version: Hashable, Sendable {
    let numbers: [Int]

    init(_ status: stat) {
      let time = status.st_mtim
      numbers = [Int(status.st_dev), Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
    }

    var size: Int { numbers[2] }
    var writtenAt: Int64 { Int64(numbers[3]) * 1_000_000 + Int64(numbers[4]) / 1_000 }
  }

  /// Whether the file of a path is not what it was.
  static func isChanged(_ path: String, since version: Version) -> Bool {
    guard case .success(let file) = Result(catching: { try RosterFile(path: path, shownAs: path) }) else { return true }
    return file.version != version
  }

  /// As it was when it was opened.
  let version: Version
  private let handle: FileHandle
  let shownAs: String

  /// Opens the file; throws `RosterError` when there is none or it is no regular one.
  init(path: String, shownAs: String) throws {
    self.shownAs = shownAs
    // Not to block: opening a pipe waits for whoever writes into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? RosterError(.missing, file: shownAs)
        : RosterError(.unreadable, file: shownAs, detail: FileRefusal(path, code).sentence)
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw RosterError(.unreadable, file: shownAs, detail: String(cString: strerror(errno)).lowercased())
    }
    version = Version(status)
    // What is no file would give nothing on the second reading.
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw RosterError(.notAFile, file: shownAs, detail: "a folder")
    default: throw RosterError(.notAFile, file: shownAs, detail: "a pipe or a device")
    }
  }

  /// The next bytes; nil at the end of the file.
  func chunk(of size: Int) throws -> Data? {
    let data = try Self.wording(shownAs) { try handle.read(upToCount: size) }
    return data.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The last byte; nil when there is none.
  func lastByte() throws -> UInt8? {
    guard version.size > 0 else { return nil }
    try seek(to: version.size - 1)
    return try chunk(of: 1)?.first
  }

  /// Its descriptor, as long as this is kept.
  var descriptor: Int32 { handle.fileDescriptor }

  /// Goes on reading at this byte.
  func seek(to offset: Int) throws {
    try Self.wording(shownAs) { try handle.seek(toOffset: UInt64(offset)) }
  }

  /// Turns what the system throws into our error.
  private static func wording<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      let isForbidden = (error as? CocoaError)?.code == .fileReadNoPermission
      let detail = isForbidden ? "permission denied" : error.localizedDescription
      throw RosterError(.unreadable, file: file, detail: detail)
    }
  }
}
