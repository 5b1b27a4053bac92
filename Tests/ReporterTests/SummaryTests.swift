import Files
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import Reporter

@Suite struct SummaryTests {
  /// Who changes this raises `Summary.currentSchemaVersion`, unless a member is only added.
  @Test func `summary.json has the members of version 2`() async throws {
    try await ReportFixture.with(["n1", "n2", "n3", "n4"], issues: ["bad name"]) { fixture in
      fixture.time.advance(by: .seconds(3))
      try await fixture.settle([Outcome(.made, remoteID: "a"), Outcome(.refused), Outcome(.throttled)])
      fixture.time.advance(by: .seconds(7))
      let done = Outcome(.made, remoteID: "b")
      try await fixture.settle([done, done], latency: .milliseconds(250))
      try fixture.write()
      let time = { (seconds: Int64) in (fixture.batch.importedAt + .seconds(seconds)).rfc3339() }
      #expect(
        try fixture.text("summary.json") == """
          {
            "actualSeconds" : 7.29,
            "adoptedCount" : 0,
            "attemptCount" : 4,
            "batch" : 1,
            "changedCount" : 0,
            "courseId" : 1,
            "database" : "\(fixture.queue.path)",
            "endpoint" : "https://example.com",
            "finishedAt" : "\(time(10))",
            "goneCount" : 0,
            "importedAt" : "\(time(0))",
            "invalidCount" : 1,
            "label" : "/rosters/class.csv",
            "latency" : {
              "count" : 5,
              "max" : 0.25,
              "p50" : 0.040064,
              "p90" : 0.25,
              "p99" : 0.25
            },
            "queueId" : "\(try fixture.queue.identity())",
            "reasons" : {
              "refused" : 1
            },
            "rowCount" : 5,
            "schemaVersion" : 3,
            "startedAt" : "\(time(3))",
            "states" : {
              "cancelled" : 0,
              "done" : 3,
              "failed" : 1,
              "in_doubt" : 0,
              "leased" : 0,
              "ready" : 0
            },
            "wait" : {
              "count" : 4,
              "max" : 10.29,
              "p50" : 3.04,
              "p90" : 10.29,
              "p99" : 10.29
            },
            "writtenAt" : "\(time(10))"
          }

          """)
    }
  }

  @Test func `a summary of version 1 is read, and keeps its folder for its batch`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      try fixture.write()
      let old = """
        {"schemaVersion":1,"database":"\(fixture.queue.path)","batch":1,"label":"/rosters/class.csv","endpoint":"https://example.com","importedAt":"i",
         "writtenAt":"w","rowCount":0,"states":{},"invalidCount":0,"reasons":{},"attemptCount":0}
        """
      try old.write(toFile: fixture.folder + "/summary.json", atomically: true, encoding: .utf8)
      let read = try #require(try Summary.read(in: Folder(fixture.folder)))
      #expect(read.schemaVersion == 1 && read.goneCount == nil && read.latency == nil && read.startedAt == nil)
      try fixture.write()
      let other = OutcomeFiles(of: fixture.batch, in: fixture.queue, to: fixture.folder)
      #expect(throws: Never.self) { try other.prepareFolder() }
    }
  }

  @Test func `nothing is finished while a row is not`() async throws {
    try await ReportFixture.with(["n1", "n2"]) { fixture in
      let before = try fixture.write()
      #expect(before.startedAt == nil && before.latency == nil && before.wait == nil)
      try await fixture.settle([Outcome(.made, remoteID: "a")])
      let during = try fixture.write()
      #expect(during.startedAt == fixture.batch.importedAt.rfc3339())
      #expect(during.finishedAt == nil && during.actualSeconds == nil && during.wait?.count == 1)
    }
  }

  @Test func `what a list has shown counts as adopted`() async throws {
    try await ReportFixture.with(["n1", "n2"]) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "a"), Outcome(.unknown)])
      fixture.time.advance(by: .seconds(60))
      let rest = try await fixture.queue.claim(
        upTo: 0, of: fixture.batch.id, for: fixture.owner.id, with: fixture.scope, within: .zero, under: .standard
      ).rest
      let account = try #require(rest?.doubts.first?.account.scope)
      let list = RemoteList(
        items: [RemoteItem(id: "found", name: "n2", createdAt: fixture.batch.importedAt)], isWhole: true,
        asked: fixture.time.moment())
      _ = try await fixture.queue.reconcile(
        list, in: account, of: fixture.batch.id, by: ReconcileRules(), isMade: { _, _ in true })
      let summary = try fixture.write()
      #expect(summary.states["done"] == 2 && summary.adoptedCount == 1)
      // The look at the list belongs to the run.
      #expect(summary.actualSeconds == 60.04)
    }
  }

  @Test func `a missing answer that was looked for is not said to be looked for`() async throws {
    try await ReportFixture.with(["n1", "n2"]) { fixture in
      try await fixture.settle([Outcome(.made, remoteID: "a"), Outcome(.unknown)])
      var summary = try fixture.write()
      #expect(
        ClosingTable.lines(summary) == [
          "  done            1", "  answer unknown  1", "  rows            2", "  1 × answer unknown, will check",
          "    n2  answer unknown, will check",
        ])
      try fixture.queue.writeExclusively { try Queue.noteForecast(.seconds(90), of: fixture.batch.id, $0) }
      try fixture.queue.writeExclusively { try Queue.noteForecast(.seconds(5), of: fixture.batch.id, $0) }
      summary = try fixture.write()
      #expect(summary.forecastSeconds == 90, "what was said first stays")
      (summary.states["in_doubt"], summary.states["failed"]) = (0, 1)
      summary.openRows = Unwritten(OpenRows())
      #expect(
        ClosingTable.lines(summary) == [
          "  done    1", "  failed  1", "  rows    2", "  1 × no answer, and the service's list does not show it",
        ])
    }
  }

  @Test func `what waits for an account that is held says so in every file`() async throws {
    try await ReportFixture.with(["n1", "n2"]) { fixture in
      try await fixture.settle([Outcome(.quota, message: "25 of 25 in use")])
      let summary = try fixture.write()
      #expect(summary.reasons == ["quota": 2])
      #expect(try fixture.records("unprocessed.csv").dropFirst().map { $0[6] } == ["quota", "quota"])
      let group = try #require(try fixture.page().reasons.first)
      #expect(group.count == 2 && group.messages == [.init(message: "25 of 25 in use", count: 2)])
      #expect(
        group.advice == "Delete what is not needed or ask for a larger quota; then `rollcall resume 1` goes on.")
    }
  }
}
