import Foundation
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing
import Wire

@testable import DataForest

/// A list is read while it comes.
@Suite struct ListBodyTests {
  private static let now = Instant(microseconds: 1_700_000_000_000_000)

  private static func reply(_ text: String, of names: Set<String>? = nil, pieces: Int = 1) -> ListReply {
    var body = ListBody(of: names.map { names -> NameLookup in { names } }, keeping: 0)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      guard bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes({ body.take($0) }) else { break }
    }
    return ListReply(Reply(status: 200), body, at: now)
  }

  private static func entry(_ index: Int, _ more: String = "") -> String {
    #"{"id":"i\#(index)","name":"n\#(index)","description":"a]\"},{","imageVersion":"t:1"\#(more)}"#
  }

  private static func item(_ index: Int) -> RemoteItem {
    RemoteItem(id: "i\(index)", name: "n\(index)", description: "a]\"},{", image: "t:1")
  }

  @Test(arguments: [
    #"{"success":true,"message":null,"total":2,"contents":[A,B]}"#, #"{"contents":[A,B],"total":2,"success":true}"#,
    #"{"total":2, "contents" : [ A , B ] ,"more":[{"contents":[1]}],"success":true}"#,
  ])
  func `a list is the same in every order of its members and by every byte`(shape: String) {
    let text = shape.replacing("A", with: Self.entry(1)).replacing("B", with: Self.entry(2, #","x":[[{}]]"#))
    let expected = ListReply.listed([Self.item(1), Self.item(2)], isWhole: true)
    #expect(Self.reply(text) == expected && Self.reply(text, pieces: 7) == expected)
    #expect(Self.reply(text, pieces: text.utf8.count) == expected)
  }

  @Test func `a list that ends early is no list, wherever it ends`() {
    let text = #"{"success":true,"contents":[\#(Self.entry(1)),\#(Self.entry(2))],"total":2}"#
    for count in 0..<text.utf8.count {
      guard case .failed(let outcome) = Self.reply(String(decoding: text.utf8.prefix(count), as: UTF8.self), pieces: 50)
      else {
        Issue.record("it was taken for a list after \(count) bytes")
        continue
      }
      #expect(outcome.kind == .unknown)
    }
  }

  @Test func `entries of other names are counted and left out`() {
    let entries = (0..<1_000).map { Self.entry($0) }.joined(separator: ",")
    let text = #"{"success":true,"total":1000,"contents":[\#(entries)]}"#
    let expected = ListReply.listed([Self.item(7), Self.item(900)], isWhole: true, entryCount: 1_000)
    #expect(Self.reply(text, of: ["n7", "n900", "n1000"], pieces: 300) == expected)
    let short = text.replacing("1000", with: "1001")
    #expect(Self.reply(short, of: ["n7"], pieces: 300) == .listed([Self.item(7)], isWhole: false, entryCount: 1_000))
  }

  @Test func `names are asked for only where a list is long, and then once`() throws {
    struct Broken: Error {}
    for (count, expected) in [(1_000, 0), (100_000, 1)] {
      let lookups = Mutex(0)
      for isBroken in [false, true] {
        lookups.withLock { $0 = 0 }
        var body = ListBody {
          lookups.withLock { $0 += 1 }
          if isBroken { throw Broken() }
          return ["n7", "n900", "n99999"]
        }
        func take(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { body.take($0) } }
        take(#"{"success":true,"total":\#(count),"contents":["#)
        for index in 0..<count { take((index > 0 ? "," : "") + Self.entry(index)) }
        take("]}")
        #expect(lookups.withLock { $0 } == expected)
        guard case .listed(let items, let isWhole, _, _) = ListReply(Reply(status: 200), body, at: Self.now) else {
          Issue.record("it was not taken for a list")
          return
        }
        #expect(isWhole == (expected == 0 || !isBroken))
        let names = items.map(\.name)
        if expected == 0 { #expect(names.count == count) }
        if expected == 1, !isBroken { #expect(names == ["n7", "n900", "n99999"]) }
      }
    }
  }

  @Test func `an entry of another name that cannot be read makes a list less than whole`() {
    for entry in [#"{"id":"a b","name":"other"}"#, "[7]", "7", "-", #"{"name":"other"}"#] {
      let text = #"{"success":true,"total":2,"contents":[\#(Self.entry(1)),\#(entry)]}"#
      #expect(Self.reply(text, of: ["n1"]) == .listed([Self.item(1)], isWhole: false, entryCount: 2), "\(entry)")
    }
  }

  @Test(arguments: [
    #"{"success":true,"total":1,"cont\u0065nts":[{"id":"a","name":"a"}]}"#, #"{"success":true,"contents":{}}"#,
    #"{"success":true,"total":1,"contents":[{"id":"a","name":"a"}}]"#, #"{"success":true,"contents":[]}x"#,
    #"{"success":true,"contents" []}"#, "{\"success\":true,\"contents\":[]}\(String(repeating: " ", count: 70_000))x",
  ])
  func `what is not a list as the contract has it is not read as one`(text: String) {
    guard case .failed(let outcome) = Self.reply(text, pieces: 100) else {
      Issue.record("it was taken for a list")
      return
    }
    #expect(outcome.kind == .unknown)
  }

  @Test func `a list that is there twice, or has gaps, is not whole`() {
    let one = Self.entry(1)
    for text in [
      #"{"success":true,"total":1,"contents":[\#(one)],"contents":[]}"#,
      #"{"success":true,"total":1,"contents":[\#(one),]}"#, #"{"success":true,"total":1,"contents":[,\#(one)]}"#,
    ] {
      #expect(Self.reply(text) == .listed([Self.item(1)], isWhole: false), "\(text)")
    }
  }

  // On a thread of the pool, whose stack is small.
  @Test(arguments: [100, 400, 500, 520, 30_000])
  func `nothing is nested too deeply to be read or refused`(depth: Int) async {
    let deep = String(repeating: #"{"a":["#, count: depth) + String(repeating: "]}", count: depth)
    let list = Self.reply(#"{"success":true,"total":1,"contents":[{"id":"a","name":"a","x":\#(deep)}]}"#)
    let item = RemoteItem(id: "a", name: "a")
    #expect(list == .listed([item], isWhole: true) || list == .listed([], isWhole: false, entryCount: 1))
    for body in [deep, #"{"success":true,"x":\#(deep),"contents":[{"configuration":\#(deep)}]}"#] {
      let reply = Reply(status: 200, body: Array(body.utf8))
      _ = Self.reply(body)
      _ = DetailReply(reply, of: item, upTo: 1 << 20, at: Self.now)
      #expect(!Outcome(reply, at: Self.now).kind.isDefinite)
    }
  }

  @Test func `a list whose rest does not end says so`() {
    let text = #"{"success":true,"message":"\#(String(repeating: "x", count: 100_000))","total":0,"contents":[]}"#
    guard case .failed(let outcome) = Self.reply(text, pieces: 1_000) else {
      Issue.record("it was taken for a list")
      return
    }
    #expect(outcome.kind == .unknown && outcome.message?.contains("longer than 64 kB") == true)
  }

  @Test func `no more is kept than there are names for, and the list is not whole then`() {
    let text = String(repeating: "x", count: 60_000)
    let entry = Array(#"{"id":"a","name":"a","description":"\#(text)"},"#.utf8)
    var body = ListBody(of: { ["a"] })
    var (count, wantsMore) = (0, Array(#"{"success":true,"contents":["#.utf8).withUnsafeBytes { body.take($0) })
    while wantsMore, count < 400 {
      wantsMore = entry.withUnsafeBytes { body.take($0) }
      count += 1
    }
    #expect(wantsMore && count == 400 && (200...300).contains(body.items.count) && body.isIncomplete && !body.isRead)
  }

  @Test func `a list of 200,000 entries takes less than 64 MB, were they all ours`() async {
    await #expect(processExitsWith: .success) {
      let names = Set((0..<200_000).map { "n\($0)" })
      func take(_ text: String, _ body: inout ListBody) {
        var text = text
        #expect(text.withUTF8 { body.take(UnsafeRawBufferPointer($0)) })
      }
      var warm = ListBody(of: { names })
      take(#"{"contents":[{"id":"i","name":"n"}]}"#, &warm)
      let before = try residentMegabytes()
      var body = ListBody(of: { names })
      take(#"{"success":true,"total":200000,"contents":["#, &body)
      for index in 0..<200_000 {
        let id = "YPIolVXWcPTcCs9d" + String(100_000 + index)
        take(
          "\(index > 0 ? "," : ""){\"id\":\"\(id)\",\"name\":\"n\(index)\",\"description\":\"학생 \(index), 컴퓨터공학과\","
            + #""imageVersion":"tensorflow:r2.3.1-py3","createdAt":"2025-02-20T09:32:55+09:00","disabled":false}"#,
          &body)
      }
      take("]}", &body)
      let reply = ListReply(Reply(status: 200), body, at: ListBodyTests.now)
      guard case .listed(let items, true, _, _) = reply else {
        Issue.record("it was not taken for a whole list")
        return
      }
      #expect(items.count == 200_000)
      let growth = try residentMegabytes() - before
      #expect(growth < 64, "\(growth) MB")
    }
  }
}

/// The most memory that this process has had.
private func residentMegabytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1_024
}
