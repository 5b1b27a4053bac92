// The files of a report, as somebody reads them who was not there.

import Foundation

/// The files of a report, which hold every row once and agree with each other.
struct ReportFiles {
  private struct Summary: Decodable {
    let states: [String: Int]
    let rowCount: Int
  }

  /// How many rows each file holds.
  let succeededCount: Int
  let failedCount: Int
  let unprocessedCount: Int

  /// Reads them.
  ///
  /// - Throws: `Failure` when a row is missing or stands twice, when they do not agree, or when one is not whole.
  init(in folder: String, rowCount: Int) throws {
    func rows(_ file: String) throws -> [String] {
      let text = try Self.text(folder, file)
      guard text.hasSuffix("\r\n") else { throw Failure(text: "\(file) is not whole") }
      return text.split(separator: "\r\n").dropFirst().map(String.init)
    }
    let summary = try Self.decode(Summary.self, try Self.text(folder, "summary.json"), of: "summary.json")
    func count(_ states: String...) -> Int { states.map { summary.states[$0] ?? 0 }.reduce(0, +) }
    let (succeeded, failed, unprocessed) = (
      try rows("succeeded.csv"), try rows("failed.csv"), try rows("unprocessed.csv")
    )
    (succeededCount, failedCount, unprocessedCount) = (succeeded.count, failed.count, unprocessed.count)
    let all = succeeded + failed + unprocessed
    let names = Set(all.map { $0.prefix { $0 != "," } })
    guard all.count == rowCount, names.count == rowCount, summary.rowCount == rowCount,
      succeeded.count == count("done"), failed.count == count("failed"),
      unprocessed.count == count("ready", "leased", "in_doubt", "cancelled")
    else {
      throw Failure(
        text: "the files do not agree: \(succeeded.count) + \(failed.count) + \(unprocessed.count) rows, "
          + "\(names.count) names, \(summary.states)")
    }
    try Self.checkOutcomes(folder, rowCount)
    let page = try Self.text(folder, "report.html").trimmingCharacters(in: .whitespacesAndNewlines)
    guard page.hasSuffix("</html>") else { throw Failure(text: "report.html is not whole") }
  }

  private static func checkOutcomes(_ folder: String, _ rowCount: Int) throws {
    struct Line: Decodable {}
    let lines = try text(folder, "outcomes.jsonl").split(separator: "\n")
    guard lines.count == rowCount else { throw Failure(text: "outcomes.jsonl has \(lines.count) lines") }
    for line in lines { _ = try decode(Line.self, String(line), of: "outcomes.jsonl") }
  }

  private static func text(_ folder: String, _ file: String) throws -> String {
    do {
      return try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    } catch {
      throw Failure(text: "\(file) cannot be read")
    }
  }

  private static func decode<Value: Decodable>(_: Value.Type, _ text: String, of file: String) throws -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw Failure(text: "\(file) is not whole")
    }
  }
}
