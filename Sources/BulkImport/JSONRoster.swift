// A JSON roster as records: one column for each path that any of its elements has, so that everything after it is the same
// as for a table.

import CSV
import Foundation
import Provisioning

/// A JSON roster whose columns are known.
struct JSONRoster: Sendable {
  /// The columns, those that are fields first.
  private(set) var columns: [String] = []
  /// What is wrong with some elements, by the number of their record.
  private var faults: [Int: RecordFault] = [:]
  /// What is wrong with the roster as a whole, and where.
  private var wholeFaults: [RecordFault] = []
  private var elementCount = 0
  /// What the first element is if not a row: the roster, in another shape.
  private var otherShape: RosterError.JSONShape?
  /// The record of a last line without an end; nil where it has one.
  private(set) var openNumber: Int?

  private let path: String
  private let shownAs: String
  private let shape: JSONSplitter.Shape
  private let fields: FieldNames
  private var defaults: [String: String] = [:]
  private var hasDefaults = false

  /// The number of the first element's record; the header is before it.
  private static let firstNumber = 2

  /// What is known of it now that it was read through.
  var facts: SourceFacts {
    SourceFacts(
      form: .objects, faults: faults, wholeFaults: wholeFaults, isWhole: faults.isEmpty && elementCount > 0)
  }

  /// Reads a roster through for its columns.
  ///
  /// - Parameter allowsNoLineEnd: whether a last line of JSON Lines without an end is whole.
  init(
    path: String, shownAs: String, shape: JSONSplitter.Shape, schema: Schema, allowsNoLineEnd: Bool = false
  ) throws {
    (self.path, self.shownAs, self.shape, fields) = (path, shownAs, shape, FieldNames(schema))
    let file = try RosterFile(path: path, shownAs: shownAs)
    var splitter = JSONSplitter(shape)
    var found: Set<String> = []
    do {
      while let chunk = try file.chunk(of: 1 << 18) { try splitter.feed(chunk) { try look(at: $0, &found) } }
      try splitter.finish { part in
        guard !part.isCut || !allowsNoLineEnd else { throw JSONSplitter.Broken.cut(at: part.line) }
        try look(at: part, &found)
      }
      if splitter.hasOpenEnd { openNumber = elementCount - 1 + Self.firstNumber }
    } catch let broken as JSONSplitter.Broken {
      throw RosterError(.json, file: "\(shownAs):\(broken.line)", detail: broken.message)
    }
    if shape == .object, splitter.outerCount > 1, elementCount == 0, !hasDefaults {
      throw RosterError(.shape(.objects(splitter.outerCount)), file: shownAs)
    }
    if elementCount == 1, let otherShape { throw RosterError(.shape(otherShape), file: shownAs) }
    guard elementCount > 0 || !wholeFaults.isEmpty else { throw RosterError(.noRows, file: shownAs, detail: "JSON") }
    found.formUnion(defaults.keys)
    let order = Dictionary(fields.schema.fields.enumerated().map { ($0.element.path, $0.offset) }) { first, _ in first }
    func place(_ column: String) -> Int {
      if case .field(let field, _) = fields.match(column) { order[field.path] ?? .max } else { .max }
    }
    columns = found.isEmpty ? ["name"] : found.sorted { (place($0), $0) < (place($1), $1) }
  }

  private mutating func look(at part: JSONSplitter.Part, _ found: inout Set<String>) throws {
    if let key = part.key { return take(key, part) }
    elementCount += 1
    do throws(RecordFault) {
      let cells = try cells(of: part)
      if elementCount == 1, !fields.schema.fields.allSatisfy({ !$0.isRequired || cells[$0.path] != nil }) {
        otherShape = LoneObject(part, isInList: shape != .lines, fields)?.shape
      }
      found.formUnion(cells.keys)
    } catch {
      faults[elementCount - 1 + Self.firstNumber] = error
      if elementCount == 1 { otherShape = LoneObject(part, isInList: shape != .lines, fields)?.shape }
    }
    guard found.count <= RecordReader.mostFields else {
      if elementCount == 1, let otherShape { throw RosterError(.shape(otherShape), file: shownAs) }
      throw RosterError(
        .json, file: "\(shownAs):\(part.line)",
        detail: "the objects down to here have more than \(RecordReader.mostFields) different members; "
          + "each becomes a column, so they must have the same ones")
    }
  }

  /// Hands over the header, then a record for each element, or only those from a place on; see `RosterSource.read`.
  func read(from place: RecordPlace?, chunkSize: Int, _ body: (Record) throws -> Bool) throws {
    let file = try RosterFile(path: path, shownAs: shownAs)
    // From within the roster its elements look like those of JSON Lines.
    var splitter = JSONSplitter(place == nil ? shape : .lines, line: place?.line ?? 1, offset: place?.offset ?? 0)
    var number = place?.number ?? Self.firstNumber
    var goesOn = true
    if let place {
      try file.seek(to: place.offset)
    } else {
      goesOn = try body(Record(columns, number: number - 1, line: 1, offset: 0))
    }
    func take(_ part: JSONSplitter.Part) throws {
      guard goesOn, part.key == nil else { return }
      goesOn = try body(record(of: part, number))
      number += 1
    }
    do {
      while goesOn, let chunk = try file.chunk(of: chunkSize) { try splitter.feed(chunk, take) }
      if goesOn { try splitter.finish(take) }
    } catch is JSONSplitter.Broken {
      // It was whole when it was looked at.
      if goesOn { throw RosterError(.changed, file: shownAs) }
    }
  }

  private func record(of part: JSONSplitter.Part, _ number: Int) -> Record {
    // What is wrong with one that cannot be read was found before.
    let read = Result { () throws(RecordFault) in try cells(of: part) }
    let known = if case .success(let found) = read { found } else { [String: String]() }
    let fields = columns.map { column in
      let cell = known[column] ?? ""
      return cell.isEmpty ? defaults[column] ?? "" : cell
    }
    var record = Record(fields, number: number, line: part.line, offset: part.offset)
    record.hasEnd = number != openNumber
    return record
  }

  // MARK: - Members and elements

  /// A member of the roster's own object.
  private mutating func take(_ key: String, _ part: JSONSplitter.Part) {
    guard key == "defaults" else {
      let message =
        key == "workspaces"
        ? "\"workspaces\" must be an array of objects"
        : part.bytes.first == UInt8(ascii: "[")
          ? "\"\(key.shown)\" is not known: call the list \"workspaces\""
          : "\"\(key.shown)\" is not known here: a roster has \"defaults\" and \"workspaces\""
      wholeFaults.append(RecordFault(line: part.line, message: message))
      return
    }
    // Two rosters that were written one behind the other have two; the rows of one would get those of the other.
    guard !hasDefaults else {
      wholeFaults.append(
        RecordFault(line: part.line, field: key, message: "is given twice in the roster: keep one of them"))
      return
    }
    hasDefaults = true
    do throws(RecordFault) {
      defaults = try cells(of: part)
    } catch {
      let place = error.field.map { "defaults.\($0)" } ?? "defaults"
      wholeFaults.append(RecordFault(line: error.line ?? part.line, field: place, message: error.message))
    }
  }

  /// An element's cells by path.
  private func cells(of part: JSONSplitter.Part) throws(RecordFault) -> [String: String] {
    let value: JSONValue
    do {
      value = try JSONParser.value(of: part.bytes, .roster, line: part.line, column: part.column)
    } catch {
      let message = error.path == nil ? error.withoutLine : error.message
      throw RecordFault(line: error.line, field: error.path, message: message)
    }
    guard case .object(let members) = value else {
      throw RecordFault(message: "'\(value.canonicalText.shown)' must be an object: {\"name\": \"…\", …}")
    }
    var cells: [String: String] = [:]
    try flatten(members, at: "", into: &cells)
    return cells
  }

  /// Members by the path of their field: `image` in one element and `configuration.docker.image` in another are one column.
  private func flatten(
    _ members: [String: JSONValue], at path: String, into cells: inout [String: String]
  ) throws(RecordFault) {
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = (path.isEmpty ? key : "\(path).\(key)").asHeader
      let match = fields.match(path)
      switch (match, value) {
      case (_, .null): break
      case (.field(let field, _), _):
        try put(JSONCell.text(of: value, field, at: path), at: match.path ?? path, into: &cells)
      case (_, .object(let inner)): try flatten(inner, at: path, into: &cells)
      case (.wholeMap, _):
        throw RecordFault(field: path, message: "must be an object of names and texts: {\"NAME\": \"…\"}")
      case (.none, _): try put(JSONCell.text(of: value), at: path, into: &cells)
      }
    }
  }

  private func put(_ cell: String, at path: String, into cells: inout [String: String]) throws(RecordFault) {
    guard cell.utf8.count <= RecordReader.longestField else {
      throw RecordFault(
        rule: "cell-length", field: path,
        message: "this text is longer than \(RecordReader.longestField) bytes: shorten it")
    }
    guard cells.updateValue(cell, forKey: path) == nil else {
      throw RecordFault(field: path, message: "is given twice, in two ways to write its path: keep one of them")
    }
  }
}
