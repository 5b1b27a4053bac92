// The definition of an AI workspace, field by field, as the service's pages give it.

package import Provisioning

extension Schema {
  /// What `create` takes: the fields of an AI workspace.
  package static let workspace = Schema(
    fields: identityFields + dockerFields + resourceFields + dataFields, accountPath: "accountId", namePath: "name")

  private static let identityFields = [
    Field(
      "accountId", .string, required: true, rules: [.id("account-id")],
      help: "the Data Forest account that the workspace belongs to"),
    Field(
      "name", .string, required: true, rules: [.workspaceName, .length("name-length", 15)],
      help: "the workspace's name, unique within the account"),
    Field("description", .string, rules: [.length("description-length", 255)], help: "what it is for"),
  ]

  private static let dockerFields = [
    Field(
      "configuration.docker.image", .string, required: true, rules: [.image],
      help: "the image it starts, for example tensorflow:r2.3.1-py3"),
    Field("configuration.docker.command", .string, required: true, help: "the command it starts with"),
    Field("configuration.docker.args", .string, help: "the command's arguments"),
    Field("configuration.docker.env", .stringMap, help: "environment variables, a column for each"),
    Field(
      "configuration.docker.exposeTcpPorts", .integerList, rules: [.range("port", 1...65_535)],
      help: "TCP ports to open, separated by semicolons"),
    Field("configuration.docker.workdir", .string, help: "the directory it starts in"),
    Field("configuration.queueName", .string, rules: [.known("queue", ["gpu"])], help: "the queue it runs in"),
    Field("configuration.name", .string, help: "a name for the configuration; need not be the workspace's"),
  ]

  private static let resourceFields = [
    Field(
      "configuration.resource.cpuCount", .integer, rules: [.range("cpu-count", 1...Int(Int32.max))],
      help: "CPUs; 1 unless given"),
    Field("configuration.resource.gpuCount", .integer, rules: [.range("gpu-count", 1...8)], help: "GPUs"),
    Field(
      "configuration.resource.gpuModel", .string, rules: [.known("gpu-model", ["T4", "V100"])],
      help: "the GPUs' model; V100 unless given"),
    Field(
      "configuration.resource.memoryMb", .integer, rules: [.range("memory", 1...Int(Int32.max))],
      help: "memory in megabytes; 15 GB unless given"),
    Field("configuration.userPackageUri", .string, help: "an HDFS path of a package"),
  ]

  private static let dataFields = [
    Field(
      "configuration.data.input", .objectList(members: ["hdfs": .string, "path": .string]),
      help: "what is copied in: HDFS source, path in the container"),
    Field(
      "configuration.data.output", .objectList(members: ["hdfs": .string, "overwrite": .boolean, "path": .string]),
      help: "what is copied out: HDFS destination, path in the container"),
  ]
}

extension Rule {
  /// An id of the service: 1 to 22 base62 characters, never decoded.
  package static func id(_ id: String) -> Rule {
    Rule(id, must: "be 1 to 22 letters and digits") { text in
      (1...22).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIAlphanumeric)
    }
  }

  /// A workspace's name: `^[a-z](?:-?[a-z0-9])*$`.
  package static let workspaceName = Rule(
    "name-form", must: "start with a–z and hold only a–z, 0–9 and single hyphens, none at the end"
  ) { text in
    guard let first = text.utf8.first, first.isASCIILowercase, text.utf8.last != UInt8(ascii: "-") else {
      return false
    }
    var previous = first
    for byte in text.utf8.dropFirst() {
      let isHyphen = byte == UInt8(ascii: "-")
      guard isHyphen ? previous != byte : byte.isASCIILowercase || byte.isASCIIDigit else { return false }
      previous = byte
    }
    return true
  }

  /// An image: `^(dataforest/)?([a-z0-9._-]{1,30}):([a-z0-9._-]{1,20})$`.
  package static let image = Rule(
    "image-form",
    must: "be an image and its tag, for example tensorflow:r2.3.1-py3 "
      + "(at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')"
  ) { text in
    let prefix = "dataforest/"
    let rest = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : Substring(text)
    let parts = rest.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return parts.count == 2
      && zip(parts, [30, 20]).allSatisfy { part, most in
        (1...most).contains(part.count) && part.allSatisfy(\.isImageCharacter)
      }
  }

  /// At most so many characters. Whether the service counts bytes for Korean text is unknown; characters are counted.
  package static func length(_ id: String, _ most: Int) -> Rule {
    Rule(id, must: "be at most \(most) characters long") { $0.utf8.count <= most || $0.unicodeScalars.count <= most }
  }

  /// A whole number in a range.
  package static func range(_ id: String, _ range: ClosedRange<Int>) -> Rule {
    let end = range.upperBound == Int(Int32.max) ? "" : " to \(range.upperBound)"
    let must = "be a whole number from \(range.lowerBound)\(end)"
    return Rule(id, must: must) { text in Int(text).map(range.contains) ?? false }
  }

  /// One of the values that were ever seen; the service may know more, so another one is only warned about.
  package static func known(_ id: String, _ values: [String]) -> Rule {
    Rule(id, must: "probably be \(values.joined(separator: " or "))", strict: false) { values.contains($0) }
  }
}

extension UInt8 {
  fileprivate var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isASCIILowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  fileprivate var isImageCharacter: Bool { isASCIILowercase || isASCIIDigit || "._-".utf8.contains(self) }
  fileprivate var isASCIIAlphanumeric: Bool {
    isASCIIDigit || isASCIILowercase || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
  }
}
