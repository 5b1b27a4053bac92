// The help of `rollcall sandbox` about its faults.

import Sandbox

extension Fault {
  /// What happens, in a line.
  private var words: String {
    switch self {
    case .dropBefore: "the connection closes, nothing was done"
    case .dropAfter: "it is done, the connection closes"
    case .errorAfter: "it is done, the answer is 500"
    case .unavailable: "503, nothing was done"
    case .unavailableRetryAfter: "503 with Retry-After: 1, nothing was done"
    case .xml: "it is done, the answer is the gateway's XML with 504"
    case .truncated: "it is done, the answer is cut off"
    case .withoutID: "it is done, the answer names no id"
    case .hang: "it is done, no answer comes for ten minutes"
    case .late: "the connection closes, it is done later (--late-by)"
    case .pageBefore: "a web page answers, nothing was done"
    case .pageAfter: "it is done or refused, a web page answers"
    case .gzip: "the answer is gzip, whether asked for or not"
    case .deflate: "the answer is deflate, whether asked for or not"
    case .headers: "headers are odd; one oddity by chance, or"
    case .large: "the answer's message is large"
    case .clock: "the service's clock is off"
    case .vanish: "what was made is removed by somebody else"
    case .idleReset: "an idle connection is reset at its next request"
    case .idleClose: "an idle connection is closed"
    }
  }

  /// Its own settings, with what they are unless told, in lines.
  private var settings: [String] {
    switch self {
    case .pageBefore, .pageAfter: ["status=403, title=Request blocked"]
    case .headers: ["set=NAME: VALUE, add=NAME: VALUE,", "drop=NAME, huge=KB"]
    case .large: ["megabytes=1"]
    case .clock: ["ahead=6m, or behind="]
    case .vanish: ["in=0s, so long after it was made"]
    case .idleReset, .idleClose: ["idle=20s"]
    default: []
    }
  }

  static var help: String {
    let width = allCases.map(\.rawValue.count).max() ?? 0
    let lines = allCases.flatMap { fault in
      let name = fault.rawValue
      let line = "  \(name)\(String(repeating: " ", count: width - name.count))  \(fault.words)"
      return [line] + fault.settings.map { String(repeating: " ", count: width + 6) + $0 }
    }
    return """
      What --fault makes go wrong is drawn from --seed, and the ledger counts it. It is NAME=PROBABILITY, with settings \
      after commas: page-before=0.1,status=502,title=Bad Gateway,times=3.

      \(lines.joined(separator: "\n"))

      Every fault takes after=N (not the first N times that it could happen), times=N (at most so often) and for=30s (no \
      longer than that from the first time on).
      All but the idle ones take only=create (or another operation) and body=REGEX (what the request's body holds; the \
      last setting, since it may hold commas).
      page-after, gzip, deflate, headers, large and vanish take on=429 (the answer's status).
      The value of a header may be a time: epoch+20, epochms+20, date-20, rfc850+20, asctime+20.
      """
  }
}
