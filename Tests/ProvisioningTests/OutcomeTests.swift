import Provisioning
import Testing

@Suite struct OutcomeTests {
  @Test func `every outcome but success is a reason, under the same name`() {
    for kind in Outcome.Kind.allCases {
      #expect(Reason(kind)?.rawValue == (kind == .succeeded ? nil : kind.rawValue), "\(kind)")
    }
  }

  @Test func `the reasons that are no outcome are those of lists and people`() {
    let others = Reason.allCases.filter { Outcome.Kind(rawValue: $0.rawValue) == nil }
    #expect(others == [.usedUp, .conflict, .cancelled, .gone])
  }

  @Test func `outcomes keep the names that stand in files`() {
    #expect(
      Outcome.Kind.allCases.map(\.rawValue) == [
        "succeeded", "refused", "throttled", "key_quota", "account_quota", "account_refused", "denied", "not_offered",
        "misdirected", "unreachable", "no_answer", "foreign", "not_sent", "owner_gone",
      ])
  }

  @Test func `each kind has the consequences that the contract gives it`() {
    #expect(Outcome.Kind.allCases.filter { !$0.isDefinite } == [.noAnswer, .foreign, .ownerGone])
    #expect(Outcome.Kind.allCases.filter(\.haltsRun) == [.denied, .notOffered, .misdirected])
    #expect(Outcome.Kind.allCases.filter(\.holdsAccount) == [.accountQuota, .accountRefused])
    #expect(Outcome.Kind.allCases.filter(\.holdsKey) == [.throttled, .keyQuota])
  }

  @Test func `every reason is told to people in words of its own`() {
    let words = Reason.allCases.map(\.forPeople)
    #expect(Set(words).count == words.count)
    #expect(words.allSatisfy { !$0.isEmpty && !$0.contains("_") })
  }
}
