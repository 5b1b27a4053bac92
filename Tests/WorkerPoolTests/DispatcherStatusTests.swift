import Pacing
import Provisioning
import Testing

@testable import DurableQueue
@testable import WorkerPool

/// What a run is doing, for people.
@Suite struct DispatcherStatusTests {
  private typealias Rig = DispatcherRig

  private func status(_ rig: DispatcherRig) -> Pool.Status { rig.dispatcher.status(at: rig.now) }

  @Test func `a run that asks what there is says so`() {
    var rig = Rig()
    _ = rig.post(.started([Rig.account]))
    #expect(status(rig).isProbing)
    _ = rig.permit()
    #expect(status(rig).isProbing && status(rig).nextLook == nil)
    _ = rig.listed()
    _ = rig.post(.reconciled(Reconciliation()))
    #expect(!status(rig).isProbing)
  }

  @Test func `it tells when what is in doubt is asked for, that it is being asked, and when again`() {
    var rig = Rig.running()
    #expect(status(rig).nextLook == nil)
    let doubt = Rig.doubt(after: .seconds(43))
    _ = rig.foundNothing([.inDoubt: 1], doubts: [doubt], next: .zero)
    let due = rig.now + .seconds(43)
    #expect(status(rig).nextLook == due)
    _ = rig.ring(after: .seconds(20))
    #expect(status(rig).nextLook == due)
    _ = rig.ring(after: .seconds(23))
    _ = rig.permit()
    #expect(status(rig).nextLook == rig.now)
    _ = rig.listed()
    #expect(status(rig).nextLook == rig.now)
    _ = rig.post(.reconciled(Reconciliation()))
    // A quarter of the settle delay after the last list.
    _ = rig.foundNothing([.inDoubt: 1], doubts: [Rig.doubt(after: .zero)], next: .zero)
    #expect(status(rig).nextLook == rig.now + .seconds(15))
  }

  @Test func `a wait of the whole key puts it off`() {
    var rig = Rig.running()
    let wait = KeyWait(until: rig.now + .seconds(300), reason: .throttled)
    _ = rig.claimed(
      [], rest: Claim.Rest(tally: Tally([.inDoubt: 1]), doubts: [Rig.doubt(after: .seconds(43))]), wait: wait)
    #expect(status(rig).nextLook == wait.until)
  }

  @Test func `what is tried until a limit is known is told from a limit`() {
    var rig = Rig.running()
    #expect(!status(rig).isLimitKnown)
    var claim = Claim(leases: [], quota: Rig.quick, nextPermit: rig.now + .seconds(1), rest: nil)
    claim.isLimitKnown = false
    _ = rig.post(.claimed(claim))
    #expect(!status(rig).isLimitKnown)
    claim.isLimitKnown = true
    _ = rig.post(.claimed(claim))
    #expect(status(rig).isLimitKnown && status(rig).quota == Rig.quick)
  }
}
