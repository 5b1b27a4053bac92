import DataForest
import Pacing
import Testing

@Suite struct SignatureTests {
  // The first two stand in two public projects' unit tests, the others were computed from the rule: dataforest-api.md,
  // section 6.
  @Test(arguments: [
    Vector(
      method: "POST", path: "/vserver/v2/createServerInstances?regionCode=KR", timestamp: "1700000000000",
      credentials: Credentials(accessKey: "AK_TEST", secretKey: "SK_TEST"),
      signature: "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw="),
    Vector(
      method: "GET", path: "/vserver/v2/getServerInstanceList?responseFormatType=json", timestamp: "1234567890123",
      credentials: Credentials(accessKey: "TestAccessKey", secretKey: "TestSecretKey"),
      signature: "FPsYYX8fuMAgi+cue3eACOW0dNtIwu1LYWfg/megA2M="),
    Vector(
      method: "POST", path: "/api/v2/aiworkspaces/create", timestamp: "1700000000000", credentials: .sandbox,
      signature: "9FUgA8uXU9g3UiCnfJj+NDYLDL2rIxX0JpSuvVZIn+E="),
    Vector(
      method: "POST", path: "/api/v2/aiworkspaces/getList", timestamp: "1700000000000", credentials: .sandbox,
      signature: "sfmQXiRJrBGnE5kq04VNoXfn/SmBAH145uIxAlJizZY="),
  ])
  private func `a request is signed as the gateway expects`(vector: Vector) {
    let signature = Signature.sign(
      method: vector.method, path: vector.path, timestamp: vector.timestamp, with: vector.credentials)
    #expect(signature == vector.signature)
  }

  @Test func `the headers carry the key and the very milliseconds that were signed`() {
    // The rest of the millisecond is cut, not rounded.
    let instant = Instant(microseconds: 1_700_000_000_000_999)
    let headers = Signature.headers(
      method: "POST", path: "/api/v2/aiworkspaces/create", at: instant, with: .sandbox)
    #expect(
      headers.map { "\($0.name): \($0.value)" } == [
        "x-ncp-apigw-timestamp: 1700000000000", "x-ncp-iam-access-key: FAKE-ACCESS-KEY-0001",
        "x-ncp-apigw-signature-v2: 9FUgA8uXU9g3UiCnfJj+NDYLDL2rIxX0JpSuvVZIn+E=",
      ])
  }

  @Test func `another time, path, method or key is another signature`() {
    let other = Credentials(accessKey: Credentials.sandbox.accessKey, secretKey: "another")
    let signatures = [
      Signature.sign(method: "POST", path: "/a", timestamp: "1", with: .sandbox),
      Signature.sign(method: "GET", path: "/a", timestamp: "1", with: .sandbox),
      Signature.sign(method: "POST", path: "/a?b", timestamp: "1", with: .sandbox),
      Signature.sign(method: "POST", path: "/a", timestamp: "2", with: .sandbox),
      Signature.sign(method: "POST", path: "/a", timestamp: "1", with: other),
    ]
    #expect(Set(signatures).count == signatures.count)
  }
}

@Suite struct CredentialsTests {
  private let credentials = Credentials(accessKey: "AN-ACCESS-KEY", secretKey: "A-SECRET-KEY")

  @Test func `however a pair is printed, neither half shows`() {
    var dumped = ""
    dump(credentials, to: &dumped)
    var dumpedInside = ""
    dump(["pair": Holder(credentials: credentials)], to: &dumpedInside)
    let holder = Holder(credentials: credentials)
    let texts = [
      String(describing: credentials), String(reflecting: credentials), "\(credentials)", dumped, dumpedInside,
      String(describing: Optional(credentials)), String(reflecting: [credentials]), String(describing: holder),
      String(reflecting: holder),
    ]
    for text in texts {
      #expect(!text.contains("SECRET") && !text.contains("ACCESS"), "\(text)")
      #expect(text.contains(credentials.fingerprint), "\(text)")
    }
  }

  @Test func `a mirror of a pair has nothing in it`() {
    #expect(Mirror(reflecting: credentials).children.isEmpty)
  }

  // First 12 hex digits of `printf %s KEY | sha256sum`; the last has a byte below 16.
  @Test(arguments: [
    ("FAKE-ACCESS-KEY-0001", "b3881946872a"), ("AK_TEST", "17984b1a1d3c"), ("KEY-2", "df213a04fe3a"),
  ])
  func `a fingerprint tells access keys apart`(accessKey: String, fingerprint: String) {
    #expect(Credentials(accessKey: accessKey, secretKey: "any").fingerprint == fingerprint)
  }

  @Test func `the secret has no part in the fingerprint`() {
    let other = Credentials(accessKey: credentials.accessKey, secretKey: "another")
    #expect(other.fingerprint == credentials.fingerprint)
  }
}

/// A request and the signature that is known to be right for it.
private struct Vector: Sendable, CustomTestStringConvertible {
  let method: String
  let path: String
  let timestamp: String
  let credentials: Credentials
  let signature: String

  var testDescription: String { "\(method) \(path)" }
}

/// A type that prints itself in the default way, as most that hold a pair do.
private struct Holder {
  let credentials: Credentials
}
