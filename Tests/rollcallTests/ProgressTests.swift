import DurableQueue
import Pacing
import Provisioning
import Testing

@testable import rollcall

/// What is shown while a run is under way.
@Suite struct ProgressTests {
  private static let half = Progress(
    tally: Tally([.done: 140, .failed: 10, .ready: 146, .leased: 3, .inDoubt: 1, .cancelled: 4], invalidCount: 2),
    pace: MeasuredPace(perSecond: 4.94, isSettled: true), quota: quota("5/s"))

  private static func quota(_ text: String) -> Quota { Quota(rate: Rate(text) ?? .untilLearned, burst: 2) }

  private static func progress(
    _ counts: [ItemState: Int], pace: Double? = nil, isSettled: Bool = true, quota: Quota? = nil,
    wait: (Duration, Reason)? = nil, look: Progress.Look? = nil, isProbing: Bool = false
  ) -> Progress {
    Progress(
      tally: Tally(counts), pace: pace.map { MeasuredPace(perSecond: $0, isSettled: isSettled) }, quota: quota,
      wait: wait.map { ($0.0, $0.1) }, look: look, isProbing: isProbing)
  }

  /// A run of 1,200 rows with whatever can happen to it.
  private static let moments: [(what: String, progress: Progress)] = {
    var moments: [(String, Progress)] = [
      ("the service is asked what there is", progress([.ready: 1_200], quota: quota("4/s"), isProbing: true)),
      ("it begins", progress([.ready: 1_197, .leased: 3], quota: quota("4/s"))),
      ("it begins, and no limit is known", progress([.ready: 1_197, .leased: 3])),
      ("no limit is known", progress([.done: 300, .ready: 890, .leased: 10], pace: 31.04)),
      (
        "no limit is known, and the pace was hardly seen",
        progress([.done: 300, .ready: 890, .leased: 10], pace: 31.04, isSettled: false)
      ),
      ("it goes on", progress([.done: 700, .failed: 12, .ready: 484, .leased: 4], pace: 3.96, quota: quota("4/s"))),
      ("slower than it may", progress([.done: 700, .ready: 496, .leased: 4], pace: 0.5, quota: quota("4/s"))),
      ("a slow limit", progress([.done: 700, .ready: 496, .leased: 4], pace: 0.45, quota: quota("30/m"))),
      ("what was learned", progress([.done: 700, .ready: 496, .leased: 4], pace: 47.3, quota: quota("2911/m"))),
      ("nothing comes back", progress([.done: 700, .ready: 496, .leased: 4], pace: 0, quota: quota("4/s"))),
      (
        "some have no answer",
        progress([.done: 700, .failed: 12, .ready: 480, .leased: 4, .inDoubt: 4], pace: 4, quota: quota("4/s"))
      ),
      (
        "one waits for the settle delay",
        progress([.done: 1_199, .inDoubt: 1], quota: quota("4/s"), look: .after(.milliseconds(42_700)))
      ),
      (
        "some wait for it, and some failed",
        progress([.done: 1_100, .failed: 97, .inDoubt: 3], quota: quota("4/s"), look: .after(.seconds(59)))
      ),
      ("the list is asked for", progress([.done: 1_199, .inDoubt: 1], quota: quota("4/s"), look: .now)),
      ("nobody knows when", progress([.done: 1_199, .inDoubt: 1], quota: quota("4/s"))),
      ("the last ones are out", progress([.done: 1_188, .failed: 10, .leased: 2], pace: 4, quota: quota("4/s"))),
      ("the end", progress([.done: 1_188, .failed: 12], pace: 4, quota: quota("4/s"))),
    ]
    let waits: [Reason] = [.throttled, .usedUp, .keyQuota, .unreachable, .unknown, .foreign]
    for reason in waits {
      let counts: [ItemState: Int] = [.done: 700, .failed: 12, .ready: 485, .inDoubt: 3]
      moments.append(
        ("waits: \(reason.rawValue)", progress(counts, pace: 4, quota: quota("4/s"), wait: (.seconds(201), reason))))
    }
    return moments
  }()

  private static func plain(_ progress: Progress, _ columns: Int) -> String {
    progress.line(columns: columns).map(\.text).joined()
  }

  // The terminal's last column stays free.
  private static func lines(columns: Int) -> String {
    moments.map { "\($0.what)\n\(plain($0.progress, columns - 1))\n" }.joined()
  }

  @Test func `every message of progress on a terminal of 80 columns`() {
    #expect(
      Self.lines(columns: 80) == """
        the service is asked what there is
        [            ] 0/1200 done, asking the service what there is, 1200 waiting
        it begins
        [            ] 0/1200 done, 1200 waiting, 5 min left
        it begins, and no limit is known
        [            ] 0/1200 done, 1200 waiting
        no limit is known
        [==>         ] 300/1200 done, 900 waiting, 31/s, 29 s left
        no limit is known, and the pace was hardly seen
        [==>         ] 300/1200 done, 900 waiting, 31/s
        it goes on
        [======>     ] 700/1200 done, 12 failed, 4/s of 4/s, 2 min 3 s left
        slower than it may
        [======>     ] 700/1200 done, 500 waiting, 0.5/s of 4/s, 16 min 40 s left
        a slow limit
        [======>     ] 700/1200 done, 500 waiting, 27/m of 30/m, 18 min 31 s left
        what was learned
        [======>     ] 700/1200 done, 500 waiting, 47/s of 49/s, 11 s left
        nothing comes back
        [======>     ] 700/1200 done, 500 waiting, 0/s of 4/s
        some have no answer
        [======>     ] 700/1200 done, 12 failed, 4 answers unknown, 2 min 1 s left
        one waits for the settle delay
        [==========> ] 1199/1200 done, 1 answer unknown: asking the service in 43 s
        some wait for it, and some failed
        [==========> ] 1100/1200 done, 97 failed, 3 answers unknown: asking in 59 s
        the list is asked for
        [==========> ] 1199/1200 done, 1 answer unknown: asking the service
        nobody knows when
        [==========> ] 1199/1200 done, 1 answer unknown
        the last ones are out
        [==========> ] 1188/1200 done, 10 failed, 2 waiting, 4/s of 4/s, 1 s left
        the end
        [============] 1188/1200 done, 12 failed
        waits: throttled
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: throttled
        waits: usedUp
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: limit used up
        waits: keyQuota
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: quota used up
        waits: unreachable
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: unreachable
        waits: unknown
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: no answers
        waits: foreign
        [======>     ] 700/1200 done, 12 failed, waiting 3 min 21 s: foreign answers

        """)
  }

  @Test func `every message of progress on a terminal of 120 columns`() {
    #expect(
      Self.lines(columns: 120) == """
        the service is asked what there is
        [                        ] 0/1200 done, asking the service what there is, 1200 waiting
        it begins
        [                        ] 0/1200 done, 1200 waiting, 5 min left
        it begins, and no limit is known
        [                        ] 0/1200 done, 1200 waiting
        no limit is known
        [=====>                  ] 300/1200 done, 900 waiting, 31/s, 29 s left
        no limit is known, and the pace was hardly seen
        [=====>                  ] 300/1200 done, 900 waiting, 31/s
        it goes on
        [=============>          ] 700/1200 done, 12 failed, 488 waiting, 4/s of 4/s, 2 min 3 s left
        slower than it may
        [=============>          ] 700/1200 done, 500 waiting, 0.5/s of 4/s, 16 min 40 s left
        a slow limit
        [=============>          ] 700/1200 done, 500 waiting, 27/m of 30/m, 18 min 31 s left
        what was learned
        [=============>          ] 700/1200 done, 500 waiting, 47/s of 49/s, 11 s left
        nothing comes back
        [=============>          ] 700/1200 done, 500 waiting, 0/s of 4/s
        some have no answer
        [=============>          ] 700/1200 done, 12 failed, 4 answers unknown, 484 waiting, 4/s of 4/s, 2 min 1 s left
        one waits for the settle delay
        [======================> ] 1199/1200 done, 1 answer unknown: asking the service in 43 s
        some wait for it, and some failed
        [======================> ] 1100/1200 done, 97 failed, 3 answers unknown: asking the service in 59 s
        the list is asked for
        [======================> ] 1199/1200 done, 1 answer unknown: asking the service
        nobody knows when
        [======================> ] 1199/1200 done, 1 answer unknown
        the last ones are out
        [======================> ] 1188/1200 done, 10 failed, 2 waiting, 4/s of 4/s, 1 s left
        the end
        [========================] 1188/1200 done, 12 failed
        waits: throttled
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: throttled, 3 answers unknown, 485 waiting
        waits: usedUp
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: limit used up, 3 answers unknown, 485 waiting
        waits: keyQuota
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: the access key's quota is used up, 485 waiting
        waits: unreachable
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: the service could not be reached, 485 waiting
        waits: unknown
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: the service gives no usable answers
        waits: foreign
        [=============>          ] 700/1200 done, 12 failed, waiting 3 min 21 s: foreign answers, 3 answers unknown

        """)
  }

  @Test func `every message of progress in a log`() {
    #expect(
      Self.moments.map { "\($0.progress.text)\n" }.joined() == """
        0/1200 done, asking the service what there is, 1200 waiting
        0/1200 done, 1200 waiting, 5 min left
        0/1200 done, 1200 waiting
        300/1200 done, 900 waiting, 31/s, 29 s left
        300/1200 done, 900 waiting, 31/s
        700/1200 done, 12 failed, 488 waiting, 4/s of 4/s, 2 min 3 s left
        700/1200 done, 500 waiting, 0.5/s of 4/s, 16 min 40 s left
        700/1200 done, 500 waiting, 27/m of 30/m, 18 min 31 s left
        700/1200 done, 500 waiting, 47/s of 49/s, 11 s left
        700/1200 done, 500 waiting, 0/s of 4/s
        700/1200 done, 12 failed, 4 answers unknown, 484 waiting, 4/s of 4/s, 2 min 1 s left
        1199/1200 done, 1 answer unknown: asking the service in 43 s
        1100/1200 done, 97 failed, 3 answers unknown: asking the service in 59 s
        1199/1200 done, 1 answer unknown: asking the service
        1199/1200 done, 1 answer unknown
        1188/1200 done, 10 failed, 2 waiting, 4/s of 4/s, 1 s left
        1188/1200 done, 12 failed
        700/1200 done, 12 failed, waiting 3 min 21 s: throttled, 3 answers unknown, 485 waiting
        700/1200 done, 12 failed, waiting 3 min 21 s: the service says that its limit is used up until then, 3 answers unknown, 485 waiting
        700/1200 done, 12 failed, waiting 3 min 21 s: the access key's quota is used up, 3 answers unknown, 485 waiting
        700/1200 done, 12 failed, waiting 3 min 21 s: the service could not be reached, 3 answers unknown, 485 waiting
        700/1200 done, 12 failed, waiting 3 min 21 s: the service gives no usable answers, 3 answers unknown, 485 waiting
        700/1200 done, 12 failed, waiting 3 min 21 s: something that is not the service answers in its place, 3 answers unknown, 485 waiting

        """)
  }

  @Test func `at any width the line is shorter than the terminal, in whole words, and ASCII`() {
    for (what, progress) in Self.moments {
      let words = Set(
        (progress.text + " asking in limit quota used up unreachable no foreign answers").split(separator: " ").map(
          Self.word))
      for columns in -1...200 {
        let line = Self.plain(progress, columns)
        #expect(line.utf8.count <= max(0, columns), "\(what), \(columns): \(line)")
        #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(line)")
        let text = line.firstIndex(of: "]").map { line[line.index(after: $0)...] } ?? line[...]
        for word in text.split(separator: " ").map(Self.word) { #expect(words.contains(word), "\(columns): \(line)") }
      }
    }
  }

  private static func word(_ text: Substring) -> Substring { text.prefix { !",:".contains($0) } }

  @Test(arguments: [39, 40, 59, 60, 79, 80, 99, 100, 119, 200])
  func `the bar is as long as the terminal's width makes it, whatever stands beside it`(columns: Int) {
    let ends = Self.moments.map { Array(Self.plain($0.progress, columns)).firstIndex(of: "]") }
    #expect(Set(ends).count == 1 && ends[0] != nil, "\(ends)")
  }

  @Test func `an invalid row and a cancelled one are none that can be done`() {
    #expect(Self.plain(Self.half, 30) == "140/300 done, 10 failed")
    let all = Progress(tally: Tally([.done: 120], invalidCount: 1))
    #expect(Self.plain(all, 60) == "[============] 120/120 done")
    let rest = Progress(tally: Tally([.done: 20, .cancelled: 100]))
    #expect(Self.plain(rest, 60) == "[============] 20/20 done")
    #expect(Self.plain(Progress(tally: Tally([.cancelled: 5])), 60) == "0/0 done")
  }

  @Test func `failures are red, the figures of the run are dim, what happened is neither`() {
    let styles = Dictionary(grouping: Self.half.line(columns: 119), by: \.style).mapValues { $0.map(\.text) }
    #expect(styles[.red] == ["10 failed"])
    #expect(styles[.plain] == ["[===========>            ] ", "140/300 done", "1 answer unknown"])
    #expect(styles[.dim]?.filter { $0 != ", " } == ["149 waiting", "4.9/s of 5/s", "30 s left"])
    #expect(Self.progress([.done: 3]).line(columns: 79).allSatisfy { $0.style != .red })
  }

  @Test func `what is left takes as long as the limit makes it, however fast the last rows were`() {
    // As the plan says it of 70,264 creates at 4/s.
    let all = Self.progress([.ready: 70_264], pace: 10_000, quota: Self.quota("4/s"))
    #expect(all.text.hasSuffix("4 h 52 min left"), "\(all.text)")
    #expect(Self.progress([.ready: 70_264], pace: 10_000, isSettled: false).text.contains("left") == false)
    var windows = Self.quota("10/s")
    windows.windows = ["500/day"].compactMap { Rate($0).flatMap(Window.init) }
    let days = Self.progress([.ready: 1_200], pace: 10, quota: windows)
    #expect(days.text.hasSuffix("2 d left"), "\(days.text)")
  }

  @Test func `programs get every figure`() throws {
    var waiting = Self.half
    waiting.wait = (.milliseconds(40_200), .throttled)
    waiting.look = .after(.milliseconds(42_300))
    let value = JSONValue.object(waiting.members(at: Instant(microseconds: 1_700_000_000_000_000)))
    #expect(value[key: "done"] == .integer(140) && value[key: "waiting"] == .integer(149))
    #expect(value[key: "waitSeconds"] == .integer(41) && value[key: "waitReason"] == .string("throttled"))
    #expect(value[key: "limit"] == .string("5/s") && value[key: "at"] == .string("2023-11-14T22:13:20Z"))
    #expect(value[key: "askingInSeconds"] == .integer(43) && value[key: "invalid"] == .integer(2))
    #expect(value[key: "secondsLeft"] == nil)
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
      #expect(done.output.split(separator: "\n").count == 1, "\(done)")
    }
  }
}
