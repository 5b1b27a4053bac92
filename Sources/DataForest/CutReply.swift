// A reply that goes on for longer than any that the contract has.

import Provisioning
import Wire

extension Outcome {
  /// What is said of a success that names nothing that could have been made.
  static let withoutID = "it says success, and not with an id as the service gives them"

  /// This outcome, unless the reply was cut: then nobody knows what the rest would have said, and what was asked for may
  /// have been done.
  ///
  /// - Parameter limit: so many bytes were read.
  func unlessCut(_ reply: Reply, _ limit: Int = Exchange.usualLimit) -> Outcome {
    // Too many means the same whatever follows.
    guard reply.isCut, kind != .throttled, kind != .foreign || page?.title == nil else { return self }
    return Outcome(
      .unknown, message: "the reply is longer than \(limit / 1_024) kB, and the rest was not read",
      status: status, requestID: requestID, retryAfter: retryAfter)
  }
}
