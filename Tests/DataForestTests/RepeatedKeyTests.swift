import Foundation
import Testing
import Wire

@testable import DataForest

@Suite struct RepeatedKeyTests {
  private static let key = "AKIDEXAMPLE-123"

  @Test(arguments: [
    ("", ""), ("AKID AKIDEXAMPLE-12", "AKID AKIDEXAMPLE-12"), (key, "***"), ("key \(key)!", "key ***!"),
    ("\(key)\(key)A\(key)AKID", "******A***AKID"), ("AAKIDEXAMPLE-123", "A***"),
  ])
  func `an access key that a reply repeats is left out`(text: String, left: String) {
    let reply = Reply(status: 403, headers: ["x-ncp-trace-id": text, "date": "now"], body: Array(text.utf8)).hiding(
      Self.key)
    #expect(String(decoding: reply.body, as: UTF8.self) == left)
    #expect(reply.headers == ["x-ncp-trace-id": left, "date": "now"] && reply.status == 403)
  }

  @Test func `what is too short for a key is left alone`() {
    let reply = Reply(status: 200, body: Array("success".utf8))
    #expect(reply.hiding("") == reply && reply.hiding("success") == reply)
  }
}
