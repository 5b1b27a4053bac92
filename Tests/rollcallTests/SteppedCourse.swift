// Runs of one course in stepped time, from the roster's bytes to the report: the command's own options, import, pool and
// reporter, against a service in memory.

import ArgumentParser
import BulkImport
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Reporter
import SQLiteStore
import Synchronization
import TestSupport
import Testing
import Words
import WorkerPool

@testable import rollcall

/// A service with a memory: what it made, under which limit, and what is wrong with it now.
final class SteppedService: Target {
  /// A service that loses answers carries out every third create and says nothing, and never gets every other third.
  enum Mood { case well, gone, deniesKey, losesAnswers }

  private struct Made {
    let id: String
    let definition: String
    let at: Instant
  }

  private struct State {
    var made: [String: Made] = [:]
    var sentCount = 0
    var createCount = 0
    var throttledCount = 0
    var bucket = QuotaState()
    var quota: Quota
    var mood = Mood.well
  }

  let name = DataForestClient.targetName
  let baseURL: BaseURL = "https://example.com"
  private let time: any TimeSource
  private let state: Mutex<State>

  init(_ quota: Quota, time: any TimeSource) {
    self.time = time
    state = Mutex(State(quota: quota))
  }

  var names: Set<String> { state.withLock { Set($0.made.keys) } }
  /// Creates that it has got, also for names that were there.
  var createCount: Int { state.withLock(\.createCount) }
  var throttledCount: Int { state.withLock(\.throttledCount) }

  func set(_ mood: Mood) { state.withLock { $0.mood = mood } }
  func set(_ quota: Quota) { state.withLock { $0.quota = quota } }

  /// What every request meets first; nil lets it through.
  private func refusal() -> Outcome? {
    let now = time.now()
    return state.withLock { state in
      switch state.mood {
      case .gone: return Outcome(.unreachable, message: "connection refused")
      case .deniesKey: return Outcome(.denied, message: "Authentication Failed", status: 401)
      case .well, .losesAnswers: break
      }
      let grant = state.quota.grant(upTo: 1, from: state.bucket, at: now, within: .zero)
      state.bucket = grant.state
      guard grant.starts.isEmpty else { return nil }
      state.throttledCount += 1
      return Outcome(.throttled, message: "Too many requests.", status: 429)
    }
  }

  func create(_ definition: String) async -> Outcome {
    if let refusal = refusal() { return refusal }
    guard case .success(let json) = Result(catching: { try JSONValue(text: definition) }),
      let name = json[key: "name"]?.stringValue
    else { return Outcome(.refused, message: "no definition", status: 400) }
    let now = time.now()
    return state.withLock { state in
      state.sentCount += 1
      let loss = state.mood == .losesAnswers ? state.sentCount % 3 : 0
      if loss == 1 { return Outcome(.unknown, message: "the connection broke off") }
      state.createCount += 1
      guard state.made[name] == nil else { return Outcome(.refused, message: "name exists", status: 400) }
      let id = "id-\(state.made.count + 1)"
      state.made[name] = Made(id: id, definition: definition, at: now)
      return loss == 2 ? Outcome(.unknown, message: "no answer") : Outcome(.made, remoteID: id, status: 200)
    }
  }

  func list(account: String) async -> ListReply {
    if let refusal = refusal() { return .failed(refusal) }
    let entries = state.withLock { state in
      state.made.map { RemoteItem(id: $1.id, name: $0, description: $1.definition, createdAt: $1.at) }
    }
    return .listed(entries, isWhole: true)
  }

  func detail(of item: RemoteItem) async -> DetailReply { .told(item) }
  func isMade(_ item: RemoteItem, from definition: String) -> Bool { item.description == definition }
}

/// A course, its queue and its service.
struct SteppedCourse {
  /// How a run ended, and what its report says.
  typealias Run = (end: RunEnd, summary: Summary, folder: String)

  static let fingerprint = "0123456789ab"

  let folder: String
  let time = ManualTimeSource()
  let queue: Queue
  let service: SteppedService
  private let executor = SteppedExecutor()

  init(_ folder: String, limit: String, burst: Int) throws {
    self.folder = folder
    queue = try Queue(path: folder + "/rollcall.db", time: time)
    service = SteppedService(Quota(rate: try #require(Rate(limit)), burst: burst), time: time)
    queue.store.stepByHand()
  }

  /// Runs a pool to its end, one step after the other, so that a run is the same each time; time jumps from alarm to alarm.
  private func drive(_ pool: Pool, _ owner: Ownership) throws -> RunEnd {
    let ended = Slot()
    let queue = queue
    _ = Task(executorPreference: executor) {
      let end = await pool.run()
      try await queue.end(owner)
      ended.end.withLock { $0 = end }
    }
    while true {
      while executor.runAll() || queue.store.flush() {}
      if let end = ended.end.withLock({ $0 }) { return end }
      time.advance(to: try #require(time.nextAlarm, "the run waits for nothing"))
    }
  }

  private final class Slot: Sendable { let end = Mutex<RunEnd?>(nil) }

  private func importRoster(_ students: [Int]) throws -> Batch {
    let path = folder + "/roster.csv"
    let rows = students.map { "s\($0),acc,tensorflow:r2.3.1-py3,ls,student \($0)\n" }
    try ("name,accountId,image,command,student\n" + rows.joined()).write(
      toFile: path, atomically: true, encoding: .utf8)
    let reader = try RosterReader(path: path, schema: .workspace)
    let read = try reader.read(wording: \.withoutPlace) { _ in }
    #expect(read.issueCount == 0)
    let new = NewBatch(
      label: "/course.csv", target: service.name, baseURL: service.baseURL, columns: read.columns, digest: read.digest)
    let imported = try queue.importBatch(new) { add in _ = try reader.read(wording: \.withoutPlace) { try add($0) } }
    let id = try #require(imported).batch
    return try #require(try queue.batch(id))
  }

  /// Imports a roster, runs it as `run` does with these options, and writes its report.
  func run(_ students: [Int], _ options: [String] = [], number: Int = 1) throws -> Run {
    let pace = try RunVerb.parse(["roster.csv"] + options).pace
    let batch = try importRoster(students)
    let request = RunRequest(
      batch: batch.id, baseURL: service.baseURL, fingerprint: Self.fingerprint, requeue: .failed,
      limit: pace.limitRequest, ignoresWait: pace.ignoreWait || pace.forgetsAll)
    let start = try #require(try queue.begin(request))
    let pool = Pool(
      queue: queue, target: service, owner: start.ownership.id, scope: start.scope, batch: batch.id,
      rules: pace.rules(rowCount: students.count, at: time.now()), time: time,
      generator: SeededGenerator(seed: number), executor: executor)
    let end = try drive(pool, start.ownership)
    let folder = folder + "/report-\(number)"
    return (end, try OutcomeFiles(of: batch, in: queue, to: folder).write(at: time.now()), folder)
  }

  /// A file of a run's report, without its header.
  static func lines(_ file: String, of run: Run) throws -> [String] {
    try String(contentsOfFile: "\(run.folder)/\(file)", encoding: .utf8).split(separator: "\r\n").dropFirst()
      .map(String.init)
  }

  /// What `show` says of a student.
  func show(_ student: String, line: Int? = nil) throws -> String {
    let batch = try #require(try queue.latestBatch())
    let rows = try queue.find(line.map(String.init) ?? student, in: batch).rows
    return try rows.flatMap { row in
      try row.item.flatMap(queue.history).map { ShowVerb.lines($0, of: row) } ?? []
    }.joined(separator: "\n")
  }
}
