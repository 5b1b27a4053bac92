// The page's fixed parts, and what makes JSON safe between them. The designer's files are in `Page`; the build embeds
// them, so that the command needs no files beside it.

import Provisioning

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

  /// Appends JSON so that nothing in it can end the element that it stands in, or steer whoever looks at the file: `<`, `>`
  /// and `&` as `\u` escapes, and what `appendVisibly` writes out. All of them stand in texts only.
  static func appendSafely(_ json: [UInt8], to page: inout [UInt8]) {
    var visible: [UInt8] = []
    JSONValue.appendVisibly(json, to: &visible)
    for byte in visible {
      switch byte {
      case UInt8(ascii: "<"): page += "\\u003c".utf8
      case UInt8(ascii: ">"): page += "\\u003e".utf8
      case UInt8(ascii: "&"): page += "\\u0026".utf8
      default: page.append(byte)
      }
    }
  }
}
