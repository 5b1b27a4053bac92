// Signature v2 of the API gateway. The body is not signed; every retry signs anew, because the timestamp is in it.

import Crypto
import Foundation
package import Pacing

/// The pair that signs requests. It has no description, so that it cannot reach a log by being printed.
package struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public half; a request names it.
  package let accessKey: String
  /// The secret half; it signs and never leaves the process.
  package let secretKey: String

  /// Makes a pair.
  package init(accessKey: String, secretKey: String) {
    self.accessKey = accessKey
    self.secretKey = secretKey
  }

  /// The pair that the sandbox takes when it is given no other; it opens nothing else.
  package static let sandbox = Credentials(
    accessKey: "FAKE-ACCESS-KEY-0001", secretKey: "FAKE-SECRET-KEY-0001")

  /// 12 hex digits of the access key's SHA-256: tells keys apart in the queue without holding one.
  package var fingerprint: String {
    SHA256.hash(data: Data(accessKey.utf8)).prefix(6).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// Says only which key it is.
  package var description: String { "Credentials(\(fingerprint))" }
  /// The same as `description`.
  package var debugDescription: String { description }
  /// Shows nothing of the inside to `dump` and `String(reflecting:)`.
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The gateway's signature v2.
package enum Signature {
  /// The name of the header with the time that was signed, in milliseconds since the epoch.
  package static let timestampHeader = "x-ncp-apigw-timestamp"
  /// The name of the header with the access key.
  package static let accessKeyHeader = "x-ncp-iam-access-key"
  /// The name of the header with the signature.
  package static let signatureHeader = "x-ncp-apigw-signature-v2"

  /// base64(HMAC-SHA256(secretKey, METHOD + " " + pathWithQuery + "\n" + timestampMs + "\n" + accessKey)).
  package static func sign(method: String, path: String, timestamp: String, with credentials: Credentials) -> String {
    let text = "\(method) \(path)\n\(timestamp)\n\(credentials.accessKey)"
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(text.utf8), using: SymmetricKey(data: Data(credentials.secretKey.utf8)))
    return Data(code).base64EncodedString()
  }

  /// The three headers of a request that is signed at `instant`.
  package static func headers(
    method: String, path: String, at instant: Instant, with credentials: Credentials
  ) -> [(name: String, value: String)] {
    let timestamp = String(instant.microseconds / 1_000)
    return [
      (timestampHeader, timestamp),
      (accessKeyHeader, credentials.accessKey),
      (signatureHeader, sign(method: method, path: path, timestamp: timestamp, with: credentials)),
    ]
  }
}
