// `outcomes.jsonl`: for programs that read row by row.

import DurableQueue
import Pacing
import Provisioning

/// Writes rows as lines of JSON.
struct OutcomeLines {
  /// The roster's headers as JSON, in the order of canonical JSON, with their columns.
  private let headers: [(text: [UInt8], column: Int)]
  private var json: [UInt8] = []

  /// - Parameter columns: the roster's headers; of several equal ones the first counts.
  init(columns: [String]) {
    let first = Dictionary(zip(columns, columns.indices)) { first, _ in first }
    headers = first.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { header, column in
      var text: [UInt8] = []
      JSONValue.append(header, to: &text)
      return (text + [UInt8(ascii: ":")], column)
    }
  }

  /// Appends the line of a row, with its newline: canonical JSON of the roster's cells by header, and of what became of the
  /// row.
  mutating func append(_ row: OutcomeRow, to bytes: inout [UInt8]) {
    json.removeAll(keepingCapacity: true)
    json.append(UInt8(ascii: "{"))
    let item = row.item
    add("account", item?.account)
    if let item { add("attempts", item.attemptCount) }
    addDifferences(row.differences)
    add("finishedAt", item?.finishedAt?.rfc3339())
    add("id", item?.remoteID)
    add("line", row.line)
    add("message", item == nil ? row.issue ?? "" : item?.message)
    add("name", item?.name)
    add("reason", item?.reason?.rawValue)
    addRoster(row.cells)
    add("row", row.ordinal)
    add("seenAt", item?.seenAt?.rfc3339())
    add("state", item?.state.rawValue ?? "invalid")
    json.append(UInt8(ascii: "}"))
    JSONValue.appendVisibly(json, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func addKey(_ key: StaticString) {
    if json.count > 1 { json.append(UInt8(ascii: ",")) }
    json.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { json.append(contentsOf: $0) }
    json.append(UInt8(ascii: "\""))
    json.append(UInt8(ascii: ":"))
  }

  private mutating func add(_ key: StaticString, _ text: String?) {
    guard let text else { return }
    addKey(key)
    JSONValue.append(text, to: &json)
  }

  private mutating func add(_ key: StaticString, _ number: Int) {
    addKey(key)
    json += String(number).utf8
  }

  private mutating func addDifferences(_ differences: [FieldDifference]) {
    guard !differences.isEmpty else { return }
    addKey("differs")
    let objects = differences.map { difference in
      JSONValue.object([
        "field": .string(difference.field), "made": .string(difference.made), "wanted": .string(difference.wanted),
      ])
    }
    JSONValue.array(objects).append(to: &json)
  }

  private mutating func addRoster(_ cells: [String]) {
    addKey("roster")
    json.append(UInt8(ascii: "{"))
    var isFirst = true
    for (text, column) in headers where column < cells.count {
      if !isFirst { json.append(UInt8(ascii: ",")) }
      isFirst = false
      json += text
      JSONValue.append(cells[column], to: &json)
    }
    json.append(UInt8(ascii: "}"))
  }
}
