// README and the articles of the .docc folders, and the commands that they show with what they print.

import Foundation

/// A command that a page shows, and the lines that stand below it.
struct ShownCommand {
  let command: String
  /// Where the page shows what it prints: its lines, from 0.
  let lines: Range<Int>
  let printed: String
}

/// README or an article.
struct DocumentationPage {
  /// From the repository's folder on.
  let path: String
  let lines: [String]

  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  init(path: String, text: String) {
    self.path = path
    lines = text.components(separatedBy: "\n")
  }

  init(path: String) throws {
    self.init(path: path, text: try String(contentsOfFile: Self.repository + "/" + path, encoding: .utf8))
  }

  /// README, and every article beside the code, by path.
  static func all() throws -> [DocumentationPage] {
    let sources = try FileManager.default.subpathsOfDirectory(atPath: repository + "/Sources")
    let articles = sources.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.map { "Sources/" + $0 }
    return try (["README.md"] + articles.sorted()).map { try DocumentationPage(path: $0) }
  }

  /// The lines of blocks of code that begin with `$ `, each with those below it, as far as the next one or the block's end.
  var commands: [ShownCommand] {
    var found: [(command: String, start: Int, end: Int)] = []
    var isCode = false
    var isShown = false
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        isCode.toggle()
        isShown = false
      } else if isCode, line.hasPrefix("$ ") {
        found.append((String(line.dropFirst(2)), index + 1, index + 1))
        isShown = true
      } else if isShown {
        found[found.count - 1].end = index + 1
      }
    }
    return found.map { command, start, end in
      ShownCommand(command: command, lines: start..<end, printed: lines[start..<end].joined(separator: "\n"))
    }
  }

  /// What the page links to in this repository: a path, without the heading.
  var links: [String] {
    var links: [String] = []
    for line in lines {
      for match in line.matches(of: /\]\(([^)# ]+)(#[^) ]*)?\)|src="([^"]+)"/) {
        guard let link = match.output.1 ?? match.output.3 else { continue }
        if !link.contains("://") { links.append(String(link)) }
      }
    }
    return links
  }
}
