// One item's history for programs.

import DataForest
import DurableQueue
import Pacing
import Provisioning

extension ItemHistory {
  /// What is told of the item; members that do not apply are left out. What was or will be sent stands in it as JSON.
  func members() throws -> JSONValue {
    .members([
      "account": .string(account), "name": .string(name), "state": .string(state.rawValue),
      "reason": reason.map { .string($0.rawValue) }, "message": message.map(JSONValue.string),
      "id": remoteID.map(JSONValue.string), "isAdopted": .bool(isAdopted),
      "heldFor": state.isUnfinished ? hold.map { .string($0.reason.rawValue) } : nil,
      "notBefore": due.map(JSONValue.time),
      "finishedAt": finishedAt.map(JSONValue.time),
      "leftWith": departure.map {
        .object(["batch": .integer($0.batch.rawValue), "importedAt": .time($0.importedAt)])
      },
      "inDoubtSince": doubtAt.map(JSONValue.time),
      "definition": try JSONParser.value(of: Array(definition.utf8), .roster),
      "attempts": .array(attempts.map(\.members)), "lists": .array(listings.map(\.members)),
      "waits": .array(waits.map(\.members)),
    ])
  }
}

extension ItemHistory.Attempt {
  fileprivate var members: JSONValue {
    .members([
      "ordinal": .count(ordinal), "startedAt": .time(startAt), "endedAt": endedAt.map(JSONValue.time),
      "outcome": outcome.map { .string($0.rawValue) }, "isUsed": .bool(isUsed),
      "httpStatus": status.map(JSONValue.count), "message": message.map(JSONValue.string),
      "requestId": requestID.map(JSONValue.string), "latencySeconds": latency.map(JSONValue.seconds),
    ])
  }
}

extension ItemHistory.Listing {
  fileprivate var members: JSONValue {
    .members([
      "askedAt": .time(askedAt), "outcome": .string(outcome.rawValue), "isWhole": .bool(isWhole),
      "entryCount": .count(entryCount), "httpStatus": status.map(JSONValue.count),
      "message": message.map(JSONValue.string), "requestId": requestID.map(JSONValue.string),
      "latencySeconds": .seconds(latency),
    ])
  }
}

extension ItemHistory.Wait {
  fileprivate var members: JSONValue {
    .members([
      "from": .time(from), "until": .time(until), "reason": .string(reason.rawValue),
      "message": message.map(JSONValue.string),
    ])
  }
}

extension LookResult {
  /// What a look has found for one item, in `outcome`: `found`, `changed` (meanwhile, and left as it is), `absent`,
  /// `several` or `untold`.
  func members(unless changed: [Look]) -> JSONValue {
    var members: [String: JSONValue?] = [
      "name": .string(target.name), "account": .string(target.account.account), "line": .count(target.line),
      "id": target.remoteID.map(JSONValue.string),
    ]
    switch self {
    case .found(let look):
      members["outcome"] = .string(changed.contains(look) ? "changed" : "found")
      members["id"] = .string(look.entry.id)
      members["createdAt"] = look.entry.createdAt.map(JSONValue.time)
      members["differences"] = .array(
        Schema.workspace.differences(made: look.shown, wanted: target.wanted).map {
          .object(["field": .string($0.field), "made": .string($0.made), "wanted": .string($0.wanted)])
        })
    case .absent: members["outcome"] = .string("absent")
    case .untold(_, let id, let why):
      members["outcome"] = .string("untold")
      members["id"] = .string(id)
      members["message"] = .string(why)
    case .several(_, let ids):
      members["outcome"] = .string("several")
      members["ids"] = .texts(ids)
    }
    return .members(members)
  }
}

extension JSONValue {
  /// A duration in seconds, to the microsecond.
  static func seconds(_ duration: Duration) -> JSONValue {
    let microseconds = duration.microseconds
    let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    var digits = String(repeating: "0", count: 6 - String(rest).count) + String(rest)
    while digits.last == "0", digits.count > 1 { digits.removeLast() }
    return .fraction("\(microseconds < 0 ? "-" : "")\(whole).\(digits)")
  }
}
