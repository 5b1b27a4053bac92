// A JSON roster as a table: one column for each path that any of its elements has, so that everything after it is the
// same as for CSV.

import CSV
import Foundation
import Provisioning

/// A JSON roster that was turned into a table.
struct JSONTable {
  /// What became of each element.
  struct Elements: Sendable {
    /// The line on which each starts, in the file's order.
    var lines: [Int32] = []
    /// What is wrong with some, by their place from 0.
    var issues: [Int: String] = [:]
    /// What is wrong with the roster as a whole, and where.
    var roster: [(line: Int, message: String)] = []
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
    spool = try Spool(shownAs: shownAs)
    try findColumns()
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
      case .failure(let wrong): table.elements.issues[table.elements.lines.count - 1] = wrong.message
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
    try spool.write(shownAs) { output in
      func flush(atLeast size: Int) throws {
        guard bytes.count >= size else { return }
        try output.write(contentsOf: bytes)
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

  private struct Wrong: Error {
    let message: String
  }

  /// A member of the roster's own object.
  private mutating func take(_ key: String, _ part: JSONSplitter.Part) throws {
    guard key == "defaults" else {
      let message =
        key == "workspaces"
        ? "\"workspaces\" must be an array of objects"
        : "\"\(key.shown)\" is not known here: a roster has \"defaults\" and \"workspaces\""
      elements.roster.append((part.line, message))
      return
    }
    switch cells(of: part) {
    case .success(let cells): defaults = cells
    case .failure(let wrong): elements.roster.append((part.line, "\"defaults\": \(wrong.message)"))
    }
  }

  /// An element's cells by path.
  private func cells(of part: JSONSplitter.Part) -> Result<[String: String], Wrong> {
    guard let text = String(validating: part.bytes, as: UTF8.self) else {
      return .failure(Wrong(message: "there is a byte that is not UTF-8: save the file as UTF-8"))
    }
    guard case .success(let value) = Result(catching: { try JSONValue(text: text) }) else {
      return .failure(Wrong(message: "this is not JSON, or has a number with a fraction: '\(text.shown)'"))
    }
    guard case .object(let members) = value else {
      return .failure(Wrong(message: "'\(text.shown)' must be an object: {\"name\": \"…\", …}"))
    }
    var cells: [String: String] = [:]
    flatten(members, at: "", into: &cells)
    // `image` in one element and `configuration.docker.image` in another are one column.
    var named: [String: String] = [:]
    for (path, cell) in cells.sorted(by: { $0.key < $1.key }) {
      let full = fullPath(path)
      guard named.updateValue(cell, forKey: full) == nil else {
        return .failure(Wrong(message: "\(full) is given twice, by its path and by its last word: keep one of them"))
      }
    }
    return .success(named)
  }

  private func fullPath(_ path: String) -> String {
    guard case .field(let field, let key) = fields.match(path) else { return path }
    return key.map { "\(field.path).\($0)" } ?? field.path
  }

  private func flatten(_ members: [String: JSONValue], at path: String, into cells: inout [String: String]) {
    for (key, value) in members {
      let path = (path.isEmpty ? key : "\(path).\(key)").precomposedStringWithCanonicalMapping
      switch value {
      case .object(let inner): flatten(inner, at: path, into: &cells)
      default: cells[path] = Self.cell(of: value)
      }
    }
  }

  /// A value as a cell has it.
  static func cell(of value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    case .null: ""
    case .array(let elements): cell(elements)
    case .object: value.canonicalText
    }
  }

  /// Numbers and texts as a cell has them, `8888;6006`; anything else as JSON.
  private static func cell(_ elements: [JSONValue]) -> String {
    let texts = elements.compactMap { element -> String? in
      switch element {
      case .integer(let number): String(number)
      case .string(let text): text.contains(";") ? nil : text
      default: nil
      }
    }
    return texts.count == elements.count ? texts.joined(separator: ";") : JSONValue.array(elements).canonicalText
  }
}
