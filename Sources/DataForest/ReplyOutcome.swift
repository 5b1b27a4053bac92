// What each answer means. Only an answer that says "not done" allows a resend; everything else is looked up first.

package import Pacing
package import Provisioning
package import Wire

extension Outcome {
  /// What a reply means for the request that it answers, row by row of the contract's table, but for replies that are not the
  /// service's own; see the article "What an answer means":
  ///
  ///     2xx, success:true, id                                made
  ///     3xx in one of the two shapes                         misdirected; redirects are never followed
  ///     401 in one of them; 403 in the gateway's shape       denied
  ///     403, 404 in Data Forest's shape                      account refused
  ///     404 with the gateway's code 300                      not offered
  ///     429 with the gateway's code 400                      key quota
  ///     any other 429                                        throttled
  ///     400 "exceeded limit on resource quota"               account quota
  ///     408, any 5xx but 511                                 no answer: it may have been done
  ///     any but 429 that is cut off; a 2xx without a true id  no answer
  ///     any other 4xx in one of the two shapes               refused
  ///     success:false not listed here                        refused
  ///     whatever has neither shape and is not listed here    foreign: it may have been done, whatever the status
  ///
  /// - Parameters:
  ///   - needsID: whether success must name what was made; a create without an id may or may not have happened.
  ///   - now: for a `Retry-After` that is a date.
  package init(_ reply: Reply, needsID: Bool = true, at now: Instant) {
    let envelope = Envelope(reply.body)
    let told = RateLimitHeaders(reply, at: now)
    let asked = reply.retryAfter(at: now) ?? (reply.status == 429 ? told?.reset : nil)
    self.init(.unknown, status: reply.status, requestID: reply.requestID, retryAfter: asked?.wait)
    let pause = told?.remaining == 0 ? told?.reset : nil
    self.pause = pause?.wait
    askedWait = asked?.asked
    switch envelope {
    case .dataForest(let success, let message, let members):
      self.message = message
      let id = members.string("id").flatMap { WorkspaceID.isValid($0) ? $0 : nil }
      kind = Self.kind(reply.status, success: success, message: message, hasID: id != nil || !needsID)
      if kind == .made { remoteID = id }
      if kind == .unknown, success, (200..<300).contains(reply.status) { self.message = Self.withoutID }
    case .gateway(let code, let message):
      self.message = message
      kind = Self.kind(reply.status, gatewayCode: code)
    case .broken where reply.status != 429:
      self.message = "HTTP \(reply.status), a reply that cannot be read to its end"
    case .empty, .broken, .foreign:
      kind = Self.kind(ofForeign: reply.status, isEmpty: reply.body.isEmpty)
      let (page, sentence) = ForeignPage.look(at: reply)
      self.page = page
      self.message = sentence
    }
    if kind == .denied, envelope.mayRefuseSignature, reply.status == 401 {
      clockSkew = reply.date.map { $0 - now }.flatMap(Self.explaining)
    }
    // Nothing of a foreign reply is believed.
    if kind == .foreign { (retryAfter, askedWait, self.pause) = (nil, nil, nil) }
    // A pause is kept only beside an answer; elsewhere the wait is another.
    if kind == .made || kind == .refused { askedWait = askedWait ?? pause?.asked }
    // The message of a success is "success"; everything else owes people a sentence.
    if kind == .made { self.message = nil } else if self.message == nil { self.message = "HTTP \(reply.status)" }
  }

  /// Data Forest's own shape: the envelope decides, not the status alone.
  private static func kind(_ status: Int, success: Bool, message: String?, hasID: Bool) -> Kind {
    switch status {
    case 200..<300 where success: hasID ? .made : .unknown
    case 300..<400: .misdirected
    case 401: .denied
    case 403, 404: .accountRefused
    case 408, 500...: .unknown
    case 429: .throttled
    case _ where message?.lowercased().contains("exceeded limit on resource quota") == true: .quota
    case 200..<300, 400..<500: .refused
    default: .unknown
    }
  }

  /// A signature is refused when the clocks are five minutes apart; a `Date` has whole seconds and took some to come.
  private static func explaining(_ skew: Duration) -> Duration? {
    abs(skew.microseconds) >= Duration.seconds(290).microseconds ? skew : nil
  }

  /// A body in neither shape. What filters requests filters replies too, so the status says nothing about a create; only
  /// *too many* means the same whoever says it, and 5xx is what every proxy says while the service is out of reach.
  private static func kind(ofForeign status: Int, isEmpty: Bool) -> Kind {
    switch status {
    case 429: .throttled
    case 511: .foreign
    case 408, 500...: .unknown
    case 200..<300 where isEmpty: .unknown
    default: .foreign
    }
  }

  /// The gateway's shape.
  private static func kind(_ status: Int, gatewayCode: Int) -> Kind {
    switch (status, gatewayCode) {
    case (300..<400, _): .misdirected
    case (401, _), (403, _): .denied
    case (404, 300): .notOffered
    case (408, _), (500..., _): .unknown
    case (429, 400): .keyQuota
    case (429, _): .throttled
    case (400..<500, _): .refused
    default: .unknown
    }
  }

  /// What is said of a success that names nothing that could have been made.
  static let withoutID = "it says success, and not with an id as the service gives them"

  /// This outcome, unless the reply was cut after so many bytes: then nobody knows what the rest would have said, and what
  /// was asked for may have been done.
  func unlessCut(_ reply: Reply, _ limit: Int = Exchange.usualLimit) -> Outcome {
    // Too many means the same whatever follows.
    guard reply.isCut, kind != .throttled, kind != .foreign || page?.title == nil else { return self }
    return Outcome(
      .unknown, message: "the reply is longer than \(limit / 1_024) kB, and the rest was not read",
      status: status, requestID: requestID, retryAfter: retryAfter)
  }
}

extension ListReply {
  /// What a reply to a list means, and the list as it came. A list that cannot be read is no list.
  init(_ reply: Reply, _ list: ListBody, at now: Instant) {
    var reply = reply
    (reply.body, reply.isCut) = (list.envelope, list.isCut)
    let outcome = Outcome(reply, needsID: false, at: now)
    // The entries were taken out: what is left between the brackets could not be told apart.
    guard outcome.kind == .made, !reply.isCut, let envelope = JSONBody(reply.body),
      envelope.objects("contents")?.isEmpty == true
    else {
      let isUnreadable = outcome.kind == .made
      self = .failed(
        isUnreadable
          ? Outcome(.unknown, message: "the list cannot be read", status: outcome.status, requestID: outcome.requestID)
          : outcome.unlessCut(reply))
      return
    }
    self = .listed(
      list.items, isWhole: list.isRead && envelope.integer("total") == list.entryCount,
      clockSkew: reply.date.map { $0 - now }, entryCount: list.entryCount == list.items.count ? nil : list.entryCount)
  }
}

extension DetailReply {
  /// What a reply to a question for a detail means, of which at most so many bytes were read.
  init(_ reply: Reply, of item: RemoteItem, upTo limit: Int, at now: Instant) {
    let outcome = Outcome(reply, needsID: false, at: now).unlessCut(reply, limit)
    guard outcome.kind == .made else {
      self = .failed(outcome)
      return
    }
    var item = item
    let detail = String(decoding: reply.body, as: UTF8.self)
    guard WorkspaceDetail.isReadable(detail) else {
      self = .failed(
        Outcome(
          .unknown, message: "the detail cannot be read", status: outcome.status, requestID: outcome.requestID))
      return
    }
    item.detail = detail
    self = .told(item)
  }
}
