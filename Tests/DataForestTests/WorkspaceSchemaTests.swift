// The schema against the contract's tables and test vectors: dataforest-api.md, sections 2 and 7.

import DataForest
import Provisioning
import TestSupport
import Testing

@Suite struct WorkspaceSchemaTests {
  @Test func `the fields are those that create takes`() {
    #expect(
      Schema.workspace.fields.map(\.path) == [
        "accountId", "name", "description", "configuration.docker.image", "configuration.docker.command",
        "configuration.docker.args", "configuration.docker.env", "configuration.docker.exposeTcpPorts",
        "configuration.docker.workdir", "configuration.queueName", "configuration.name",
        "configuration.resource.cpuCount", "configuration.resource.gpuCount", "configuration.resource.gpuModel",
        "configuration.resource.memoryMb", "configuration.userPackageUri", "configuration.data.input",
        "configuration.data.output",
      ])
  }

  @Test func `required are the account, the name, the image and the command`() {
    #expect(
      Schema.workspace.fields.filter(\.isRequired).map(\.path) == [
        "accountId", "name", "configuration.docker.image", "configuration.docker.command",
      ])
  }

  @Test func `account and name are what items are known by`() {
    #expect(Schema.workspace.accountPath == "accountId")
    #expect(Schema.workspace.namePath == "name")
  }

  @Test(arguments: [
    ("name", Field.Kind.string), ("configuration.docker.env", .stringMap),
    ("configuration.docker.exposeTcpPorts", .integerList), ("configuration.resource.memoryMb", .integer),
    ("configuration.data.input", .objectList(members: ["hdfs": .string, "path": .string])),
    (
      "configuration.data.output",
      .objectList(members: ["hdfs": .string, "overwrite": .boolean, "path": .string])
    ),
  ])
  func `a field holds what the contract says`(path: String, kind: Field.Kind) {
    #expect(Schema.workspace.field(at: path)?.kind == kind)
  }

  @Test func `every field has help and every rule says what is expected`() {
    for field in Schema.workspace.fields {
      #expect(!field.help.isEmpty, "\(field.path)")
      for rule in field.rules { #expect(!rule.must.isEmpty, "\(rule.id)") }
    }
  }

  @Test func `the create body of the pages keeps to every rule`() throws {
    let body = [
      "accountId": "6COytUeFj7b8eOhq2L5zL", "name": "api-test", "description": "test",
      "configuration.docker.image": "tensorflow:r2.3.1-py3", "configuration.docker.command": "ls",
      "configuration.docker.workdir": "/root/", "configuration.name": "test", "configuration.queueName": "gpu",
      "configuration.resource.cpuCount": "1", "configuration.resource.gpuCount": "1",
      "configuration.resource.gpuModel": "T4", "configuration.resource.memoryMb": "1024",
    ]
    for (path, value) in body { #expect(try brokenRules(at: path, value) == [], "\(path)") }
  }
}

@Suite struct WorkspaceRuleTests {
  @Test(arguments: [
    "dataforest/tensorflow:r2.3.1-py3", "tensorflow:r2.3.1-py3", "pytorch:1", "\(String(repeating: "a", count: 30)):b",
    "a:\(String(repeating: "b", count: 20))", "dataforest:1", "a._-0:._-",
    "dataforest/\(String(repeating: "a", count: 30)):b",
  ])
  func `an image and its tag`(text: String) throws {
    #expect(try brokenRules(at: "configuration.docker.image", text) == [])
  }

  @Test(arguments: [
    "tensorflow/r2.3.1-py3", "PyTorch:1", "\(String(repeating: "a", count: 31)):b",
    "a:\(String(repeating: "b", count: 21))", "other/tensorflow:1", "dataforest/:1", ":1", "a:", "", ":", "a", "a:b:c",
    "a:B",
    "a b:1", "a:1 ", "a:1\n", "dataforest/dataforest/a:1", "Dataforest/a:1", "이미지:1", "a:é",
  ])
  func `no image and tag`(text: String) throws {
    #expect(try brokenRules(at: "configuration.docker.image", text) == ["image-form"])
  }

  @Test(arguments: ["6COytUeFj7b8eOhq2L5zL", "2mUVZaHseGadiNFAg5MHjk", "YPIolVXWcPTcCs9dNi89Gn", "0", "aZ9"])
  func `an id of the service`(text: String) throws {
    #expect(try brokenRules(at: "accountId", text) == [])
    #expect(Rule.id("workspace-id").allows(text))
  }

  @Test(arguments: ["", String(repeating: "a", count: 23), "a-b", "a_b", "a b", " a", "é", "계정", "１"])
  func `no id of the service`(text: String) throws {
    #expect(try brokenRules(at: "accountId", text) == ["account-id"])
  }

  @Test(arguments: [
    ("a", []), ("api-test", []), ("class-07", []), ("a-1-b-2", []), ("a23456789012345", []),
    ("a234567890123456", ["name-length"]), ("", ["name-form"]), ("-a", ["name-form"]), ("a-", ["name-form"]),
    ("a--b", ["name-form"]), ("1a", ["name-form"]), ("A", ["name-form"]), ("aB", ["name-form"]), ("a_b", ["name-form"]),
    ("a.b", ["name-form"]), ("a b", ["name-form"]), ("a\n", ["name-form"]), ("학생", ["name-form"]),
    ("a가", ["name-form"]),
    ("a-2345678901234-", ["name-form", "name-length"]),
  ])
  func `a workspace's name`(text: String, broken: [String]) throws {
    #expect(try brokenRules(at: "name", text) == broken)
  }

  @Test func `the rules for image and name are the contract's regular expressions`() throws {
    let image = try Regex("(dataforest/)?([a-z0-9._-]{1,30}):([a-z0-9._-]{1,20})")
    let name = try Regex("[a-z](?:-?[a-z0-9])*")
    var matchCount = 0
    for seed in 0..<3_000 {
      var generator = SeededGenerator(seed: seed)
      let text = randomName(using: &generator)
      let isName = try name.wholeMatch(in: text) != nil
      let isImage = try image.wholeMatch(in: text) != nil
      #expect(Rule.workspaceName.allows(text) == isName, "seed \(seed): \(text)")
      #expect(Rule.image.allows(text) == isImage, "seed \(seed): \(text)")
      matchCount += (isName ? 1 : 0) + (isImage ? 1 : 0)
    }
    #expect(matchCount > 300, "the texts must hit both sides of the rules")
  }

  @Test(arguments: [(0, []), (255, []), (256, ["description-length"])])
  func `a description has at most 255 characters, Korean ones too`(length: Int, broken: [String]) throws {
    #expect(try brokenRules(at: "description", String(repeating: "가", count: length)) == broken)
    #expect(try brokenRules(at: "description", String(repeating: "a", count: length)) == broken)
  }

  @Test(arguments: [
    ("configuration.resource.gpuCount", "gpu-count", ["1", "8"], ["0", "9", "-1", "1.0", "", "two", "1 "]),
    ("configuration.docker.exposeTcpPorts", "port", ["1", "8888", "65535"], ["0", "65536", "-1", "http"]),
    ("configuration.resource.cpuCount", "cpu-count", ["1", "64"], ["0", "-1", "99999999999"]),
    ("configuration.resource.memoryMb", "memory", ["1", "15360"], ["0", "-1", "15GB"]),
  ])
  func `a count lies in its range`(path: String, rule: String, allowed: [String], refused: [String]) throws {
    for text in allowed { #expect(try brokenRules(at: path, text) == [], "\(text)") }
    for text in refused { #expect(try brokenRules(at: path, text) == [rule], "\(text)") }
  }

  @Test func `a value that was never seen is only warned about`() throws {
    for (path, known, unknown) in [
      ("configuration.resource.gpuModel", "V100", "A100"), ("configuration.queueName", "gpu", "cpu"),
    ] {
      let rules = try #require(Schema.workspace.field(at: path)).rules
      #expect(rules.allSatisfy { !$0.isStrict })
      #expect(try brokenRules(at: path, known) == [])
      #expect(try brokenRules(at: path, unknown).count == 1)
    }
  }

  @Test func `every other rule is strict`() {
    let rules = Schema.workspace.fields.flatMap(\.rules)
    #expect(rules.filter { !$0.isStrict }.map(\.id) == ["queue", "gpu-model"])
  }
}

// MARK: - Tools

/// The ids of the rules of a field that a value breaks.
private func brokenRules(at path: String, _ text: String) throws -> [String] {
  try #require(Schema.workspace.field(at: path)).rules.filter { !$0.allows(text) }.map(\.id)
}

/// Texts that are often almost a name or an image.
private func randomName(using generator: inout SeededGenerator) -> String {
  let pieces = ["a", "z", "m", "0", "9", "-", "-", ":", ":", ".", "_", "A", "/", "dataforest/", "r2.3.1", "가", " "]
  let likely = Int.random(in: 0..<3, using: &generator) > 0 ? Array(pieces.prefix(10)) : pieces
  return (0..<Int.random(in: 0...9, using: &generator)).map { _ in
    likely.randomElement(using: &generator) ?? "a"
  }.joined()
}
