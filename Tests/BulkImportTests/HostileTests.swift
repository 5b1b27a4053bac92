import DataForest
import Foundation
import Provisioning
import TestSupport
import Testing

@testable import BulkImport

/// Rosters that were damaged at random: whatever is in them, it is an issue or an error, never a crash, and reading it in
/// pieces is reading it whole.
@Suite struct HostileTests {
  private static let files = [
    "class-30.csv", "attendance-cp949.csv", "canvas-gradebook.csv", "semicolons.csv", "team.json", "nightly.jsonl",
    "github-classroom.csv", "with-issues.csv",
  ]
  private static let tokens = [
    "\"", ",", ";", "\t", "\n", "\r", "{", "}", "[", "]", ":", "\\", "\u{FEFF}", "${", "}", "null", "1e9", "-", "\0",
    "한", "\\u0000",
    "\"\"", "[[[[", "{\"a\":", "=1+1",
  ]

  private static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      guard !bytes.isEmpty else { break }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
      case 2: bytes.insert(contentsOf: tokens.randomElement(using: &random).map { Array($0.utf8) } ?? [], at: place)
      case 3: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1...40, using: &random)))
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...60, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
      default: bytes[place] ^= 0x80
      }
    }
    return bytes
  }

  /// What reading gives, as a text to compare.
  private static func outcome(_ path: String, _ template: Template?, chunkSize: Int) -> String {
    do {
      let reading = try read(path, as: "r", template: template, chunkSize: chunkSize)
      return "\(reading.summary)\(reading.rows)"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a damaged roster is never a crash, and pieces are read like the whole`() throws {
    let count = ProcessInfo.processInfo.environment["SEEDS"].flatMap(Int.init) ?? 600
    let template = try Template(
      String(contentsOfFile: sample("attendance.json"), encoding: .utf8), file: "t", schema: .workspace)
    let originals = try Self.files.map { try Array(Data(contentsOf: URL(fileURLWithPath: sample($0)))) }
    for seed in 1...count {
      var random = SeededGenerator(seed: seed)
      let original = originals.randomElement(using: &random) ?? []
      try withFile(Self.damaged(original, &random)) { path in
        let used = Bool.random(using: &random) ? template : nil
        let whole = Self.outcome(path, used, chunkSize: 1 << 18)
        let pieces = Self.outcome(path, used, chunkSize: Int.random(in: 1...9, using: &random))
        #expect(whole == pieces, "seed \(seed)")
        _ = try? RosterReader(path: path, schema: .workspace).preview().bestNameColumn
        _ = try? RosterReader(path: path, schema: .workspace).lines([1, 2, 5])
      }
    }
  }

  @Test func `a damaged template is a list of problems, never a crash`() throws {
    let original = try Array(Data(contentsOf: URL(fileURLWithPath: sample("canvas.json"))))
    for seed in 1...2_000 {
      var random = SeededGenerator(seed: seed)
      let text = String(decoding: Self.damaged(original, &random), as: UTF8.self)
      _ = try? Template(text, file: "t", schema: .workspace)
    }
  }
}
