// The body of a reply while it comes. A service, or what stands between, may send any amount.

/// Takes a reply's body piece by piece.
package protocol ReplyBody: Sendable {
  /// Takes the next piece, which may end anywhere; whether more is wanted, or else the rest is not read.
  mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool
}

/// A body that is stored, up to a limit.
struct BoundedBody: ReplyBody {
  let limit: Int
  private(set) var bytes: [UInt8] = []
  private(set) var isCut = false

  init(limit: Int) { self.limit = limit }

  mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool {
    isCut = piece.count > limit - bytes.count
    bytes.append(contentsOf: piece.prefix(limit - bytes.count))
    return !isCut
  }
}
