// Every kind of plan line and of closing, as a terminal of 80 and of 120 columns shows it: compared as a whole with
// `Tests/Golden/messages-80.txt` and `-120.txt`. `RECORD=1 scripts/test --filter MessageTests` writes them anew.

import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import TestSupport
import Testing
import Words

@testable import rollcall

@Suite struct MessageTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  private static let ends: [(String, RunEnd)] = {
    let page = Outcome(.denied, message: "page \"Sign in\", text/html", status: 403)
    var foreign = page
    foreign.page = ForeignPage(contentType: "text/html", title: "Sign in")
    var clock = Outcome(.denied, message: "The timestamp is too far from the service's clock.", status: 401)
    clock.clockSkew = .seconds(700)
    let throttled = KeyWait(
      until: now + .seconds(1_800), reason: .throttled, message: "Too many requests", asked: .seconds(7_200))
    return [
      ("finished", .finished),
      (
        "held",
        .held([
          AccountHold(account: "acc1", reason: .quota, message: "The account has 30 of 30 workspaces."),
          AccountHold(account: "acc2", reason: .accountRefused, message: nil),
        ])
      ),
      ("denied", .halted(Outcome(.denied, message: "Invalid authentication information.", status: 401))),
      ("not offered", .halted(Outcome(.notOffered, message: "No such API.", status: 404))),
      ("redirected", .halted(Outcome(.misdirected, message: "to https://login.example.com", status: 302))),
      ("a wrong certificate", .halted(Outcome(.misdirected, message: "certificate has expired"))),
      ("a clock", .halted(clock)), ("a page", .halted(foreign)),
      ("paused", .paused(throttled, until: now + .seconds(1_800))),
      ("our own limit", .paused(nil, until: now + .seconds(3_600))),
      ("settling", .settling(until: now + .seconds(60))), ("undecided", .undecided),
      ("too many failed", .tooManyFailed(12)), ("one failed", .tooManyFailed(1)), ("deadline", .deadline(now)),
      ("others", .othersHold), ("duplicates", .duplicates(["ai-101", "ai-102"])), ("drained", .drained),
      ("queue", .failed(QueueError(.diskFull, path: "/home/you/rollcall.db", detail: "full"))),
    ]
  }()

  /// What a run says when it has ended.
  private static var closings: [String] {
    ends.flatMap { what, end -> [String] in
      let standstill = Standstill(since: now - .seconds(200_000), runCount: 3)
      let closing = Closing(
        end: end, batch: BatchID(7), database: "/home/you/rollcall.db",
        processes: [OwnerProcess(process: 4_711, isStopped: true)], standstill: what == "undecided" ? standstill : nil,
        options: ["--settle-delay", "2m"])
      return ["# \(what)"] + closing.sentences + (closing.hint.map { ["Hint: \($0)"] } ?? [])
    }
  }

  /// What a plan can say.
  private static func plans(_ fixture: CommandFixture) async throws -> [String] {
    try fixture.writeRoster((1...30).map { "s\($0)" })
    let context = Context(
      environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
      readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
    let endpoint = try EndpointOptions.parse([]).chosen(in: context)
    func check(_ queue: Queue?) throws -> RosterCheck {
      var check = try RosterCheck(
        try RosterArguments.parse(["class.csv", "--label", "class"]), reading: try ReadingOptions.parse([]),
        endpoint: endpoint, database: try QueueOptions.parse([]).path(in: context), in: context)
      try check.read(comparingWith: queue, isImported: true)
      return check
    }
    let learned = Limit(quota: Quota(rate: try #require(Rate("120/m")), burst: 2), source: .learned, at: now)
    let windows = ["500/day", "100/h"].compactMap { Rate($0) }.compactMap { Window($0) }
    let said = Limit(
      quota: Quota(rate: try #require(Rate("4/s")), burst: 2, windows: windows), source: .flag, at: now)
    let new = try check(nil)
    var lines = ["# a new roster"] + Plan(check: new, limit: .standard, adoptsExisting: false).lines(at: now)
    let queue = try QueueOptions.parse([]).open(in: context)
    _ = try new.importBatch(into: queue)
    let batch = try #require(try queue.latestBatch())
    let owner = try queue.becomeOwner(of: batch.id)
    let scope = try queue.keyScope(baseURL: endpoint.baseURL, fingerprint: "0123456789ab")
    let claim = try await queue.claim(
      upTo: 2, of: batch.id, for: owner.id, with: scope, within: .seconds(60), under: .standard)
    let outcomes = [Outcome(.made, remoteID: "a"), Outcome(.exists, remoteID: "b")]
    for (lease, outcome) in zip(claim.leases, outcomes) {
      _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome))
    }
    try fixture.writeRoster((1...25).map { "s\($0)" } + ["new"], image: "pytorch:r1.10.0-py3")
    let second = try check(queue)
    let wait = KeyWait(until: now + .seconds(90), reason: .throttled, message: "Too many requests")
    let hold = AccountHold(
      account: CommandFixture.account, reason: .quota, message: "The account has 30 of 30 workspaces.")
    lines += ["# the next roster"]
    lines += Plan(check: second, limit: learned, adoptsExisting: false, wait: wait, holds: [hold]).lines(at: now)
    lines += ["# with limits, taking over"]
    lines += Plan(check: second, limit: said, adoptsExisting: true).lines(at: now)
    try await queue.end(owner)
    try queue.close()
    return lines.map(fixture.frozen)
  }

  @Test(arguments: [80, 120]) func `every message of plan and closing`(columns: Int) async throws {
    let lines = try await CommandFixture.with { try await Self.plans($0) } + Self.closings
    let shown = lines.flatMap { line in
      line.hasPrefix("  ")
        ? line.wrapped(columns: columns, indent: 12)
        : line.wrapped(columns: columns, indent: line.hasPrefix("Hint: ") ? 6 : 2)
    }
    for line in shown { #expect(line.terminalWidth <= columns || !line.dropFirst(12).contains(" "), "\(line)") }
    #expect(shown.flatMap { $0.split(separator: " ") } == lines.flatMap { $0.split(separator: " ") })
    try expectGolden("messages-\(columns).txt", shown.joined(separator: "\n") + "\n")
  }
}

/// Compares a text with a file of `Tests/Golden`; with `RECORD` in the environment the file is written anew.
func expectGolden(
  _ name: String, _ text: String, file: String = #filePath, at location: SourceLocation = #_sourceLocation
) throws {
  let golden = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/\(name)")
  if ProcessInfo.processInfo.environment["RECORD"] != nil {
    try text.write(to: golden, atomically: true, encoding: .utf8)
  }
  let found = text.split(separator: "\n", omittingEmptySubsequences: false)
  let wanted = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  let different = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }
  if let (line, (one, other)) = different {
    Issue.record("\(name):\(line + 1): '\(one)', not '\(other)'", sourceLocation: location)
  }
  #expect(found.count == wanted.count, "\(name)", sourceLocation: location)
}
