import ArgumentParser
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// A roster that somebody still writes to ends with 6, whatever its text is.
@Suite struct GrowingRosterTests {
  private static let header = "name,accountId,image,command\n"
  private static func row(_ name: String) -> String { "\(name),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls\n" }
  private static let cut = header + row("a1") + row("a2") + "a3,6COyt"

  /// A time that stands until somebody waits; then something happens in the folder.
  private final class WritingTime: TimeSource {
    private let time: JumpingTimeSource
    private let write: @Sendable () -> Void

    init(_ now: Instant, _ write: @escaping @Sendable () -> Void) {
      (time, self.write) = (JumpingTimeSource(now: now), write)
    }

    func now() -> Instant { time.now() }
    func sinceBoot() -> SinceBoot { time.sinceBoot() }
    func alarm(at instant: Instant, ring: @escaping @Sendable () -> Void) -> any Alarm {
      write()
      return time.alarm(at: instant, ring: ring)
    }
  }

  private static let written = Instant(microseconds: 1_700_000_000_000_000)

  private static func setTime(_ path: String) throws {
    let date = Date(timeIntervalSince1970: 1_700_000_000)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
  }

  private static func append(_ text: String, to path: String) {
    guard let file = fopen(path, "a") else { return }
    fputs(text, file)
    fclose(file)
  }

  @Test(arguments: [["import", "class.csv", "--skip-invalid"], ["run", "class.csv", "--skip-invalid", "--yes"]])
  func `a last line without an end, written a moment ago, is looked at again a second later`(
    verb: [String]
  ) async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      try fixture.write(Self.cut)
      let path = fixture.folder + "/class.csv"
      try Self.setTime(path)
      fixture.time = WritingTime(Self.written + .seconds(1)) { Self.append("UjFj7b8eOhq2L5zL,", to: path) }
      let grows = await fixture.run(verb, answer: nil, isInteractive: false)
      #expect(grows.status == 6, "\(grows)")
      #expect(grows.errorOutput.contains("The roster class.csv was changed while it was read."), "\(grows)")
      #expect(fixture.sandbox.ledger.creates.isEmpty)
      #expect(await fixture.run("list", "--batches").output.isEmpty)
    }
  }

  @Test func `it says nothing of growth when nobody writes, or wrote long ago`() async throws {
    try await CommandFixture.with { fixture in
      var fixture = fixture
      try fixture.write(Self.cut)
      try Self.setTime(fixture.folder + "/class.csv")
      for age in [1, 3_600] {
        fixture.time = JumpingTimeSource(now: Self.written + .seconds(age))
        let still = await fixture.run("import", "class.csv", "--skip-invalid")
        #expect(
          still.status == 3 && still.errorOutput.contains("class.csv:4: accountId (B4): the last line"), "\(still)")
      }
    }
  }

  @Test(arguments: [true, false])
  func `one that changes while a person thinks is not imported`(isInteractive: Bool) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster((1...12).map { "n\($0)" })
      #expect(await fixture.run("import", "class.csv").status == 0)
      try fixture.writeRoster(["n1"])
      let path = fixture.folder + "/class.csv"
      let context = Context(
        environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
        readAnswer: {
          Self.append(Self.row("n2"), to: path)
          return "y"
        }, isInteractive: true, drawsProgress: false, time: fixture.time, handlesSignals: false)
      let verb = isInteractive ? ["import", "class.csv"] : ["run", "class.csv", "--yes", "--quiet"]
      #expect(await Rollcall.run(verb, in: context) == 6)
      #expect(await fixture.run("list", "--batches").output.split(separator: "\n").count == 1)
      #expect(fixture.sandbox.ledger.creates.isEmpty)
    }
  }

  @Test func `check says it too, with 6`() async throws {
    try await CommandFixture.with { fixture in
      let rows = (1...6_000).map { Self.row("n\($0)") }.joined()
      try fixture.write(Self.header + rows)
      let path = fixture.folder + "/class.csv"
      let context = Context(
        environment: fixture.environment, folder: fixture.folder, output: { _ in }, errorOutput: { _ in },
        readAnswer: { nil }, isInteractive: false, drawsProgress: false, time: fixture.time, handlesSignals: false)
      var check = try RosterCheck(
        try RosterArguments.parse(["class.csv"]), reading: try ReadingOptions.parse([]),
        endpoint: try EndpointOptions.parse([]).chosen(in: context), database: fixture.folder + "/q.db", in: context)
      var error: CommandError?
      do {
        try check.read(comparingWith: nil) { if $0.ordinal == 10 { Self.append(Self.row("m1"), to: path) } }
      } catch let found {
        error = CommandError(found)
      }
      #expect(error?.status == .personNeeded && error?.reason == .rosterChanged)
    }
  }
}
