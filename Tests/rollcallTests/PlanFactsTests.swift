import BulkImport
import DataForest
import Foundation
import Provisioning
import TestSupport
import Testing
import Words

@testable import rollcall

/// What the plan tells of the rows is what a look at each of them tells.
@Suite struct PlanFactsTests {
  @Test func `the GPUs of all rows, whatever changes from row to row`() async throws {
    try await withTemporaryFolder { folder in
      for seed in 1...30 {
        var random = SeededGenerator(seed: seed)
        func pick(_ cells: [String]) -> String { cells.randomElement(using: &random) ?? "" }
        let counts = seed.isMultiple(of: 5) ? [""] : ["", "1", "2", "8"]
        let rows = (1...80).map { index in
          // Beside the description, and far from it in the definition.
          let description = pick(["", "same", "student \(index)", #""a ""gpuCount"":5 \#(index)""#])
          return
            "n\(index),\(pick(["a", "b"]))cc,\(pick(["a:1", "b:2"])),ls,\(description),\(pick(counts)),\(pick(["", "1"]))"
        }
        let path = folder + "/\(seed).csv"
        try ("name,accountId,image,command,description,gpuCount,cpuCount\n" + rows.joined(separator: "\n") + "\n")
          .write(toFile: path, atomically: true, encoding: .utf8)
        var facts = PlanFacts()
        var expected = 0
        let summary = try RosterReader(path: path, schema: .workspace).read(wording: \.withoutPlace) { row in
          guard case .item(let account, let name, let definition) = row.content else { return }
          facts.note(account, name, definition)
          expected += WorkspaceDefinition.gpuCount(in: definition.text)
        }
        #expect(summary.acceptedCount == 80, "seed \(seed): \(summary.issues)")
        #expect(facts.gpuCount == expected && facts.accountCount == 2, "seed \(seed)")
        #expect(facts.firstName == "n1" && facts.lastName == "n80")
      }
    }
  }
}
