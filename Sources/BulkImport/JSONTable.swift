// A JSON roster as a table: one column for each path that any of its elements has, so that everything after it is the
// same as for CSV.

import CSV
import Files
import Foundation
import Provisioning

/// A JSON roster that was turned into a table.
struct JSONTable {
  /// What became of each element.
  struct Elements: Sendable {
    /// The line on which each starts, in the file's order.
    var lines: [Int32] = []
    /// What is wrong with some, by their place from 0.
    var issues: [Int: Wrong] = [:]
    /// What is wrong with the roster as a whole, and where.
    var roster: [Wrong] = []

    /// Whether every element could be read, so that what none of them has is nowhere.
    var isWhole: Bool { issues.isEmpty && !lines.isEmpty }
  }

  /// Why an element or a member cannot be read.
  struct Wrong: Error, Sendable {
    /// Where; nil for the line of the element.
    var line: Int?
    /// The field, as the roster calls it; nil when it is about none.
    var field: String?
    let message: String
  }

  let spool: Spool
  private(set) var elements = Elements()

  private let path: String
  private let shownAs: String
  private let shape: JSONSplitter.Shape
  private let fields: FieldNames
  private var defaults: [String: String] = [:]
  private var columns: [String] = []

  /// Reads a roster twice: for its columns, then for its rows.
  init(path: String, shownAs: String, shape: JSONSplitter.Shape, schema: Schema) throws {
    self.path = path
    self.shownAs = shownAs
    self.shape = shape
    fields = FieldNames(schema)
    spool = try Spool.copying(shownAs)
    try findColumns()
    guard !elements.lines.isEmpty || !elements.roster.isEmpty else {
      throw RosterError(.noRows, file: shownAs, detail: "JSON")
    }
    try writeRows()
  }

  private mutating func findColumns() throws {
    var found: Set<String> = []
    var table = self
    try split { part in
      if let key = part.key { return try table.take(key, part) }
      table.elements.lines.append(Int32(clamping: part.line))
      switch table.cells(of: part) {
      case .success(let cells): found.formUnion(cells.keys)
      case .failure(let wrong): table.elements.issues[table.elements.lines.count - 1] = wrong
      }
      guard found.count <= RecordReader.mostFields else {
        throw RosterError(
          .json, file: "\(shownAs):\(part.line)",
          detail: "the objects down to here have more than \(RecordReader.mostFields) different members; "
            + "each becomes a column, so they must have the same ones")
      }
    }
    self = table
    found.formUnion(defaults.keys)
    let order = Dictionary(fields.schema.fields.enumerated().map { ($0.element.path, $0.offset) }) { first, _ in first }
    func place(_ column: String) -> Int {
      if case .field(let field, _) = fields.match(column) { order[field.path] ?? .max } else { .max }
    }
    columns = found.sorted { (place($0), $0) < (place($1), $1) }
  }

  private mutating func writeRows() throws {
    var bytes: [UInt8] = []
    func flush(atLeast size: Int) throws {
      guard bytes.count >= size else { return }
      try spool.append(bytes, copying: shownAs)
      bytes.removeAll(keepingCapacity: true)
    }
    RecordWriter.append(columns.isEmpty ? ["name"] : columns, to: &bytes)
    try split { part in
      guard part.key == nil else { return }
      let cells = (try? cells(of: part).get()) ?? [:]
      let record = columns.map { column in
        let cell = cells[column] ?? ""
        return cell.isEmpty ? defaults[column] ?? "" : cell
      }
      RecordWriter.append(record.isEmpty ? [""] : record, to: &bytes)
      try flush(atLeast: 1 << 18)
    }
    try flush(atLeast: 1)
  }

  private func split(_ body: (JSONSplitter.Part) throws -> Void) throws {
    let file = try RosterFile(path: path, shownAs: shownAs)
    var splitter = JSONSplitter(shape)
    do {
      while let chunk = try file.chunk(of: 1 << 18) { try splitter.feed(chunk, body) }
      try splitter.finish(body)
    } catch let broken as JSONSplitter.Broken {
      throw RosterError(.json, file: "\(shownAs):\(broken.line)", detail: broken.message)
    }
  }

  // MARK: - Members and elements

  /// A member of the roster's own object.
  private mutating func take(_ key: String, _ part: JSONSplitter.Part) throws {
    guard key == "defaults" else {
      let isList = part.bytes.first == UInt8(ascii: "[")
      let message =
        key == "workspaces"
        ? "\"workspaces\" must be an array of objects"
        : isList
          ? "\"\(key.shown)\" is not known: call the list \"workspaces\""
          : "\"\(key.shown)\" is not known here: a roster has \"defaults\" and \"workspaces\""
      elements.roster.append(Wrong(line: part.line, message: message))
      return
    }
    switch cells(of: part) {
    case .success(let cells): defaults = cells
    case .failure(let wrong):
      let place = wrong.field.map { "defaults.\($0)" } ?? "defaults"
      elements.roster.append(Wrong(line: wrong.line ?? part.line, field: place, message: wrong.message))
    }
  }

  /// An element's cells by path.
  private func cells(of part: JSONSplitter.Part) -> Result<[String: String], Wrong> {
    Result { () throws(Wrong) in try readCells(of: part) }
  }

  private func readCells(of part: JSONSplitter.Part) throws(Wrong) -> [String: String] {
    let value: JSONValue
    do {
      value = try JSONParser.value(of: part.bytes, line: part.line, column: part.column)
    } catch {
      let message = error.path == nil ? error.withoutLine : error.message
      throw Wrong(line: error.line, field: error.path, message: message)
    }
    guard case .object(let members) = value else {
      throw Wrong(message: "'\(value.canonicalText.shown)' must be an object: {\"name\": \"…\", …}")
    }
    var cells: [String: String] = [:]
    try flatten(members, at: "", into: &cells)
    return cells
  }

  /// Members by the path of their field: `image` in one element and `configuration.docker.image` in another are one column.
  private func flatten(
    _ members: [String: JSONValue], at path: String, into cells: inout [String: String]
  ) throws(Wrong) {
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = (path.isEmpty ? key : "\(path).\(key)").precomposedStringWithCanonicalMapping
      switch (fields.match(path), value) {
      case (_, .null): break
      case (.field(let field, let member), _):
        do {
          let full = member.map { "\(field.path).\($0)" } ?? field.path
          try put(JSONCell.text(of: value, field), at: full, into: &cells)
        } catch let wrong as JSONCell.Wrong {
          throw Wrong(field: path, message: wrong.message)
        } catch let wrong as Wrong {
          throw wrong
        } catch {
          throw Wrong(field: path, message: "\(error)")
        }
      case (_, .object(let inner)): try flatten(inner, at: path, into: &cells)
      case (.wholeMap, _): throw Wrong(field: path, message: "must be an object of names and texts: {\"NAME\": \"…\"}")
      case (.none, _): try put(JSONCell.text(of: value), at: path, into: &cells)
      }
    }
  }

  private func put(_ cell: String, at path: String, into cells: inout [String: String]) throws(Wrong) {
    guard cells.updateValue(cell, forKey: path) == nil else {
      throw Wrong(field: path, message: "is given twice, in two ways to write its path: keep one of them")
    }
  }
}
