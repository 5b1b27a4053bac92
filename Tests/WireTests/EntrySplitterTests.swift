import Foundation
import TestSupport
import Testing

@testable import Wire

@Suite struct EntrySplitterTests {
  /// What comes out of a text that comes in pieces.
  private struct Split: Hashable {
    var entries: [String] = []
    var rest = ""
    var isSound = false
    var entryCount = 0

    init(_ bytes: [UInt8], pieces: [Int] = [], largestEntry: Int = 1_000, largestRest: Int = 10_000) {
      var splitter = EntrySplitter(member: "contents", largestEntry: largestEntry, largestRest: largestRest)
      var from = 0
      for end in pieces + [bytes.count] {
        bytes[from..<end].withUnsafeBytes { piece in
          entries += splitter.take(piece).map { String(decoding: $0, as: UTF8.self) }
        }
        from = end
      }
      rest = String(decoding: splitter.rest, as: UTF8.self)
      isSound = !splitter.isMalformed && !splitter.isRestCut && splitter.tooLongCount == 0
      entryCount = splitter.entryCount
    }

    init(_ text: String, largestEntry: Int = 1_000, largestRest: Int = 10_000) {
      self.init(Array(text.utf8), largestEntry: largestEntry, largestRest: largestRest)
    }
  }

  @Test(arguments: [
    (#"{"total":2,"contents":[{"a":1},{"b":2}],"success":true}"#, [#"{"a":1}"#, #"{"b":2}"#]),
    (#"{"success":true , "contents" : [ {"a":1} , {"b":2} ] , "total":2}"#, [#"{"a":1} "#, #"{"b":2} "#]),
    (#"{"contents":[]}"#, []), ("{\"contents\":\n[\t]\r}", []), (#"{"contents":null,"a":[1,2]}"#, []),
    (#"{"contents":[{"a":"]},{\"","b":[[{}],"\\"]}]}"#, [#"{"a":"]},{\"","b":[[{}],"\\"]}"#]),
    (#"{"a":{"contents":[1]},"b":["contents",[2]],"contents":[3,"4",[5]]}"#, ["3", #""4""#, "[5]"]),
    (#"{"a":"contents","b":[1],"contents":[2]}"#, ["2"]), (#"[{"contents":[1]}]"#, []), ("", []), ("<html>", []),
    (#"{"cont\u0065nts":[1]}"#, []), (#"{"contentsx":[1],"content":[2]}"#, []),
  ])
  func `entries are cut out, wherever they stand and whatever is in them`(text: String, entries: [String]) {
    let split = Split(text)
    #expect(split.entries == entries && split.isSound && split.entryCount == entries.count)
    if let whole = parsed(text), !entries.isEmpty {
      var members = whole as? [String: Any] ?? [:]
      members["contents"] = [Any]()
      #expect(parsed(split.rest) as? NSDictionary == members as NSDictionary)
    }
  }

  @Test(arguments: [
    #"{"contents":[,]}"#, #"{"contents":[1,]}"#, #"{"contents":[,1]}"#, #"{"contents":[1,,2]}"#,
    #"{"contents":[1],"contents":[2]}"#, #"{"contents":[],"contents":[]}"#,
  ])
  func `what is no array, or is there twice, is malformed`(text: String) {
    #expect(!Split(text).isSound)
  }

  @Test func `an entry that is too long is counted and not kept, its neighbours are`() {
    let long = String(repeating: "x", count: 2_000)
    let split = Split("{\"contents\":[{\"a\":1},{\"b\":\"\(long)]}\"},{\"c\":1}]}")
    #expect(split.entries == ["{\"a\":1}", "{\"c\":1}"] && !split.isSound && split.entryCount == 3)
    #expect(split.rest == "{\"contents\":[]}")
  }

  @Test func `a rest that is too long is cut`() {
    let split = Split("{\"contents\":[1],\"message\":\"\(String(repeating: "x", count: 200))\"}", largestRest: 100)
    #expect(split.rest.utf8.count == 100 && !split.isSound && split.entries == ["1"])
  }

  @Test func `no depth is too deep`() {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let split = Split("{\"contents\":[\(deep)]}", largestEntry: 1_000_000)
    #expect(split.entries == [deep] && split.isSound)
  }

  @Test func `pieces that end anywhere are as good as the whole`() {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<2_000 {
      let bytes = Self.mutated(Self.document(&generator), &generator)
      let cuts = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        Int.random(in: 0...bytes.count, using: &generator)
      }
      let whole = Split(bytes, largestEntry: 40)
      #expect(Split(bytes, pieces: cuts.sorted(), largestEntry: 40) == whole, "seed 11, round \(round)")
      #expect(Split(bytes, pieces: Array(0..<bytes.count), largestEntry: 40) == whole, "seed 11, round \(round)")
    }
  }

  /// The oracle is Foundation's parser of the whole text.
  @Test func `a text is JSON exactly when its rest and its entries are, and says the same`() {
    var generator = SeededGenerator(seed: 12)
    var soundCount = 0
    for round in 0..<20_000 {
      var bytes = Self.document(&generator)
      if round % 4 > 0 { bytes = Self.mutated(bytes, &generator) }
      let split = Split(bytes)
      guard split.isSound, let rest = parsed(split.rest) as? [String: Any] else { continue }
      let entries = split.entries.map { parsed($0) }
      guard entries.allSatisfy({ $0 != nil }), (rest["contents"] as? [Any])?.isEmpty == true else { continue }
      soundCount += 1
      var members = rest
      members["contents"] = entries.compactMap(\.self)
      let whole = parsed(String(decoding: bytes, as: UTF8.self)) as? NSDictionary
      #expect(whole == members as NSDictionary, "seed 12, round \(round): \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(soundCount > 5_000)
  }

  private static func document(_ generator: inout SeededGenerator) -> [UInt8] {
    let values = [
      #"{"id":"a1","name":"n"}"#, #"{"d":"a\"]},[{\\","x":[1,{"y":null}]}"#, "1", "\"\"", "[]", "{}", #""\u005d""#,
      "true",
      "\"학생\"",
    ]
    let entries = (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in
      values.randomElement(using: &generator)
    }
    var members = [
      #""success":true"#, "\"total\":\(entries.count)", #""message":"a]}\"[{""#, #""more":{"contents":[1]}"#,
    ]
    members.append("\"contents\":[\(entries.joined(separator: ","))]")
    members.shuffle(using: &generator)
    return Array("{\(members.joined(separator: ","))}".utf8)
  }

  private static func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let byte = Array("{}[],:\"\\ 1x".utf8).randomElement(using: &generator) ?? 0
    switch Int.random(in: 0...3, using: &generator) {
    case 0: bytes.remove(at: place)
    case 1: bytes.insert(byte, at: place)
    case 2: bytes[place] = byte
    default: bytes.removeSubrange(place...)
    }
    return bytes
  }
}

private func parsed(_ text: String) -> Any? {
  guard
    case .success(let value) = Result(catching: {
      try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    })
  else { return nil }
  return value
}
