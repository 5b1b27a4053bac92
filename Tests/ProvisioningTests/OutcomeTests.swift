import Provisioning
import Testing

@Suite struct OutcomeTests {
  @Test func `every outcome but success is a reason, under the same name`() {
    for kind in Outcome.Kind.allCases {
      #expect(Reason(kind)?.rawValue == (kind == .made ? nil : kind.rawValue), "\(kind)")
    }
  }

  @Test func `the reasons that are no outcome are those of lists and people`() {
    let others = Reason.allCases.filter { Outcome.Kind(rawValue: $0.rawValue) == nil }
    #expect(others == [.usedUp, .conflict, .cancelled, .gone])
  }

  @Test func `outcomes keep the names that stand in files`() {
    #expect(
      Outcome.Kind.allCases.map(\.rawValue) == [
        "made", "refused", "exists", "throttled", "keyQuota", "quota", "accountRefused", "denied", "notOffered",
        "misdirected", "unreachable", "unknown", "foreign", "notSent", "ownerGone",
      ])
  }

  @Test func `each kind has the consequences that the contract gives it`() {
    #expect(Outcome.Kind.allCases.filter { !$0.isDefinite } == [.unknown, .foreign, .ownerGone])
    #expect(Outcome.Kind.allCases.filter(\.haltsRun) == [.denied, .notOffered, .misdirected])
    #expect(Outcome.Kind.allCases.filter(\.holdsAccount) == [.quota, .accountRefused])
    #expect(Outcome.Kind.allCases.filter(\.holdsKey) == [.throttled, .keyQuota])
  }

  @Test func `every reason is told to people in words of its own`() {
    let words = Reason.allCases.map(\.displayText)
    #expect(Set(words).count == words.count)
    #expect(words.allSatisfy { !$0.isEmpty && !$0.contains("_") })
  }

  @Test func `a message is clipped after a whole character, however it is set`() {
    let long = String(repeating: "👩‍👩‍👧‍👦", count: 400)
    var outcome = Outcome(.refused, message: long)
    let clipped = outcome.message ?? ""
    #expect(clipped.hasSuffix("👩‍👩‍👧‍👦…") && clipped.utf8.count <= 4 * Outcome.longestMessage + 3)
    outcome.message = long
    #expect(outcome.message == clipped)
    outcome.message = String(repeating: "x", count: Outcome.longestMessage)
    #expect(outcome.message?.contains("…") == false)
    outcome.message?.append("x")
    #expect(outcome.message == String(repeating: "x", count: Outcome.longestMessage) + "…")
    outcome.message = "e" + String(repeating: "\u{301}", count: 100_000)
    #expect(outcome.message == "…")
  }

  @Test func `a request's id is printable ASCII of a bounded length, however it is set`() {
    var outcome = Outcome(.refused, requestID: "a b\u{1B}]52;c;é\u{202E}\r\n-1")
    #expect(outcome.requestID == "ab]52;c;-1")
    outcome.requestID = " \u{7F}가"
    #expect(outcome.requestID == nil)
    outcome.requestID = String(repeating: "x", count: 1_000)
    #expect(outcome.requestID?.count == 128)
  }
}
