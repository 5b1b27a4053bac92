import ArgumentParser
import Foundation
import Sandbox
import TestSupport
import Testing

@testable import rollcall

/// What README and the articles show is what the command prints; their links lead somewhere; their tables are the
/// command's own.
///
/// `RECORD=1 scripts/test --filter Readme` writes what the commands print now into the pages: look at the difference before
/// you commit it.
@Suite struct ReadmeTests {
  /// What stands around the commands of a page: a page that shows commands needs one.
  struct Case: Sendable {
    var sandbox = SandboxConfiguration()
    var prepare: @Sendable (CommandFixture) async throws -> Void = { _ in }
  }

  private static let cases: [String: Case] = [
    "README.md": Case(),
    "Sources/BulkImport/BulkImport.docc/Rosters-and-templates.md": Case(),
    "Sources/WorkerPool/WorkerPool.docc/Pace.md": Case(),
    "Sources/rollcall/rollcall.docc/Commands.md": Case(),
    "Sources/Reporter/Reporter.docc/Reports.md": Case { fixture in
      try fixture.writeRoster(["lab-2"], image: "tensorflow:r1.15.2-py3", to: "theirs.csv")
      let theirs = await fixture.run("run", "theirs.csv", "--db", "theirs.db")
      #expect(theirs.status == 0, "\(theirs)")
      try fixture.writeRoster(["lab-1", "lab-2", "lab-3"], to: "lab.csv")
    },
  ]

  /// Pages whose commands another suite runs.
  private static let elsewhere: Set = ["Sources/rollcall/rollcall.docc/Machine-output.md"]

  /// Runs a command line of a page; nil if it is none that a page may show.
  private static func run(_ command: String, last: Int32, in fixture: CommandFixture) async throws -> (String, Int32)? {
    if command == "echo $?" { return ("\(last)\n", last) }
    var words = Self.words(command)
    switch words.first {
    case "cat" where words.count == 2: return (try fixture.read(words[1]), 0)
    case "rollcall":
      var file: String?
      if let last = words.last, last.hasPrefix(">") {
        file = String(last.dropFirst())
        words.removeLast()
      }
      let result = await fixture.run(Array(words.dropFirst()), answer: nil, isInteractive: false)
      guard let file else { return (result.transcript, result.status) }
      try fixture.write(result.output, to: file)
      return (result.errorOutput, result.status)
    default: return nil
    }
  }

  /// The words of a command line, as far as pages need a shell: single quotes, and blanks.
  private static func words(_ command: String) -> [String] {
    command.matches(of: /(?:[^ ']|'[^']*')+/).map { String($0.output).replacing("'", with: "") }
  }

  /// What differs between a page and what its commands print, with the page's lines as they should be.
  private static func differences(
    of page: DocumentationPage, in fixture: CommandFixture
  ) async throws -> [(shown: ShownCommand, printed: String)] {
    var differences: [(ShownCommand, String)] = []
    var last: Int32 = 0
    for shown in page.commands {
      guard let (text, status) = try await run(shown.command, last: last, in: fixture) else {
        differences.append((shown, "This is no command that a page may show."))
        continue
      }
      last = status
      // Progress is of the moment.
      let printed = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains(/^\d{4}-\d\d-\d\dT[0-9:]{8}\S* \d+\/\d+ done/) }.joined(separator: "\n")
        .trimmingCharacters(in: .newlines)
      let here = shown.printed.replacing("/home/you", with: fixture.folder)
        .replacing("http://127.0.0.1:4848", with: fixture.endpoint)
      if plain(here, fixture) != plain(printed, fixture) {
        let there = printed.replacing(fixture.folder, with: "/home/you")
          .replacing(fixture.endpoint, with: "http://127.0.0.1:4848").replacing("\u{FEFF}", with: "")
        differences.append((shown, there))
      }
    }
    return differences
  }

  /// What is the same each time: sizes of disks and files are of the moment, too.
  private static func plain(_ text: String, _ fixture: CommandFixture) -> String {
    fixture.frozen(text.replacing("\u{FEFF}", with: "")).replacing(/\d+(\.\d)? (kB|MB|GB|TB)\b/, with: "SIZE")
  }

  private static func check(_ page: DocumentationPage, _ environment: Case) async throws {
    try await CommandFixture.with(environment.sandbox) { fixture in
      try FileManager.default.copyItem(
        atPath: DocumentationPage.repository + "/samples", toPath: fixture.folder + "/samples")
      try await environment.prepare(fixture)
      let differences = try await Self.differences(of: page, in: fixture)
      if ProcessInfo.processInfo.environment["RECORD"] == "1" {
        var lines = page.lines
        for (shown, printed) in differences.reversed() {
          lines.replaceSubrange(shown.lines, with: printed.isEmpty ? [] : printed.components(separatedBy: "\n"))
        }
        try lines.joined(separator: "\n").write(
          toFile: DocumentationPage.repository + "/" + page.path, atomically: true, encoding: .utf8)
      }
      for (shown, printed) in differences {
        Issue.record("\(page.path):\(shown.lines.lowerBound): $ \(shown.command)\nshould stand with:\n\(printed)")
      }
    }
  }

  @Test func `every command that a page shows prints what the page says`() async throws {
    let pages = try DocumentationPage.all().filter { !$0.commands.isEmpty && !Self.elsewhere.contains($0.path) }
    for page in pages {
      guard let environment = Self.cases[page.path] else {
        Issue.record("\(page.path) shows commands and has no case here")
        continue
      }
      try await Self.check(page, environment)
    }
    #expect(Set(Self.cases.keys).subtracting(pages.map(\.path)) == [], "cases without a page")
  }

  @Test func `what a page shows is compared whole, and what cannot be run is found`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n1"])
      let list = "1  class.csv  0/1 made  1 waiting  Never run."
      let imported = await fixture.run("import", "class.csv")
      #expect(imported.status == 0)
      let page = DocumentationPage(
        path: "Page.md",
        text: """
          $ rollcall no block
          ```
          $ rollcall list
          \(list)
          $ echo $?
          0
          $ rollcall list
          \(list)
          and more
          ```
          ```
          $ rollcall list
          ```
          ```
          $ make coffee
          $ rollcall list >list.txt
          $ cat list.txt
          \(list)
          $ rollcall run nothing.csv >list.txt
          ```
          """)
      let differences = try await Self.differences(of: page, in: fixture)
      #expect(
        differences.map { "\($0.shown.lines.lowerBound) \($0.shown.command)" } == [
          "7 rollcall list", "12 rollcall list", "15 make coffee", "19 rollcall run nothing.csv >list.txt",
        ], "\(differences)")
    }
  }

  @Test func `every link of a page leads to a file, and README leads to every article`() throws {
    let pages = try DocumentationPage.all()
    for page in pages {
      let folder = URL(filePath: DocumentationPage.repository + "/" + page.path).deletingLastPathComponent()
      for link in page.links {
        let path = folder.appending(path: link).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page.path) links to \(link)")
      }
    }
    #expect(Set(pages.dropFirst().map(\.path)).subtracting(pages[0].links) == [], "README does not link to them")
    #expect(pages[0].lines.count <= 250)
  }

  @Test func `the table of commands and the command's own help agree`() throws {
    let page = try DocumentationPage(path: "Sources/rollcall/rollcall.docc/Commands.md")
    let named = page.lines.compactMap { $0.prefixMatch(of: /\| `rollcall ([a-z]+)/).map { String($0.1) } }
    let verbs = Rollcall.configuration.groupedSubcommands.flatMap { $0.subcommands }
    #expect(named == verbs.compactMap { verb in verb.configuration.commandName })
  }
}
