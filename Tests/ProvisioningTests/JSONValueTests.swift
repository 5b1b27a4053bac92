import Foundation
import Provisioning
import TestSupport
import Testing

@Suite struct JSONValueTextTests {
  @Test(arguments: [
    (JSONValue.null, "null"), (.bool(true), "true"), (.bool(false), "false"), (.integer(0), "0"), (.integer(-5), "-5"),
    (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"), (.string(""), #""""#),
    (.array([]), "[]"), (.object([:]), "{}"), (.array([.integer(1), .null, .array([])]), "[1,null,[]]"),
    (.object(["a": .object(["b": .bool(true)])]), #"{"a":{"b":true}}"#),
  ])
  func `a value has one text`(value: JSONValue, text: String) throws {
    #expect(value.canonicalText == text)
    #expect(try JSONValue(text: text) == value)
  }

  @Test(arguments: [
    ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("\n\r\t", #""\n\r\t""#), ("\r\n", #""\r\n""#),
    ("\u{0}", #""\u0000""#), ("\u{8}\u{c}", #""\u0008\u000c""#), ("\u{1f}", #""\u001f""#), ("\u{7f}", "\"\u{7f}\""),
    ("학생 홍길동", #""학생 홍길동""#), ("👩‍🏫", #""👩‍🏫""#), ("\u{2028}", "\"\u{2028}\""), ("<&'>", #""<&'>""#),
  ])
  func `what must be escaped is, and nothing else`(string: String, text: String) throws {
    #expect(Array(JSONValue.string(string).canonicalText.utf8) == Array(text.utf8))
    #expect(try JSONValue(text: text) == .string(string))
  }

  @Test func `keys are sorted by their bytes`() {
    let keys = ["나", "가", "b", "a", "B", "ab", "", "é", "😀", "\u{ffee}"]
    let object = JSONValue.object(Dictionary(uniqueKeysWithValues: keys.map { ($0, .null) }))
    let expected = ["", "B", "a", "ab", "b", "é", "가", "나", "\u{ffee}", "😀"]
    #expect(object.canonicalText == "{" + expected.map { "\"\($0)\":null" }.joined(separator: ",") + "}")
  }

  @Test func `a text reads back as its value and is written again the same`() throws {
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: seed)
      let value = JSONValue.random(depth: 4, using: &generator)
      let text = value.canonicalText
      let read = try JSONValue(text: text)
      #expect(read == value, "seed \(seed): \(text)")
      #expect(Array(read.canonicalText.utf8) == Array(text.utf8), "seed \(seed)")
    }
  }

  @Test func `white space and order of a text do not matter`() throws {
    let loose = try JSONValue(text: " { \"b\" : [ 1 , true ] ,\n\"a\" : \"\\uac00\\/\" } ")
    #expect(loose.canonicalText == #"{"a":"가/","b":[1,true]}"#)
  }

  @Test func `a letter that Unicode writes in two ways keeps the way that was given`() {
    let (composed, decomposed) = (JSONValue.string("\u{ac00}"), JSONValue.string("\u{1100}\u{1161}"))
    #expect(composed == decomposed)
    #expect(Array(composed.canonicalText.utf8) != Array(decomposed.canonicalText.utf8))
  }

  @Test(arguments: [
    "", "1.5", "1e-3", "9223372036854775808", "[,1]", "{\"a\"}", "nul", "{\"a\":1.5}", "'a'", "\"a", "[1] [2]", "NaN",
  ])
  func `a fraction, or what is not JSON, is an error`(text: String) {
    #expect(throws: JSONFault.self) { try JSONValue(text: text) }
  }
}

@Suite struct JSONValuePathTests {
  private let definition = JSONValue.object([
    "name": .string("class-01"),
    "configuration": .object(["docker": .object(["image": .string("pytorch:1")]), "ports": .array([.integer(80)])]),
  ])

  @Test func `a dotted path leads to a value`() {
    #expect(definition[path: "name"] == .string("class-01"))
    #expect(definition[path: "configuration.docker.image"]?.stringValue == "pytorch:1")
    #expect(definition[path: "configuration.ports"] == .array([.integer(80)]))
    #expect(definition[path: ""] == definition)
  }

  @Test(arguments: ["title", "name.first", "configuration.gpu.count", "configuration.ports.0", "docker"])
  func `a path that leads nowhere gives nil`(path: String) {
    #expect(definition[path: path] == nil)
  }

  @Test func `a member is found by its key, and only in an object`() {
    #expect(definition[key: "name"] == .string("class-01"))
    #expect(definition[key: "configuration.docker"] == nil)
    #expect(JSONValue.array([])[key: "name"] == nil)
  }

  @Test func `only a string has a string's text`() {
    #expect(JSONValue.string("a").stringValue == "a")
    #expect(JSONValue.integer(1).stringValue == nil)
    #expect(JSONValue.null.stringValue == nil)
  }
}

// MARK: - Tools

extension JSONValue {
  /// A value with strings of every kind of character, nested at most `depth` deep.
  fileprivate static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &generator) {
    case 0: .null
    case 1: .bool(.random(using: &generator))
    case 2: .integer(Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0..<64, using: &generator))
    case 3: .string(randomText(using: &generator))
    case 4:
      .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
    default:
      .object(
        (0..<Int.random(in: 0...4, using: &generator)).reduce(into: [:]) { members, _ in
          members[randomText(using: &generator)] = random(depth: depth - 1, using: &generator)
        })
    }
  }

  private static func randomText(using generator: inout SeededGenerator) -> String {
    let characters: [Unicode.Scalar] = [
      "a", "Z", "0", "\"", "\\", "/", "\n", "\r", "\t", "\0", "\u{1f}", "가", "é", "😀", " ",
    ]
    return (0..<Int.random(in: 0...8, using: &generator)).reduce(into: "") { text, _ in
      text.unicodeScalars.append(characters.randomElement(using: &generator) ?? "a")
    }
  }
}
