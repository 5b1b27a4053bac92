// JSON as programs write it: numbers with fractions, and a whole roster within one object.

import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

@Suite struct JSONShapeTests {
  private static let template = #"{"accountId": "acc1", "name": "${sid}", "image": "a:1", "command": "ls"}"#

  private func reading(_ text: String, template: String? = template) throws -> Reading {
    let made = try template.map { try Template($0, file: "lab.json", schema: .workspace) }
    return try withFile(text.utf8) { try read($0, as: "r.json", template: made) }
  }

  // MARK: - Numbers

  @Test(arguments: [
    (#""score": 93.5"#, "93.5"), (#""gpa": 3.0"#, "3.0"), (#""at": 1.7e9"#, "1.7e9"), (#""delta": -0.50"#, "-0.50"),
    (#""grades": [1, {"score": 93.5}]"#, #"[1,{"score":93.5}]"#), (#""a": {"b": 1.25}"#, "1.25"),
  ])
  func `a number that only travels is carried as it stands in the file`(member: String, cell: String) throws {
    for text in [#"[{"sid": "s1", \#(member)}]"#, "{\"sid\": \"s1\", \(member)}\n"] {
      let found = try reading(text)
      #expect(found.issues.isEmpty && found.definitions.count == 1, "\(found.summary.issues)")
      #expect(found.rows.first?.texts.contains(cell) == true, "\(String(describing: found.rows.first?.texts))")
    }
  }

  @Test(arguments: [("2.0", 2), ("3.00", 3)])
  func `a whole number that a program wrote with a fraction of zeros is one`(text: String, count: Int) throws {
    let found = try reading(#"[{"sid": "s1", "gpuCount": \#(text)}, {"sid": "s2", "exposeTcpPorts": [8888.0, 80]}]"#)
    #expect(found.issues.isEmpty)
    #expect(found.definitions.first?.contains(#""gpuCount":\#(count)"#) == true)
    #expect(found.definitions.last?.contains(#""exposeTcpPorts":[8888,80]"#) == true)
  }

  @Test(arguments: ["2.5", "2e0", "-1.5"])
  func `a fraction where a whole number is needed is an issue`(text: String) throws {
    let found = try reading(#"[{"sid": "s1", "gpuCount": \#(text)}]"#)
    #expect(
      found.summary.issues.map(\.description) == [
        "r.json:1: configuration.resource.gpuCount: '\(text)' must be a whole number from 1 to 8"
      ])
  }

  @Test(arguments: ["1.", ".5", "01.5", "1e", "1.2.3"])
  func `what is no number of JSON is an issue as before`(text: String) throws {
    #expect(try reading(#"[{"sid": "s0"}, {"sid": "s1", "score": \#(text)}]"#).summary.issues.map(\.rule) == ["json"])
  }

  // MARK: - One object that is the roster

  private func refusal(_ text: String) -> String {
    do {
      return "\(try reading(text).rows.count) rows"
    } catch {
      return "\(error) \((error as? RosterError)?.hint ?? "")"
    }
  }

  @Test(arguments: [
    (
      #"{"data": {"course": {"students": {"nodes": [{"sid": "s1"}, {"sid": "s2"}]}}}}"#,
      "jq '.data.course.students.nodes'"
    ),
    (#"[{"students": [{"sid": "s1"}, {"sid": "s2"}, {"sid": "s3"}]}]"#, "jq '.[0].students'"),
    (#"{"a": {"the list": [{"sid": "s1"}, {"sid": "s2"}]}, "total": 2.5}"#, #"jq '.a."the list"'"#),
    (#"{"sid": {"0": "s1", "1": "s2"}, "n": {"0": "A", "1": "B"}}"#, #"orient="records""#),
    (#"{"name": {"0": "s1", "1": "s2"}, "COLUMN": {"0": "A", "1": "B"}}"#, #"orient="records""#),
    (#"{"0": {"sid": "s1"}, "1": {"sid": "s2"}}"#, #"orient="records""#),
    (#"{"columns": ["sid", "n"], "index": [0, 1], "data": [["s1", "A"], ["s2", "B"]]}"#, #"orient="records""#),
    (#"{"2024100": {"name": "A"}, "2024137": {"name": "B"}}"#, "jq 'to_entries | map({id: .key} + .value)'"),
    ("{\n\"sid\": \"s1\"\n}\n{\n\"sid\": \"s2\"\n}\n", "(jq -s .)"),
  ])
  func `a roster within one object is refused, with what to do`(text: String, remedy: String) {
    let told = refusal(text)
    #expect(told.hasPrefix("r.json: it") && told.contains(remedy), "\(told)")
  }

  @Test(arguments: [
    #"{"sid": "s1"}"#, #"{"sid": "s1", "student": {"email": "a@b"}, "tags": ["a", "b"]}"#,
    #"[{"sid": "s1", "enrollments": [{"grade": 93.5}]}]"#, #"{"sid": "s1", "resource": {"gpuCount": 1}, "0": "x"}"#,
    #"[{"sid": "s1", "list": []}]"#,
  ])
  func `one plain object is a row`(text: String) {
    #expect(refusal(text) == "1 rows")
  }

  @Test func `an object that gives all that is needed is a row, whatever else is in it`() throws {
    let text = #"[{"accountId": "acc1", "name": "a1", "image": "a:1", "command": "ls", "x": [{"a": 1}, {"a": 2}]}]"#
    #expect(try reading(text, template: nil).definitions.count == 1)
  }
}
