import Foundation
import Provisioning
import TestSupport
import Testing

/// The reader of JSON beside the standard decoder, which says what is right.
@Suite struct JSONParserTests {
  private static let texts = ["", "a", "최나경", "line\nend\t\"quoted\" \\ back", "e\u{301}", "\u{1}", "👩‍🎓", "/"]
  private static let numbers: [Int64] = [0, 1, -1, 999_999_999_999_999_999, .max, .min]

  private static func value(depth: Int, using random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &random) {
    case 0: .null
    case 1: .bool(.random(using: &random))
    case 2: .integer(numbers.randomElement(using: &random) ?? 0)
    case 3: .string(texts.randomElement(using: &random) ?? "")
    case 4: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, using: &random) })
    default:
      .object(
        Dictionary(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in
            (texts.randomElement(using: &random) ?? "", value(depth: depth + 1, using: &random))
          }
        ) { first, _ in first })
    }
  }

  @Test(arguments: [JSONParser.Kind.own, .reply])
  func `what it reads, broken or not, the decoder reads the same`(kind: JSONParser.Kind) throws {
    var random = SeededGenerator(seed: 15)
    var readCount = 0
    for _ in 0..<5_000 {
      var bytes = Array(Self.value(depth: 0, using: &random).canonicalText.utf8)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let other = Array("{}[],:\"\\ 019-.eEntfu\n\u{7F}".utf8).randomElement(using: &random) ?? 0
        if Bool.random(using: &random) { bytes[place] = other } else { bytes.insert(other, at: place) }
      }
      guard case .success(let value) = Result(catching: { try JSONParser.value(of: bytes, kind) }) else { continue }
      readCount += 1
      // The decoder cuts what is rounded.
      if kind == .reply, String(decoding: bytes, as: UTF8.self).contains(/[0-9.]{17}/) { continue }
      let decoded = try JSONDecoder().decode(Decoded.self, from: Data(bytes)).value
      #expect(decoded == value, "\(String(decoding: bytes, as: UTF8.self))")
      #expect(try JSONParser.value(of: Array(value.canonicalText.utf8)) == value)
    }
    #expect(readCount > 1_000)
  }

  @Test(arguments: [
    #"["최나경",1,"a b","",-7]"#, #"{"success":true,"message":"success","id":"4f"}"#, " { \"a\" :\r\n[ null , false ] }\t",
    #"["\"\\\/\b\f\n\r\t"]"#, "123456789012345678", #"{"a":[1,-2,{"b":null}],"c":"\u00e9\n\"\\\/ 가","d":true,"e":{}}"#,
    #""\ud83d\ude00""#, "[]", " -0 ", "9223372036854775807", #"{"\u0061":1}"#,
  ])
  func `it reads all that is JSON`(text: String) throws {
    #expect(try JSONValue(text: text) == JSONDecoder().decode(Decoded.self, from: Data(text.utf8)).value)
  }

  @Test(arguments: [
    "", "[1,]", "{\"a\":1,}", "[1 2]", "01", "-", "-01", "1.0", "1e3", #"{"a":1,"a":2}"#, "[\"a\nb\"]", "[1]x", "tru",
    "\"a",
    #""\ud83d""#, #""\ud83d\u0041""#, #""\u12""#, #""\x""#, #""\"#, String(repeating: "[", count: 10_000),
    "9223372036854775808", "{\"e\u{301}\":1,\"é\":2}",
  ])
  func `it refuses what is not, and what would lose something`(text: String) {
    #expect(throws: JSONFault.self) { try JSONValue(text: text) }
  }

  @Test(
    arguments: [
      ("[1.0,1e3,-0.0,1.5,1e400,9223372036854775808]", "[1,1000,0,null,null,null]"), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
      (String(repeating: "[", count: 500) + String(repeating: "]", count: 500), nil), ("[1,]", ""), ("[-.e]", ""),
      ("[", ""),
    ] as [(String, String?)])
  func `of a reply it takes what others write, and no more`(text: String, canonical: String?) {
    let value = Result { try JSONParser.value(of: Array(text.utf8), .reply) }
    let read = if case .success(let value) = value { value.canonicalText } else { "" }
    #expect(read == canonical ?? text)
  }

  @Test func `damaged JSON is a fault, never a crash`() throws {
    let original = Array(#"{"name":"a1","env":{"X":"\u00e9\\"},"ports":[1,-2,300],"flag":false,"none":null}"#.utf8)
    for seed in 1...5_000 {
      var random = SeededGenerator(seed: seed)
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes.remove(at: place)
        } else {
          bytes[place] = .random(in: 0...255, using: &random)
        }
      }
      if case .success(let value) = Result(catching: { try JSONParser.value(of: bytes) }) {
        #expect(try JSONParser.value(of: Array(value.canonicalText.utf8)) == value, "seed \(seed)")
      }
    }
  }
}

/// JSON as the standard decoder hands it over; what is no whole number is null.
private struct Decoded: Decodable {
  let value: JSONValue

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      value = .null
    } else if let flag = try? container.decode(Bool.self) {
      value = .bool(flag)
    } else if let number = try? container.decode(Int64.self) {
      value = .integer(number)
    } else if (try? container.decode(Double.self)) != nil {
      value = .null
    } else if let text = try? container.decode(String.self) {
      value = .string(text)
    } else if let elements = try? container.decode([Decoded].self) {
      value = .array(elements.map(\.value))
    } else if let members = try? container.decode([String: Decoded].self) {
      value = .object(members.mapValues(\.value))
    } else {
      // A number that is too large.
      value = .null
    }
  }
}
