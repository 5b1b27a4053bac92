// The whole reading: files that are no rosters, digests, chunks and seeds.

import BulkImport
import DataForest
import Foundation
import Provisioning
import TestSupport
import Testing
import Words

@Suite struct RosterErrorTests {
  @Test func `a file that is not there`() {
    #expect(throws: RosterError(.missing, file: "no-such.csv")) { try read("/no/such.csv", as: "no-such.csv") }
  }

  @Test func `a folder`() throws {
    #expect(throws: RosterError(.notAFile, file: "here", detail: "a folder")) {
      try read(FileManager.default.temporaryDirectory.path, as: "here")
    }
  }

  @Test func `a device, which cannot be read twice`() {
    #expect(throws: RosterError(.notAFile, file: "/dev/null", detail: "a pipe or a device")) { try read("/dev/null") }
  }

  @Test(arguments: ["", "\n\n", "\u{FEFF}", " , ,\n"])
  func `an empty file`(text: String) {
    #expect(throws: RosterError(.empty, file: "roster.csv")) { try readText(text) }
  }

  @Test(arguments: ["", "\n", "\n,,,\n\n"])
  func `a header and nothing below`(below: String) {
    #expect(throws: RosterError(.noRows, file: "roster.csv")) { try readText("accountId,name,image,command\(below)") }
  }

  @Test func `a header with an issue and nothing below is that issue`() throws {
    #expect(try readText("accountId,name,image\n").issues == ["1 - field-missing"])
  }

  @Test(arguments: [
    ([0x61, 0, 0x2C, 0], "UTF-16 text without its mark, or a binary file"),
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1], "a workbook of an old Excel (.xls)"),
    (Array("<!DOCTYPE html>".utf8), "HTML or XML, which some sites offer as .xls"),
  ])
  func `a file of another format is one clear error`(bytes: [UInt8], format: String) throws {
    try withFile(bytes) { path in
      #expect(throws: RosterError(.format, file: "roster.csv", detail: format)) { try read(path, as: "roster.csv") }
    }
  }

  @Test func `a file that was changed while it was read`() throws {
    try withFile(roster(rows: [row("a1"), row("a2"), row("a1")]).utf8) { path in
      let reader = try RosterReader(path: path, displayName: "roster.csv", schema: .workspace)
      #expect(throws: RosterError(.changed, file: "roster.csv")) {
        try reader.read(wording: \.withoutPlace) { row in
          if row.ordinal == 1 { try Data("shorter".utf8).write(to: URL(filePath: path)) }
        }
      }
    }
  }

  @Test func `every error is a sentence with a hint`() {
    let codes: [RosterError.Code] = [
      .missing, .notAFile, .unreadable, .empty, .noRows, .format, .changed, .tooManyRows,
    ]
    for code in codes {
      let error = RosterError(code, file: "class.csv", detail: "JSON")
      #expect(error.description.contains("class.csv") && error.description.hasSuffix("."))
      #expect(error.hint?.hasSuffix(".") == true)
    }
  }
}

@Suite struct DigestTests {
  private let plain = roster(["note"], rows: [row("a1", "x"), row("a2", "y")])

  private func digest(_ text: String, options: RosterOptions = RosterOptions()) throws -> String {
    try withFile(text.utf8) { try read($0, as: "roster.csv", options: options) }.summary.digest
  }

  @Test func `a row whose quotes were mended makes another roster, although its cells read the same`() throws {
    let broken = roster(
      ["description"], rows: [row("a1"), row("a2", "AI \"101\"")].map { $0.count == 4 ? $0 + [""] : $0 })
    let mended = broken.replacing("AI \"101\"", with: "\"AI \"\"101\"\"\"")
    let readings = try [broken, mended].map { try readText($0) }
    #expect(readings[0].rows.map(\.texts) == readings[1].rows.map(\.texts), "or this shows nothing")
    #expect(readings.map(\.summary.acceptedCount) == [1, 2])
    #expect(readings[0].summary.digest != readings[1].summary.digest)
  }

  @Test func `equal rosters have equal digests, however they are written`() throws {
    let first = try digest(plain)
    #expect(first.count == 64)
    #expect(first.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    #expect(try digest(plain) == first)
    #expect(try digest("\u{FEFF}" + plain.replacing("\n", with: "\r\n")) == first)
    #expect(try digest(plain.replacing("a1", with: "\"a1\"").replacing("\n", with: "\n\n")) == first)
    var whole = RosterOptions()
    whole.allowsNoLineEnd = true
    #expect(try digest(String(plain.dropLast()), options: whole) == first)
    #expect(try digest(String(plain.dropLast())) != first)
  }

  @Test(arguments: [
    roster(["note"], rows: [row("a1", "x"), row("a2", "z")]), roster(["note"], rows: [row("a2", "y"), row("a1", "x")]),
    roster(["nota"], rows: [row("a1", "x"), row("a2", "y")]), roster(["note"], rows: [row("a1", "x")]),
    roster(["note"], rows: [row("a1", "x"), row("a2", "y"), row("a3", "")]),
    roster(["note"], rows: [row("a1", "x"), row("a2", " y")]),
    roster(["note"], rows: [row("a1", "x"), row("A2", "y")]),
    roster(["description"], rows: [row("a1", "x"), row("a2", "y")]),
    roster(["note"], rows: [row("a1", "x"), row("a2", "y", "z")]),
  ])
  func `other rosters have other digests`(text: String) throws {
    #expect(try digest(text) != digest(plain))
  }
}

@Suite struct DigestBorderTests {
  @Test func `texts do not run together`() throws {
    let one = try readText(roster(["note", "email"], rows: [row("a1", "ab", "c")])).summary.digest
    let other = try readText(roster(["note", "email"], rows: [row("a1", "a", "bc")])).summary.digest
    #expect(one != other)
  }

  @Test func `what a row has beyond its header counts`() throws {
    let one = try readText(roster(rows: [row("a1", "x")])).summary.digest
    let other = try readText(roster(rows: [row("a1", "y")])).summary.digest
    #expect(one != other)
  }
}

@Suite struct RosterSeedTests {
  @Test func `two readings, and readings in chunks of any size, are equal`() throws {
    var (acceptedCount, issueCount) = (0, 0)
    for seed in 0..<150 {
      var generator = SeededGenerator(seed: seed)
      let text = randomRoster(using: &generator)
      try withFile(text.utf8) { path in
        let whole = try read(path)
        for chunkSize in [1, 7, Int.random(in: 2...200, using: &generator)] {
          let again = try read(path, chunkSize: chunkSize)
          #expect(again.summary == whole.summary, "seed \(seed)")
          #expect(again.rows == whole.rows, "seed \(seed)")
        }
        acceptedCount += whole.summary.acceptedCount
        issueCount += whole.summary.issueCount
      }
    }
    #expect(acceptedCount > 200 && issueCount > 200, "the rosters must be both good and bad")
  }

  @Test func `exactly the duplicates are found`() throws {
    for seed in 0..<10 {
      var generator = SeededGenerator(seed: seed)
      let names = (0..<150).map { _ in "s\(Int.random(in: 0..<300, using: &generator))" }
      var seen: Set<String> = []
      let expected = names.enumerated().filter { !seen.insert($0.element).inserted }.map {
        "\($0.offset + 2) B\($0.offset + 2) duplicate"
      }
      try withFile(roster(rows: names.map { row($0) }).utf8) { path in
        // With few bits nearly every name is taken for another one at first, and must be compared.
        for hashBits in [36, 4, 0] {
          let issues = try read(path, hashBits: hashBits).issues
          #expect(issues == expected, "seed \(seed), \(hashBits) bits")
        }
      }
    }
  }
}

// MARK: - Tools

private func randomRoster(using generator: inout SeededGenerator) -> String {
  func pick(_ cells: [String]) -> String { cells.randomElement(using: &generator) ?? "" }
  let rows = (0..<Int.random(in: 1...12, using: &generator)).map { number in
    let own = "s\(number)"
    return [
      pick(["acc1", "acc1", "acc1", "acc2", "acc2", ""]), pick([own, own, own, "\"\(own)\"", "s1", "S"]),
      pick(["a:1", "a:1", "a:1", "a:1", "b"]), "ls", pick(["1", "8", "8", "9", ""]),
      pick(["\"x\ny\"", "한글", "\"a\"\"b\"", "\"a\"b", ""]), pick(["", "", "", "", "z", "z", "z,", ","]),
    ]
  }
  return roster(["gpuCount", "note", "email"], rows: rows).replacing("\n", with: pick(["\n", "\r\n", "\r"]))
}

/// A roster that others write to while it is read is refused, also where what was read makes a roster.
@Suite struct ChangedRosterTests {
  private static let text = roster(rows: [row("a1"), row("a2"), row("a3")])

  @Test(
    arguments: [
      // More of it, other bytes of the same length, less of it, another file, none.
      { (path: String) in try Data((text + row("a4").joined(separator: ",")).utf8).write(to: URL(filePath: path)) },
      { path in try rewrite(path, text.replacing("a3", with: "b3")) },
      { path in try rewrite(path, "accountId,name\n") },
      { path in try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) },
      { path in try FileManager.default.removeItem(atPath: path) },
    ] as [@Sendable (String) throws -> Void])
  func `while its rows are read`(change: @Sendable (String) throws -> Void) throws {
    try withFile(Self.text.utf8) { path in
      let reader = try RosterReader(path: path, displayName: "roster.csv", schema: .workspace)
      let error = #expect(throws: RosterError.self) {
        try reader.read(wording: \.withoutPlace) { row in if row.ordinal == 1 { try change(path) } }
      }
      #expect([.changed, .missing].contains(error?.code), "\(error.map { "\($0)" } ?? "-")")
    }
  }

  @Test func `between the look at it and the reading`() throws {
    try withFile(Self.text.utf8) { path in
      let reader = try RosterReader(path: path, displayName: "roster.csv", schema: .workspace)
      try Self.rewrite(path, Self.text.replacing(",", with: ";"))
      #expect(throws: RosterError(.changed, file: "roster.csv")) { try reader.read(wording: \.withoutPlace) { _ in } }
    }
  }

  @Test func `one that was copied to be read has changed all the same`() throws {
    let units: [UInt8] = Self.text.utf16.flatMap { unit -> [UInt8] in
      [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
    }
    let bytes: [UInt8] = [0xFF, 0xFE] + units
    try withFile(bytes) { path in
      let reader = try RosterReader(path: path, displayName: "roster.csv", schema: .workspace)
      try FileManager.default.removeItem(atPath: path)
      #expect(throws: RosterError(.changed, file: "roster.csv")) { try reader.read(wording: \.withoutPlace) { _ in } }
    }
  }

  /// Writes into the same file; its length changes, or its time does.
  private static func rewrite(_ path: String, _ text: String) throws {
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
    let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
  }
}
