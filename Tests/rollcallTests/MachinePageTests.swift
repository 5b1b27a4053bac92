import DataForest
import Foundation
import Pacing
import Provisioning
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// What the page of the machine interface shows is what the command prints.
@Suite struct MachinePageTests {
  private struct Example {
    let command: String
    var text: String

    var arguments: [String] { command.split(separator: " ").dropFirst().map(String.init) }
  }

  private static func page() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(
      contentsOfFile: root.path + "/Sources/rollcall/rollcall.docc/Machine-output.md", encoding: .utf8)
  }

  private static func examples() throws -> [Example] {
    try page().components(separatedBy: "\n```").enumerated().compactMap { index, block in
      let lines = block.drop(while: \.isNewline).split(separator: "\n", maxSplits: 1)
      guard !index.isMultiple(of: 2), let first = lines.first, first.hasPrefix("$ ") else { return nil }
      return Example(command: String(first.dropFirst(2)), text: lines.count > 1 ? String(lines[1]) : "")
    }
  }

  /// The words that a column of the page's tables explains.
  private static func words(below header: String) throws -> Set<String> {
    let table = try page().components(separatedBy: header).dropFirst().first ?? ""
    let rows = table.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      .prefix { $0.hasPrefix("|") }
    return Set(rows.flatMap { ($0.split(separator: "|").first ?? "").matches(of: /`(\w+)`/).map { String($0.1) } })
  }

  // MARK: - What differs from one run to the next

  /// A value in which times, durations, sizes, places and ids are words.
  private static func frozen(_ value: JSONValue, key: String = "", _ folder: String) -> JSONValue {
    switch value {
    case .object(let members):
      return .object(Dictionary(uniqueKeysWithValues: members.map { ($0, frozen($1, key: $0, folder)) }))
    case .array(let elements): return .array(elements.map { frozen($0, folder) })
    case .string(let text): return .string(key == "queueId" ? "QUEUE" : frozen(text, folder))
    case .integer, .fraction:
      let differs = key.hasSuffix("Seconds") || key == "max" || (key.hasPrefix("p") && key.count == 3)
      return differs ? .string("SECONDS") : value
    case .null, .bool: return value
    }
  }

  private static func frozen(_ text: String, _ folder: String) -> String {
    var text = text.replacing(folder, with: "/home/you")
    text = text.replacing(/http:\/\/127\.0\.0\.1:\d+/, with: "ENDPOINT")
    text = text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "TIME")
    text = text.replacing(/\b\d\d:\d\d\b/, with: "CLOCK")
    text = text.replacing(/YPI[A-Za-z0-9]+/, with: "ID").replacing(/\d+ (kB|MB|GB)/, with: "SIZE")
    text = text.replacing(/tables number \d+/, with: "tables number N")
    return text.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "REQUEST")
  }

  private static func values(_ text: String, isDocument: Bool, _ folder: String) throws -> [JSONValue] {
    let texts = isDocument ? [text] : text.split(separator: "\n").map(String.init)
    return try texts.map { frozen(try JSONParser.value(of: Array($0.utf8), .roster), folder) }
  }

  // MARK: - Tests

  /// What stands on the page is typed in a folder with these rosters; somebody else has the name `n3`.
  private static func prepare(_ fixture: CommandFixture) async throws {
    try fixture.writeRoster(["n3"], image: "tensorflow:r1.15.2-py3", to: "theirs.csv")
    let theirs = await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db", "--out", "theirs")
    #expect(theirs.status == 0, "\(theirs)")
    try fixture.writeRoster(["n1", "n2", "n3"])
    try fixture.writeRoster(["m1"], to: "next.csv")
    try fixture.write(
      try fixture.read("next.csv").replacing("m1,", with: "n1,").replacing("m1@", with: "n1@")
        + "N2,\(CommandFixture.account),tensorflow:r2.3.1-py3,ls,n2@example.com\n", to: "broken.csv")
  }

  @Test func `every example is what the command prints`() async throws {
    let examples = try Self.examples().filter { !$0.command.hasPrefix("rollcall sandbox") }
    #expect(examples.count >= 17)
    try await CommandFixture.with { fixture in
      try await Self.prepare(fixture)
      for example in examples {
        if example.command.hasPrefix("rollcall cancel") {
          #expect(await fixture.run("import", "next.csv").status == 0)
        }
        var fixture = fixture
        // It waits a second between two calls.
        if example.command.hasPrefix("rollcall doctor") {
          fixture.time = JumpingTimeSource(now: SystemTimeSource().now())
        }
        let result = await fixture.run(example.arguments, answer: nil, isInteractive: false)
        let isDocument = example.arguments.contains("--json")
        let printed = isDocument ? result.output : result.errorOutput
        let found = try Self.values(printed, isDocument: isDocument, fixture.folder)
        let shown = try Self.values(example.text, isDocument: isDocument, "/home/you")
        #expect(found == shown, "\(example.command)\n\(printed)")
      }
    }
  }

  @Test func `the sandbox's example is what it prints`() async throws {
    let example = try #require(try Self.examples().first { $0.command.hasPrefix("rollcall sandbox") })
    let (documents, listener) = AsyncStream.makeStream(of: String.self)
    let context = Context(
      environment: [:], folder: "/", output: { listener.yield($0) }, errorOutput: { _ in }, readAnswer: { nil },
      isInteractive: false, drawsProgress: false, time: SystemTimeSource(), handlesSignals: false)
    let sandbox = Task { await Rollcall.run(example.arguments + ["--port", "0"], in: context) }
    var iterator = documents.makeAsyncIterator()
    let document = try #require(await iterator.next())
    sandbox.cancel()
    _ = await sandbox.value
    let found = try Self.values(document, isDocument: true, "/home/you")
    let shown = try Self.values(example.text, isDocument: true, "/home/you")
    #expect(found == shown, "\(document)")
  }

  @Test func `every verb has a section with an example, every word its row`() throws {
    let shown = Set(try Self.examples().compactMap(\.arguments.first))
    #expect(Set(Suggestion.verbs).subtracting(shown).isEmpty)
    let page = try Self.page()
    for verb in Suggestion.verbs { #expect(page.contains("\n## \(verb)\n"), "\(verb)") }
    #expect(try Self.words(below: "| code | when |\n") == Set(EndReason.allCases.map(\.rawValue)))
    #expect(
      try Self.words(below: "| event | what it is, and its further members |\n")
        == Set(LogEvent.allCases.map(\.rawValue)))
  }
}
