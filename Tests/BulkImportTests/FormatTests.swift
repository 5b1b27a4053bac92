import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// What a roster can be besides CSV in UTF-8 with commas.
@Suite struct FormatTests {
  private static let header = "이름,accountId,name,image,command\n"
  private static let text = header + "김민준,acc1,a1,a:1,ls\n이서연,acc1,a2,a:1,\"ls, all\"\n"

  /// A text in an encoding that the system's own converter writes.
  private static func bytes(_ text: String, in encoding: String) throws -> [UInt8] {
    let source = FileManager.default.temporaryDirectory.appending(path: "rollcall-\(UUID().uuidString)")
    try Data(text.utf8).write(to: source)
    defer { try? FileManager.default.removeItem(at: source) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["iconv", "-f", "UTF-8", "-t", encoding, source.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(data)
  }

  private func read(_ bytes: [UInt8], options: RosterOptions = RosterOptions(), chunkSize: Int = 1 << 18) throws
    -> Reading
  {
    try withFile(bytes) { try BulkImportTests.read($0, as: "roster.csv", options: options, chunkSize: chunkSize) }
  }

  @Test(arguments: ["CP949", "UTF-16LE", "UTF-16BE"])
  func `Korean text in other encodings is the same roster`(encoding: String) throws {
    let mark = encoding.hasPrefix("UTF") ? "\u{FEFF}" : ""
    let reading = try read(Self.bytes(mark + Self.text, in: encoding))
    let plain = try read(Array(Self.text.utf8))
    #expect(reading.issues.isEmpty)
    #expect(reading.rows.map(\.texts) == plain.rows.map(\.texts))
    #expect(reading.summary.digest == plain.summary.digest)
    #expect(reading.summary.format.encoding == (mark.isEmpty ? .cp949 : .utf16))
    #expect(reading.rows.map(\.line) == [2, 3])
  }

  @Test func `a large roster in CP949 is read to its end`() throws {
    let rows = (1...6_000).map { "김민준이 쓰는 작업 공간,acc1,n\($0),a:1,ls\n" }.joined()
    let reading = try read(Self.bytes(Self.header + rows, in: "CP949"))
    #expect(reading.issues.isEmpty && reading.rows.count == 6_000)
    #expect(reading.rows.last?.texts.first == "김민준이 쓰는 작업 공간")
  }

  @Test func `an issue in a roster in CP949 stands at its line and cell`() throws {
    let reading = try read(Self.bytes(Self.text + "박도윤,acc1,A,a:1,ls\n", in: "CP949"))
    #expect(reading.issues == ["4 C4 name-form"])
    #expect(reading.summary.format.description == "CP949, commas")
  }

  @Test(arguments: [(";", "semicolons"), ("\t", "tabs")])
  func `other separators are found by the header`(separator: String, name: String) throws {
    let text = Self.text.replacingOccurrences(of: "\"ls, all\"", with: "ls all")
    let reading = try read(Array(text.replacingOccurrences(of: ",", with: separator).utf8))
    let plain = try read(Array(text.utf8))
    #expect(reading.summary.digest == plain.summary.digest)
    #expect(reading.summary.format.description == "UTF-8, \(name)")
  }

  @Test(arguments: [1, 2, 3, 7, 1_000])
  func `every format fed in pieces equals the format fed whole`(chunkSize: Int) throws {
    for bytes in [try Self.bytes(Self.text, in: "CP949"), Array(Self.text.utf8), Array(Self.json.utf8)] {
      let pieces = try read(bytes, chunkSize: chunkSize)
      let whole = try read(bytes)
      #expect(pieces.summary == whole.summary)
      #expect(pieces.rows == whole.rows)
    }
  }

  // MARK: - JSON

  private static let json = """
    [
      {"name": "a1", "accountId": "acc1", "student": "김민준",
       "configuration": {"docker": {"image": "a:1", "command": "ls", "exposeTcpPorts": [8888, 6006], "env": {"A": "1"}}}},
      {"name": "a2", "accountId": "acc1", "student": null, "image": "a:1", "command": "ls", "gpuCount": 2}
    ]
    """

  @Test func `an array of objects`() throws {
    let reading = try read(Array(Self.json.utf8))
    #expect(reading.summary.format.description == "UTF-8, JSON")
    // A path in one element and its last word in another are one field.
    #expect(reading.issues.isEmpty)
    #expect(
      reading.definitions.last
        == #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","image":"a:1"},"resource":{"gpuCount":2}},"name":"a2"}"#
    )
    let twice = try read(Array(#"[{"image": "a:1", "configuration": {"docker": {"image": "b:1"}}}]"#.utf8))
    #expect(twice.summary.issues.contains { $0.message.contains("given twice") })
    let one = try read(
      Array(
        """
        [{"name": "a1", "accountId": "acc1", "student": "김민준",
          "configuration": {"docker": {"image": "a:1", "command": "ls", "exposeTcpPorts": [8888, 6006], "env": {"A": "1"}},
                            "resource": {"gpuCount": 2}}}]
        """.utf8))
    #expect(one.issues.isEmpty)
    #expect(
      one.definitions == [
        #"{"accountId":"acc1","configuration":{"docker":{"command":"ls","env":{"A":"1"},"exposeTcpPorts":[8888,6006],"image":"a:1"},"resource":{"gpuCount":2}},"name":"a1"}"#
      ])
    #expect(one.rows.first?.line == 1)
    #expect(one.summary.columns.last == "student")
  }

  @Test func `an object with defaults and workspaces, in any order`() throws {
    for text in [
      #"{"defaults": {"accountId": "acc1", "image": "a:1", "command": "ls"}, "workspaces": [{"name": "a1"}, {"name": "a2", "image": "b:2"}]}"#,
      #"{"workspaces": [{"name": "a1"},{"name": "a2", "image": "b:2"}], "defaults": {"accountId": "acc1", "image": "a:1", "command": "ls"}}"#,
    ] {
      let reading = try read(Array(text.utf8))
      #expect(reading.issues.isEmpty)
      #expect(reading.definitions.map { $0.contains("\"image\":\"a:1\"") } == [true, false])
    }
  }

  @Test func `an object a line`() throws {
    let line = #"{"accountId": "acc1", "image": "a:1", "command": "ls", "name": "#
    let reading = try read(Array("\(line)\"a1\"}\n\n\(line)\"a2\"}\n\(line)\"A\"}\n".utf8))
    #expect(reading.summary.format.description == "UTF-8, JSON Lines")
    #expect(reading.rows.map(\.line) == [1, 3, 4])
    #expect(reading.issues == ["4 - name-form"])
  }

  @Test func `elements that are no objects, and duplicates, are issues at their lines`() throws {
    let text = """
      [{"accountId": "acc1", "image": "a:1", "command": "ls", "name": "a1"},
       42,
       {"accountId": "acc1", "image": "a:1", "command": "ls", "name": "a1"},
       {"accountId": "acc1", "image": 1.5, "command": "ls", "name": "a2"}]
      """
    let reading = try read(Array(text.utf8))
    #expect(reading.issues == ["2 - json", "3 - duplicate", "4 - image-form"])
    #expect(reading.summary.issues[1].message.contains("on line 1 already"))
  }

  @Test(arguments: [
    ("[{\"name\": \"a\"", "the JSON ends in the middle: a bracket or a quote that is opened here is not closed"),
    ("[" + String(repeating: "[", count: 100), "this is nested more than 64 levels deep"),
    ("{\"a\": 1}}", "a bracket is closed that was never opened"),
    ("{\"workspaces\": [{}]}\nx", ":2: something follows the end of the roster: remove it"),
    ("[{}] \"x\"", ":1: something follows the end of the roster: remove it"), ("[{}], 5", "something follows the end"),
    ("[{}] \"x", "the JSON ends in the middle"),
  ])
  func `JSON that cannot be taken apart is one clear error`(text: String, message: String) throws {
    let error = #expect(throws: RosterError.self) { try read(Array(text.utf8)) }
    #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "-")")
  }

  @Test func `a member that nobody knows is an issue`() throws {
    let reading = try read(Array("{\n\"defaults\": 5, \"worksaces\": [],\n\"workspaces\": [{}]}".utf8))
    #expect(reading.issues.prefix(2) == ["2 - json", "2 - json"])
  }

  // MARK: - Around the table

  @Test func `a title above, totals below, and a choice of rows`() throws {
    let text = "2026학년도 1학기 출석부,,,,\n\n" + Self.text + "합계,,,,2\n"
    var options = RosterOptions()
    options.headerLine = 3
    options.except = [try #require(RosterOptions.Condition("이름=합계"))]
    let reading = try read(Array(text.utf8), options: options)
    #expect(reading.issues.isEmpty)
    #expect(reading.rows.map(\.line) == [4, 5])
    options.only = [try #require(RosterOptions.Condition("name=a2"))]
    #expect(try read(Array(text.utf8), options: options).rows.map(\.line) == [5])
    options.only = []
    options.limit = 1
    #expect(try read(Array(text.utf8), options: options).rows.map(\.line) == [4])
    options.except = [try #require(RosterOptions.Condition("성명=합계"))]
    #expect(try read(Array(text.utf8), options: options).issues.first == "3 - filter")
  }

  @Test func `headers that are nearly a field are told, unless they are meant so`() throws {
    let text = roster(
      ["memoryMB", "gpuCuont", "descriptoin"], rows: [row("a1", account: "acc1", image: "a:1", "1", "1", "x")])
    let reading = try read(Array(text.utf8))
    #expect(reading.summary.issues.map(\.rule) == ["header-case", "header-near", "header-near"])
    #expect(
      reading.summary.issues[1].message
        == "'gpuCuont' is nearly the field gpuCount: write it exactly so, or say --carry 'gpuCuont'")
    var options = RosterOptions()
    options.carried = ["memoryMB", "gpuCuont", "descriptoin"]
    #expect(try read(Array(text.utf8), options: options).issues.isEmpty)
  }
}
