// What must hold of the readers whatever bytes they get, said once: `scripts/fuzz` looks for bytes with which it does
// not, and `CorpusTests` tries all that was found again. An input is two bytes of choices, then the text: `,0a,b`.

import CSV
import DataForest
import Foundation
import Provisioning
import TestSupport
import Words

@testable import BulkImport

/// A reader that is fuzzed.
enum FuzzedReader: String, CaseIterable, Sendable {
  case csv
  case json
  case template
  case xlsx

  /// Tries all that must hold with an input.
  ///
  /// - Parameter path: a file that may be written over.
  /// - Throws: `BrokenProperty`; any other error is one too.
  func check(_ input: [UInt8], path: String) throws {
    guard input.count >= 2 else { return }
    let (choice, seed, text) = (input[0], input[1], Array(input[2...]))
    switch self {
    case .csv: try CSVProperties(text, separator: choice, seed: seed).check()
    case .json: try RosterProperties(choice, seed, path: path).check(text)
    case .template: try TemplateProperties(choice, seed, path: path).check(text)
    case .xlsx: try WorkbookProperties(choice, seed, path: path).check(text)
    }
  }
}

/// What should hold and does not.
struct BrokenProperty: Error, CustomStringConvertible {
  let description: String
}

private func must(_ holds: Bool, _ what: @autoclosure () -> String) throws {
  if !holds { throw BrokenProperty(description: what()) }
}

/// Swift takes texts as equal that Unicode writes in two ways: here their bytes count.
private func haveSameBytes(_ left: [String], _ right: [String]) -> Bool {
  left.count == right.count && zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
}

/// Bytes in pieces of up to 7 bytes, some empty.
private func pieces(_ bytes: [UInt8], seed: UInt8) -> [ArraySlice<UInt8>] {
  var (random, rest, pieces) = (SeededGenerator(seed: Int(seed)), bytes[...], [ArraySlice<UInt8>]())
  while !rest.isEmpty {
    pieces.append(rest.prefix(Int.random(in: 0...7, using: &random)))
    rest = rest.dropFirst(pieces.last?.count ?? 0)
  }
  return pieces
}

// MARK: - CSV

/// `RecordReader` and `RecordWriter`. The first choice is the separator, a comma unless it is `;` or a tab; the second how
/// the text is cut.
private struct CSVProperties {
  private let text: [UInt8]
  private let separator: UInt8
  private let seed: UInt8

  init(_ text: [UInt8], separator: UInt8, seed: UInt8) {
    self.text = text
    self.separator = ";\t".utf8.contains(separator) ? separator : UInt8(ascii: ",")
    self.seed = seed
  }

  private struct Records {
    var all: [Record] = []
    var error: CSVError?

    func isSame(_ other: Records) -> Bool {
      all == other.all && error == other.error
        && zip(all, other.all).allSatisfy { haveSameBytes($0.fields, $1.fields) }
    }
  }

  private func read(
    _ pieces: [ArraySlice<UInt8>], from place: RecordPlace? = nil, separator: UInt8, isMending: Bool = false
  ) throws -> Records {
    var reader = place.map { RecordReader(from: $0, separator: separator) } ?? RecordReader(separator: separator)
    var records = Records()
    do {
      for piece in pieces { try piece.withUnsafeBufferPointer { try reader.feed($0) { records.all.append($0) } } }
      try reader.finish(isMending: isMending) { records.all.append($0) }
    } catch let error as CSVError {
      records.error = error
    }
    return records
  }

  func check() throws {
    let whole = try read([text[...]], separator: separator)
    let byByte = try read(text.indices.map { text[$0...$0] }, separator: separator)
    try must(byByte.isSame(whole), "fed byte by byte it is \(byByte), fed whole \(whole)")
    let inPieces = try read(pieces(text, seed: seed), separator: separator)
    try must(inPieces.isSame(whole), "fed in pieces it is \(inPieces), fed whole \(whole)")
    try checkPlaces(whole)
    try checkMended(whole)
    for index in Set([0, whole.all.count / 2, whole.all.count - 1]) where whole.all.indices.contains(index) {
      let record = whole.all[index]
      let again = try read([text[record.offset...]], from: record.place, separator: separator)
      let rest = Records(all: Array(whole.all[index...]), error: whole.error)
      try must(again.isSame(rest), "read again from record \(record.number) it is \(again), at first \(rest)")
    }
    try checkRoundTrip(whole.all.map(\.fields))
  }

  /// A file that ends within its last line has that line too, and nothing else is read otherwise.
  private func checkMended(_ whole: Records) throws {
    let mended = try read([text[...]], separator: separator, isMending: true)
    let byByte = try read(text.indices.map { text[$0...$0] }, separator: separator, isMending: true)
    try must(byByte.isSame(mended), "mended byte by byte it is \(byByte), mended whole \(mended)")
    guard mended.error == nil, whole.error != nil else {
      // An open quote may be mended, and then what it encloses be no text.
      let isOpen = whole.error?.code == .unclosedQuote && mended.error?.code == .invalidUTF8
      let isSame = mended.isSame(whole) || isOpen && mended.all == whole.all
      return try must(isSame, "\(whole) is mended to \(mended)")
    }
    let last = mended.all.last
    try must(
      Array(mended.all.dropLast()) == whole.all && last?.hasEnd == false && last?.problems.isEmpty == false,
      "\(whole) is mended to \(mended)")
  }

  /// Every position is that of a plain count, and what stands before a field is a separator.
  private func checkPlaces(_ records: Records) throws {
    let mark = text.starts(with: RecordWriter.byteOrderMark) ? RecordWriter.byteOrderMark.count : 0
    var starts = [mark]
    for (index, byte) in text.enumerated() where byte == 0x0A || byte == 0x0D {
      if byte == 0x0A, index > 0, text[index - 1] == 0x0D { starts.removeLast() }
      starts.append(index + 1)
    }
    for record in records.all {
      try must(record.positions.count == record.fields.count, "not every field of \(record) has a position")
      for (index, position) in record.positions.enumerated() {
        let isLine = starts.indices.contains(position.line - 1)
        let offset = isLine ? starts[position.line - 1] + position.column - 1 : -1
        let isRight = index == 0 ? offset == record.offset && position.line == record.line : isSeparator(before: offset)
        try must(isRight, "field \(index + 1) of \(record) is not at \(position)")
      }
    }
  }

  private func isSeparator(before offset: Int) -> Bool {
    text.indices.contains(offset - 1) && text[offset - 1] == separator
  }

  private func checkRoundTrip(_ table: [[String]]) throws {
    var bytes = seed.isMultiple(of: 2) ? RecordWriter.byteOrderMark : []
    for fields in table { RecordWriter.append(fields, to: &bytes) }
    let again = try read([bytes[...]], separator: UInt8(ascii: ","))
    let isSame =
      again.all.count == table.count && zip(again.all, table).allSatisfy { haveSameBytes($0.fields, $1) }
    try must(
      isSame && again.error == nil && again.all.allSatisfy(\.problems.isEmpty),
      "\(table) is written, and read as \(again)")
    try must(again.all.map(\.number) == Array(1...table.count + 1).dropLast(), "written records do not count up")
  }
}

// MARK: - Rosters

extension NewRow {
  /// Its cells, as they were read.
  var texts: [String] { if case .read(let texts) = cells { texts } else { [] } }
}

/// What reading a roster gives.
private struct Outcome: Equatable {
  var rows: [NewRow] = []
  var summary: RosterSummary?
  var error: RosterError?
}

/// `RosterReader` over any file. The first choice is bits of options (`@` none, see `options`), the second the size of the
/// pieces.
struct RosterProperties {
  private let choice: UInt8
  private let seed: UInt8
  private let path: String
  private let template: Template?

  init(_ choice: UInt8, _ seed: UInt8, path: String, template: Template? = nil) {
    self.choice = choice
    self.seed = seed
    self.path = path
    self.template = template ?? (choice & 4 == 0 ? nil : Self.attendance)
  }

  private static let attendance = try? Template(
    """
    {"accountId": "acc1", "name": "ai-${학번|slug|short:9}", "description": "${성명}, ${학과}",
     "image": "a:1", "command": "ls"}
    """, file: "t", schema: .workspace)

  private var options: RosterOptions {
    var options = RosterOptions()
    options.format = [nil, .csv, .json, .jsonl][Int(choice & 3)]
    if choice & 8 != 0 { options.headerLine = 2 }
    if choice & 16 != 0 {
      options.except = ["순번=합계", "name=x"].compactMap(RosterOptions.Condition.init)
      options.limit = 2
      options.allowsRowNumbers = true
    }
    options.allowsNoLineEnd = choice & 32 != 0
    return options
  }

  private func reader(chunkSize: Int, hashBits: Int = 36) throws -> RosterReader {
    try RosterReader(
      path: path, displayName: "r", schema: .workspace, options: options, template: template, chunkSize: chunkSize,
      hashBits: hashBits)
  }

  private static func read(_ reader: @autoclosure () throws -> RosterReader) throws -> Outcome {
    var outcome = Outcome()
    do {
      outcome.summary = try reader().read(wording: \.withoutPlace) { outcome.rows.append($0) }
    } catch let error as RosterError {
      outcome.error = error
      try must(
        ![.changed, .missing, .notAFile, .unreadable].contains(error.code), "nothing is wrong with the file: \(error)")
      try must(!error.description.isEmpty, "\(error.code) is not worded")
    }
    return outcome
  }

  func check(_ text: [UInt8]) throws {
    try Data(text).write(to: URL(fileURLWithPath: path))
    let whole = try Self.read(try reader(chunkSize: 1 << 18))
    // At most so many pieces, each of which is a call of the system.
    let size = max(1 + Int(seed & 15), text.count / 48)
    let inPieces = try Self.read(try reader(chunkSize: size, hashBits: Int(seed & 3)))
    try must(inPieces == whole, "read by \(size) bytes it is \(inPieces), read whole \(whole)")
    if let summary = whole.summary { try check(whole.rows, summary) }
    try checkLooks([size, 1 << 18])
    try checkEncodings(Array(text.prefix(100)))
    try checkJSON(text, whole)
    if template == nil, choice & 16 == 0, let summary = whole.summary, summary.issueCount == 0 {
      try checkRewritten(whole.rows, summary)
    }
  }

  private func check(_ rows: [NewRow], _ summary: RosterSummary) throws {
    try must(rows.map(\.ordinal) == Array(1...rows.count + 1).dropLast(), "the rows do not count up")
    try must(rows.allSatisfy { $0.texts.count == summary.columns.count }, "a row has not a cell for each column")
    try must(summary.rowCount == rows.count, "\(summary.rowCount) rows are said, \(rows.count) handed over")
    try must(summary.wholeIssueCount <= summary.issueCount, "there are more issues of the whole than issues")
    var (keys, acceptedCount) = (Set<[String]>(), 0)
    for row in rows {
      switch row.content {
      case .item(let account, let name, let definition):
        acceptedCount += 1
        let definition = definition.text
        let value = try JSONValue(text: definition)
        try must(value.canonicalText.utf8.elementsEqual(definition.utf8), "\(definition) is not canonical")
        try must(
          value[key: "accountId"]?.stringValue == account && value[key: "name"]?.stringValue == name,
          "\(definition) is not that of \(account), \(name)")
        try must(keys.insert([account, name]).inserted, "\(account), \(name) is accepted twice")
      case .issue(let text, _, _): try must(!text.isEmpty, "row \(row.ordinal) is rejected without an issue")
      }
    }
    try must(summary.acceptedCount == acceptedCount, "\(summary.acceptedCount) accepted are said, not \(acceptedCount)")
    for issue in summary.issues + summary.warnings {
      try must(
        !issue.description.contains { $0.isNewline }, "more than one line: \(issue.description.debugDescription)")
    }
  }

  /// The other ways to look at a file.
  private func checkLooks(_ sizes: [Int]) throws {
    let looks = try sizes.map { size -> RosterPreview? in
      do { return try reader(chunkSize: size).preview() } catch is RosterError { return nil }
    }
    try must(looks[0] == looks[1], "a look in pieces is \(looks[0] as Any), one at the whole \(looks[1] as Any)")
    _ = looks[0]?.bestNameColumn
    let lines = try sizes.map { size -> [Int: String]? in
      do { return try reader(chunkSize: size).lines([1, 2, 5]) } catch is RosterError { return nil }
    }
    try must(lines[0] == lines[1], "lines in pieces are \(lines[0] as Any), of the whole \(lines[1] as Any)")
  }

  private func checkEncodings(_ text: [UInt8]) throws {
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    for parts in [[text[...]], pieces(text, seed: seed)] {
      var check = UTF8Check()
      for part in parts { check.feed(Data(part)) }
      try must(check.isComplete == isUTF8, "UTF8Check says \(check.isComplete), the standard library \(isUTF8)")
    }
    for encoding in ["CP949", "UTF-16"] {
      let texts = [[text[...]], pieces(text, seed: seed)].map { Self.transcoded($0, encoding) }
      try must(texts[0] == texts[1], "\(encoding) in pieces is \(texts[1] as Any), whole \(texts[0] as Any)")
      if let bytes = texts[0] {
        try must(String(validating: bytes, as: UTF8.self) != nil, "\(encoding) becomes what is not UTF-8: \(bytes)")
      }
    }
  }

  private static func transcoded(_ parts: [ArraySlice<UInt8>], _ encoding: String) -> [UInt8]? {
    guard let transcoder = Transcoder(from: encoding) else { return nil }
    var text: [UInt8] = []
    for part in parts {
      text += transcoder.feed(part)
    }
    return transcoder.isWhole ? text : nil
  }

  /// What Foundation takes as an array has as many rows.
  private func checkJSON(_ text: [UInt8], _ whole: Outcome) throws {
    guard choice & 0b11001 == 0, text.first == UInt8(ascii: "["), let text = String(validating: text, as: UTF8.self),
      case .success(.array(let elements)) = Result(catching: { try JSONValue(text: text) })
    else { return }
    if let error = whole.error {
      let isRight = elements.isEmpty ? [.empty, .noRows].contains(error.code) : error.detail.contains("levels deep")
      try must(isRight, "\(elements.count) elements are refused: \(error)")
    } else if let summary = whole.summary {
      // Without any field a roster is given up at its header.
      let (count, isGivenUp) = (summary.rowCount, summary.rowCount == 0 && summary.issueCount > 0)
      try must(isGivenUp || count == elements.count, "\(elements.count) elements are \(count) rows")
    }
  }

  /// The same rows written as plain CSV are the same roster.
  private func checkRewritten(_ rows: [NewRow], _ summary: RosterSummary) throws {
    // A header that is a separator, or looks like the start of something else, is another matter.
    guard !summary.columns.contains(where: { $0.contains { ";\t".contains($0) } }) else { return }
    var bytes: [UInt8] = []
    for record in [summary.columns] + rows.map(\.texts) { RecordWriter.append(record, to: &bytes) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    var options = RosterOptions()
    options.format = .csv
    let again = try Self.read(try RosterReader(path: path, displayName: "r", schema: .workspace, options: options))
    if again.error?.code == .format { return }
    try must(
      again.summary?.digest == summary.digest, "written as CSV it is \(again), at first \(rows) \(summary)")
  }
}

// MARK: - Templates

/// `Template`, and what it makes of a roster. The text is the template; a roster may follow after a NUL. The choices are
/// those of a roster.
private struct TemplateProperties {
  private let choice: UInt8
  private let seed: UInt8
  private let path: String

  init(_ choice: UInt8, _ seed: UInt8, path: String) {
    self.choice = choice
    self.seed = seed
    self.path = path
  }

  private static let roster = Array(
    "순번,학과,학번,성명,name,gpuCount,env.A\n1,컴퓨터,2026-12,김민준,x,,\n2,Élan,2026/34,\"이, ${name}\",y,2,${학번}\n".utf8)

  private func read(_ text: String) -> Result<Template, TemplateError> {
    Result { () throws(TemplateError) in try Template(text, file: "t", schema: .workspace) }
  }

  func check(_ input: [UInt8]) throws {
    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts.first ?? [], as: UTF8.self)
    let result = read(text)
    try must(read(text) == result, "read again it is not \(result)")
    switch result {
    case .failure(let error):
      try must(!error.problems.isEmpty && !error.description.isEmpty, "it is refused without a problem")
    case .success(let template):
      // The way in which people write JSON is no part of it.
      let value = try JSONValue(
        text: text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text)
      let canonical = value.canonicalText
      let again = try JSONValue(text: canonical)
      try must(
        again == value && again.canonicalText.utf8.elementsEqual(canonical.utf8), "\(canonical) is not read as \(value)"
      )
      try must(read(canonical) == result, "in its canonical text it is \(read(canonical)), not \(result)")
      try check(template)
      let roster = parts.count == 2 ? Array(parts[1]) : Self.roster
      try RosterProperties(choice, seed, path: path, template: template).check(roster)
    }
  }

  private func check(_ template: Template) throws {
    for value in template.values {
      for cell in ["", " Élan 한글--7 ", "${학번}", "2.02E+11", "\u{301}\u{200D}"] {
        _ = value.expanded { _ in cell }
        try must(cell.slug.slug == cell.slug, "'\(cell)' has a slug that is none")
      }
      for column in value.columns {
        let slug = column.slug
        let isSlug = slug.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
        try must(
          isSlug && !slug.hasPrefix("-") && !slug.hasSuffix("-") && !slug.contains("--") && slug.slug == slug,
          "'\(slug)' is no slug")
      }
    }
    // Beyond ASCII a letter may run together with the sign before it.
    let texts = template.values.map { ($0, Self.text(of: $0.parts)) }
    for (value, text) in texts where text.utf8.allSatisfy({ $0 < 0x80 }) {
      let written = JSONValue.object([value.path: .string(text)]).canonicalText
      try must((try? read(written).get())?.values == [value], "\(value) is written \(written), and read otherwise")
    }
  }

  /// A value as a person would write it.
  private static func text(of parts: [Template.Part]) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text.replacingOccurrences(of: "${", with: "$${")
      case .placeholder(let column, let filters): "${\(([column] + filters.map(Self.text)).joined(separator: "|"))}"
      }
    }.joined()
  }

  private static func text(of filter: Template.Filter) -> String {
    switch filter {
    case .slug: "slug"
    case .lower: "lower"
    case .pad(let width): "pad:\(width)"
    case .short(let length): "short:\(length)"
    }
  }
}
