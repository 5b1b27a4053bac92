// A gateway's error page may repeat the request, and with it the access key. What is stored, reported and shown of a reply
// must not.

import Foundation
import Provisioning
import Wire

extension Reply {
  /// What stands in a key's place.
  fileprivate static let mark = "***"

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
    var result: [UInt8] = []
    var (done, from) = (0, 0)
    while let start = bytes[from...].firstIndex(of: key[0]) {
      guard bytes[start...].starts(with: key) else {
        from = start + 1
        continue
      }
      result += bytes[done..<start]
      result += mark.utf8
      (done, from) = (start + key.count, start + key.count)
    }
    return done == 0 ? nil : result + bytes[done...]
  }
}

extension Outcome {
  /// The outcome with `***` for an access key in what is kept of the reply, where it may have stood with escapes or entities.
  func hiding(_ accessKey: String) -> Outcome {
    guard accessKey.utf8.count >= 8 else { return self }
    func hidden(_ text: String?) -> String? {
      text?.replacingOccurrences(of: accessKey, with: Reply.mark, options: .caseInsensitive)
    }
    var outcome = self
    outcome.message = hidden(message)
    outcome.requestID = hidden(requestID)
    outcome.page?.title = hidden(page?.title)
    return outcome
  }
}

extension ListReply {
  /// The reply without an access key in why it failed.
  func hiding(_ accessKey: String) -> ListReply {
    if case .failed(let outcome) = self { .failed(outcome.hiding(accessKey)) } else { self }
  }
}

extension DetailReply {
  /// The reply without an access key in why it failed.
  func hiding(_ accessKey: String) -> DetailReply {
    if case .failed(let outcome) = self { .failed(outcome.hiding(accessKey)) } else { self }
  }
}
