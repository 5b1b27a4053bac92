// What the state table's transitions write, as SQL. Nothing else changes an item: a single one changes through
// `ItemPlace.apply`, many at once by a `BulkChange`, new ones come in by `Transition.imported`, and the table's CHECK is made
// from the same columns.

import Pacing
package import Provisioning
import Synchronization

extension ItemState {
  /// Which columns of an item are set in this state, and which must not be.
  package var columns: [(name: String, isSet: Bool)] {
    [
      ("due", self == .ready), ("owner_id", self == .leased), ("doubt_at", self == .inDoubt),
      ("finished_at", !isUnfinished),
    ] + (self == .done ? [("remote_id", true)] : [])
  }
}

/// A value that a change takes.
enum ItemValue: String {
  case now, due, boot, up, message, remote, created, seen, owner, batch, definition
}

/// What is known beside the event: what goes into the columns that it changes.
struct ItemFacts {
  /// When an item may be claimed that becomes ready after a wait; nil: at once.
  var due: Instant?
  /// Why an item that becomes ready waits, where that is not the event's own reason.
  var reason: Reason?
  /// What the service said, or what a look has shown.
  var message: String?
  /// The id that an answer or a look has told.
  var remoteID: String?
  /// When what has that id was made, by the service's clock, if a look has told.
  var createdAt: Instant?
  /// When the look was asked for that shows it; nil: the answer came now.
  var seenAt: Instant?
  /// Who claims.
  var owner: OwnerID?
  /// The batch that asks.
  var batch: BatchID?
  /// The definition that a newer roster gives; nil where it gives no other.
  var definition: Int64?

  fileprivate func value(_ value: ItemValue, at now: Moment) -> (any Bindable)? {
    switch value {
    case .now: now.wall.microseconds
    case .due: max(now.wall, due ?? now.wall).microseconds
    case .boot: now.sinceBoot.boot
    case .up: now.sinceBoot.elapsed.microseconds
    case .message: message
    case .remote: remoteID
    case .created: createdAt?.microseconds
    case .seen: (seenAt ?? now.wall).microseconds
    case .owner: owner?.rawValue
    case .batch: batch?.rawValue
    case .definition: definition
    }
  }
}

/// An item as a transaction has read it, as far as a change compares it.
struct ItemPlace {
  let id: ItemID
  let state: ItemState
  let version: Int
  /// Whether it was withdrawn while it may have been on its way.
  var isFlagged = false

  /// Makes of the item what the state table says of an event: the one way in which a single item changes.
  ///
  /// - Returns: what it did; nil when the event changes nothing.
  /// - Throws: `BrokenRows` when the item is no longer as it was read.
  @discardableResult
  func apply(
    _ event: ItemEvent, _ facts: ItemFacts = ItemFacts(), at now: Moment, _ db: any Transaction
  ) throws -> Transition? {
    guard var transition = state.after(event, isFlagged: isFlagged) else { return nil }
    if transition.due != nil, let reason = facts.reason { transition.reason = reason }
    let change = SingleChange.of(transition)
    var arguments = change.values.map { facts.value($0, at: now) }
    arguments += [id.rawValue, version]
    guard try db.run(change.sql, .ordered(arguments)) == 1 else {
      throw BrokenRows(what: "an item changed inside a transaction")
    }
    return transition
  }
}

/// The UPDATE of one item, by id and version.
private struct SingleChange {
  let sql: String
  /// What its first `?` stand for.
  let values: [ItemValue]

  private static let known = Mutex<[Transition: SingleChange]>([:])

  /// There are few, and each is made once.
  static func of(_ transition: Transition) -> SingleChange {
    if let change = known.withLock({ $0[transition] }) { return change }
    let change = SingleChange(transition)
    known.withLock { $0[transition] = change }
    return change
  }

  private init(_ transition: Transition) {
    var values: [ItemValue] = []
    let set = transition.set {
      values.append($0)
      return "?"
    }
    sql = "UPDATE OR ROLLBACK item SET \(set) WHERE id = ? AND version = ?"
    self.values = values
  }
}

/// What an event makes of many items at once, for a statement that says which.
struct BulkChange {
  /// The SET clause; takes its values by name.
  let set: String
  /// That an item is in one of the states from which the event does this.
  let condition: String

  /// - Parameter states: the event must make the same of all of them.
  init(of event: ItemEvent, in states: ItemState...) {
    let sets = Set(states.compactMap { $0.after(event)?.set { ":\($0.rawValue)" } })
    precondition(sets.count == 1, "the event does not make the same of these states")
    set = sets.first ?? ""
    condition = "state IN (\(states.map { "'\($0.rawValue)'" }.joined(separator: ", ")))"
  }

  /// Changes the items that meet another condition, too.
  ///
  /// - Returns: how many.
  func run(
    where which: String, _ facts: ItemFacts, _ more: [(String, (any Bindable)?)] = [], in db: any Transaction
  ) throws -> Int {
    let now = db.now
    let values: [ItemValue] = [.now, .due, .boot, .up, .message, .remote, .created, .seen, .batch, .definition]
    return try db.run(
      "UPDATE item SET \(set) WHERE \(condition) AND \(which)",
      .named(values.map { ($0.rawValue, facts.value($0, at: now)) } + more))
  }
}

extension Transition {
  /// What a new item's row has of its state: the columns, and their values.
  ///
  /// - Parameter now: the time, as SQL.
  func inserted(at now: String) -> (columns: String, values: String) {
    let columns = stateColumns { _ in now }
    return (
      (["state"] + columns.map(\.name)).joined(separator: ", "),
      (["'\(state.rawValue)'"] + columns.map(\.value)).joined(separator: ", ")
    )
  }

  /// The SET clause.
  ///
  /// - Parameter place: writes where a value belongs.
  fileprivate func set(_ place: (ItemValue) -> String) -> String {
    var columns: [(name: String, value: String)] = []
    if isMove {
      columns = [("state", "'\(state.rawValue)'"), ("version", "version + 1")] + stateColumns(place)
      columns.append(("reason", reason.map { "'\($0.rawValue)'" } ?? "NULL"))
      if !keepsMessage { columns.append(("message", reason == nil ? "NULL" : place(.message))) }
    }
    switch attempts {
    case .kept: break
    case .counted: columns.append(("used_count", "used_count + 1"))
    case .fromZero: columns.append(("used_count", "0"))
    }
    if marksUnknown { columns.append(("unanswered", "1")) }
    switch flag {
    case .kept: break
    case .set: columns.append(("cancel_requested", "1"))
    case .cleared: columns.append(("cancel_requested", "0"))
    }
    switch id {
    case .kept: break
    case .stored: columns += [("remote_id", place(.remote)), ("created_at", place(.created))]
    case .forgotten: columns += [("remote_id", "NULL"), ("created_at", "NULL")]
    }
    if isSeen || isMove && state == .done { columns.append(("seen_at", place(.seen))) }
    if let isAdopted { columns.append(("adopted", isAdopted ? "1" : "0")) }
    if joinsBatch { columns.append(("batch_id", place(.batch))) }
    columns += definitionColumns(place)
    return columns.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
  }

  private func definitionColumns(_ place: (ItemValue) -> String) -> [(name: String, value: String)] {
    switch definition {
    case .kept: []
    case .newest:
      [("definition_id", "coalesce(next_definition_id, definition_id)"), ("next_definition_id", "NULL")]
    case .given: [("definition_id", place(.definition)), ("next_definition_id", "NULL")]
    case .givenForLater: [("next_definition_id", place(.definition))]
    }
  }

  /// The columns that belong to a state, as far as the item's row has something else in them.
  private func stateColumns(_ place: (ItemValue) -> String) -> [(name: String, value: String)] {
    let before = from?.columns ?? []
    return state.columns.flatMap { name, isSet -> [(name: String, value: String)] in
      guard isSet || before.contains(where: { $0.name == name && $0.isSet }) else { return [] }
      return switch name {
      case "due": [(name, isSet ? place(due == .afterWait ? .due : .now) : "NULL")]
      case "owner_id": isSet ? [(name, place(.owner)), ("ordinal", "ordinal + 1")] : [(name, "NULL")]
      case "doubt_at":
        [(name, ItemValue.now), ("doubt_boot", .boot), ("doubt_up", .up)].map { ($0, isSet ? place($1) : "NULL") }
      case "finished_at": [(name, isSet ? place(.now) : "NULL")]
      // What it is called at the service goes by the answer.
      default: []
      }
    }
  }
}
