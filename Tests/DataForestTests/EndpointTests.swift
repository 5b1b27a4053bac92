import Provisioning
import Testing
import Words

@testable import DataForest

@Suite struct EndpointTests {
  @Test(arguments: [
    ("https://df.apigw.ntruss.com", "https://df.apigw.ntruss.com", false),
    ("https://DF.apigw.ntruss.com:443/", "https://df.apigw.ntruss.com", false),
    ("http://127.0.0.1:4747", "http://127.0.0.1:4747", true), ("http://127.9.9.9:80", "http://127.9.9.9", true),
    ("http://localhost:8080/", "http://localhost:8080", true), ("http://[::1]:4747", "http://[::1]:4747", true),
    ("http://127.0.0.1:65535", "http://127.0.0.1:65535", true),
  ])
  func `an address becomes a base URL`(text: String, baseURL: String, isLoopback: Bool) throws {
    let endpoint = try Endpoint(text)
    #expect(endpoint.baseURL.text == baseURL)
    #expect(endpoint.isLoopback == isLoopback)
  }

  @Test(arguments: [
    "", "df.apigw.ntruss.com", "ftp://127.0.0.1", "http://example.com", "http://127.0.0.1.example.com",
    "http://127.0.0.256", "https://example.com/api/v2", "https://example.com?x=1", "https://me:secret@example.com",
    "https://", "http://127.0.0.1:65536", "http://localhost:99999", "http://[::1]:70000", "https://example.com:100000",
    "http://127.0.0.1:0", "http://127.0.0.1:99999999999999999999",
  ])
  func `anything else is refused with a sentence that shows no password`(text: String) {
    let refusal = #expect(throws: Endpoint.Refusal.self) { try Endpoint(text) }
    #expect(refusal?.description.hasSuffix(".") == true)
    #expect(refusal?.description.contains("secret") == false)
  }
}

@Suite struct CredentialLookupTests {
  private static let file = """
    ncloud_access_key_id = A1
    ncloud_secret_access_key=S1
    # a comment = x
    [course]
      ncloud_access_key_id = A2
    ncloud_secret_access_key = S2
    [half]
    ncloud_access_key_id = A3
    """

  private func found(_ lookup: Credentials.Lookup) -> String {
    switch lookup {
    case .found(let credentials): "\(credentials.accessKey)/\(credentials.secretKey)"
    case .none: "none"
    case .incomplete(let missing): "without \(missing)"
    case .malformed(let name): "malformed \(name)"
    }
  }

  @Test func `the environment comes before the file, and half a pair is said`() {
    let both = ["NCLOUD_ACCESS_KEY": "A", "NCLOUD_SECRET_KEY": "S"]
    #expect(found(Credentials.look(in: both, file: Self.file)) == "A/S")
    #expect(found(Credentials.look(in: ["NCLOUD_ACCESS_KEY": "A"], file: Self.file)) == "without NCLOUD_SECRET_KEY")
    #expect(found(Credentials.look(in: ["NCLOUD_SECRET_KEY": "S"], file: nil)) == "without NCLOUD_ACCESS_KEY")
    #expect(found(Credentials.look(in: ["NCLOUD_ACCESS_KEY": ""], file: nil)) == "none")
  }

  @Test func `the official command's file is read by its sections`() {
    #expect(found(Credentials.look(in: [:], file: Self.file)) == "A1/S1")
    #expect(found(Credentials.look(in: [:], file: "[other]\n" + Self.file)) == "none")
    let half = "ncloud_access_key_id = A1\n[other]\nncloud_secret_access_key = S1\n"
    #expect(found(Credentials.look(in: [:], file: half)) == "without ncloud_secret_access_key")
    #expect(found(Credentials.look(in: [:], file: "[course]\nncloud_access_key_id = A1\n")) == "none")
    #expect(found(Credentials.look(in: [:], file: nil)) == "none")
  }
}

@Suite struct WorkspaceDefinitionTests {
  @Test(arguments: [
    (#"{"configuration":{"resource":{"cpuCount":1,"gpuCount":4}}}"#, 4), (#"{"gpuCount":8}"#, 8),
    (#"{"name":"a"}"#, 0), (#"{"configuration":{"docker":{"env":{"gpuCount":"7"}}},"name":"a"}"#, 0),
    (#"{"description":"x,\"gpuCount\":9","name":"a"}"#, 0),
  ])
  func `the GPUs of a definition are counted by its key alone`(definition: String, count: Int) {
    #expect(WorkspaceDefinition.gpuCount(in: definition) == count)
  }
}
