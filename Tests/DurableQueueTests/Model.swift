import Foundation
import GRDB
import Pacing
import Provisioning
import TestSupport

@testable import DurableQueue
@testable import SQLiteStore

/// The queue as it should be: the state table written a second time, in memory and without SQL. A model drives a real
/// queue with random commands of three owners and compares everything after each.
final class Model {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  struct Item: Equatable {
    var state = ItemState.ready
    var reason: Reason?
    var owner: OwnerID?
    var ordinal = 0
    var usedCount = 0
    var definition: String
    var nextDefinition: String?
    var due: Instant?
    var doubtAt: Instant?
    var isRefused = false
    /// What the attempts have brought that count since it was last requeued.
    var used: [Int: Outcome.Kind] = [:]
    var mustCancel = false
    var batch: BatchID
    /// Attempts without a definite answer: from when they may have been sent, and what.
    var unanswered: [Int: (start: Instant, definition: String)] = [:]
    var hasBeenUnanswered = false

    static func == (left: Item, right: Item) -> Bool {
      left.state == right.state && left.owner == right.owner && left.ordinal == right.ordinal
    }
  }

  /// A lease that somebody still has in hand, perhaps long after the item moved on.
  private struct Held {
    let lease: Lease
    let owner: OwnerID
    var isAnswered = false
    var wasMade = false
  }

  private struct Made {
    let definition: String
    let at: Instant
  }

  private let queue: Queue
  private let time: ManualTimeSource
  private var random: SeededGenerator
  private let label: String
  private let account: String
  private let names: [String]
  private let scope: KeyScopeID
  private var accountScope = AccountScopeID(0)
  private let rules = ReconcileRules(settleDelay: .seconds(10), maxAttempts: 3)
  private let terms = AttemptTerms(settleDelay: .seconds(10), requestTimeout: .seconds(5))

  private var items: [String: Item] = [:]
  private var roster: [String] = []
  private var batch = BatchID(0)
  private var owners: [Ownership] = []
  private var held: [Held] = []
  private var made: [String: Made] = [:]
  private var lists: [RemoteList] = []
  /// Names that a list has shown while nothing of theirs was leased: no create may be sent for them.
  private var shown: Set<String> = []
  private(set) var commandCount = 0
  private(set) var story: [String] = []

  init(seed: Int, queue: Queue, time: ManualTimeSource) throws {
    self.queue = queue
    self.time = time
    random = SeededGenerator(seed: seed)
    label = "/model-\(seed)"
    account = "acc\(seed)"
    names = (1...4).map { "n\($0)" }
    scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "model")
    try queue.setLimit(Quota(rate: Rate("1000000/s") ?? .untilLearned, burst: 1_000), source: .flag, of: scope)
    owners = try (0..<3).map { _ in try queue.becomeOwner() }
    try importRoster()
  }

  func perform(_ count: Int) throws {
    for _ in 0..<count {
      commandCount += 1
      switch Int.random(in: 0..<20, using: &random) {
      case 0: try importRoster()
      case 1..<6: try claim()
      case 6..<11: try settle()
      case 11: try ownerDies()
      case 12: try reclaim()
      case 13: takeList()
      case 14..<16: try applyList()
      case 16: try requeue()
      case 17: try cancel()
      case 18: somebodyElseMakes()
      default: time.advance(by: .milliseconds(Int.random(in: 1...8_000, using: &random)))
      }
      try compare()
    }
    // Nothing stays behind for the next seed.
    for owner in owners { try queue.writeExclusively { db in _ = try queue.reclaim([owner.id], db) } }
    owners = []
  }

  private func note(_ text: @autoclosure () -> String) { story.append("\(time.now().microseconds) \(text())") }
  private func oneOf<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

  // MARK: - Commands

  private func importRoster() throws {
    roster = names.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
    if roster.isEmpty { roster = [names[0]] }
    let rows = roster.map { name in (name, "\(name) v\(Int.random(in: 1...2, using: &random))") }
    let new = NewBatch(
      label: label, target: "dataforest", baseURL: "https://example.com",
      columns: ["name"], digest: "\(commandCount)")
    let before = batch
    let result = try queue.importBatch(new) { [account] add in
      for (index, row) in rows.enumerated() {
        try add(
          NewRow(
            ordinal: index + 1, line: index + 2, cells: [row.0],
            content: .item(account: account, name: row.0, definition: Definition(text: row.1))))
      }
    }
    guard let result else { throw Violation(description: "an import was declined") }
    batch = result.batch
    note("import \(rows.map(\.1))")
    for (name, definition) in rows { place(name, definition) }
    // What the label's previous batch named and this one does not, and was not sent, is cancelled.
    // What may have been sent is, unless it proves made.
    for (name, var item) in items where !roster.contains(name) && before.rawValue > 0 {
      guard previousRoster.contains(name) else { continue }
      if item.state == .ready { (item.state, item.reason, item.due) = (.cancelled, .gone, nil) }
      if item.state == .leased || item.state == .inDoubt { item.mustCancel = true }
      items[name] = item
    }
    previousRoster = roster
    if accountScope.rawValue == 0 {
      accountScope = try queue.read { db in
        AccountScopeID(
          try db.value("SELECT id FROM account_scope WHERE account = ?", [account], as: Int64.self) ?? 0)
      }
    }
  }
  private var previousRoster: [String] = []

  private func place(_ name: String, _ definition: String) {
    guard var item = items[name] else {
      items[name] = Item(definition: definition, due: time.now(), batch: batch)
      return
    }
    switch item.state {
    case .ready:
      // The new batch's run asks for a list before it claims what an older one had left.
      if item.batch != batch { shown.remove(name) }
      (item.definition, item.batch) = (definition, batch)
    case .failed: (item.definition, item.nextDefinition) = (definition, nil)
    case .cancelled:
      requeue(name, &item)
      item.definition = definition
    case .leased, .inDoubt:
      // A roster that wants it again takes back that it was to be cancelled.
      (item.nextDefinition, item.mustCancel) = (item.definition == definition ? nil : definition, false)
    case .done: break
    }
    items[name] = item
  }

  private func requeue(_ name: String, _ item: inout Item) {
    // Whoever requeues asks for a list before it sends anything.
    shown.remove(name)
    (item.state, item.reason, item.due, item.batch) = (.ready, nil, time.now(), batch)
    (item.usedCount, item.used) = (0, [:])
    item.definition = item.nextDefinition ?? item.definition
    item.nextDefinition = nil
  }

  private func claim() throws {
    guard let owner = oneOf(owners) else { return }
    let limit = Int.random(in: 1...3, using: &random)
    let claim = try queue.writeExclusively { db in
      try queue.claim(upTo: limit, of: batch, for: owner.id, with: scope, within: .zero, under: terms, db)
    }
    note("owner \(owner.id.rawValue) claims \(claim.leases.map(\.name))")
    let now = time.now()
    let possible = items.values.filter { $0.state == .ready && $0.batch == batch && ($0.due ?? now) <= now }
    guard claim.leases.count == min(limit, possible.count) else {
      throw Violation(description: "\(claim.leases.count) claimed of \(possible.count) that were due")
    }
    for lease in claim.leases {
      guard var item = items[lease.name], item.state == .ready, item.batch == batch, (item.due ?? now) <= now else {
        throw Violation(description: "\(lease.name) was claimed and was not ready")
      }
      guard lease.definition == item.definition else {
        throw Violation(description: "\(lease.name): another definition")
      }
      guard lease.handle.ordinal > item.ordinal else { throw Violation(description: "\(lease.name): the ordinal fell") }
      if shown.contains(lease.name) {
        throw Violation(description: "\(lease.name) would be sent although a list has shown it")
      }
      item.ordinal += 1
      (item.state, item.reason, item.due, item.owner) = (.leased, nil, nil, owner.id)
      items[lease.name] = item
      held.append(Held(lease: lease, owner: owner.id))
    }
  }

  /// An answer of a lease that somebody has in hand; it may come twice, and long after the item moved on.
  private func settle() throws {
    guard let index = held.indices.randomElement(using: &random) else { return }
    let lease = held[index].lease
    let isFirst = !held[index].isAnswered
    held[index].isAnswered = true
    if isFirst, made[lease.name] == nil, Bool.random(using: &random) {
      made[lease.name] = Made(definition: lease.definition, at: time.now())
      held[index].wasMade = true
    }
    let wasMade = held[index].wasMade
    let kinds: [Outcome.Kind] =
      wasMade
      ? [.made, .unknown, .foreign] : [.refused, .throttled, .unreachable, .unknown, .foreign, .notSent]
    guard let kind = oneOf(kinds) else { return }
    if isFirst, Int.random(in: 0..<12, using: &random) == 0 {
      held[index].isAnswered = true
      return
    }
    let due = Bool.random(using: &random) ? time.now() + .seconds(2) : nil
    let outcome = Outcome(kind, remoteID: kind == .made ? "id-\(lease.name)" : nil)
    let settlement = try queue.writeExclusively {
      try queue.settle(Answer(lease: lease.handle, outcome: outcome, due: due), $0)
    }
    note("answer of \(lease.name) #\(lease.handle.ordinal): \(kind) -> \(settlement)")
    let expected = settleModel(held[index], kind, due: due)
    guard settlement == expected else {
      throw Violation(description: "\(lease.name): settled as \(settlement), expected \(expected)")
    }
    if Int.random(in: 0..<3, using: &random) > 0 { held.remove(at: index) }
  }

  private func settleModel(_ held: Held, _ kind: Outcome.Kind, due: Instant?) -> Settlement {
    let name = held.lease.name
    guard var item = items[name] else { return .overtaken(.ready) }
    defer { items[name] = item }
    let attempt = (start: held.lease.start, definition: held.lease.definition)
    let isCurrent = item.state == .leased && item.ordinal == held.lease.handle.ordinal
    // The attempt tells what its latest answer said, whatever became of the item.
    item.unanswered[held.lease.handle.ordinal] = kind.isDefinite ? nil : attempt
    guard isCurrent else {
      if item.used[held.lease.handle.ordinal] != nil { item.used[held.lease.handle.ordinal] = kind }
      guard kind == .made, item.state != .leased, item.state != .done else { return .overtaken(item.state) }
      finish(&item, .done, item.state == .cancelled ? .cancelled : nil)
      return .overtaken(.done)
    }
    item.owner = nil
    switch kind {
    case .made:
      item.usedCount += 1
      finish(&item, .done, nil)
    case .refused where !item.hasBeenUnanswered:
      item.usedCount += 1
      finish(&item, .failed, .refused)
    case .refused, .unknown, .foreign:
      item.usedCount += 1
      if !kind.isDefinite { item.hasBeenUnanswered = true }
      item.used[held.lease.handle.ordinal] = kind
      item.isRefused = kind == .refused
      (item.state, item.reason, item.doubtAt) = (.inDoubt, Reason(kind), time.now())
    default: becomeReady(&item, Reason(kind), due: due)
    }
    return .settled(item.state)
  }

  private func becomeReady(_ item: inout Item, _ reason: Reason?, due: Instant?) {
    guard !item.mustCancel else { return finish(&item, .cancelled, .cancelled) }
    (item.state, item.reason, item.due) = (.ready, reason, max(time.now(), due ?? time.now()))
    item.doubtAt = nil
    item.definition = item.nextDefinition ?? item.definition
    item.nextDefinition = nil
  }

  private func finish(_ item: inout Item, _ state: ItemState, _ reason: Reason?) {
    let isCancelled = item.mustCancel && state == .failed
    (item.state, item.reason) = isCancelled ? (.cancelled, .cancelled) : (state, reason)
    // Cancelled, but made.
    if item.mustCancel, state == .done { item.reason = .cancelled }
    (item.due, item.doubtAt, item.owner, item.mustCancel) = (nil, nil, nil, false)
  }

  private func ownerDies() throws {
    guard let index = owners.indices.randomElement(using: &random) else { return }
    note("owner \(owners[index].id.rawValue) dies")
    owners.remove(at: index)
    owners.append(try queue.becomeOwner())
  }

  private func reclaim() throws {
    try queue.reclaim()
    note("reclaim")
    let alive = Set(owners.map(\.id))
    for (name, var item) in items where item.state == .leased {
      guard let owner = item.owner, !alive.contains(owner) else { continue }
      (item.state, item.reason, item.owner, item.doubtAt) = (.inDoubt, .ownerGone, nil, time.now())
      item.used[item.ordinal] = .ownerGone
      item.usedCount += 1
      item.hasBeenUnanswered = true
      item.isRefused = false
      if let lease = held.last(where: { $0.lease.name == name && $0.lease.handle.ordinal == item.ordinal })?.lease {
        item.unanswered[item.ordinal] = (lease.start, lease.definition)
      } else {
        item.unanswered[item.ordinal] = lost[name]?[item.ordinal]
      }
      items[name] = item
    }
  }

  /// Leases that nobody will answer any more.
  private var lost: [String: [Int: (start: Instant, definition: String)]] = [:]

  private func somebodyElseMakes() {
    guard let name = oneOf(names), made[name] == nil else { return }
    note("somebody makes \(name)")
    made[name] = Made(definition: "theirs", at: time.now())
  }

  /// Asks for a list; it is looked at later, when it may be stale.
  private func takeList() {
    var entries = made.sorted { $0.key < $1.key }
    var isWhole = true
    if !entries.isEmpty, Int.random(in: 0..<4, using: &random) == 0 {
      entries.removeLast()
      isWhole = false
    }
    let items = entries.map { name, made in
      RemoteItem(
        id: "id-\(name)", name: name, description: made.definition, createdAt: made.at, detail: made.definition)
    }
    note("list asked for: \(items.map(\.name))")
    lists.append(RemoteList(items: items, isWhole: isWhole, asked: time.moment(), clockSkew: .zero))
  }

  private func applyList() throws {
    guard let list = oneOf(lists) else { return }
    let result = try queue.writeExclusively { db in
      try queue.reconcile(list, in: accountScope, of: batch, by: rules, isMade: { $0.detail == $1 }, db)
    }
    note("list of \(list.asked.wall.microseconds) applied: \(result.moved)")
    let entries = Dictionary(uniqueKeysWithValues: list.items.map { ($0.name, $0) })
    for (name, var item) in items {
      reconcileModel(name, &item, entries[name], list)
      items[name] = item
      if entries[name] != nil, item.state != .leased { shown.insert(name) }
    }
  }

  private func reconcileModel(_ name: String, _ item: inout Item, _ entry: RemoteItem?, _ list: RemoteList) {
    let attempts = item.unanswered.sorted { $0.key < $1.key }.map(\.value)
    guard item.state == .inDoubt || (item.state == .ready && roster.contains(name) && entry != nil) else { return }
    if let entry {
      if let first = attempts.first, list.asked.wall < first.start { return }
      let isOurs = attempts.contains { attempt in
        // No owner of a model has seen a clock: the largest skew counts.
        (entry.createdAt ?? .init(microseconds: 0)) >= attempt.start - .seconds(302)
          && entry.detail == attempt.definition
      }
      finish(&item, isOurs ? .done : .failed, isOurs ? nil : .conflict)
    } else if list.isWhole, let since = item.doubtAt, list.asked.wall >= since + rules.settleDelay {
      if item.isRefused {
        finish(&item, .failed, .refused)
      } else if item.usedCount < rules.maxAttempts,
        item.reason != .foreign || item.used.values.count(where: { $0 == .foreign }) < 2
      {
        becomeReady(&item, nil, due: nil)
      } else {
        finish(&item, .failed, item.reason == .foreign ? .foreign : .unknown)
      }
    }
  }

  private func requeue() throws {
    let takesCancelled = Bool.random(using: &random)
    try queue.assign(batch, Requeue(isAnyFailure: true, reasons: takesCancelled ? [.cancelled] : []))
    note("requeue\(takesCancelled ? ", cancelled too" : "")")
    for name in roster {
      guard var item = items[name] else { continue }
      if item.state == .ready || item.state == .inDoubt { item.batch = batch }
      let isTaken =
        item.state == .failed && item.reason != .conflict
        || takesCancelled && item.state == .cancelled && item.reason == .cancelled
      if isTaken { requeue(name, &item) }
      items[name] = item
    }
  }

  private func cancel() throws {
    _ = try queue.cancel(batch)
    note("cancel")
    for name in roster {
      guard var item = items[name], item.batch == batch else { continue }
      switch item.state {
      case .ready: (item.state, item.reason, item.due) = (.cancelled, .cancelled, nil)
      case .leased, .inDoubt: item.mustCancel = true
      default: break
      }
      items[name] = item
    }
  }

  // MARK: - Comparing

  private static let stateSQL = """
    SELECT \(StoredDefinitions.columns), name, state || ' ' || coalesce(reason, '-') || ' owner ' || coalesce(owner_id, 0) || ' #' || ordinal
      || ' used ' || used_count || ' batch ' || batch_id || ' due ' || coalesce(due, 0)
      || ' doubt ' || coalesce(doubt_at, 0)
    FROM item JOIN definition ON definition.id = definition_id \(StoredDefinitions.join) WHERE account_scope_id = ?
    """

  private func compare() throws {
    let rows = try queue.read { db in
      try db.all(Self.stateSQL, [accountScope.rawValue])
    }
    guard rows.count == items.count else { throw Violation(description: "an item is lost") }
    var counts: [ItemState: Int] = [:]
    var definitions = StoredDefinitions()
    for row in rows {
      let name = try row.get(StoredDefinitions.columnCount) as String
      let found = try row.get(StoredDefinitions.columnCount + 1) + " \(definitions.definition(of: name, row))"
      guard let item = items[name] else { throw Violation(description: "\(name) came from nowhere") }
      let expected =
        "\(item.state.rawValue) \(item.reason?.rawValue ?? "-") owner \(item.owner?.rawValue ?? 0) "
        + "#\(item.ordinal) used \(item.usedCount) batch \(item.batch.rawValue) due \(item.due?.microseconds ?? 0) "
        + "doubt \(item.doubtAt?.microseconds ?? 0) \(item.definition)"
      guard found == expected else {
        throw Violation(description: "\(name)\n  is        \(found)\n  should be \(expected)")
      }
      if roster.contains(name) { counts[item.state, default: 0] += 1 }
    }
    let tally = try queue.tally(of: batch)
    guard tally == Tally(counts) else { throw Violation(description: "the tally \(tally) is not the count \(counts)") }
  }
}
