import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@testable import Storm
@testable import rollcall

/// One signal stops in order, also where it comes twice; a later one leaves at once.
@Suite struct SignalTests {
  /// The command, which is built beside the tests.
  private static var executable: String? {
    let folders =
      [Bundle.main.bundlePath, CommandLine.arguments.first.map { ($0 as NSString).deletingLastPathComponent }]
      + ProcessInfo.processInfo.arguments.filter { $0.hasSuffix(".xctest") }
      .map { ($0 as NSString).deletingLastPathComponent }
    return folders.compactMap { $0.map { $0 + "/rollcall" } }.first(where: FileManager.default.isExecutableFile)
  }

  @Test(arguments: [(Int64(0), SignalCount.Meaning.same), (999, .same), (1_000, .leave), (90_000, .leave)])
  func `what comes within a second of the first is the first`(milliseconds: Int64, meaning: SignalCount.Meaning) {
    let time = ManualTimeSource()
    var count = SignalCount()
    #expect(count.take(at: time.sinceBoot()) == .stop)
    #expect(count.take(at: time.sinceBoot()) == .same)
    time.advance(by: .milliseconds(milliseconds))
    // Somebody sets the clock meanwhile.
    time.set(time.now() + .seconds(-3_600))
    #expect(count.take(at: time.sinceBoot()) == meaning)
  }

  /// Starts the command in the fixture's folder, waits until something is so, and ends it afterwards.
  private func withCommand(
    _ fixture: CommandFixture, _ arguments: [String], until isReady: () throws -> Bool,
    _ body: (Worker) async throws -> Void
  ) async throws {
    let executable = try #require(Self.executable, "the command was not built")
    let worker = try Worker(
      executable, arguments, in: fixture.folder, log: "log", environment: ["ROLLCALL_ENDPOINT": fixture.endpoint])
    defer { worker.kill(SIGKILL) }
    while worker.isAlive, try !isReady() { usleep(5_000) }
    try await body(worker)
  }

  private func isThere(_ name: String, in fixture: CommandFixture) -> Bool {
    FileManager.default.fileExists(atPath: fixture.folder + "/" + name)
  }

  // Two signals of one number may reach a process as one; two numbers never do.
  @Test(arguments: [[SIGTERM, SIGINT], [SIGINT, SIGTERM, SIGTERM], [SIGTERM]])
  func `a run that gets a signal twice writes its report and ends by it`(signals: [Int32]) async throws {
    var configuration = SandboxConfiguration()
    configuration.latency = .milliseconds(300)
    try await CommandFixture.with(configuration) { fixture in
      try fixture.writeRoster((1...60).map { "n\($0)" })
      let run = ["run", "class.csv", "--rate", "2/s", "--out", "report", "--on-finish", "echo told >told"]
      try await withCommand(fixture, run, until: { fixture.sandbox.ledger.createRequests > 0 }) { worker in
        for signal in signals { worker.kill(signal) }
        _ = worker.waitForEnd()
        #expect(signals.map(Optional.some).contains(worker.endSignal), "status \(worker.status)")
        let (summary, log) = (try fixture.read("report/summary.json"), try fixture.read("log"))
        #expect(summary.contains("\"rowCount\" : 60"))
        #expect(isThere("told", in: fixture), "the command of --on-finish was run")
        #expect(log.contains("Stopped as asked"))
      }
    }
  }

  @Test func `while the command of --on-finish runs, a signal that comes twice lets it finish`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      #expect(mkfifo(fixture.folder + "/pipe", 0o600) == 0)
      let run = [
        "run", "class.csv", "--rate", "500/s", "--out", "report", "--on-finish", ": >started; read x <pipe; : >ended",
      ]
      try await withCommand(fixture, run, until: { isThere("started", in: fixture) }) { worker in
        worker.kill(SIGTERM)
        worker.kill(SIGINT)
        while worker.isAlive, try !fixture.read("log").contains("Stopping when the --on-finish") { usleep(5_000) }
        #expect(worker.isAlive && !isThere("ended", in: fixture))
        try fixture.writeToPipe("pipe")
        _ = worker.waitForEnd()
        #expect(worker.endSignal == SIGTERM || worker.endSignal == SIGINT, "status \(worker.status)")
        #expect(isThere("ended", in: fixture), "it was waited for")
      }
    }
  }

  @Test func `a sandbox that gets a signal twice ends in order`() async throws {
    try await CommandFixture.with { fixture in
      let isReady = { isThere("log", in: fixture) ? try fixture.read("log").contains("Ctrl-C ends it.") : false }
      try await withCommand(fixture, ["sandbox", "--port", "0"], until: isReady) { worker in
        worker.kill(SIGINT)
        worker.kill(SIGTERM)
        #expect(worker.waitForEnd() == 0 && worker.endSignal == nil, "status \(worker.status)")
      }
    }
  }
}

extension CommandFixture {
  /// Lets whoever reads from a named pipe go on.
  func writeToPipe(_ name: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + name))
    try handle.write(contentsOf: Data("\n".utf8))
    try handle.close()
  }
}
