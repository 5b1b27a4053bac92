// What is in doubt, for those who only look.

import Pacing
package import Provisioning

extension Queue {
  /// How long it takes until the oldest of what is in doubt of a batch is late enough for the service to be asked; nil when
  /// nothing is in doubt, or when the clocks cannot tell.
  package func doubtLeft(of batch: BatchID) throws -> Duration? {
    try read { db in try Self.doubts(of: batch, within: .zero, at: db.now, db).compactMap(\.remaining).min() }
  }
}
