// A gateway's error page may repeat the request, and with it the access key. What is stored, reported and shown of a reply
// must not.

import Foundation
import Wire

extension Reply {
  /// What stands in a key's place.
  private static let mark = "***"

  /// The reply with `***` for an access key wherever it is repeated.
  func hiding(_ accessKey: String) -> Reply {
    let key = Array(accessKey.utf8)
    // No key is that short, and a word of the reply might be.
    guard key.count >= 8 else { return self }
    var reply = self
    if let body = Self.replacing(key, in: body) { reply.body = body }
    reply.headers = headers.mapValues { value in
      Self.replacing(key, in: Array(value.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? value
    }
    return reply
  }

  /// The bytes without the key; nil when it is not among them, as nearly always.
  private static func replacing(_ key: [UInt8], in bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8]?
    var (done, from) = (0, 0)
    while let start = bytes[from...].firstIndex(of: key[0]) {
      guard bytes[start...].starts(with: key) else {
        from = start + 1
        continue
      }
      result = (result ?? []) + bytes[done..<start] + mark.utf8
      (done, from) = (start + key.count, start + key.count)
    }
    return result.map { $0 + bytes[done...] }
  }
}
