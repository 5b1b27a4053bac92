import DurableQueue
import GRDB
import Pacing
import Provisioning
import Synchronization
import TestSupport

@testable import DurableQueue
@testable import SQLiteStore
@testable import WorkerPool

/// One seed's runs: dispatchers over a real queue and a simulated service, driven by a loop over an agenda of (instant,
/// order, event). There is no task, no thread and no wait in it. Two processes may run at once, the clock may be set, and
/// the machine may be started anew.
final class Simulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  private struct Entry {
    let at: Instant
    let order: Int
    /// Which process it belongs to; nil: the world's own.
    let run: SimulatedRun?
    let body: () throws -> Void
  }

  let queue: Queue
  /// The same file as a process in a container has it.
  let otherQueue: Queue
  let time: SimulatedTime
  var random: SeededGenerator
  let faults: SimulatedFaults
  var service = SimulatedService()
  private let accounts: [String]
  private var names: [String] = []
  private(set) var refusedNames: Set<String> = []
  let rules: Rules
  let hasDeaths: Bool
  private let hasSteps: Bool
  let hasReboots: Bool
  private let hasTwoRuns: Bool
  private var hasNamespaces = false

  private var agenda: [Entry] = []
  private var order = 0
  static let baseURL: BaseURL = "https://example.com"
  private(set) var fingerprint = ""
  private(set) var scope = KeyScopeID(0)
  private(set) var batch = BatchID(0)
  private var runs: [SimulatedRun] = []
  private var runCount = 0
  /// Names that a list has shown when nothing of theirs was leased.
  var shown: Set<String> = []
  var firstSentAt: [String: Instant] = [:]
  var createCount = 0
  private(set) var ends: [RunEnd] = []
  private var history: [String] = []

  init(seed: Int, queue: Queue, otherQueue: Queue, time: SimulatedTime) throws {
    self.queue = queue
    self.otherQueue = otherQueue
    self.time = time
    random = SeededGenerator(seed: seed)
    time.setRight()
    faults = SimulatedFaults(&random, start: time.truth)
    hasDeaths = Int.random(in: 0..<3, using: &random) == 0
    hasSteps = Int.random(in: 0..<2, using: &random) == 0
    hasReboots = Int.random(in: 0..<4, using: &random) == 0
    hasTwoRuns = Int.random(in: 0..<3, using: &random) == 0
    accounts = (0..<Int.random(in: 1...2, using: &random)).map { "s\(seed)-\($0)-" }
    rules = Rules(
      concurrency: Int.random(in: 1...4, using: &random), maxWait: .seconds(120), drainTimeout: .seconds(10),
      reconcile: ReconcileRules(settleDelay: .seconds(Int.random(in: 5...60, using: &random)), maxAttempts: 60))
    for account in accounts {
      for index in 0..<Int.random(in: 1...4, using: &random) {
        let name = "\(account)n\(index)"
        names.append(name)
        if Int.random(in: 0..<10, using: &random) == 0 { refusedNames.insert(name) }
        // Somebody else makes something of that name, before the run or during it.
        guard Int.random(in: 0..<12, using: &random) == 0 else { continue }
        let at = time.truth + .milliseconds(Int.random(in: -5_000...10_000, using: &random))
        // It may look just like ours; then only its time tells, where the clocks can be compared.
        let definition =
          faults.tellsDate && !hasSteps && !hasReboots && Bool.random(using: &random) ? "\(name) as ordered" : "theirs"
        schedule(at: at, of: nil) { [self] in
          guard !service.hasOrWillHave(name) else { return }
          _ = service.make(name, definition, at: at, shownFrom: at, isOurs: false)
        }
      }
    }
    try importBatch(seed)
    if hasSteps { for _ in 0..<Int.random(in: 1...4, using: &random) { scheduleStep() } }
    if hasReboots { scheduleReboot() }
  }

  /// Sets the clock: by less than a second, by minutes, or by days, forward or back.
  private func scheduleStep() {
    let sizes: [ClosedRange<Int>] = [1...999, 1_000...190_000, 190_000...200_000_000]
    let size = Int.random(in: sizes[Int.random(in: 0..<3, using: &random)], using: &random)
    let step = Duration.milliseconds(Bool.random(using: &random) ? size : -size)
    schedule(after: .milliseconds(Int.random(in: 0...120_000, using: &random)), of: nil) { [self] in
      note("clock set by \(step)")
      time.step(by: step)
    }
  }

  /// Ends every process at once; the machine comes back with any clock.
  private func scheduleReboot() {
    let offset = Duration.milliseconds(Int.random(in: -200_000_000...200_000_000, using: &random))
    schedule(after: .milliseconds(Int.random(in: 0...60_000, using: &random)), of: nil) { [self] in
      note("the machine starts anew, its clock \(offset) off")
      for run in runs { run.die() }
      time.reboot(offset: Bool.random(using: &random) ? offset : .zero)
    }
  }

  private func importBatch(_ seed: Int) throws {
    fingerprint = "seed \(seed)"
    scope = try queue.keyScope(baseURL: Self.baseURL, fingerprint: fingerprint)
    let rate = Rate("\(Int.random(in: 1...50, using: &random))/s") ?? .untilLearned
    try queue.setLimit(
      Quota(rate: rate, burst: Int.random(in: 1...5, using: &random)), source: .flag, of: scope)
    let new = NewBatch(
      label: "/seed-\(seed)", target: "dataforest", baseURL: "https://example.com",
      columns: ["name"], digest: "d")
    let result = try queue.importBatch(new) { [names, accounts] add in
      for (index, name) in names.enumerated() {
        let account = accounts.first { name.hasPrefix($0) } ?? accounts[0]
        try add(
          NewRow(
            ordinal: index + 1, line: index + 2, cells: [name],
            content: .item(account: account, name: name, definition: "\(name) as ordered")))
      }
    }
    batch = result?.batch ?? batch
  }

  // MARK: - The agenda

  func schedule(at instant: Instant, of run: SimulatedRun?, _ body: @escaping () throws -> Void) {
    order += 1
    agenda.append(Entry(at: max(instant, time.truth), order: order, run: run, body: body))
  }

  func schedule(after delay: Duration, of run: SimulatedRun?, _ body: @escaping () throws -> Void) {
    schedule(at: time.truth + delay, of: run, body)
  }

  private func step() throws -> Bool {
    guard let index = agenda.indices.min(by: { (agenda[$0].at, agenda[$0].order) < (agenda[$1].at, agenda[$1].order) })
    else { return false }
    let entry = agenda.remove(at: index)
    time.truth = max(time.truth, entry.at)
    if let run = entry.run, run.isOver { return true }
    try entry.body()
    return true
  }

  func note(_ text: @autoclosure () -> String) { history.append("\(time.truth.rfc3339()) \(text())") }

  /// The latest of what happened, for a seed that failed.
  var story: String { history.suffix(80).joined(separator: "\n") }

  // MARK: - Runs

  /// Runs until everything is accounted for; a run that pauses, or whose process dies, is followed by another.
  func perform() throws {
    for _ in 1...60 {
      try performRuns()
      let isOver = runs.contains { run in
        switch run.end {
        case .finished?, .duplicates?: true
        default: false
        }
      }
      if isOver { break }
      time.truth = time.truth + .seconds(30)
    }
    // What is still on its way at the service lands.
    while try step() {}
    try check()
  }

  private func performRuns() throws {
    runs = []
    try begin(SimulatedRun(of: self, in: queue))
    if hasTwoRuns {
      let isElsewhere = Bool.random(using: &random)
      if isElsewhere { hasNamespaces = true }
      let queue = isElsewhere ? otherQueue : queue
      let later = Duration.milliseconds(Int.random(in: 0...90_000, using: &random))
      schedule(after: later, of: nil) { [self] in
        // Somebody starts a second one while the first is at work.
        if runs.contains(where: { !$0.isOver }) { try begin(SimulatedRun(of: self, in: queue)) }
      }
    }
    var stepCount = 0
    while runs.contains(where: { !$0.isOver }) {
      guard try step() else { throw Violation(description: "a run waits for nothing") }
      stepCount += 1
      guard stepCount < 40_000 else { throw Violation(description: "a run does not end") }
    }
    ends += runs.compactMap(\.end)
  }

  private func begin(_ run: SimulatedRun) throws {
    runs.append(run)
    try run.begin()
    runCount += 1
    if hasDeaths, runCount < 5 {
      schedule(after: .milliseconds(Int.random(in: 0...20_000, using: &random)), of: run) { run.die() }
    } else if runCount == 1, Int.random(in: 0..<6, using: &random) == 0 {
      schedule(after: .milliseconds(Int.random(in: 0...20_000, using: &random)), of: run) {
        try run.post(.drainRequested)
      }
    }
  }

  // MARK: - What must hold at the end

  private func check() throws {
    var counts: [ItemState: Int] = [:]
    try queue.forEachRow(of: batch) { row in
      guard let item = row.item else { throw Violation(description: "a row lost its item") }
      counts[item.state, default: 0] += 1
      let made = service.made[item.name, default: []]
      if made.filter(\.isOurs).count > 1 { throw Violation(description: "\(item.name) was made twice") }
      switch (item.state, item.reason) {
      case (.done, _):
        let own = made.first { $0.id == item.remoteID }
        // What looks like ours and was made when we sent it cannot be told from ours.
        let firstSentAt = firstSentAt[item.name] ?? .max
        let looksOurs = own.map { $0.definition != "theirs" && $0.at >= firstSentAt - .seconds(5) } ?? false
        guard let own, own.isOurs || looksOurs else {
          throw Violation(description: "\(item.name) is done as \(item.remoteID ?? "nothing"), which is not ours")
        }
      case (.failed, .conflict?):
        // What was made later than the settle delay is for a person, and what nobody can tell the time of: a service that
        // does not say its own beside a clock that is more than five minutes off, or one that was set before the machine's
        // last start, or in another time namespace.
        let isUntellable = hasSteps && (!faults.tellsDate || hasNamespaces) || hasReboots
        guard made.contains(where: { !$0.isOurs }) || faults.isBeyondSettleDelay || isUntellable else {
          throw Violation(description: "\(item.name) is a conflict with nothing")
        }
      case (.failed, .foreign?):
        guard !made.contains(where: \.isOurs) || faults.isBeyondSettleDelay else {
          throw Violation(description: "\(item.name) failed although it was made")
        }
      case (.failed, .refused?):
        guard !made.contains(where: \.isOurs) else {
          throw Violation(description: "\(item.name) failed although it was made")
        }
        guard refusedNames.contains(item.name) || !made.isEmpty else {
          throw Violation(description: "\(item.name) failed for nothing")
        }
      case (.ready, _), (.inDoubt, _), (.leased, _):
        // A person must look at what is there twice before a run goes on, perhaps with what a dead one has left.
        let isStopped = ends.contains { if case .duplicates = $0 { true } else { false } }
        guard isStopped else {
          throw Violation(description: "\(item.name) is \(item.state) after \(ends.last.map { "\($0)" } ?? "-")")
        }
      default: throw Violation(description: "\(item.name) is \(item.state) (\(item.reason.map { "\($0)" } ?? "-"))")
      }
    }
    let tally = try queue.tally(of: batch)
    guard tally == Tally(counts), names.count == counts.values.reduce(0, +) else {
      throw Violation(description: "the tally \(tally) is not the count \(counts)")
    }
  }
}
