// A process of the command, which can be killed, and a sandbox that runs beside it.

import Foundation
import Synchronization

/// What went wrong.
struct Failure: Error {
  let text: String
}

/// A process of the command; what it prints goes to a file.
final class Worker: Sendable {
  let log: String
  private let process: Mutex<Process>
  private let killed = Mutex(false)
  private let identifier: Int32

  /// Starts it.
  ///
  /// - Parameters:
  ///   - folder: where it works and where its queue is, `rollcall.db`.
  ///   - log: the file in it that takes what is printed; of a `.json` only standard output.
  ///   - environment: variables beside the usual ones.
  init(
    _ executable: String, _ arguments: [String], in folder: String, log: String, environment: [String: String] = [:]
  ) throws {
    self.log = log
    let path = folder + "/" + log
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = [
      "HOME": folder, "TMPDIR": folder, "ROLLCALL_DB": folder + "/rollcall.db", "PATH": "/usr/bin:/bin",
    ].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    // A ledger or a status is read from its file: nothing else may stand in it.
    process.standardError = log.hasSuffix(".json") ? FileHandle.nullDevice : output
    try process.run()
    try output.close()
    identifier = process.processIdentifier
    self.process = Mutex(process)
  }

  var isAlive: Bool { process.withLock(\.isRunning) }
  var wasKilled: Bool { killed.withLock { $0 } }
  var status: Int32 { process.withLock(\.terminationStatus) }
  /// Whether it ended by a SIGKILL, whoever sent it.
  var diedOfKill: Bool {
    process.withLock { $0.terminationReason == .uncaughtSignal && $0.terminationStatus == SIGKILL }
  }

  /// The signal that it ended by; nil when it ended by itself.
  var endSignal: Int32? {
    process.withLock { $0.terminationReason == .uncaughtSignal ? $0.terminationStatus : nil }
  }

  /// Sends a signal; false when the process has ended already.
  @discardableResult
  func kill(_ signal: Int32) -> Bool {
    guard isAlive else { return false }
    if signal == SIGKILL { killed.withLock { $0 = true } }
    return Foundation.kill(identifier, signal) == 0
  }

  func waitForEnd() -> Int32 {
    while isAlive { usleep(5_000) }
    return status
  }

  /// Waits for its end, and ends it when that takes too long.
  func waitForEnd(within seconds: Double) throws -> Int32 {
    let deadline = Date().addingTimeInterval(seconds)
    while isAlive {
      usleep(5_000)
      if Date() < deadline { continue }
      // Strace ends what it traces when it is asked to end, not when it is killed.
      kill(SIGTERM)
      sleep(5)
      kill(SIGKILL)
      throw Failure(text: "it does not end within \(Int(seconds)) s; see \(log)")
    }
    return status
  }
}

/// A sandbox that runs until it is stopped.
struct SandboxProcess {
  /// Where it listens.
  let address: String
  private let worker: Worker
  private let executable: String
  private let folder: String

  /// Starts one; it listens when this returns.
  init(_ executable: String, options: [String], in folder: String) throws {
    (self.executable, self.folder) = (executable, folder)
    worker = try Worker(executable, ["sandbox", "--port", "0"] + options, in: folder, log: "sandbox.log")
    for _ in 0..<600 where worker.isAlive {
      let printed = try String(contentsOfFile: folder + "/sandbox.log", encoding: .utf8)
      if let from = printed.range(of: "Sandbox at "), let to = printed.range(of: ", accounts") {
        address = String(printed[from.upperBound..<to.lowerBound])
        return
      }
      usleep(50_000)
    }
    worker.kill(SIGKILL)
    throw Failure(text: "the sandbox does not start; see \(folder)/sandbox.log")
  }

  func stop() { worker.kill(SIGKILL) }

  /// What really happened.
  struct Ledger: Decodable {
    struct Create: Decodable {
      let name: String
    }
    let creates: [Create]
    let createRequests: Int
    let createRequestsForExistingKey: Int
  }

  func ledger() throws -> Ledger {
    let reader = try Worker(executable, ["sandbox", "--ledger", address], in: folder, log: "ledger.json")
    guard reader.waitForEnd() == 0 else { throw Failure(text: "the ledger of \(address) cannot be read") }
    return try JSONDecoder().decode(Ledger.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/ledger.json")))
  }
}
