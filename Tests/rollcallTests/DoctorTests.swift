import Foundation
import Pacing
import Sandbox
import TestSupport
import Testing

@testable import rollcall

@Suite struct DoctorTests {
  @Test func `all is well at a sandbox, and the accounts are named with their ids`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
      try fixture.writeRoster(["n1"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let result = await fixture.run("doctor")
      #expect(result.status == 0, "\(result)")
      for text in [
        "1 unfinished", "accepted", CommandFixture.account, "tensorflow:r2.3.1-py3", "readable by its owner",
      ] {
        #expect(result.output.contains(text), "\(text): \(result)")
      }
      #expect(fixture.sandbox.ledger.createRequests == 0)
    }
  }

  @Test func `what is bad is said with what to do, and the status says so`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      fixture.environment["NCLOUD_ACCESS_KEY"] = "FAKE-ACCESS-KEY-0001"
      fixture.environment["NCLOUD_SECRET_KEY"] = "wrong"
      try "notes".write(toFile: fixture.folder + "/rollcall.db", atomically: true, encoding: .utf8)
      let result = await fixture.run("doctor")
      #expect(result.status == 6, "\(result)")
      #expect(result.output.contains("bad  queue") && result.output.contains("not a Rollcall queue"), "\(result)")
      #expect(result.output.contains("bad  service") && result.output.contains("인증키"), "\(result)")
      #expect(!result.output.contains("wrong"))
    }
  }
}

/// Keys stay with their owner: the file that holds them, and the process that has read them.
@Suite struct KeyCareTests {
  @Test(arguments: [
    (0o644, 0o700, "others may read", "chmod 600"), (0o640, 0o700, "others may read", "chmod 600"),
    (0o620, 0o700, "others may change", "chmod 600"), (0o600, 0o770, "others may put other files into", "chmod 700"),
    (0o600, 0o702, "others may put other files into", "chmod 700"),
  ])
  func `a key file that others can get at is bad, with what mends it`(
    file: Int, folder: Int, problem: String, remedy: String
  ) async throws {
    try await CommandFixture.with { fixture in
      let result = try await Self.doctor(fixture, file: file, folder: folder)
      #expect(result.status == 6, "\(result)")
      let lines = result.output.split(separator: "\n").map(String.init)
      let line = try #require(lines.firstIndex { $0.hasPrefix("bad  key file") }, "\(result)")
      #expect(lines[line].contains(problem) && lines[line + 1].contains(remedy), "\(result)")
      #expect(!result.output.contains("FAKE-SECRET"))
    }
  }

  @Test func `a key file that only its owner can get at is well`() async throws {
    try await CommandFixture.with { fixture in
      let result = try await Self.doctor(fixture, file: 0o600, folder: 0o755)
      #expect(result.output.contains("ok   key file"), "\(result)")
      #expect(!result.output.contains("bad  key file"), "\(result)")
    }
  }

  private static func doctor(_ fixture: CommandFixture, file: Int, folder: Int) async throws -> CommandResult {
    var fixture = fixture
    fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
    let path = fixture.folder + "/.ncloud"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try fixture.write(
      "ncloud_access_key_id = FAKE-ACCESS-KEY-0001\nncloud_secret_access_key = FAKE-SECRET-KEY-0001\n",
      to: ".ncloud/configure")
    #expect(chmod(path + "/configure", mode_t(file)) == 0 && chmod(path, mode_t(folder)) == 0)
    return await fixture.run("doctor")
  }

  @Test func `no core dump holds the keys, and nobody reads them in the process`() async throws {
    _ = await #expect(processExitsWith: .success) {
      ProcessSecrets.keep()
      var limit = rlimit(rlim_cur: 1, rlim_max: 1)
      getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
      #expect(limit.rlim_cur == 0 && limit.rlim_max == 0)
      // What the kernel says of a process that may not be dumped: its files belong to root, or its memory is closed.
      let getDumpable: Int32 = 3
      typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
      let prctl = unsafeBitCast(try #require(dlsym(nil, "prctl")), to: Call.self)
      #expect(prctl(getDumpable, 0, 0, 0, 0) == 0)
    }
  }
}

/// Too few files are told, before anything below that would stop the process for it.
@Suite struct DescriptorTests {
  @Test(arguments: [4, 8, 12, 16, 24])
  func `a process that may open too few files says so`(limit: Int) async throws {
    _ = await #expect(processExitsWith: .exitCode(7)) { [limit = limit as Int] in
      var few = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &few)
      let shortage = DescriptorCheck.shortage()
      let text = shortage.map { "\($0.message) \($0.hint ?? "")" }
      few = rlimit(rlim_cur: 0, rlim_max: 0)
      guard let text, text.contains("ulimit -n"), text.contains("limit is \(limit)") else { exit(1) }
      exit(7)
    }
  }

  @Test func `a low limit that may be raised is raised`() async throws {
    _ = await #expect(processExitsWith: .exitCode(7)) {
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = 20
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      exit(DescriptorCheck.shortage() == nil ? 7 : 1)
    }
  }
}
