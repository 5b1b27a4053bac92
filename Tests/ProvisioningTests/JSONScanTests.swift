import Foundation
import Provisioning
import TestSupport
import Testing

/// The quick reader of JSON beside the standard decoder, which says what is right.
@Suite struct JSONScanTests {
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

  @Test func `what it reads, broken or not, the decoder reads the same`() throws {
    var random = SeededGenerator(seed: 15)
    var readCount = 0
    for _ in 0..<5_000 {
      var bytes = Array(Self.value(depth: 0, using: &random).canonicalText.utf8)
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let other = Array("{}[],:\"\\ 019-.eEntfu\n\u{7F}".utf8).randomElement(using: &random) ?? 0
        if Bool.random(using: &random) { bytes[place] = other } else { bytes.insert(other, at: place) }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let value = JSONValue.scanned(text) else { continue }
      readCount += 1
      #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value, "\(text)")
    }
    #expect(readCount > 1_000)
  }

  @Test(arguments: [
    #"["최나경",1,"a b","",-7]"#, #"{"success":true,"message":"success","id":"4f"}"#, " { \"a\" :\r\n[ null , false ] }\t",
    #"["\"\\\/\b\f\n\r\t"]"#, "123456789012345678",
  ])
  func `it reads what is usual by itself`(text: String) throws {
    #expect(JSONValue.scanned(text) == (try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))))
  }

  @Test(arguments: [
    "", "[1,]", "{\"a\":1,}", "[1 2]", "01", "-0", "-", "1.0", "1e3", #"["\u0041"]"#, #"{"a":1,"a":2}"#, "[\"a\nb\"]",
    "[1]x", "tru", "\"a", String(repeating: "[", count: 10_000), "9223372036854775807", "{\"e\u{301}\":1,\"é\":2}",
  ])
  func `it leaves to the decoder what is not`(text: String) { #expect(JSONValue.scanned(text) == nil) }
}
