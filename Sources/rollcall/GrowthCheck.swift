// A roster that somebody still writes to: told by its file, not by its text.

import BulkImport
import DurableQueue
import Pacing
import Provisioning

extension RosterCheck {
  /// How long ago a roster without a last line end was written that is looked at again.
  private static let fresh = Duration.seconds(3)
  /// After what time: whoever copies or exports a file writes more often.
  private static let pause = Duration.seconds(1)

  /// Refuses a roster that is still growing, before it is read.
  ///
  /// One whose last line has no end and that was written a moment ago may be a part of a roster, with more to come within a
  /// second. Its rows are right by themselves, so that nothing else stops it where that line may be left out.
  func refuseGrowing(in context: Context) async throws {
    guard spool == nil, reading.skipInvalid || options.allowsNoLineEnd, try reader.hasOpenEnd() else { return }
    let age = context.time.now() - Instant(microseconds: reader.writtenAt)
    guard age < Self.fresh, .zero - Self.fresh < age else { return }
    await context.time.wait(Self.pause)
    try refuseChanged()
  }

  /// Refuses a roster that is not what it was when it was read.
  func refuseChanged() throws { try reader.refuseChanged() }

  /// The same, when its rows are in the queue and nothing is sent yet.
  func refuseChanged(since batch: Batch) throws {
    guard case .failure(let error) = Result(catching: { try reader.refuseChanged() }) else { return }
    throw CommandError(
      "\(error) Batch \(batch.id.rawValue) has its rows as they were; nothing was sent.",
      hint: "Wait until nobody writes to it, and run the same command again.", .personNeeded, reason: .rosterChanged)
  }
}
