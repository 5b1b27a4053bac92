import DurableQueue
import Foundation
import Pacing
import Provisioning
import Testing

@testable import Reporter

/// What a service says cannot steer whoever looks at a report; what the roster says comes back as it was.
@Suite struct ForeignTextTests {
  private static let said = "no\u{1B}[2J\u{9B}31m\u{202E}\u{2029}\u{7F}\r\nforged,row"
  private static let cell = "a\u{1B}[31m\u{9B}\u{202E}\tb"

  @Test func `messages and ids are written out, cells are not, and JSON keeps its values`() async throws {
    try await ReportFixture.with(
      ["n1", "n2"], label: "/rosters/\(Self.cell).csv", columns: ["note"], issues: [], cells: { _ in [Self.cell] }
    ) { fixture in
      try await fixture.settle([
        Outcome(.refused, message: Self.said), Outcome(.made, remoteID: "id\u{1B}]0;x\u{7}"),
      ])
      try fixture.write()
      let failed = try fixture.text("failed.csv")
      #expect(
        failed.contains("\(Self.cell)\",failed,") && failed.contains(#"no\u{1B}[2J\u{9B}31m\u{202E}"#), "\(failed)")
      #expect(failed.contains(#"\u{2029}\u{7F}\r\nforged"#) && !failed.contains("\nforged"), "\(failed)")
      #expect(try fixture.text("succeeded.csv").contains(#"id\u{1B}]0;x\u{7}"#))
      for name in ["outcomes.jsonl", "summary.json", "report.html"] {
        let steering = try fixture.text(name).unicodeScalars.filter { $0.isSteering && $0 != "\n" && $0 != "\t" }
        #expect(steering.isEmpty, "\(name): \(steering.map { String($0.value, radix: 16) })")
      }
      let first = try #require(try fixture.text("outcomes.jsonl").split(separator: "\n").first)
      let line = try JSONValue(text: String(first))
      #expect(line[key: "message"] == .string(Self.said))
      #expect(line[key: "roster"] == .object(["note": .string(Self.cell)]))
      let summary = try JSONDecoder().decode(Summary.self, from: Data(fixture.text("summary.json").utf8))
      #expect(summary.label.hasSuffix("\(Self.cell).csv"))
      let page = try fixture.page()
      #expect(
        page.rows.contains { $0.message == Self.said.visibleLine } && page.rows.allSatisfy { $0.cells == [Self.cell] })
    }
  }
}
