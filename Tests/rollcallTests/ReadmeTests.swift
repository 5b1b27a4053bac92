import ArgumentParser
import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// What README shows is what the command prints, and the table of commands is the command's own.
@Suite struct ReadmeTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private static func readme() throws -> String {
    try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
  }

  private static func article() throws -> String {
    try String(contentsOfFile: folder + "/Sources/rollcall/rollcall.docc/Commands.md", encoding: .utf8)
  }

  /// The commands that README shows, each with the lines below it; a block that has none goes on with the one before.
  private static func sessions() throws -> [(command: String, lines: [String])] {
    var sessions: [(command: String, lines: [String])] = []
    for (index, block) in try readme().components(separatedBy: "\n```").enumerated() where !index.isMultiple(of: 2) {
      var isSession = false
      for line in block.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
        if line.hasPrefix("$ rollcall ") {
          sessions.append((String(line.dropFirst(2)), []))
          isSession = true
        } else if isSession, !line.isEmpty {
          sessions[sessions.count - 1].lines.append(line)
        }
      }
    }
    return sessions
  }

  /// What differs from run to run.
  private static func plain(_ line: String) -> String {
    line.replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9:]{5})/, with: "TIME")
      .replacing(/127\.0\.0\.1:[0-9]+/, with: "127.0.0.1:4848").replacing(/\/[^ ]*\/report\//, with: "/report/")
  }

  @Test func `every command that README shows prints what README says`() async throws {
    try await CommandFixture.with { fixture in
      let sessions = try Self.sessions()
      #expect(sessions.count >= 2)
      let samples = URL(fileURLWithPath: fixture.folder + "/samples")
      try FileManager.default.copyItem(at: URL(fileURLWithPath: Self.folder + "/samples"), to: samples)
      for session in sessions {
        let command = session.command.replacing("http://127.0.0.1:4848", with: fixture.endpoint)
        let arguments = command.split(separator: " ").dropFirst().map(String.init)
        let result = await fixture.run(arguments, answer: nil, isInteractive: false)
        // Progress is of the moment.
        let printed = (result.output + result.errorOutput).split(separator: "\n").map { Self.plain(String($0)) }
          .filter { !$0.hasPrefix("TIME ") }
        var rest = printed[...]
        var isGap = true
        for line in session.lines.map(Self.plain) {
          if line == "…" {
            isGap = true
            continue
          }
          let found = isGap ? rest.firstIndex(of: line) : rest.first == line ? rest.startIndex : nil
          guard let found else {
            Issue.record("\(session.command)\nREADME has: \(line)\nprinted:\n\(printed.joined(separator: "\n"))")
            break
          }
          rest = rest[(found + 1)...]
          isGap = false
        }
        if !isGap { #expect(rest.isEmpty, "README leaves out \(rest)") }
      }
    }
  }

  @Test func `the table of commands and the command's own help agree`() throws {
    let named = try Self.article().matches(of: /\| `rollcall ([a-z]+)/).map { String($0.1) }
    let verbs = Rollcall.configuration.groupedSubcommands.flatMap { $0.subcommands }
    #expect(named == verbs.compactMap { verb in verb.configuration.commandName })
  }
}
