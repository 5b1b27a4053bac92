// A reply that is not the service's own: what a firewall, a proxy, a sign-in page or another service says in its place.
// Nothing of it is believed; people are told what it looks like, so that they can find who answered.

import Foundation
import Provisioning
import Wire

extension ForeignPage {
  /// A title is clipped to so many characters.
  private static let longestTitle = 120
  /// An opening tag is this long at most.
  private static let longestTag = 300
  /// A title stands in the first part of a page.
  private static let longestLook = 64 * 1_024

  /// What a reply without an envelope of the service looks like, and that in words: `HTTP 403, a web page: 'Blocked'`.
  static func look(at reply: Reply) -> (page: ForeignPage, sentence: String) {
    let type = reply.headers["content-type"]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    let contentType = type.flatMap { $0.isEmpty ? nil : plain($0, clippedTo: 60) }
    let text = text(reply)
    let isPage = isPage(contentType, text)
    let page = ForeignPage(contentType: contentType, title: title(of: text, isPage: isPage), date: reply.date)
    return (page, "HTTP \(reply.status), " + kind(of: reply, page, isPage: isPage))
  }

  /// What an exchange decodes, and leaves the header beside.
  private static let readEncodings: Set<String> = ["gzip", "x-gzip", "deflate", "identity", ""]

  private static func kind(of reply: Reply, _ page: ForeignPage, isPage: Bool) -> String {
    if let encoding = reply.headers["content-encoding"]?.lowercased(), !readEncodings.contains(encoding) {
      return "a reply in an encoding that was not asked for: \(plain(encoding, clippedTo: 20))"
    }
    if (300..<400).contains(reply.status), let place = redirect(reply) { return "a redirect to \(place)" }
    guard !reply.body.isEmpty else { return "an empty reply" }
    let type = page.contentType.map { " (\($0))" } ?? ""
    return (isPage ? "a web page" : "not a reply of the service\(type)") + (page.title.map { ": '\($0)'" } ?? "")
  }

  /// Where a redirect leads to: scheme and host, because the rest may hold what was sent.
  private static func redirect(_ reply: Reply) -> String? {
    guard let text = reply.headers["location"], let url = URLComponents(string: text), let host = url.host else {
      return nil
    }
    let port = url.port.map { ":\($0)" } ?? ""
    return plain((url.scheme.map { $0 + "://" } ?? "") + host + port, clippedTo: longestTitle)
  }

  private static func isPage(_ contentType: String?, _ text: String) -> Bool {
    let start = text.prefix(200).trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    return contentType?.contains("html") == true || start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
      || start.hasPrefix("<head")
  }

  // MARK: - The title

  /// A page's title, or its first heading; of JSON its message; of a text its first line.
  private static func title(of text: String, isPage: Bool) -> String? {
    let found: String?
    if isPage {
      found = ["title", "h1", "h2"].lazy.compactMap { element($0, in: text) }.first
    } else if let members = JSONBody(Array(text.utf8)) {
      found = ["message", "error", "detail", "title", "status"].lazy.compactMap { members.string($0) }.first
    } else {
      found = text.split(whereSeparator: \.isNewline).first.map(String.init)
    }
    return found.map { plain($0, clippedTo: longestTitle) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The text of a page's first element of a name, without tags and with its entities read.
  private static func element(_ name: String, in page: String) -> String? {
    // The first that there is, or none: a page may have thousands that do not end.
    guard let start = page.range(of: "<\(name)", options: .caseInsensitive)?.upperBound,
      let end = page[start...].prefix(longestTag).firstIndex(of: ">"), page[start] == ">" || page[start].isWhitespace
    else { return nil }
    let rest = page[page.index(after: end)...].prefix(8 * longestTitle)
    let close = rest.range(of: "</\(name)", options: .caseInsensitive)?.lowerBound ?? rest.endIndex
    let inner = rest[..<close].prefix(4 * longestTitle).replacingOccurrences(
      of: "<[^>]*>", with: " ", options: .regularExpression)
    let text = entities(inner)
    return plain(text, clippedTo: longestTitle).isEmpty ? nil : text
  }

  private static let namedEntities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " "]

  /// A text with its entities as characters; what is no entity stays as it is.
  private static func entities(_ text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "&") {
      result += rest[..<start]
      rest = rest[start...]
      let name = rest.dropFirst().prefix(10).prefix { $0 != ";" }
      if rest[name.endIndex...].first == ";", let character = entity(name) {
        result += character
        rest = rest[name.endIndex...].dropFirst()
      } else {
        result += "&"
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

  private static func entity(_ name: Substring) -> String? {
    guard name.first == "#" else { return namedEntities[name.lowercased()] }
    let isHex = name.dropFirst().first?.lowercased() == "x"
    let number = isHex ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
    return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
  }

  /// One line without control characters and doubled blanks, clipped.
  private static func plain(_ text: String, clippedTo most: Int) -> String {
    let words = text.unicodeScalars.split { scalar in
      [.control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator].contains(
        scalar.properties.generalCategory)
    }
    let line = words.map { String(Substring.UnicodeScalarView($0)) }.joined(separator: " ")
    return line.count <= most ? line : line.prefix(most - 1) + "…"
  }

  // MARK: - Its characters

  /// The beginning of a body as text, in the encoding that it says, else in UTF-8.
  private static func text(_ reply: Reply) -> String {
    let bytes = reply.body.prefix(longestLook)
    let start = String(decoding: bytes.prefix(1_024), as: Unicode.ASCII.self)
    let named = (reply.headers["content-type"] ?? "") + " " + start
    if let found = named.range(
      of: "charset\\s*=\\s*[\"']?[A-Za-z0-9_-]{3,20}", options: [.regularExpression, .caseInsensitive])
    {
      let name = named[found].split { "=\"' ".contains($0) }.last?.lowercased() ?? ""
      // Pages in Korean say the smaller set of the two.
      let encoding = ["euc-kr", "ks_c_5601-1987", "ksc5601"].contains(name) ? "CP949" : name
      if !name.hasPrefix("utf"), let transcoder = Transcoder(from: encoding) {
        return String(decoding: transcoder.feed(bytes), as: UTF8.self)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
