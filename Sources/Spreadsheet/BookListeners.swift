// What a workbook says of itself: its kind, its sheets, where its parts are, and its formats.

import Foundation

/// Reads which parts a part names.
final class Links: XMLListener {
  /// A part that is named.
  struct Link {
    let id: String
    let type: String
    let path: String
  }

  private(set) var all: [Link] = []
  private let folder: String
  private static let most = 4_096

  /// Reads what a part names; the empty name is the archive itself.
  init(of part: String, in archive: ZipArchive) throws {
    let cut = part.lastIndex(of: "/").map { part.index(after: $0) } ?? part.startIndex
    folder = String(part[..<cut])
    let path = "\(folder)_rels/\(part[cut...]).rels"
    if archive[path] != nil { try archive.read(path, self) }
  }

  /// The path of the first part of a type.
  func first(ofType type: String) -> String? { all.first { $0.type == type }?.path }

  func start(_ name: String, _ attributes: [String: String]) {
    guard name == "Relationship", all.count < Self.most, let id = attributes["Id"], let target = attributes["Target"],
      attributes["TargetMode"] != "External", let type = attributes["Type"]?.split(separator: "/").last
    else { return }
    all.append(Link(id: id, type: String(type), path: path(to: target)))
  }

  /// A path in the archive; one that does not begin with / is relative to the part's folder.
  private func path(to target: String) -> String {
    let target = target.replacing("\\", with: "/")
    var steps: [Substring] = target.hasPrefix("/") ? [] : folder.split(separator: "/")
    for step in target.split(separator: "/") where step != "." {
      if step == ".." { _ = steps.popLast() } else { steps.append(step) }
    }
    let path = steps.joined(separator: "/")
    return path.removingPercentEncoding ?? path
  }
}

/// Reads what kinds of parts an archive has.
final class ContentTypes: XMLListener {
  /// Whether one of them holds macros, or the workbook is saved as one with macros.
  private(set) var haveMacros = false

  func start(_ name: String, _ attributes: [String: String]) {
    guard let type = attributes["ContentType"]?.lowercased() else { return }
    if ["macroenabled", "vbaproject", "macrosheet"].contains(where: type.contains) { haveMacros = true }
  }
}

/// Reads the list of the sheets.
final class BookListener: XMLListener {
  private(set) var sheets: [(name: String, isHidden: Bool, link: String)] = []
  private(set) var countsFrom1904 = false
  private static let most = 1_024

  func start(_ name: String, _ attributes: [String: String]) {
    switch name {
    case "workbookPr": countsFrom1904 = attributes["date1904"].map(isTrue) ?? false
    case "sheet":
      guard sheets.count < Self.most, let name = attributes["name"],
        let link = attributes.first(where: { $0.key.hasSuffix(":id") })?.value
      else { return }
      sheets.append((name, attributes["state"].map { $0 != "visible" } ?? false, link))
    default: break
    }
  }
}

/// Reads how numbers are shown.
final class StyleListener: XMLListener {
  /// By the number that a cell names.
  private(set) var formats: [NumberFormat] = []
  private var byNumber: [Int: NumberFormat] = [:]
  private var isInCells = false
  private static let most = 1 << 16

  func start(_ name: String, _ attributes: [String: String]) {
    switch name {
    case "numFmt" where byNumber.count < Self.most:
      guard let id = attributes["numFmtId"].flatMap({ Int($0) }), let code = attributes["formatCode"] else { return }
      byNumber[id] = NumberFormat(code)
    case "cellXfs": isInCells = true
    case "xf" where isInCells && formats.count < Self.most:
      let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
      formats.append(byNumber[id] ?? NumberFormat(id))
    default: break
    }
  }

  func end(_ name: String) { if name == "cellXfs" { isInCells = false } }
}

/// Whether an attribute says yes.
func isTrue(_ value: String) -> Bool { value == "1" || value == "true" }
