// What the tests read with: a roster in a file of its own, and all that came of it.

import BulkImport
import DataForest
import Foundation
import Provisioning
import Words

/// All that came of reading a roster.
struct Reading {
  var rows: [NewRow] = []
  var summary: RosterSummary
  var hasOpenEnd: Bool

  /// `line column rule` of every issue.
  var issues: [String] { summary.issues.map(Self.text) }
  /// `line column rule` of every warning.
  var warnings: [String] { summary.warnings.map(Self.text) }
  /// The definitions of the accepted rows.
  var definitions: [String] {
    rows.compactMap { row in
      guard case .item(_, _, let definition) = row.content else { return nil }
      return definition.text
    }
  }

  private static func text(_ issue: RowIssue) -> String { "\(issue.line) \(issue.cell ?? "-") \(issue.rule)" }
}

/// Reads a roster that is in a file.
func read(
  _ path: String, as name: String? = nil, schema: Schema = .workspace, options: RosterOptions = RosterOptions(),
  template: Template? = nil, chunkSize: Int = 1 << 18, hashBits: Int = 36
) throws -> Reading {
  let reader = try RosterReader(
    path: path, displayName: name, schema: schema, options: options, template: template, chunkSize: chunkSize,
    hashBits: hashBits)
  var rows: [NewRow] = []
  let summary = try reader.read(wording: \.withoutPlace) { rows.append($0) }
  return Reading(rows: rows, summary: summary, hasOpenEnd: try reader.hasOpenEnd())
}

/// Writes bytes into a file of their own, which is removed afterwards.
@discardableResult
func withFile<Value>(_ bytes: some Sequence<UInt8>, _ body: (String) throws -> Value) throws -> Value {
  let url = FileManager.default.temporaryDirectory.appending(path: "rollcall-\(UUID().uuidString).csv")
  try Data(bytes).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

/// Reads a roster from its text, called `roster.csv`.
func readText(_ text: String, schema: Schema = .workspace, chunkSize: Int = 1 << 18) throws -> Reading {
  try withFile(text.utf8) { try read($0, as: "roster.csv", schema: schema, chunkSize: chunkSize) }
}

/// A header and rows, with the four required columns first: `accountId,name,image,command` and more.
func roster(_ moreHeaders: [String] = [], rows: [[String]]) -> String {
  let header = ["accountId", "name", "image", "command"] + moreHeaders
  return ([header] + rows).map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
}

/// The four required cells of a good row, and more.
func row(_ name: String = "a1", account: String = "acc1", image: String = "a:1", _ more: String...) -> [String] {
  [account, name, image, "ls"] + more
}

/// A file of the `samples` folder.
func sample(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "samples/\(name)").path
}
