import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing
import Words

@testable import Sandbox

@Suite struct StateFileTests {
  private let account = SandboxFixture.account

  private func fixture(in folder: String) throws -> SandboxFixture {
    var configuration = SandboxConfiguration()
    configuration.stateFile = folder + "/state.json"
    configuration.acceptsDuplicates = true
    return try SandboxFixture(configuration)
  }

  private func lines(in folder: String) throws -> [String] {
    try String(contentsOfFile: folder + "/state.json", encoding: .utf8).split(separator: "\n").map(String.init)
  }

  /// What a ledger tells, but for when it was started.
  private func told(_ fixture: SandboxFixture) -> Ledger {
    var ledger = fixture.server.ledger
    ledger.startedAt = nil
    ledger.forgetWindows()
    return ledger
  }

  private func names(_ fixture: SandboxFixture) -> [JSONValue?] {
    let list = fixture.post("aiworkspaces/getList", #"{"search":{"accountId":"\#(account)"}}"#)
    guard case .array(let contents) = list.body[key: "contents"] else { return [] }
    return contents.map { $0[key: "name"] }
  }

  /// Makes "a", writes the whole state, then one change after the other: five lines more.
  private func written(in folder: String) throws -> SandboxFixture {
    let sandbox = try fixture(in: folder)
    let first = try #require(sandbox.create("a").id)
    sandbox.time.advance(by: .seconds(1))
    _ = sandbox.create("b")
    _ = sandbox.post("aiworkspaces/create", "{}")
    let settings = #"{"id":"\#(first)","configuration":{"docker":{"image":"pytorch:1","command":"ls"}}}"#
    _ = sandbox.post("aiworkspaces/setConfiguration", settings)
    let second = try #require(sandbox.create("b").id)
    _ = sandbox.post("aiworkspaces/delete", #"{"id":"\#(second)"}"#)
    sandbox.time.advance(by: .seconds(1))
    return sandbox
  }

  @Test func `changes are appended, and read back they are the same state`() async throws {
    try await withTemporaryFolder { folder in
      let first = try fixture(in: folder)
      _ = first.create("zero")
      first.time.advance(by: .seconds(1))
      let whole = try lines(in: folder)
      #expect(whole.count == 1)
      for number in 1...3 {
        _ = first.create("w\(number)")
        first.time.advance(by: .seconds(1))
        #expect(try lines(in: folder).count == 1 + number)
      }
      #expect(try lines(in: folder).first == whole.first)
      let second = try fixture(in: folder)
      #expect(told(second) == told(first))
      #expect(names(second) == ["zero", "w1", "w2", "w3"].map(JSONValue.string))
    }
  }

  @Test func `every kind of change survives, and the next start writes the state whole`() async throws {
    try await withTemporaryFolder { folder in
      let first = try written(in: folder)
      #expect(try lines(in: folder).count == 6)
      let second = try fixture(in: folder)
      #expect(second.server.wasCutOff == false)
      #expect(told(second) == told(first))
      #expect(names(second) == names(first))
      #expect(names(second).count == 2)
      // The name of which one of two was removed is still taken.
      let body = #"{"accountId":"\#(account)","name":"b"}"#
      #expect(second.post("aiworkspaces/checkAvailableName", body).body[key: "availableName"] == .bool(false))
      second.time.advance(by: .seconds(1))
      #expect(try lines(in: folder).count == 1)
      let id = try #require(second.create("c").id)
      #expect(first.post("aiworkspaces/getDetail", #"{"id":"\#(id)"}"#).status == 404)
    }
  }

  @Test func `a last line that was cut anywhere is left out with a note`() async throws {
    try await withTemporaryFolder { folder in
      _ = try written(in: folder)
      let path = folder + "/state.json"
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      let start = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
      for end in start...whole.count {
        try whole.prefix(end).write(to: URL(fileURLWithPath: path))
        let restored = try #require(try StateFile.read(path))
        // Without its last byte a line is still whole: that is the newline.
        let isCut = end > start && end < whole.count - 1
        #expect(restored.isCutOff == isCut, "cut at \(end - start)")
        #expect(restored.ledger.requests == (end >= whole.count - 1 ? 6 : 5), "cut at \(end - start)")
      }
      try (whole.prefix(start) + Data(count: 40)).write(to: URL(fileURLWithPath: path))
      #expect(try fixture(in: folder).server.wasCutOff)
    }
  }

  @Test(arguments: ["", "x", "{}", #"{"at":-1}"#, #"{"at":1,"effect":{"removed":{"id":"nobody"}}}"#])
  func `a damaged line is named by its number, and the file stays`(damage: String) async throws {
    try await withTemporaryFolder { folder in
      _ = try written(in: folder)
      for index in 1..<5 {
        var lines = try lines(in: folder)
        lines[index] = damage
        let text = lines.joined(separator: "\n") + "\n"
        let path = folder + "/damaged.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: SandboxError.self) { try StateFile.read(path) }
        #expect(error?.description.contains("line \(index + 1).") == true, "\(String(describing: error))")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
      }
    }
  }

  @Test(arguments: [
    "not json", "{}", #"{"schemaVersion":3,"workspaces":[],"ledger":{}}"#, #"{"requests":9223372036854775807}"#,
    #"{"createsPerKey":{"a":-1}}"#,
  ])
  func `a damaged first line is an error, never a crash`(text: String) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/state.json"
      _ = try StateFile.write(SavedState(workspaces: [], nextID: 1, ledger: Ledger()), to: path)
      var bytes = Array(text.utf8)
      if case .object(var state) = try JSONValue(text: try String(contentsOfFile: path, encoding: .utf8)),
        case .object(var ledger)? = state["ledger"],
        case .success(.object(let changes)) = Result(catching: { try JSONValue(text: text) }), changes.count == 1
      {
        ledger.merge(changes) { $1 }
        state["ledger"] = .object(ledger)
        bytes = Array(JSONValue.object(state).canonicalText.utf8)
      }
      try Data(bytes + Array("\n{}\n".utf8)).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: SandboxError.self) { try StateFile.read(path) }
      #expect(error?.description.contains("damaged in line 1") == true, "\(String(describing: error))")
    }
  }

  @Test(arguments: [-1, 1]) func `a file of another version is refused`(difference: Int) async throws {
    try await withTemporaryFolder { folder in
      let version = SavedState.version + difference
      let saved = SavedState(schemaVersion: version, workspaces: [], nextID: 1, ledger: Ledger())
      _ = try StateFile.write(saved, to: folder + "/state.json")
      let error = #expect(throws: SandboxError.self) { try fixture(in: folder) }
      #expect(error?.description.contains("another version (\(version))") == true)
      // Whatever else it holds.
      try #"{"schemaVersion":\#(version)}"#.write(toFile: folder + "/state.json", atomically: true, encoding: .utf8)
      #expect(throws: SandboxError.stateFile(folder + "/state.json", .version(version))) { try fixture(in: folder) }
    }
  }

  @Test func `a file that was taken away, or whose place was taken, is written whole again`() async throws {
    try await withTemporaryFolder { folder in
      let sandbox = try written(in: folder)
      let path = folder + "/state.json"
      try FileManager.default.removeItem(atPath: path)
      _ = sandbox.create("c")
      sandbox.time.advance(by: .seconds(1))
      #expect(try lines(in: folder).count == 1)
      try FileManager.default.removeItem(atPath: path)
      try "somebody else's".write(toFile: path, atomically: false, encoding: .utf8)
      _ = sandbox.create("d")
      sandbox.time.advance(by: .seconds(1))
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody else's")
      try FileManager.default.removeItem(atPath: path)
      _ = sandbox.create("e")
      sandbox.time.advance(by: .seconds(1))
      let restored = try fixture(in: folder)
      #expect(told(restored) == told(sandbox))
    }
  }
}
