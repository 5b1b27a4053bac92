// A kill at every call: the first import and the first run of a queue, with three rows, are killed at each call that
// changes something. The same command again must finish the work, as if nothing had been.

import Foundation
import Synchronization

/// The kills at every call.
package struct EveryCall: Sendable {
  /// The program, `rollcall`.
  package var executable: String
  /// Where its files go; made if need be. What went wrong stays there.
  package var folder: String
  /// Every how many points one is taken.
  package var every = 1
  /// The only call that is taken; nil for all.
  package var only: String?
  /// The only number of it that is taken; nil for all.
  package var number: Int?
  /// How many points are tried at a time.
  package var laneCount = 2
  /// The library that kills what it is loaded into, counting over all threads (`Tests/KillAt`); nil for strace alone.
  package var library: String?
  /// The tracer.
  package var tracer = "/usr/bin/strace"

  /// Describes it.
  package init(executable: String, folder: String) {
    self.executable = executable
    self.folder = folder
  }

  /// What came of it.
  package struct Result: Sendable, CustomStringConvertible {
    /// Points that were tried and those at which the command was killed, by command and call.
    package fileprivate(set) var counts: [String: (tried: Int, killed: Int, bad: Int)] = [:]
    /// What went wrong, each with its command, call and number.
    package fileprivate(set) var failures: [String] = []
    /// Seconds.
    package fileprivate(set) var duration = 0.0

    package var description: String {
      func row(_ name: String, _ counts: (tried: Int, killed: Int, bad: Int)) -> String {
        "\(name.padding(toLength: 28, withPad: " ", startingAt: 0)) \(counts.tried) points, \(counts.killed) killed, "
          + "\(counts.bad) bad"
      }
      let rows = counts.sorted { $0.key < $1.key }.map(row)
      let all = counts.values.reduce((0, 0, 0)) { ($0.0 + $1.tried, $0.1 + $1.killed, $0.2 + $1.bad) }
      return (failures.map { "BAD \($0)" } + rows + [row("all", all) + ", \(Int(duration)) s"]).joined(separator: "\n")
    }
  }

  /// Points that share a sandbox.
  struct Share {
    let points: [KillPoint]
  }

  /// Tries all points; never throws, the result says what went wrong.
  ///
  /// - Parameter progress: is told a line now and then.
  package func run(progress: @escaping @Sendable (String) -> Void) -> Result {
    let start = Date()
    let result = Mutex(Result())
    do {
      let reference = try Reference(self)
      var points = plan(reference)
      while !points.isEmpty {
        let killed = attempt(points, like: reference, into: result, progress)
        points = every > 1 || number != nil ? [] : further(points, killed)
      }
    } catch {
      result.withLock { $0.failures.append((error as? Failure)?.text ?? "\(error)") }
    }
    return result.withLock { result in
      result.duration = Date().timeIntervalSince(start)
      result.addDoubt()
      return result
    }
  }

  /// The points that a trace shows: every so many, and at least one of each call.
  private func plan(_ reference: Reference) -> [KillPoint] {
    var (points, seen): ([KillPoint], Int) = ([], 0)
    for count in CallCount.allCases where count == .byThread || library != nil {
      for command in KilledCommand.allCases {
        for call in KillPoint.calls where only == nil || only == call {
          let numbers = (reference.traces[command]?.numbers[count]?[call] ?? []).filter {
            number == nil || number == $0
          }
          let every = numbers.enumerated().filter { (seen + $0.offset) % self.every == self.every / 2 }.map(\.element)
          let chosen = every.isEmpty ? numbers.prefix((numbers.count + 1) / 2).suffix(1) : every[...]
          points += chosen.map { KillPoint(command: command, call: call, count: count, number: $0) }
          seen += numbers.count
        }
      }
    }
    return points
  }

  /// Calls that the trace did not show: where the last one was killed, there may be more.
  private func further(_ points: [KillPoint], _ killed: Set<KillPoint>) -> [KillPoint] {
    var last: [String: KillPoint] = [:]
    for point in points where point.call != "openat" || point.count == .inAll { last[point.kind] = point }
    return last.values.filter(killed.contains).flatMap { point in
      (1...5).map {
        KillPoint(command: point.command, call: point.call, count: point.count, number: point.number + $0)
      }
    }
  }

  /// Tries points, in lanes; gives those at which the command was killed.
  private func attempt(
    _ points: [KillPoint], like reference: Reference, into result: borrowing Mutex<Result>,
    _ progress: @escaping @Sendable (String) -> Void
  ) -> Set<KillPoint> {
    let size = 20
    let shares = stride(from: 0, to: points.count, by: size).map { first in
      Share(points: Array(points[first..<min(first + size, points.count)]))
    }
    let killed = Mutex(Set<KillPoint>())
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(laneCount, shares.count)) { _ in
      while true {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < shares.count else { return }
        let outcomes = trial(of: shares[index], like: reference)
        killed.withLock { $0.formUnion(outcomes.filter(\.wasKilled).map(\.point)) }
        result.withLock { $0.add(outcomes) }
        progress("\(index + 1) of \(shares.count): \(outcomes.filter { $0.failure != nil }.count) bad")
      }
    }
    return killed.withLock { $0 }
  }
}

extension EveryCall.Result {
  fileprivate mutating func add(_ outcomes: [KillOutcome]) {
    for outcome in outcomes {
      let name = outcome.point.kind
      counts[name, default: (0, 0, 0)].tried += 1
      if outcome.wasKilled { counts[name]?.killed += 1 }
      guard let failure = outcome.failure else { continue }
      counts[name]?.bad += 1
      failures.append("\(outcome.point): \(failure)")
    }
  }

  /// A tracer, or a library, that does not kill would show that all is well.
  fileprivate mutating func addDoubt() {
    if counts.isEmpty, failures.isEmpty { failures.append("no such call is made") }
    for count in CallCount.allCases {
      let own = counts.filter { $0.key.hasSuffix(count.rawValue) }.values
      let (tried, killed) = own.reduce((0, 0)) { ($0.0 + $1.tried, $0.1 + $1.killed) }
      guard tried > 10, killed * 2 < tried else { continue }
      failures.append("counted \(count.rawValue), only \(killed) of \(tried) points killed: this shows nothing")
    }
  }
}
