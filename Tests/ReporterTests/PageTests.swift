import DurableQueue
import Files
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import Reporter

@Suite struct PageTests {
  private static let outcomes = [
    Outcome(.made, remoteID: "id-1"), Outcome(.refused, message: "no such image"),
    Outcome(.refused, message: "too many GPUs"), Outcome(.refused, message: "no such image"),
    Outcome(.unknown, message: "no answer within 30 s"), Outcome(.throttled),
  ]

  @Test func `the page holds every row once, with the summary of summary.json`() async throws {
    try await ReportFixture.with((1...9).map { "n\($0)" }, issues: ["bad name"]) { fixture in
      try await fixture.settle(Self.outcomes)
      _ = try await fixture.claim(1)
      try fixture.write()
      let page = try fixture.page()
      #expect(page.rows.map(\.line).sorted() == Array(2...11))
      #expect(page.rowsLeftOut == 0)
      #expect(page.columns == ["student", "note"])
      let states = Dictionary(grouping: page.rows, by: \.state).mapValues(\.count)
      #expect(states == ["done": 1, "failed": 3, "in_doubt": 1, "leased": 1, "ready": 3, "invalid": 1])
      let done = try #require(page.rows.first { $0.state == "done" })
      #expect(done.name == "n1" && done.id == "id-1" && done.account == "acc" && done.attempts == 1)
      #expect(done.cells == ["n1", "note"] && !done.finishedAt.isEmpty)
      #expect(done.differs.isEmpty)
      let file = try JSONDecoder().decode(Summary.self, from: Data(try fixture.text("summary.json").utf8))
      #expect(page.summary == file)
      #expect(Set(page.summary.states.keys) == Set(ItemState.allCases.map(\.rawValue)))
    }
  }

  @Test func `rows without a workspace are grouped by state and reason, with what was said most often first`()
    async throws
  {
    try await ReportFixture.with((1...6).map { "n\($0)" }, issues: ["bad name", "bad image"]) { fixture in
      try await fixture.settle(Self.outcomes)
      try fixture.write()
      let groups = try fixture.page().reasons
      #expect(groups.map(\.reason) == ["refused", "invalid", "unknown", "throttled"])
      #expect(groups.map(\.state) == ["failed", "invalid", "in_doubt", "ready"])
      #expect(groups.map(\.count) == [3, 2, 1, 1])
      #expect(groups[0].messages.map(\.message) == ["no such image", "too many GPUs"])
      #expect(groups[0].messages.map(\.count) == [2, 1])
      #expect(groups[1].messages.count == 2 && groups[3].messages.isEmpty)
      for group in groups { #expect(group.title == group.title.lowercased() && !group.advice.isEmpty) }
    }
  }

  @Test(arguments: [
    (
      (1...40).map { "name: 'N\($0)' must start with a–z" }, ["name: 'N1' must start with a–z"], [40]
    ),
    (
      (1...6).map { "name: 'O'Neil \($0)' must have at most 15 characters" },
      ["name: 'O'Neil 1' must have at most 15 characters"], [6]
    ),
    (
      (2...9).map { "this row has \($0) cells and the header has 15" }, ["this row has 2 cells and the header has 15"],
      [8]
    ),
    (
      ["image: this cell must not be empty", "name: this cell must not be empty", "name: this cell must not be empty"],
      ["name: this cell must not be empty", "image: this cell must not be empty"], [2, 1]
    ),
  ])
  func `rows that are invalid for one reason are one, whatever stands in their cells`(
    issues: [String], messages: [String], counts: [Int]
  ) async throws {
    try await ReportFixture.with(["n1"], issues: issues) { fixture in
      try fixture.write()
      let group = try #require(try fixture.page().reasons.first { $0.state == "invalid" })
      #expect(group.count == issues.count)
      #expect(group.messages.map(\.message) == messages && group.messages.map(\.count) == counts)
    }
  }

  @Test func `advice names commands that exist, for each state and reason`() throws {
    let verbs: Set = ["resume", "retry", "adopt", "doctor"]
    for state in ItemState.allCases where state != .done {
      for reason in Reason.allCases {
        let key = ReasonGroups.Key(state: state.rawValue, reason: reason.rawValue)
        let advice = try #require(Advice.text(state: key.state, reason: key.reason, of: BatchID(7)))
        let parts = advice.split(separator: "`", omittingEmptySubsequences: false)
        #expect(parts.count % 2 == 1, "a backtick is left open: \(advice)")
        for code in parts.enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) where code.hasPrefix("rollcall") {
          #expect(verbs.contains(String(code.split(separator: " ")[1])), "\(code)")
        }
        let title = Advice.title(state: key.state, reason: key.reason)
        #expect(title.first?.isLowercase == true)
      }
    }
  }

  static let hostile = [
    "</script><script>alert(1)</script>", "<!--<script>", "</SCRIPT >", "a\u{2028}b\u{2029}c", "&lt;/script&gt;",
    "\\u003c", "\"},{\"", "줄\n바꿈\ttab\u{1}", "\u{E2}\u{201C}", "]]>",
  ]

  @Test func `nothing in a roster or an answer can end the element that holds the data`() async throws {
    try await ReportFixture.with(
      ["n1", "n2"], label: "/rosters/</script>.csv", columns: Self.hostile, issues: Self.hostile,
      cells: { _ in Self.hostile }
    ) { fixture in
      try await fixture.settle([Outcome(.refused, message: Self.hostile[0]), Outcome(.made, remoteID: "<id>")])
      try fixture.write()
      let text = try fixture.pageText()
      #expect(!text.utf8.contains { "<>&".utf8.contains($0) })
      #expect(!text.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{2029}" })
      let page = try fixture.page()
      #expect(page.columns == Self.hostile)
      #expect(page.rows.allSatisfy { $0.cells == Self.hostile })
      #expect(page.rows.filter { $0.state == "invalid" }.map(\.message) == Self.hostile)
      // What is around the data is what the designer wrote.
      let whole = try fixture.text("report.html")
      #expect(
        whole.components(separatedBy: "</script").count == 3 && whole.components(separatedBy: "<script").count == 3)
    }
  }

  @Test func `the page takes nothing from anywhere else`() {
    for bytes in [PageTemplate.beforeData, PageTemplate.afterData] {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.contains("/*STYLE*/") && !text.contains("/*DATA*/") && !text.contains("/*SCRIPT*/"))
      let addresses = text.matches(of: #/https?:\/\/[^"'\s]+/#).map { String($0.output) }
      #expect(addresses.allSatisfy { $0 == "http://www.w3.org/2000/svg" })
    }
  }

  @Test(arguments: [(3, ["failed", "invalid", "in_doubt"]), (5, ["ready", "ready"]), (8, ["done", "done"])])
  func `where the page is full, done rows are left out first and those that need a person last`(
    most: Int, last: [String]
  ) async throws {
    try await ReportFixture.with((1...8).map { "n\($0)" }, issues: ["bad name"]) { fixture in
      let done = Outcome(.made, remoteID: "id")
      try await fixture.settle([done, done, done, Outcome(.refused), Outcome(.unknown), done])
      var counts = RowCounts(since: fixture.batch.importedAt)
      let page = try ReportPage(of: fixture.batch, in: try Folder.made(fixture.folder), mostRows: most)
      try fixture.queue.readBatch(fixture.batch.id) { reading in
        try reading.forEachRow {
          let row = OutcomeRow($0, nil)
          counts.count(row)
          try page.add(row)
        }
      }
      let totals = AttemptTotals()
      try page.finish(
        Summary(fixture.batch, database: "db", at: fixture.time.now(), counts, totals), totals, limits: { _ in [] })
      try page.file.rename()
      let written = try fixture.page()
      #expect(written.rows.count == most && written.rowsLeftOut == 9 - most)
      #expect(Set(written.rows.map(\.line)).count == most)
      #expect(written.rows.map(\.state).suffix(last.count).sorted() == last.sorted())
      #expect(written.pace == nil && written.latencyHistogram.isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder)
      #expect(names == ["report.html"])
    }
  }

  @Test func `the page's names of states and its headline come with its data`() async throws {
    try await ReportFixture.with((1...9).map { "n\($0)" }, issues: ["bad name"]) { fixture in
      try await fixture.settle(Self.outcomes)
      _ = try await fixture.claim(1)
      try fixture.write()
      let words = try fixture.page().words
      #expect(
        words.states == [
          "done": "done", "failed": "failed", "in_doubt": "answer unknown", "leased": "being sent", "ready": "not sent",
          "cancelled": "cancelled", "invalid": "invalid",
        ])
      #expect(
        words.headline
          == "1 of 10 has a workspace so far. 3 failed, 1 row is invalid, 1 has no known answer, 1 is being sent, 3 are not sent."
      )
      #expect(words.reasonsTitle == "Without a workspace, by reason")
    }
    let script = String(decoding: PageTemplate.afterData, as: UTF8.self)
    for state in ItemState.allCases where state.displayName.contains(" ") {
      #expect(!script.contains(state.displayName), "\(state)")
    }
  }

  @Test(
    arguments: [
      (0, [:], "The roster has no rows."), (1, ["done": 1], "The one row has a workspace."),
      (1_234_567, ["done": 1_234_567], "All 1,234,567 have a workspace."),
      (1_000, ["failed": 1_000], "None of 1,000 has a workspace. 1,000 failed."),
      (3, ["ready": 3], "None of 3 has a workspace yet. 3 are not sent."),
      (5, ["done": 2, "cancelled": 2, "invalid": 1], "2 of 5 have a workspace. 1 row is invalid, 2 were cancelled."),
      (
        4, ["done": 1, "in_doubt": 2, "leased": 1],
        "1 of 4 has a workspace so far. 2 have no known answer, 1 is being sent."
      ),
    ] as [(Int, [String: Int], String)])
  func `the headline tells how far the batch is`(rowCount: Int, counts: [String: Int], headline: String) {
    #expect(PageWords.headline(rowCount: rowCount, counts: counts) == headline)
  }

  @Test func `a roster with no rows has a page`() async throws {
    try await ReportFixture.with([], columns: []) { fixture in
      try fixture.write()
      let page = try fixture.page()
      #expect(page.rows.isEmpty && page.reasons.isEmpty && page.pace == nil)
    }
  }

  @Test func `what was sent is counted by time, throttled and unanswered requests as parts of it`() async throws {
    try await ReportFixture.with((1...8).map { "n\($0)" }) { fixture in
      try await fixture.settle(Self.outcomes)
      fixture.time.advance(by: .seconds(2))
      try await fixture.settle([Outcome(.unreachable), Outcome(.notSent)])
      try fixture.write()
      let page = try fixture.page()
      let pace = try #require(page.pace)
      #expect(pace.bucketSeconds == 1 && pace.start == 1_700_000_000 && pace.earlierCount == 0)
      #expect(pace.sent == [6] && pace.throttled == [1] && pace.unknown == [1])
      #expect(pace.limit.map(\.perSecond) == [1_000_000])
      // Five of the six had an answer.
      #expect(page.summary.latency?.count == 5)
      #expect(page.latencyHistogram.count >= 2 && page.latencyHistogram.reduce(0) { $0 + $1.count } == 5)
    }
  }

  @Test func `the page says what of the time that a batch took was waiting`() async throws {
    try await ReportFixture.with(["n1", "n2", "n3"]) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "1")])
      try fixture.write()
      #expect(try fixture.page().words.waited == nil)
      fixture.time.advance(by: .seconds(86_400))
      try await fixture.settle([Outcome(.made, remoteID: "2")])
      try fixture.write()
      // It is not finished: nobody can say yet how long it took.
      #expect(try fixture.page().words.waited == nil)
      fixture.time.advance(by: .seconds(86_400))
      try await fixture.settle([Outcome(.made, remoteID: "3")])
      try fixture.write()
      #expect(try fixture.page().words.waited == "2 d of it waiting between 3 times at work")
    }
    try await ReportFixture.with(["n1"]) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "1")])
      try fixture.write()
      #expect(try fixture.page().words.waited == nil)
    }
  }

  @Test(
    arguments: [
      (200, ["done": 200], 40, "All 200 have a workspace. 40 differ from what the roster asks for."),
      (1, ["done": 1], 1, "The one row has a workspace. 1 differs from what the roster asks for."),
      (
        9, ["done": 4, "failed": 5], 1_000,
        "4 of 9 have a workspace. 1,000 differ from what the roster asks for. 5 failed."
      ),
    ] as [(Int, [String: Int], Int, String)])
  func `the headline does not call all well what was made otherwise`(
    rowCount: Int, counts: [String: Int], changedCount: Int, headline: String
  ) {
    #expect(PageWords.headline(rowCount: rowCount, counts: counts, changedCount: changedCount) == headline)
  }
}
