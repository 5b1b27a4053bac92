import Pacing
import Provisioning
import TestSupport
import Testing

@testable import DurableQueue
@testable import SQLiteStore

/// When a doubt is late enough: never by a clock that people set.
@Suite struct DoubtAgeTests {
  private static let rules = ReconcileRules(settleDelay: .seconds(60))

  /// A batch whose one item is in doubt.
  private func doubt(
    _ fixture: QueueFixture, under terms: AttemptTerms = .standard
  ) async throws -> (batch: BatchID, account: AccountScopeID) {
    let batch = try fixture.importNames(["a"])
    let lease = try #require(try await fixture.claim(1, of: batch, under: terms).leases.first)
    _ = try await fixture.settle(lease, Outcome(.unknown))
    return (batch, lease.account)
  }

  /// What a whole list without the item settles.
  private func isAbsent(
    _ fixture: QueueFixture, _ doubt: (batch: BatchID, account: AccountScopeID), _ watch: DoubtWatch = DoubtWatch(),
    by rules: ReconcileRules = rules
  ) async throws -> Bool {
    let list = RemoteList(items: [], isWhole: true, asked: fixture.time.moment(), watch: watch)
    let result = try await fixture.queue.reconcile(list, in: doubt.account, of: doubt.batch, by: rules) { _, _ in true }
    return result.moved == [.ready: 1]
  }

  private func found(_ fixture: QueueFixture, _ batch: BatchID) throws -> Doubt? {
    try fixture.queue.read {
      try Queue.doubts(of: batch, within: .seconds(60), at: fixture.time.moment(), $0)
    }.first
  }

  @Test(arguments: [61, 3_600, 86_400 * 365])
  func `a clock that is set forward makes no doubt older`(step: Int) async throws {
    try await QueueFixture.with { fixture in
      let doubt = try await doubt(fixture)
      fixture.time.set(fixture.time.now() + .seconds(step))
      #expect(try await !isAbsent(fixture, doubt))
      #expect(try found(fixture, doubt.batch)?.remaining == .seconds(60))
      fixture.time.advance(by: .seconds(59))
      #expect(try await !isAbsent(fixture, doubt))
      fixture.time.advance(by: .seconds(1))
      #expect(try await isAbsent(fixture, doubt))
    }
  }

  @Test func `steps of less than a second do not add up`() async throws {
    try await QueueFixture.with { fixture in
      let doubt = try await doubt(fixture)
      for _ in 0..<59 {
        fixture.time.advance(by: .seconds(1))
        fixture.time.set(fixture.time.now() + .milliseconds(990))
        #expect(try await !isAbsent(fixture, doubt))
      }
      fixture.time.advance(by: .seconds(1))
      #expect(try await isAbsent(fixture, doubt))
    }
  }

  @Test(arguments: [30, 3_600, 86_400 * 365])
  func `a clock that is set back keeps a doubt for one settle delay and no longer`(step: Int) async throws {
    try await QueueFixture.with { fixture in
      let doubt = try await doubt(fixture)
      fixture.time.advance(by: .seconds(20))
      fixture.time.set(fixture.time.now() - .seconds(step))
      let unproven = try #require(try found(fixture, doubt.batch)).unproven
      #expect(unproven.count == 1)
      var watch = DoubtWatch()
      watch.note(unproven, at: fixture.time.sinceBoot().elapsed)
      fixture.time.advance(by: .seconds(59))
      watch.note(unproven, at: fixture.time.sinceBoot().elapsed)
      #expect(try await !isAbsent(fixture, doubt, watch))
      fixture.time.advance(by: .seconds(1))
      #expect(try await isAbsent(fixture, doubt, watch))
    }
  }

  @Test(arguments: [-86_400, 0, 86_400])
  func `after a start of the machine, with whatever clock, the process waits itself`(step: Int) async throws {
    try await QueueFixture.with { fixture in
      let doubt = try await doubt(fixture)
      fixture.time.advance(by: .seconds(3_600))
      fixture.time.reboot()
      fixture.time.set(fixture.time.now() + .seconds(step))
      #expect(try await !isAbsent(fixture, doubt))
      var watch = DoubtWatch()
      watch.note(try #require(try found(fixture, doubt.batch)).unproven, at: fixture.time.sinceBoot().elapsed)
      fixture.time.advance(by: .seconds(60))
      #expect(try await !isAbsent(fixture, doubt), "a process that has not waited")
      #expect(try await isAbsent(fixture, doubt, watch))
    }
  }

  @Test func `a doubt that was settled and came again is waited for anew`() {
    var watch = DoubtWatch()
    let first = UnprovenDoubt(item: ItemID(1), version: 3, delay: .seconds(60))
    let second = UnprovenDoubt(item: ItemID(1), version: 5, delay: .seconds(60))
    watch.note([first], at: .seconds(10))
    watch.note([first], at: .seconds(20))
    #expect(watch.firstRead(of: ItemID(1), version: 3) == .seconds(10))
    watch.note([second], at: .seconds(30))
    #expect(watch.firstRead(of: ItemID(1), version: 3) == nil)
    #expect(watch.firstRead(of: ItemID(1), version: 5) == .seconds(30))
  }

  @Test(arguments: [(120, 30, 60, 120), (10, 90, 60, 90), (10, 5, 60, 60), (120, 30, 300, 300)])
  func `the larger of what an attempt was sent under and what the asker says counts`(
    settleDelay: Int, timeout: Int, asker: Int, expected: Int
  ) async throws {
    try await QueueFixture.with { fixture in
      let terms = AttemptTerms(settleDelay: .seconds(settleDelay), requestTimeout: .seconds(timeout))
      let rules = ReconcileRules(settleDelay: .seconds(asker))
      let doubt = try await doubt(fixture, under: terms)
      let found = try fixture.queue.read {
        try Queue.doubts(of: doubt.batch, within: .seconds(asker), at: fixture.time.moment(), $0)
      }
      #expect(found.first?.remaining == .seconds(expected))
      fixture.time.advance(by: .seconds(expected - 1))
      #expect(try await !isAbsent(fixture, doubt, by: rules))
      fixture.time.advance(by: .seconds(1))
      #expect(try await isAbsent(fixture, doubt, by: rules))
    }
  }

  @Test func `what an earlier attempt was sent under counts after a later one too`() async throws {
    try await QueueFixture.with { fixture in
      let doubt = try await doubt(
        fixture, under: AttemptTerms(settleDelay: .seconds(300), requestTimeout: .seconds(5)))
      fixture.time.advance(by: .seconds(300))
      #expect(try await isAbsent(fixture, doubt))
      let lease = try await fixture.claimOne(of: doubt.batch)
      _ = try await fixture.settle(lease, Outcome(.unknown))
      fixture.time.advance(by: .seconds(299))
      #expect(try await !isAbsent(fixture, doubt))
      fixture.time.advance(by: .seconds(1))
      #expect(try await isAbsent(fixture, doubt))
    }
  }
}
