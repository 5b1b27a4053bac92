import BulkImport
import Provisioning
import TestSupport
import Testing

/// A definition is told by what differs from an earlier one; it must be the one that its own cells make.
@Suite struct DefinitionTests {
  @Test func `every row's definition is that of its own cells, whatever the rows before were`() throws {
    for seed in 1...60 {
      var random = SeededGenerator(seed: seed)
      let headers = ["description", "configuration.resource.gpuCount", "configuration.docker.workdir"]
      let pool = [1, 2, 5, 12, 1_000].randomElement(using: &random) ?? 1
      let rows = (1...80).map { index in
        let number = Int.random(in: 0..<pool, using: &random)
        let description = number.isMultiple(of: 7) ? "" : "person \(number) é가"
        let count = ["", "1", "2", "8"].randomElement(using: &random) ?? ""
        let folder = ["", "/root/", "/home/\(number)"].randomElement(using: &random) ?? ""
        return row("n\(index)", account: "acc\(number % 3)", image: "a:\(number % 11)", description, count, folder)
      }
      let reading = try readText(roster(headers, rows: rows))
      #expect(reading.summary.acceptedCount == rows.count, "seed \(seed): \(reading.issues)")
      for (cells, definition) in zip(rows, reading.definitions) {
        var expected = JSONValue.object([:])
        let fields = ["accountId", "name", "configuration.docker.image", "configuration.docker.command"] + headers
        for (field, cell) in zip(fields, cells) where !cell.isEmpty {
          let isCount = field.hasSuffix("gpuCount")
          let value = isCount ? Int64(cell).map(JSONValue.integer) ?? .null : .string(cell)
          expected.set(value, at: field.split(separator: ".").map(String.init)[...])
        }
        #expect(definition == expected.canonicalText, "seed \(seed)")
      }
    }
  }
}

extension JSONValue {
  /// Puts a value where the steps lead, in objects that are made on the way.
  fileprivate mutating func set(_ value: JSONValue, at steps: ArraySlice<String>) {
    guard let first = steps.first else { return self = value }
    guard case .object(var members) = self else { return }
    members[first, default: .object([:])].set(value, at: steps.dropFirst())
    self = .object(members)
  }
}
