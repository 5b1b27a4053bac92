// One fault as it is asked for: NAME=PROBABILITY, and after commas where, when and how.

import Foundation
import Pacing

/// A fault with its probability and settings.
struct FaultRule: Hashable, Sendable {
  let fault: Fault
  /// 0 to 1, of the requests that it applies to.
  let probability: Double

  // MARK: Where and when; nil for always

  /// The operation's last word, for example `create`.
  private(set) var only: String?
  /// The status of the answer.
  private(set) var on: Int?
  /// What the body matches, a regular expression without regard to case.
  private(set) var body: String?
  /// How many requests that it applies to are let through first.
  private(set) var after = 0
  /// How often it happens at most.
  private(set) var times: Int?
  /// How long it happens, from the first request on that it applies to after those.
  private(set) var span: Duration?

  // MARK: How

  private(set) var status = 403
  private(set) var title = "Request blocked"
  private(set) var megabytes = 1
  /// How long a connection must have been idle.
  private(set) var idle = Duration.seconds(20)
  /// How far the service's clock is ahead.
  private(set) var ahead = Duration.seconds(360)
  /// How long after it was made something vanishes.
  private(set) var delay = Duration.zero
  /// Empty for one oddity by chance.
  private(set) var headers: [HeaderChange] = []

  /// The settings that faults have beside where and when.
  private static let own: [Fault: Set<String>] = [
    .pageBefore: ["status", "title"], .pageAfter: ["status", "title"], .large: ["megabytes"],
    .idleReset: ["idle"], .idleClose: ["idle"], .clock: ["ahead", "behind"], .vanish: ["in"],
    .headers: ["set", "add", "drop", "huge"],
  ]

  private static func settings(of fault: Fault) -> Set<String> {
    let own = own[fault] ?? []
    return switch fault.stage {
    case .arrival, .idle: own.union(["after", "times", "for"])
    case .answer: own.union(["only", "body", "after", "times", "for", "on"])
    case .front, .course: own.union(["only", "body", "after", "times", "for"])
    }
  }

  init(_ text: String) throws(Faults.Refusal) {
    // `body` takes all that follows it: a regular expression may hold commas.
    let bodyMark = text.range(of: ",body=")
    let pieces = text[..<(bodyMark?.lowerBound ?? text.endIndex)].split(
      separator: ",", omittingEmptySubsequences: false)
    let (name, probability) = Self.halves(pieces[0])
    guard let fault = Fault(rawValue: name), let number = Double(probability ?? ""), (0...1).contains(number) else {
      let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
      throw Faults.Refusal(
        description: "'\(text)' is no fault; write NAME=PROBABILITY, with a name of \(names), "
          + "and settings after commas, as in page-before=0.1,status=502.")
    }
    (self.fault, self.probability) = (fault, number)
    var settings = Self.settings(pieces.dropFirst())
    if let bodyMark { settings.append(("body", String(text[bodyMark.upperBound...]))) }
    for (name, value) in settings {
      let known = Self.settings(of: fault)
      guard known.contains(name) else {
        throw Faults.Refusal(
          description: "'\(text)': \(fault.rawValue) has no setting '\(name)'; it has "
            + "\(known.sorted().joined(separator: ", ")).")
      }
      guard set(name, to: value) else {
        throw Faults.Refusal(description: "'\(text)': '\(value)' cannot be the setting '\(name)'; \(Self.form(name)).")
      }
    }
  }

  private static func halves(_ piece: Substring) -> (String, String?) {
    let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
  }

  /// Names and values. A piece that does not begin like a setting goes on with the value before: a title may hold commas.
  private static func settings(_ pieces: ArraySlice<Substring>) -> [(String, String)] {
    var settings: [(String, String)] = []
    for piece in pieces {
      let (name, value) = halves(piece)
      if let value, !name.isEmpty, name.allSatisfy({ $0.isLetter && $0.isLowercase }) {
        settings.append((name, value))
      } else if let last = settings.popLast() {
        settings.append((last.0, "\(last.1),\(piece)"))
      } else {
        settings.append((String(piece), ""))
      }
    }
    return settings
  }

  /// Takes a setting; false when it cannot have this value.
  private mutating func set(_ name: String, to value: String) -> Bool {
    switch name {
    case "only": Self.take(Forest.operations.contains { $0.hasSuffix("/\(value)") } ? value : nil, into: &only)
    case "body": Self.take(!value.isEmpty && Self.isExpression(value) ? value : nil, into: &body)
    case "title": Self.take(value, into: &title)
    case "on": Self.take(Self.number(value, 100...599), into: &on)
    // Those of the others have no body.
    case "status": ![204, 205, 304].contains(Int(value)) && Self.take(Self.number(value, 200...599), into: &status)
    case "megabytes": Self.take(Self.number(value, 1...1_024), into: &megabytes)
    case "after": Self.take(Self.number(value, 0...Int.max), into: &after)
    case "times": Self.take(Self.number(value, 1...Int.max), into: &times)
    case "for": Self.take(Duration(text: value), into: &span)
    case "idle": Self.take(Duration(text: value), into: &idle)
    case "ahead": Self.take(Duration(text: value), into: &ahead)
    case "behind": Self.take(Duration(text: value).map { .zero - $0 }, into: &ahead)
    case "in": Self.take(Duration(text: value), into: &delay)
    default: Self.take(HeaderChange(name, value).map { headers + [$0] }, into: &headers)
    }
  }

  private static func take<Value>(_ value: Value?, into place: inout Value) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  private static func take<Value>(_ value: Value?, into place: inout Value?) -> Bool {
    place = value
    return value != nil
  }

  private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    Int(text).flatMap { range.contains($0) ? $0 : nil }
  }

  private static func isExpression(_ text: String) -> Bool {
    if case .success = Result(catching: { try NSRegularExpression(pattern: text) }) { return true }
    return false
  }

  private static func form(_ name: String) -> String {
    switch name {
    case "only": "an operation such as create or getList"
    case "body": "a regular expression"
    case "on", "status": "an HTTP status, 200 to 599"
    case "megabytes": "1 to 1024"
    case "after", "times": "a number"
    case "set", "add": "a header such as Retry-After: soon, but none that says where the answer ends"
    case "drop": "a header's name, but none that says where the answer ends"
    case "huge": "kilobytes, 1 to 1024"
    default: "a time such as 500ms, 20s or 5m"
    }
  }
}

/// What a fault's conditions are held against.
struct FaultFacts {
  var operation: String?
  var body: [UInt8] = []
  /// The status of the answer, once there is one.
  var status: Int?
  /// Whether it reaches anybody.
  var isDelivered = true
  /// Whether a workspace was made.
  var isMade = false
  /// How long the connection was idle.
  var idle: Duration?
}

extension FaultRule {
  /// Whether it may happen here, how often it did apart.
  func isMeant(for facts: FaultFacts) -> Bool {
    if let only, facts.operation?.hasSuffix("/\(only)") != true { return false }
    if let on, facts.status != on { return false }
    if let wasIdle = facts.idle, wasIdle < idle { return false }
    // What was not made cannot vanish, and what nobody gets cannot be odd.
    if fault.stage == .answer, !(fault == .vanish ? facts.isMade : facts.isDelivered) { return false }
    guard let body else { return true }
    let text = String(decoding: facts.body, as: UTF8.self)
    return text.range(of: body, options: [.regularExpression, .caseInsensitive]) != nil
  }
}
