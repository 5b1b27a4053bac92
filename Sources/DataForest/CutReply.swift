// A reply that goes on for longer than any that the contract has.

import Provisioning
import Wire

extension Outcome {
  /// What is said of a success that names nothing that could have been made.
  static let withoutID = "it says success, and no workspace's id"

  /// This outcome, unless the reply was cut: then nobody knows what the rest would have said, and what was asked for may
  /// have been done.
  func unlessCut(_ reply: Reply) -> Outcome {
    guard reply.isCut, kind != .foreign || page?.title == nil else { return self }
    return Outcome(
      .noAnswer, message: "the reply is longer than \(Exchange.usualLimit / 1_024) kB, and the rest was not read",
      status: status, requestID: requestID, retryAfter: retryAfter)
  }
}
