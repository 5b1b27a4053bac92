// `outcomes.jsonl`: for programs that read row by row.

import DurableQueue
import Pacing
import Provisioning

/// A row as one line of JSON.
enum OutcomeLine {
  /// The line with its newline: the roster's cells by header, and what became of the row.
  static func json(_ row: ReportRow, columns: [String]) -> [UInt8] {
    var members: [String: JSONValue] = ["line": .integer(Int64(row.line)), "row": .integer(Int64(row.ordinal))]
    members["roster"] = .object(
      Dictionary(zip(columns, row.cells.map(JSONValue.string))) { first, _ in first })
    if let item = row.item {
      members["state"] = .string(item.state.rawValue)
      members["account"] = .string(item.account)
      members["name"] = .string(item.name)
      members["attempts"] = .integer(Int64(item.attemptCount))
      members["id"] = item.remoteID.map(JSONValue.string)
      members["reason"] = (item.reason?.rawValue).map(JSONValue.string)
      members["message"] = item.message.map(JSONValue.string)
      members["finishedAt"] = (item.finishedAt?.rfc3339()).map(JSONValue.string)
    } else {
      members["state"] = .string("invalid")
      members["message"] = .string(row.issue ?? "")
    }
    var (json, line): ([UInt8], [UInt8]) = ([], [])
    JSONValue.object(members).append(to: &json)
    JSONValue.appendVisibly(json, to: &line)
    line.append(UInt8(ascii: "\n"))
    return line
  }
}
