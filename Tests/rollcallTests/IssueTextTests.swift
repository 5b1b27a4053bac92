import Foundation
import Testing

@testable import rollcall

@Suite struct IssueTextTests {
  @Test(arguments: [
    ("a,b,c", 3, "b", "    a,b,c\n      ^"), ("a,bcd,c", 3, "bcd", "    a,bcd,c\n      ^~~"),
    // A syllable takes three bytes and two columns.
    ("김민준,bcd", 11, "bcd", "    김민준,bcd\n           ^~~"), ("a,김민준", 3, "김민준", "    a,김민준\n      ^~~~~~"),
    ("a,\"b c\"", 3, "b c", "    a,\"b c\"\n      ^~~~~"), ("a,,c", 3, "", "    a,,c\n      ^"),
    ("a\u{1B}[31m,b", 7, "b", "    a\\u{1B}[31m,b\n               ^"),
  ])
  func `a marker stands under the value`(line: String, column: Int, value: String, shown: String) {
    #expect(IssueText.marked(line, at: column, value: value).joined(separator: "\n") == shown)
  }

  @Test func `a long line is clipped around the value`() {
    let line = String(repeating: "x", count: 300) + ",here," + String(repeating: "y", count: 300)
    let shown = IssueText.marked(line, at: 302, value: "here")
    #expect(shown[0].count <= 104 && shown[0].contains(",here,"))
    let marker = shown[1].firstIndex(of: "^").map { shown[1].distance(from: shown[1].startIndex, to: $0) }
    #expect(marker.map { Array(shown[0])[$0] } == "h")
  }

  @Test func `one issue on many rows is one line with a count, in the file too`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster((1...30).map { "n\($0)" }, image: "TensorFlow")
      let result = await fixture.run("check", "class.csv", "--issues", "issues.csv")
      #expect(result.status == 5)
      #expect(result.errorOutput.contains("(and 29 more rows, the last on line 31)"), "\(result)")
      #expect(result.errorOutput.split(separator: "\n").count < 8, "\(result)")
      #expect(try fixture.read("issues.csv").hasSuffix(",30,2 to 31\r\n"))
    }
  }

  @Test func `the same rule in ten thousand rows, each with a cell of its own, is one kind with examples`() async throws
  {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster((1...12_000).map { "N\($0)" } + ["ok"], image: "TensorFlow")
      let result = await fixture.run("check", "class.csv", "--issues", "issues.csv", "--json")
      #expect(result.errorOutput.split(separator: "\n").count < 16, "\(result.errorOutput)")
      #expect(
        result.errorOutput.contains("… and 11997 more of this kind (name-form), the last on line 12001"),
        "\(result.errorOutput)")
      // A thousand of the kind are told apart for programs, and all of them counted.
      #expect(
        result.output.contains(
          #"{"column":"name","firstLine":2,"issueCount":12000,"lastLine":12001,"rowCount":12000,"rule":"name-form","#))
      #expect(result.output.contains(#""issuesLeftOutCount":11000"#))
      // Each cell must be mended: each is in the file, and what all rows have is there once.
      let lines = try fixture.read("issues.csv").split(separator: "\r\n")
      #expect(lines.count == 12_002 && lines.last?.contains("N12000") == true)
      #expect(lines.count { $0.contains("image-form") } == 1)
      #expect(lines.contains { $0.hasSuffix(",12001,2 to 12002") })
    }
  }

  @Test func `lines that do not follow each other are listed`() async throws {
    try await CommandFixture.with { fixture in
      let rows = (1...9).map { "n\($0),\(CommandFixture.account),\([3, 4, 8].contains($0) ? "x" : "a:1"),ls\n" }
        .joined()
      try fixture.write("name,accountId,image,command\n\(rows)")
      _ = await fixture.run("check", "class.csv", "--issues", "issues.csv")
      #expect(try fixture.read("issues.csv").hasSuffix(",3,\"4, 5, 9\"\r\n"))
    }
  }
}
