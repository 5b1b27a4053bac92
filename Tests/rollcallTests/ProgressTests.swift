import Pacing
import Provisioning
import Testing

@testable import rollcall

/// What is shown while a run is under way.
@Suite struct ProgressTests {
  private static let half = Progress(
    tally: Tally([.done: 140, .failed: 10, .ready: 146, .leased: 3, .inDoubt: 1]), pace: 4.94,
    limit: Rate("5/s"), wait: nil)

  @Test func `a wide terminal shows a bar and all of it`() {
    #expect(
      Self.half.bar(columns: 120, isUTF8: true)
        == "[████████████░░░░░░░░░░░░] 140/300 done · 10 failed · 149 waiting · 1 answer unknown · 4.9/s of 5/s · 30 s left"
    )
    #expect(
      Self.half.bar(columns: 100, isUTF8: false)
        == "[#########---------] 140/300 done, 10 failed, 149 waiting, 1 answer unknown, 4.9/s of 5/s, 30 s left")
  }

  @Test func `a narrow one shows what matters most, and nothing ever wraps`() {
    var waiting = Self.half
    waiting.wait = (.seconds(41), .throttled)
    for columns in 0...200 {
      for isUTF8 in [true, false] {
        for progress in [Self.half, waiting] {
          let line = progress.bar(columns: columns, isUTF8: isUTF8)
          #expect(line.count <= columns, "\(columns): \(line)")
          #expect(isUTF8 || line.utf8.allSatisfy { $0 < 0x80 }, "\(line)")
        }
      }
    }
    #expect(Self.half.bar(columns: 30, isUTF8: true) == "140/300 done · 10 failed")
    #expect(waiting.bar(columns: 64, isUTF8: true).hasPrefix("140/300 done · waiting 41 s: "))
  }

  @Test func `programs get every figure`() throws {
    var waiting = Self.half
    waiting.wait = (.milliseconds(40_200), .throttled)
    let value = try JSONValue(text: waiting.json(at: Instant(microseconds: 1_700_000_000_000_000)))
    #expect(value[key: "done"] == .integer(140) && value[key: "waiting"] == .integer(149))
    #expect(value[key: "waitSeconds"] == .integer(41) && value[key: "waitReason"] == .string("throttled"))
    #expect(value[key: "limit"] == .string("5/s") && value[key: "at"] == .string("2023-11-14T22:13:20Z"))
  }

  @Test func `status --watch ends when nothing is left to do`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a1", "a2"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      let idle = await fixture.run("status", "--watch")
      #expect(idle.status == 0 && idle.errorOutput.contains("Nobody works on it: `rollcall resume 1`"), "\(idle)")
      #expect(await fixture.run("resume", "--rate", "500/s").status == 0)
      let done = await fixture.run("status", "--watch", "--json")
      #expect(done.status == 0 && done.output.contains("\"done\":2"), "\(done)")
    }
  }
}
