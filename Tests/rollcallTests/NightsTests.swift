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
import WorkerPool

@testable import rollcall

/// Fourteen nights of one course in virtual time, through import, pool and reporter: students join and leave, one night
/// the service is gone, one night the key is wrong, and from one night on the limit is another.
@Suite struct NightsTests {
  /// A service with a memory: what it made, under which limit, and what is wrong with it tonight.
  private final class Service: Target {
    enum Mood { case well, gone, deniesKey }

    private struct State {
      var made: [String: String] = [:]
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
        case .well: break
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
      let name = (try? JSONValue(text: definition))?[key: "name"]?.stringValue ?? ""
      return state.withLock { state in
        state.createCount += 1
        guard state.made[name] == nil else { return Outcome(.refused, message: "name exists", status: 400) }
        let id = "id-\(state.made.count + 1)"
        state.made[name] = id
        return Outcome(.made, remoteID: id, status: 200)
      }
    }

    func list(account: String) async -> ListReply {
      if let refusal = refusal() { return .failed(refusal) }
      return state.withLock { .listed($0.made.map { RemoteItem(id: $0.value, name: $0.key) }, isWhole: true) }
    }

    func detail(of item: RemoteItem) async -> DetailReply { .told(item) }
    func isMade(_ item: RemoteItem, from definition: String) -> Bool { false }
  }

  /// What a night brings.
  private struct Course {
    let folder: String
    let time = ManualTimeSource()
    let executor = SteppedExecutor()
    let queue: Queue
    let scope: KeyScopeID
    let service: Service

    init(_ folder: String) throws {
      self.folder = folder
      queue = try Queue(path: folder + "/rollcall.db", time: time)
      scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
      service = Service(Quota(rate: Rate("20/s") ?? .untilLearned, burst: 20), time: time)
      queue.store.stepByHand()
    }

    /// Runs a pool to its end, one step after the other, so that a night is the same each time; time jumps from alarm to
    /// alarm.
    func drive(_ pool: Pool, _ owner: Ownership) throws -> RunEnd {
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

    /// Imports the night's roster, runs it, and writes its report.
    func night(_ number: Int, _ students: [Int]) throws -> (end: RunEnd, summary: Summary) {
      let path = folder + "/roster.csv"
      let rows = students.map { "s\($0),acc,tensorflow:r2.3.1-py3,ls,student \($0)\n" }
      try ("name,accountId,image,command,student\n" + rows.joined()).write(
        toFile: path, atomically: true, encoding: .utf8)
      let reader = RosterReader(path: path, schema: .workspace)
      let read = try reader.read()
      #expect(read.issueCount == 0)
      let new = NewBatch(
        label: "/course.csv", target: service.name, baseURL: service.baseURL,
        columns: read.columns, digest: read.digest)
      let imported = try queue.importBatch(new) { add in _ = try reader.read { try add(NewRow($0)) } }
      let id = try #require(imported).batch
      let batch = try #require(try queue.batch(id))
      let request = RunRequest(
        batch: batch.id, baseURL: "https://example.com", fingerprint: "0123456789ab", requeue: .failed)
      let start = try #require(try queue.begin(request))
      let rules = Rules(maxWait: .seconds(60))
      let pool = Pool(
        .init(
          queue: queue, target: service, owner: start.ownership.id, scope: start.scope, batch: batch.id, rules: rules,
          time: time),
        generator: SeededGenerator(seed: number), executor: executor)
      let end = try drive(pool, start.ownership)
      let summary = try OutcomeFiles(of: batch, in: queue, to: folder + "/night-\(number)").write(at: time.now())
      return (end, summary)
    }

    /// A file of a night's report, without its header.
    func lines(_ file: String, of night: Int) throws -> [String] {
      try String(contentsOfFile: "\(folder)/night-\(night)/\(file)", encoding: .utf8).split(separator: "\r\n")
        .dropFirst().map(String.init)
    }
  }

  @Test func `every student has one workspace in the end, whatever the nights were like`() async throws {
    try await withTemporaryFolder { folder in
      let course = try Course(folder)
      var random = SeededGenerator(seed: 14)
      var students = Array(1...40)
      var ever = Set(students)
      for night in 1...14 {
        if night > 1 {
          let leaving = Set(
            (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in students.randomElement(using: &random) })
          let joining = (0..<Int.random(in: 1...5, using: &random)).map { (ever.max() ?? 0) + 1 + $0 }
          students = students.filter { !leaving.contains($0) } + joining
          ever.formUnion(joining)
          course.time.advance(by: .seconds(86_400))
          let outcome = try nightly(course, night, students)
          let gone = try course.lines("gone.csv", of: night).map { $0.prefix { $0 != "," } }
          #expect(Set(gone.map(String.init)) == Set(leaving.map { "s\($0)" }), "night \(night)")
          #expect(outcome.goneCount == leaving.count, "night \(night)")
        } else {
          _ = try nightly(course, night, students)
        }
      }
      // Who left on a night without service was never made.
      #expect(Set(students.map { "s\($0)" }).isSubset(of: course.service.names))
      #expect(course.service.names.isSubset(of: Set(ever.map { "s\($0)" })))
      #expect(course.service.createCount == course.service.names.count, "no create was sent for a name that was there")
      #expect(course.service.throttledCount < course.service.createCount / 5, "\(course.service.throttledCount)")
      try course.queue.close()
    }
  }

  /// One night and what must hold of it.
  private func nightly(_ course: Course, _ night: Int, _ students: [Int]) throws -> Summary {
    let before = course.service.names
    course.service.set(night == 5 ? .gone : night == 8 ? .deniesKey : .well)
    if night == 10 { course.service.set(Quota(rate: Rate("2/s") ?? .untilLearned, burst: 2)) }
    let (end, summary) = try course.night(night, students)
    let files = try ["succeeded.csv", "failed.csv", "unprocessed.csv"].map { try course.lines($0, of: night) }
    let names = files.flatMap { $0 }.map { String($0.prefix { $0 != "," }) }
    #expect(names.count == students.count && Set(names) == Set(students.map { "s\($0)" }), "night \(night)")
    let isNew = Set(names).subtracting(before)
    switch (night, end) {
    case (5, .paused), (8, .halted):
      #expect(course.service.names == before, "night \(night)")
      #expect(Set(files[2].map { String($0.prefix { $0 != "," }) }) == isNew, "night \(night)")
    default:
      #expect(end == .finished, "night \(night): \(end)")
      #expect(files[0].count == students.count, "night \(night): \(summary.states)")
      #expect(course.service.names == before.union(isNew), "night \(night)")
    }
    return summary
  }
}
