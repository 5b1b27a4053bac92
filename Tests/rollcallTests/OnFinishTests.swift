import Foundation
import Pacing
import Synchronization
import TestSupport
import Testing

@testable import rollcall

/// What the command of --on-finish gets from this process, and how long it may take.
@Suite struct OnFinishTests {
  /// Runs a command and returns what was said of it.
  private static func run(
    _ command: String, in folder: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"],
    time: any TimeSource = SystemTimeSource()
  ) -> String {
    let told = Told()
    let context = Context(
      environment: environment, folder: folder, output: { _ in }, errorOutput: { told.add($0) }, readAnswer: { nil },
      isInteractive: false, drawsProgress: false, time: time, handlesSignals: false)
    OnFinish(command, in: context).run(Ending(status: .done, reason: .done, message: "done"))
    return told.text
  }

  private static func read(_ name: String, in folder: String) throws -> String {
    try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
  }

  @Test func `no signal is ignored or blocked, whatever this process does with it`() async throws {
    try await withTemporaryFolder { folder in
      _ = await #expect(processExitsWith: .success) { [folder = folder as String] in
        for number in [SIGPIPE, SIGHUP, SIGINT, SIGTERM] { signal(number, SIG_IGN) }
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGUSR1)
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        #expect(Self.run("grep -E '^Sig(Blk|Ign)' /proc/self/status >signals", in: folder) == "")
        let lines = try Self.read("signals", in: folder).split(separator: "\n")
        // glibc keeps two for itself, 32 and 33.
        let masks = lines.compactMap { UInt64($0.suffix(16), radix: 16) }.map { $0 & ~(3 << 31) }
        #expect(masks == [0, 0], "\(lines)")
      }
    }
  }

  @Test func `nothing that is open here is open there, and its output is no data of ours`() async throws {
    try await withTemporaryFolder { folder in
      _ = await #expect(processExitsWith: .success) { [folder = folder as String] in
        // As if this process had been started with them.
        for number in [7, 31, 200] as [Int32] { #expect(dup2(open("/dev/null", O_RDWR), number) == number) }
        let command =
          "for n in 7 31 200; do [ ! -e /proc/$$/fd/$n ] || echo $n; done >open; readlink /proc/self/fd/0 >input; "
          + "a=$(readlink /proc/$$/fd/1) b=$(readlink /proc/$$/fd/2); printf '%s\\n' \"$a\" \"$b\" >outputs"
        #expect(Self.run(command, in: folder) == "")
        #expect(FileManager.default.contents(atPath: folder + "/open") == Data())
        let input = try Self.read("input", in: folder)
        #expect(input == "/dev/null\n")
        let outputs = try Self.read("outputs", in: folder).split(separator: "\n")
        #expect(outputs.count == 2 && outputs[0] == outputs[1], "\(outputs)")
      }
    }
  }

  @Test func `it has its own process group, and no variable that begins like the keys'`() async throws {
    try await withTemporaryFolder { folder in
      let environment = [
        "PATH": "/usr/bin:/bin", "NCLOUD_ACCESS_KEY": "a", "NCLOUD_SECRET_KEY": "s", "NCLOUD_OTHER": "o",
        "MINE": "m\nn",
      ]
      let command = "env >variables; cut -d' ' -f1,5 /proc/$$/stat >group; pwd >folder"
      #expect(Self.run(command, in: folder, environment: environment) == "")
      let variables = try Self.read("variables", in: folder)
      #expect(!variables.contains("NCLOUD_") && variables.contains("MINE=m\nn\n"), "\(variables)")
      let group = try Self.read("group", in: folder).split { $0.isWhitespace }
      #expect(group.count == 2 && group[0] == group[1] && group[0] != "\(getpgrp())", "\(group)")
      #expect(try Self.read("folder", in: folder).hasSuffix(folder + "\n"))
    }
  }

  @Test(arguments: [
    ("exit 7", "warning: the --on-finish command ended with status 7.\n"),
    ("kill -9 $$", "warning: the --on-finish command was ended by signal 9.\n"), ("true", ""),
  ])
  func `how it ended is said`(command: String, words: String) async throws {
    try await withTemporaryFolder { folder in #expect(Self.run(command, in: folder) == words) }
  }

  @Test func `a folder that is gone is said`() async throws {
    try await withTemporaryFolder { folder in
      #expect(Self.run("true", in: folder + "/gone").contains("ended with status"))
    }
  }

  /// The one that obeys ends when it is asked to; the other has to be ended, with what it has started.
  @Test(arguments: [false, true])
  func `after a minute it is asked to end, and five seconds later it is ended`(isDeaf: Bool) async throws {
    try await withTemporaryFolder { folder in
      let time = ManualTimeSource()
      let words = Told()
      let command =
        "\(isDeaf ? "trap : TERM; " : "")sleep 1000 & echo $! >child; : >started; while :; do sleep 1000; done"
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { @concurrent in
          words.add(Self.run(command, in: folder, time: time))
          words.add("over")
        }
        while time.nextAlarm == nil || !FileManager.default.fileExists(atPath: folder + "/started") {
          await Task.yield()
        }
        time.advance(by: .milliseconds(59_999))
        #expect(words.text.isEmpty)
        time.advance(by: .milliseconds(1))
        if isDeaf { time.advance(by: OnFinish.grace) }
        try await group.waitForAll()
      }
      #expect(words.text == "warning: the --on-finish command was ended, because it took longer than 1 min.\nover")
      let child = try #require(Int32(try Self.read("child", in: folder).filter(\.isNumber)))
      // Whoever has taken it in collects it in his own time.
      while kill(child, 0) == 0, try !Self.isZombie(child) { await Task.yield() }
    }
  }

  private static func isZombie(_ process: Int32) throws -> Bool {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return true }
    return String(decoding: data, as: UTF8.self).contains(") Z ")
  }
}

/// What was said.
private final class Told: Sendable {
  private let texts = Mutex("")

  var text: String { texts.withLock(\.self) }

  func add(_ text: String) { texts.withLock { $0 += text } }
}
