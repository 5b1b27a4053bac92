// Read calls outside of a run: each takes a permit of the key, and is tried again as any other request would be.

import DurableQueue
import Pacing
import Provisioning
import Words

/// Asks a service for what it has.
struct ReadCalls {
  /// How often a call is tried.
  private static let mostTries = 5
  /// A longer wait than this ends the command.
  private static let longestWait = Duration.seconds(600)
  /// Without a queue no pace is known: one call a second.
  private static let pause = Duration.seconds(1)

  private let queue: Queue?
  private let scope: KeyScopeID?
  private let time: any TimeSource

  /// Calls with the permits of a key.
  init(_ queue: Queue, baseURL: BaseURL, fingerprint: String, time: any TimeSource) throws {
    (self.queue, self.time) = (queue, time)
    scope = try queue.keyScope(baseURL: baseURL, fingerprint: fingerprint)
  }

  /// Calls without permits, one a second.
  init(time: any TimeSource) { (queue, scope, self.time) = (nil, nil, time) }

  /// Asks until an answer is definite, or has failed too often.
  ///
  /// - Returns: the answer, or what the last failure was.
  /// - Throws: `CommandError` when the key waits for too long, `QueueError`.
  func ask<Value>(_ call: () async -> Result<Value, ReadFailure>) async throws -> Result<Value, ReadFailure> {
    var generator = SystemRandomNumberGenerator()
    var tryCount = 1
    while true {
      try await waitForPermit()
      let answer = await call()
      guard case .failure(let failure) = answer, failure.isWorthAgain, tryCount < Self.mostTries else { return answer }
      let backoff = Backoff.throttled.wait(after: tryCount, using: &generator)
      await time.wait(min(Self.longestWait, failure.outcome.retryAfter ?? backoff))
      tryCount += 1
    }
  }

  private func waitForPermit() async throws {
    guard let queue, let scope else { return await time.wait(Self.pause) }
    while true {
      let permit = try await queue.takePermit(of: scope)
      let next = permit.start ?? max(permit.next, permit.wait?.until ?? permit.next)
      let now = time.now()
      guard next - now <= Self.longestWait else {
        throw CommandError(
          "The key may not be used before \(next.rfc3339())\(permit.wait.map { ": \($0.text)" } ?? "").",
          hint: "Run the same command again then.", .paused)
      }
      await time.wait(next - now)
      if permit.start != nil { return }
    }
  }
}

/// Why a read call has brought nothing.
struct ReadFailure: Error {
  let outcome: Outcome

  init(_ outcome: Outcome) { self.outcome = outcome }

  /// Whether the next try may fare otherwise.
  fileprivate var isWorthAgain: Bool {
    switch outcome.kind {
    case .throttled, .unreachable, .unknown, .foreign: true
    default: false
    }
  }
}
