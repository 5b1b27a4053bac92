// One kill and what must be true after it.

import Foundation
import GRDB

/// What came of a kill.
struct KillOutcome {
  let point: KillPoint
  /// False when the command did not come to that call.
  var wasKilled = false
  /// What went wrong; nil when every promise held.
  var failure: String?
}

/// What the commands do when nobody kills them.
struct Reference {
  var traces: [KilledCommand: CallTrace] = [:]
  /// The files that are left, relative to the folder.
  var files: [KilledCommand: Set<String>] = [:]

  init(_ trial: EveryCall) throws {
    for command in KilledCommand.allCases {
      let folder = trial.folder + "/reference-\(command.rawValue)"
      try trial.makeFolder(folder, names: "reference")
      let sandbox = try SandboxProcess(trial.executable, options: [], in: folder)
      defer { sandbox.stop() }
      let options = ["-f", "-qq", "-o", "trace.log", "-e", "trace=" + KillPoint.calls.joined(separator: ",")]
      let traced = try Worker(
        trial.tracer, options + [trial.executable] + command.arguments(sandbox.address), in: folder, log: "traced.log")
      guard try traced.waitForEnd(within: EveryCall.timeLimit) == 0 else {
        throw Failure(text: "\(command.rawValue) fails; see \(folder)/traced.log")
      }
      traces[command] = CallTrace(try String(contentsOfFile: folder + "/trace.log", encoding: .utf8))
      if command == .import { try trial.mustEndWell(.run, sandbox.address, in: folder, log: "run.log") }
      files[command] = try trial.files(in: folder)
    }
  }
}

extension EveryCall {
  private static let rowCount = 3
  /// Seconds that a command may take, on a machine that is busy with other things.
  fileprivate static let timeLimit = 180.0

  /// Tries the points of a share, one after the other, against a sandbox of their own.
  func trial(of share: Share, like reference: Reference) -> [KillOutcome] {
    let home = "\(folder)/from-\(share.points[0].fileName)"
    do {
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      let sandbox = try SandboxProcess(executable, options: [], in: home)
      defer { sandbox.stop() }
      var outcomes = share.points.enumerated().map { index, point in
        outcome(of: point, names: "p\(index)", sandbox.address, in: "\(home)/\(point.fileName)", like: reference)
      }
      try compare(&outcomes, with: try sandbox.ledger())
      if outcomes.allSatisfy({ $0.failure == nil }) { try FileManager.default.removeItem(atPath: home) }
      return outcomes
    } catch {
      let text = (error as? Failure)?.text ?? "\(error)"
      return share.points.map { KillOutcome(point: $0, failure: text) }
    }
  }

  private func outcome(
    of point: KillPoint, names: String, _ address: String, in folder: String, like reference: Reference
  ) -> KillOutcome {
    var outcome = KillOutcome(point: point)
    do {
      try makeFolder(folder, names: names)
      outcome.wasKilled = try kill(at: point, address, in: folder)
      try mustEndWell(point.command, address, in: folder, log: "again.log")
      if point.command == .import { try mustEndWell(.run, address, in: folder, log: "run.log") }
      try checkFiles(in: folder, like: reference.files[point.command] ?? [])
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      outcome.failure = (error as? Failure)?.text ?? "\(error)"
    }
    return outcome
  }

  /// Runs the command until it is killed at the point; false when it ends well without coming there.
  private func kill(at point: KillPoint, _ address: String, in folder: String) throws -> Bool {
    let (arguments, log) = (point.command.arguments(address), "killed.log")
    let traced: Worker
    switch point.count {
    case .byThread:
      // Not with --seccomp-bpf: with it strace 6.1 finds the first call only.
      let options = [
        "-f", "-qq", "-o", "trace.log", "-e", "trace=\(point.call)", "-e",
        "inject=\(point.call):signal=KILL:when=\(point.number)",
      ]
      traced = try Worker(tracer, options + [executable] + arguments, in: folder, log: log)
    case .inAll:
      let environment = ["LD_PRELOAD": library ?? "", "KILL_CALL": point.call, "KILL_AT": "\(point.number)"]
      traced = try Worker(executable, arguments, in: folder, log: log, environment: environment)
    }
    let status = try traced.waitForEnd(within: Self.timeLimit)
    guard traced.diedOfKill || status == 0 else {
      throw Failure(text: "not killed, it ends with \(status): \(lastLine(of: folder + "/killed.log"))")
    }
    return traced.diedOfKill
  }

  /// Runs a command, which must end with 0.
  func mustEndWell(_ command: KilledCommand, _ address: String, in folder: String, log: String) throws {
    let worker = try Worker(executable, command.arguments(address), in: folder, log: log)
    let status = try worker.waitForEnd(within: Self.timeLimit)
    guard status == 0 else {
      throw Failure(text: "\(command.rawValue) then ends with \(status): \(lastLine(of: folder + "/" + log))")
    }
  }

  private func checkFiles(in folder: String, like expected: Set<String>) throws {
    let report = try ReportFiles(in: folder + "/report", rowCount: Self.rowCount)
    guard report.succeededCount == Self.rowCount else {
      throw Failure(text: "the report has \(report.succeededCount) rows done")
    }
    let queue = try DatabaseQueue(path: folder + "/rollcall.db")
    let integrity = try queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
    try queue.close()
    guard integrity == ["ok"] else { throw Failure(text: "the queue is damaged: \(integrity.joined(separator: ", "))") }
    let found = try files(in: folder)
    if found != expected {
      let (more, fewer) = (found.subtracting(expected).sorted(), expected.subtracting(found).sorted())
      throw Failure(text: "files are left over: \(more), missing: \(fewer)")
    }
  }

  /// Every name was made once, and no create was sent for one that was there.
  private func compare(_ outcomes: inout [KillOutcome], with ledger: SandboxProcess.Ledger) throws {
    var made: [String: Int] = [:]
    for create in ledger.creates { made[create.name, default: 0] += 1 }
    for index in outcomes.indices where outcomes[index].failure == nil {
      let counts = (1...Self.rowCount).map { made["p\(index)-\($0)"] ?? 0 }
      if counts != [1, 1, 1] { outcomes[index].failure = "its rows were made \(counts) times" }
    }
    guard ledger.createRequestsForExistingKey == 0 else {
      throw Failure(text: "\(ledger.createRequestsForExistingKey) creates were sent for names that were there")
    }
  }

  /// Makes a new folder with a roster.
  func makeFolder(_ folder: String, names: String) throws {
    if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var text = "name,accountId,image,command\n"
    for row in 1...Self.rowCount { text += "\(names)-\(row),6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls\n" }
    try text.write(toFile: folder + "/roster.csv", atomically: true, encoding: .utf8)
  }

  /// The files in a folder, without our own logs.
  func files(in folder: String) throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".log") })
  }

  private func lastLine(of path: String) -> String {
    guard let text = FileManager.default.contents(atPath: path) else { return "" }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    return String((lines.first { $0.hasPrefix("Error") } ?? lines.last) ?? "")
  }
}
