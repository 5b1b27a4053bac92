// What the dispatcher hears and what it asks for.

package import DurableQueue
package import Pacing
package import Provisioning

extension Dispatcher {
  /// What happened.
  package enum Event: Sendable {
    /// The run began; the accounts that have something ready.
    case started([BatchAccount])
    /// A permit for a list was asked for.
    case permitAnswered(Permit)
    /// A list was asked for.
    case listed(BatchAccount, ListReply, asked: Moment)
    /// The detail of an entry was asked for.
    case detailed(DetailReply)
    /// What a list settled is on disk.
    case reconciled(Reconciliation)
    /// What a list meant is on disk.
    case listApplied
    /// A claim came back.
    case claimed(Claim)
    /// What processes that are gone had held is in doubt now: so many items.
    case reclaimed(Int)
    /// What nobody else works on belongs to the batch now.
    case assigned
    /// A request came back.
    case answered(Lease, Outcome, latency: Duration)
    /// An answer is on disk; when its item may be claimed again, if it can.
    case settled(Settlement, due: Instant?)
    /// The alarm rang.
    case rang
    /// Somebody asked to stop.
    case drainRequested
    /// The queue could not do what was asked; a settle that failed leaves its item leased.
    case queueFailed(QueueError, during: Step)
  }

  /// What was under way when the queue failed.
  package enum Step: Hashable, Sendable {
    case list
    case claim
    case settle
  }

  /// What to do.
  package enum Action: Hashable, Sendable {
    /// Take a permit for a list.
    case takePermit
    /// Ask for an account's list.
    case list(BatchAccount)
    /// Ask for the detail of an entry.
    case detail(RemoteItem)
    /// Settle by an account's list what it tells about.
    case reconcile(RemoteList, BatchAccount)
    /// Put the instants of the file right, because the clock was stepped.
    case rightInstants
    /// Hold an account, for an answer that belongs to no item.
    case holdAccount(BatchAccount, Outcome)
    /// Make the key's scope wait, for an answer that belongs to no item.
    case holdKey(ScopeWait)
    /// Claim so many.
    case claim(upTo: Int)
    /// Take back what processes hold that are gone.
    case reclaim
    /// Make the batch's items its own that belong to a batch on which nobody works.
    case assign
    /// Send it now.
    case send(Lease)
    /// Write an answer, with what the scope must wait for.
    case settle(Answer, due: Instant?)
    /// Ring at this instant; it replaces the alarm before it.
    case alarm(Instant)
    /// Cancel what is in flight: its answers are unknown from now on.
    case abandon
    /// The run is over.
    case finish(RunEnd)
  }
}
