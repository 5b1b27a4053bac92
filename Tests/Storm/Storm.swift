// A storm: the real command and the real sandbox over loopback, all faults on, and workers that are killed or stopped at
// random until everything is done. What really happened stands in the sandbox's ledger.

import Foundation
import TestSupport

/// One storm and what it is made of.
package struct Storm: Sendable {
  /// Rows of the roster.
  package var rowCount = 5_000
  /// How often a live worker is killed.
  package var killCount = 40
  /// Processes that work on one queue.
  package var workerCount = 3
  /// How often the files are written at a random moment, and looked at.
  package var reportCount = 10
  /// What chance is drawn from.
  package var seed = 1
  /// Requests a second that the workers share.
  package var rate = 200
  /// Whether the sandbox makes a second workspace of a name instead of refusing it.
  package var acceptsDuplicates = false
  /// Seconds after which the storm is given up.
  package var timeLimit = 900.0
  /// The program, `rollcall`.
  package var executable: String
  /// Where its files go; made if need be.
  package var folder: String

  /// Describes a storm.
  package init(executable: String, folder: String) {
    self.executable = executable
    self.folder = folder
  }

  /// What came of it.
  package struct Result: Sendable, CustomStringConvertible {
    /// The seed.
    package var seed = 0
    /// Workspaces that the sandbox made, and how many names they have.
    package var createdCount = 0
    package var nameCount = 0
    /// Creates that were asked for beyond one a row.
    package var resentCount = 0
    /// Creates that were asked for although the name was there already.
    package var forExistingCount = 0
    /// Rows that have no workspace.
    package var lostCount = 0
    /// Kills and stops of live workers.
    package var killCount = 0
    package var stopCount = 0
    /// Reports that were taken under way and agreed with themselves.
    package var reportCount = 0
    /// Seconds.
    package var duration = 0.0
    /// What went wrong; nil when every promise held.
    package var failure: String?

    package var description: String {
      let figures =
        "seed \(seed): \(createdCount) created, \(resentCount) resent, \(forExistingCount) for a key that was there, "
        + "\(lostCount) lost, \(killCount) kills, \(stopCount) stops, \(reportCount) reports, \(Int(duration)) s"
      return failure.map { "\(figures)\nFAILED: \($0)" } ?? figures
    }
  }

  /// Runs it to its end; never throws, the result says what went wrong.
  package func run() -> Result {
    var result = Result()
    result.seed = seed
    let start = Date()
    do {
      try storm(into: &result)
    } catch let failure as Failure {
      result.failure = failure.text
    } catch {
      result.failure = "\(error)"
    }
    result.duration = Date().timeIntervalSince(start)
    return result
  }

  private func storm(into result: inout Result) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let sandbox = try startSandbox()
    defer { sandbox.stop() }
    try writeRoster()
    let imported = try Worker(self, ["import", "roster.csv", "--endpoint", sandbox.address], log: "import.log")
    guard imported.waitForEnd() == 0 else { throw Failure(text: "the import failed; see \(folder)/import.log") }
    try work(into: &result)
    read(try sandbox.ledger(), into: &result)
    try checkStatus()
    if result.lostCount > 0 { throw Failure(text: "\(result.lostCount) rows have no workspace") }
    if result.createdCount != result.nameCount { throw Failure(text: "some names were made twice") }
    if result.forExistingCount > 0 { throw Failure(text: "a create was sent for a name that was there") }
    if result.killCount < killCount { throw Failure(text: "the work was done before the kills were") }
  }

  // MARK: - The parts

  private func startSandbox() throws -> SandboxProcess {
    var arguments = ["--seed", "\(seed)", "--late-by", "1s"]
    let faults =
      ["drop-after", "drop-before", "unavailable", "error-after"].map { "\($0)=0.03" }
      + ["xml", "truncated", "without-id", "hang", "late"].map { "\($0)=0.01" }
    for fault in faults { arguments += ["--fault", fault] }
    if acceptsDuplicates { arguments.append("--accept-duplicates") }
    return try SandboxProcess(executable, options: arguments, in: folder)
  }

  private func writeRoster() throws {
    var text = "name,accountId,image,command\n"
    for row in 1...rowCount { text += "w\(row),6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls\n" }
    try text.write(toFile: folder + "/roster.csv", atomically: true, encoding: .utf8)
  }

  private func startWorker(_ number: Int) throws -> Worker {
    try Worker(
      self,
      [
        "resume", "1", "--rate", "\(rate)/s", "--burst", "10", "--concurrency", "16", "--max-attempts", "20",
        "--request-timeout", "2s", "--settle-delay", "2s", "--max-wait", "60s", "--out", "report-\(number)",
      ], log: "worker-\(number).log")
  }

  /// Keeps the workers at work and kills them, until the batch is done.
  private func work(into result: inout Result) throws {
    var random = SeededGenerator(seed: seed)
    let deadline = Date().addingTimeInterval(timeLimit)
    var started = 0
    func next() throws -> Worker {
      started += 1
      return try startWorker(started)
    }
    var workers = try (0..<workerCount).map { _ in try next() }
    // The kills are spread over the time that the rows take at this rate, so that they meet workers in every phase.
    let pause = Double(rowCount) / Double(rate) / Double(killCount + 1)
    var nextStrike = Date().addingTimeInterval(1)
    let reportPause = Double(rowCount) / Double(rate) / Double(reportCount + 1)
    var nextReport = Date().addingTimeInterval(reportPause * random.number(in: 0.2...1.2))
    var stopped: [(worker: Worker, until: Date, dies: Bool)] = []
    while true {
      guard Date() < deadline else { throw Failure(text: "it was not done within \(Int(timeLimit)) s") }
      usleep(10_000)
      for entry in stopped where Date() >= entry.until {
        if entry.dies, entry.worker.isAlive { result.killCount += 1 }
        entry.worker.kill(SIGCONT)
        if entry.dies { entry.worker.kill(SIGKILL) }
      }
      stopped.removeAll { Date() >= $0.until }
      for index in workers.indices where !workers[index].isAlive {
        let worker = workers[index]
        // Killed, or waiting for others that were: somebody goes on. Everything else is a failure of the command.
        guard worker.wasKilled || worker.status == 0 || worker.status == 4 else {
          throw Failure(text: "a worker ended with \(worker.status); see \(folder)/\(worker.log)")
        }
        if worker.status == 0, !worker.wasKilled { continue }
        workers[index] = try next()
      }
      if workers.allSatisfy({ !$0.isAlive && !$0.wasKilled && $0.status == 0 }) { return }
      if Date() >= nextReport, result.reportCount < reportCount {
        try takeReport(result.reportCount + 1)
        result.reportCount += 1
        nextReport = Date().addingTimeInterval(reportPause * random.number(in: 0.3...1.5))
      }
      guard Date() >= nextStrike, result.killCount < killCount else { continue }
      nextStrike = Date().addingTimeInterval(pause * random.number(in: 0.3...1.7))
      strike(workers.filter(\.isAlive), &stopped, &random, into: &result)
    }
  }

  private func strike(
    _ alive: [Worker], _ stopped: inout [(worker: Worker, until: Date, dies: Bool)], _ random: inout SeededGenerator,
    into result: inout Result
  ) {
    let candidates = alive.filter { worker in !stopped.contains { $0.worker === worker } }
    guard !candidates.isEmpty else { return }
    let victim = candidates[Int(random.number(in: 0...0.999) * Double(candidates.count))]
    switch random.number(in: 0...1) {
    case ..<0.7:
      if victim.kill(SIGKILL) { result.killCount += 1 }
    case ..<0.85:
      for worker in candidates where result.killCount < killCount && worker.kill(SIGKILL) { result.killCount += 1 }
    default:
      // Sometimes for longer than the settle delay, and sometimes it dies when it wakes.
      guard victim.kill(SIGSTOP) else { return }
      result.stopCount += 1
      stopped.append((victim, Date().addingTimeInterval(random.number(in: 0.1...5)), random.number(in: 0...1) < 0.4))
    }
  }

  // MARK: - The truth

  /// Takes a report while workers are at work and dying: its files must hold every row once and agree with each other.
  private func takeReport(_ number: Int) throws {
    let name = "taken-\(number)"
    let reporter = try Worker(self, ["report", "1", "--out", name], log: name + ".log")
    guard reporter.waitForEnd() == 0 else { throw Failure(text: "report \(number) failed; see \(folder)/\(name).log") }
    do {
      _ = try ReportFiles(in: "\(folder)/\(name)", rowCount: rowCount)
    } catch let failure as Failure {
      throw Failure(text: "report \(number): \(failure.text)")
    }
  }

  private func read(_ ledger: SandboxProcess.Ledger, into result: inout Result) {
    result.createdCount = ledger.creates.count
    result.nameCount = Set(ledger.creates.map(\.name)).count
    result.resentCount = ledger.createRequests - rowCount
    result.forExistingCount = ledger.createRequestsForExistingKey
    result.lostCount = rowCount - result.nameCount
  }

  private func checkStatus() throws {
    struct Status: Decodable {
      let states: [String: Int]
    }
    let reader = try Worker(self, ["status", "1", "--json"], log: "status.json")
    _ = reader.waitForEnd()
    let status = try JSONDecoder().decode(
      Status.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/status.json")))
    guard status.states["done"] == rowCount else { throw Failure(text: "the queue says \(status.states)") }
  }
}

extension Worker {
  fileprivate convenience init(_ storm: Storm, _ arguments: [String], log: String) throws {
    try self.init(storm.executable, arguments, in: storm.folder, log: log)
  }
}

extension SeededGenerator {
  fileprivate mutating func number(in range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
}
