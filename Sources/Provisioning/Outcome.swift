// What an attempt learned, and why an item failed or waits.

package import Pacing

/// What one attempt learned.
package struct Outcome: Hashable, Sendable {
  /// The kinds of answer, each with its own consequence for the item; the raw value stands in the database and files.
  package enum Kind: String, CaseIterable, Sendable {
    /// The service made it and said its id.
    case made
    /// The service said no to this definition.
    case refused
    /// The service said that something of this name is there already.
    case exists
    /// Too fast; the key's scope waits.
    case throttled
    /// The access key's quota is used up.
    case keyQuota
    /// The account may make no more.
    case quota
    /// The account is not ours to use, or does not exist.
    case accountRefused
    /// The credentials were refused.
    case denied
    /// The service does not offer this at all.
    case notOffered
    /// A redirect, or a TLS certificate that is not the endpoint's: it is not the service. Nothing was done.
    case misdirected
    /// No connection came about; nothing was sent.
    case unreachable
    /// It may have been sent and nobody knows what became of it.
    case unknown
    /// Something between here and the service answered in its place, such as a firewall or a sign-in page. The request may
    /// have reached the service all the same: what filters requests filters replies too.
    case foreign
    /// It was claimed and then not sent after all.
    case notSent
    /// The process that had claimed it is gone.
    case ownerGone

    /// Whether the service certainly did nothing or certainly did it; otherwise only its list can tell.
    package var isDefinite: Bool { self != .unknown && self != .foreign && self != .ownerGone }
    /// Whether the run ends at once, because every other request would fare the same.
    package var haltsRun: Bool { self == .denied || self == .notOffered || self == .misdirected }
    /// Whether it holds the item's account.
    package var holdsAccount: Bool { self == .quota || self == .accountRefused }
    /// Whether the key's scope must wait before anything else is sent with it.
    package var holdsKey: Bool { self == .throttled || self == .keyQuota }
  }

  /// What kind of answer it was.
  package var kind: Kind
  /// The target's id of what was made; only with `made`.
  package var remoteID: String?
  /// What the service or the network said, for people; never a secret. Clipped: a service may say any amount.
  package var message: String? {
    get { clippedMessage }
    set { clippedMessage = newValue?.clipped(to: Self.longestMessage) }
  }
  /// The HTTP status; nil when no reply came.
  package var status: Int?
  /// The service's id of the request, for its support: printable ASCII without blanks, clipped.
  package var requestID: String? {
    get { plainRequestID }
    set { plainRequestID = Self.plainID(newValue) }
  }
  /// How long the service asked to wait, counted from the answer: more than zero, at most an hour; nil when it did not
  /// say, or said nothing that makes sense.
  package var retryAfter: Duration?
  /// What it asked for, where that is more than is waited; nil otherwise.
  package var askedWait: Duration?
  /// What the reply looked like, where it was not the service's own; nil elsewhere.
  package var page: ForeignPage?
  /// How far the service's clock is ahead of ours (negative: behind), where that explains the answer; nil elsewhere.
  package var clockSkew: Duration?
  /// How long nothing more is allowed although this was, because a limit that the service tells of is used up, at most
  /// an hour; nil when it tells of none, or something is left.
  package var pause: Duration?

  // Computed, as observers are passed over by initializers that delegate.
  private var clippedMessage: String?
  private var plainRequestID: String?

  /// The most characters of a message.
  package static let longestMessage = 300
  /// The most characters of a request's id.
  private static let longestID = 128

  private static func plainID(_ text: String?) -> String? {
    let id = (text ?? "").utf8.lazy.filter { (0x21...0x7E).contains($0) }.prefix(longestID)
    return id.isEmpty ? nil : String(decoding: Array(id), as: UTF8.self)
  }

  /// Makes an outcome.
  package init(
    _ kind: Kind, remoteID: String? = nil, message: String? = nil, status: Int? = nil, requestID: String? = nil,
    retryAfter: Duration? = nil
  ) {
    (self.kind, self.remoteID, self.status, self.retryAfter) = (kind, remoteID, status, retryAfter)
    (self.message, self.requestID) = (message, requestID)
  }
}

/// A reply that is not the service's own: it has no envelope of the service.
package struct ForeignPage: Hashable, Sendable {
  /// The media type that it was said to be, without parameters, in lower case; nil when none was.
  package var contentType: String?
  /// What stands in it, for people: a web page's title, a text's first line, clipped; nil when nothing can be told.
  package var title: String?
  /// When it was made, by its own clock; nil when it does not tell.
  package var date: Instant?

  /// Makes one.
  package init(contentType: String?, title: String?, date: Instant? = nil) {
    self.contentType = contentType
    self.title = title
    self.date = date
  }
}

extension Outcome.Kind {
  /// What the status of a foreign page says that came in place of the first list, before anything was sent: whether the
  /// run can go on at all. A page that a sign-in or time may end stays *foreign*, and is waited for.
  package init(probeAnsweredBy status: Int?) {
    self =
      switch status {
      case 401, 403: .denied
      case 404: .notOffered
      case .some(300..<500): .misdirected
      default: .foreign
      }
  }
}

/// Why an item failed or waits; the raw value stands in the database and in the files.
package enum Reason: String, CaseIterable, Sendable {
  case refused
  case exists
  case throttled
  /// The limit that the service tells of is used up, without a request that was refused.
  case usedUp
  case keyQuota
  case quota
  case accountRefused
  case denied
  case notOffered
  case misdirected
  case unreachable
  case unknown
  case foreign
  case notSent
  case ownerGone
  /// Something of this name was there that we did not make.
  case conflict
  /// A person cancelled it.
  case cancelled
  /// The roster's newer version has no such row.
  case gone

  /// The reason that an outcome gives; nil for success.
  package init?(_ kind: Outcome.Kind) { self.init(rawValue: kind.rawValue) }

  /// The reason in words that people read, where a whole run waits or has stopped for it.
  package var displayTextWhileWaiting: String {
    switch self {
    case .unknown: "the service gives no usable answers"
    case .foreign: "something that is not the service answers in its place"
    default: displayText
    }
  }

  /// The reason when nothing is in doubt any more: a missing answer has been looked for.
  package var displayTextOnceKnown: String {
    switch self {
    case .unknown, .ownerGone: "no answer, and the service's list does not show it"
    case .foreign: "something else answered in the service's place, and its list does not show it"
    default: displayText
    }
  }

  /// The reason in words that people read, to stand alone in a table.
  package var displayText: String {
    switch self {
    case .refused: "refused by the service"
    case .exists: "the service says that the name is taken, will check"
    case .throttled: "throttled: the service asked us to slow down"
    case .usedUp: "the service says that its limit is used up until then"
    case .keyQuota: "the access key's quota is used up"
    case .quota: "the account's quota is used up"
    case .accountRefused: "the account was refused"
    case .denied: "the credentials were refused"
    case .notOffered: "the service does not offer this"
    case .misdirected: "the endpoint is not the service: it redirects, or its TLS certificate is not its own"
    case .unreachable: "the service could not be reached"
    case .unknown: "answer unknown, will check"
    case .foreign: "something else answered in the service's place, will check"
    case .notSent: "not sent"
    case .ownerGone: "the run that sent it ended before the answer, will check"
    case .conflict: "the name was already taken by something we did not make"
    case .cancelled: "cancelled"
    case .gone: "no longer in the roster"
    }
  }
}
