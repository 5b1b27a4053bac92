import DurableQueue
import Pacing
import Provisioning
import TestSupport

/// What a simulated service does wrong; drawn from the seed.
struct SimulatedFaults {
  /// Chances that a create: is carried out and its answer lost; is lost before; is carried out later; is throttled; finds
  /// nobody there; is refused although nothing is wrong with it.
  var dropAfter = 0.0
  var dropBefore = 0.0
  var late = 0.0
  var throttled = 0.0
  var unreachable = 0.0
  /// The chance that what is lost is answered by a page of something else.
  var pages = 0.0
  /// Chances that a list does not come, lacks entries, or shows an older state.
  var listFails = 0.0
  var listPartial = 0.0
  var listLags = 0.0
  /// Whether lists shorten descriptions, so that only the detail tells.
  var listShortens = false
  /// Whether a second create of a name makes a second one.
  var acceptsDuplicates = false
  /// Whether commits may come later than the settle delay covers.
  var isBeyondSettleDelay = false
  /// When nothing is answered, from and to.
  var outage: ClosedRange<Instant>?
  /// Whether lists say what time it is.
  var tellsDate = true
  /// How far the service's clock is ahead.
  var clockSkew = Duration.zero

  init(_ random: inout SeededGenerator, start: Instant) {
    func chance(_ most: Double) -> Double {
      Bool.random(using: &random) ? Double.random(in: 0...most, using: &random) : 0
    }
    dropAfter = chance(0.4)
    dropBefore = chance(0.4)
    late = chance(0.4)
    throttled = chance(0.3)
    unreachable = chance(0.2)
    pages = chance(1)
    listFails = chance(0.5)
    listPartial = chance(0.5)
    listLags = chance(0.5)
    listShortens = Bool.random(using: &random)
    acceptsDuplicates = Bool.random(using: &random)
    isBeyondSettleDelay = !acceptsDuplicates && Bool.random(using: &random)
    if Int.random(in: 0..<4, using: &random) == 0 {
      let from = start + .milliseconds(Int.random(in: 0...20_000, using: &random))
      outage = from...(from + .seconds(Int.random(in: 1...200, using: &random)))
    }
    tellsDate = Bool.random(using: &random)
    clockSkew = .seconds(Int.random(in: -100...100, using: &random))
  }
}

/// A service in simulated time: what it has made, and when that shows.
struct SimulatedService {
  /// Something that was made, or will be.
  struct Made {
    let id: String
    let name: String
    let definition: String
    /// The true instants.
    let at: Instant
    let shownFrom: Instant
    let isOurs: Bool
  }

  var made: [String: [Made]] = [:]
  private var count = 0

  /// Whether a name is taken at an instant, shown or not.
  func has(_ name: String, at now: Instant) -> Bool { made[name, default: []].contains { $0.at <= now } }

  /// Whether a name is taken or an earlier create of it is still on its way.
  func hasOrWillHave(_ name: String) -> Bool { !made[name, default: []].isEmpty }

  mutating func make(_ name: String, _ definition: String, at now: Instant, shownFrom: Instant, isOurs: Bool = true)
    -> String
  {
    count += 1
    let id = "id\(count)"
    made[name, default: []].append(
      Made(id: id, name: name, definition: definition, at: now, shownFrom: shownFrom, isOurs: isOurs))
    return id
  }

  /// A late commit that finds its name taken is dropped, unless the service accepts duplicates.
  mutating func dropPending(_ name: String, after now: Instant) { made[name]?.removeAll { $0.at > now } }

  /// The list of an account as of an instant.
  func entries(_ account: String, at now: Instant, _ faults: SimulatedFaults) -> [RemoteItem] {
    made.values.flatMap { $0 }.filter { $0.shownFrom <= now && $0.name.hasPrefix(account) }.sorted { $0.id < $1.id }
      .map { entry in
        RemoteItem(
          id: entry.id, name: entry.name, description: faults.listShortens ? "…" : entry.definition,
          createdAt: entry.at + faults.clockSkew)
      }
  }

  /// What it knows of one entry.
  func detail(_ id: String) -> String? { made.values.flatMap { $0 }.first { $0.id == id }?.definition }
}
