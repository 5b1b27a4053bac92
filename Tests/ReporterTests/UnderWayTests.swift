import DurableQueue
import Foundation
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing

@testable import Reporter

@Suite struct UnderWayTests {
  /// Every file against every other one.
  private func check(_ fixture: ReportFixture, _ summary: Summary, rows: Set<String>) throws {
    let files = try ["succeeded.csv", "failed.csv", "unprocessed.csv"].map { try fixture.records($0).dropFirst() }
    let names = files.joined().map { $0[4] }
    #expect(names.count == rows.count && Set(names) == rows)
    let states = ItemState.allCases.filter { summary.states[$0.rawValue] != 0 }.map(\.rawValue)
    let inFiles = Dictionary(grouping: files.joined(), by: { $0[2] }).mapValues(\.count)
    #expect(inFiles == summary.states.filter { states.contains($0.key) })
    let page = try fixture.page()
    #expect(page.summary == summary)
    #expect(Dictionary(grouping: page.rows, by: \.state).mapValues(\.count) == inFiles)
    // One request a row here, and those under way are sent too.
    let unsent = summary.states["ready"] ?? 0
    #expect((page.pace?.sent.reduce(0, +) ?? 0) == rows.count - unsent)
    #expect((summary.latency?.count ?? 0) == rows.count - unsent - (summary.states["leased"] ?? 0))
    #expect(summary.wait?.count == summary.latency?.count)
    let lines = try fixture.text("outcomes.jsonl").split(separator: "\n")
    #expect(lines.count == rows.count)
  }

  @Test func `files that are written while a run is under way are whole and agree with each other`() async throws {
    let names = (1...400).map { "n\($0)" }
    try await ReportFixture.with(names) { fixture in
      let isOver = Mutex(false)
      async let run: Void = {
        while true {
          let leases = try await fixture.claim(7)
          if leases.isEmpty { break }
          for (index, lease) in leases.enumerated() {
            let outcome = index % 3 == 2 ? Outcome(.refused) : Outcome(.made, remoteID: "id")
            _ = try await fixture.queue.settle(
              Answer(lease: lease.handle, outcome: outcome, latency: .milliseconds(5)))
          }
        }
        isOver.withLock { $0 = true }
      }()
      var isLast = false
      repeat {
        isLast = isOver.withLock { $0 }
        try check(fixture, try fixture.write(), rows: Set(names))
      } while !isLast
      try await run
      #expect(try fixture.write().finishedAt != nil)
    }
  }
}
