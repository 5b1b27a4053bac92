// The page's fixed parts, and what makes JSON safe between them. The designer's files are in `Page`; the build embeds
// them, so that the command needs no files beside it.

/// What stands before and after the data.
enum PageTemplate {
  /// From the start, the style in its place, to the data.
  static let beforeData = parts.before
  /// From the data to the end, the script in its place.
  static let afterData = parts.after

  private static let parts: (before: [UInt8], after: [UInt8]) = {
    let (head, rest) = split(PackageResources.page_html, at: "/*STYLE*/")
    let (middle, tail) = split(rest, at: "/*DATA*/")
    let (end, foot) = split(tail, at: "/*SCRIPT*/")
    return (head + PackageResources.style_css + middle, end + PackageResources.script_js + foot)
  }()

  private static func split(_ bytes: [UInt8], at marker: String) -> ([UInt8], [UInt8]) {
    guard let range = bytes.firstRange(of: Array(marker.utf8)) else {
      preconditionFailure("page.html has no line \(marker)")
    }
    return (Array(bytes[..<range.lowerBound]), Array(bytes[range.upperBound...]))
  }

  /// Appends JSON so that nothing in it can end the element that it stands in: `<`, `>`, `&` and the two line ends that
  /// only JavaScript knows, U+2028 and U+2029 (E2 80 A8 and E2 80 A9), as `\u` escapes. All of them stand in texts only.
  static func appendSafely(_ json: [UInt8], to page: inout [UInt8]) {
    var index = 0
    while index < json.count {
      let byte = json[index]
      switch byte {
      case UInt8(ascii: "<"): page += "\\u003c".utf8
      case UInt8(ascii: ">"): page += "\\u003e".utf8
      case UInt8(ascii: "&"): page += "\\u0026".utf8
      case 0xE2 where index + 2 < json.count && json[index + 1] == 0x80 && json[index + 2] | 1 == 0xA9:
        page += (json[index + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8
        index += 2
      default: page.append(byte)
      }
      index += 1
    }
  }
}
