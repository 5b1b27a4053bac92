package import DurableQueue
package import Provisioning

extension Queue {
  /// Imports rows that are at hand.
  ///
  /// - Parameters:
  ///   - rows: calls its argument once for each row, in order.
  ///   - confirm: as in the queue's own.
  package func importBatch(
    _ new: NewBatch, rows: (_ add: (NewRow) throws -> Void) throws -> Void,
    confirm: (Comparison) throws -> Bool = { _ in true }
  ) throws -> ImportResult? {
    let spool = RowSpool()
    try rows { try spool.append($0) }
    return try importBatch(new, spool.rows, confirm: confirm)
  }
}
