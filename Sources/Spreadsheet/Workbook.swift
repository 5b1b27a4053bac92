// A workbook in .xlsx: which sheets it has, and the rows of one of them. Formulas are not computed: what the program that
// saved the file had computed is read.

import Foundation

/// A workbook that is open for reading.
package final class Workbook {
  /// One of its sheets.
  package struct Sheet: Hashable, Sendable {
    /// Its name, as its tab shows it.
    package let name: String
    /// Whether its tab is hidden.
    package let isHidden: Bool
    let path: String
  }

  /// The sheets of cells, in the order of their tabs.
  package let sheets: [Sheet]
  private let archive: ZipArchive
  private let numbers: NumberText
  private let links: Links

  /// Opens a workbook.
  ///
  /// - Parameter descriptor: its file; it must stay open.
  /// - Throws: `SpreadsheetError`.
  package init(descriptor: Int32) throws {
    archive = try ZipArchive(descriptor: descriptor)
    let root = try Links(of: "", in: archive)
    guard let main = root.first(ofType: "officeDocument"), archive[main] != nil,
      main.lowercased().hasSuffix("workbook.xml") || archive.names.contains(where: { $0.hasPrefix("xl/") })
    else { throw SpreadsheetError.noWorkbook(archive.kind) }
    if main.lowercased().hasSuffix(".bin") { throw SpreadsheetError.noWorkbook("a binary workbook (.xlsb)") }
    let types = ContentTypes()
    try archive.read("[Content_Types].xml", types)
    if types.haveMacros || archive.names.contains(where: { $0.hasSuffix("vbaproject.bin") }) {
      throw SpreadsheetError.macros
    }
    let book = BookListener()
    try archive.read(main, book)
    let links = try Links(of: main, in: archive)
    self.links = links
    sheets = book.sheets.compactMap { sheet in
      guard let link = links.all.first(where: { $0.id == sheet.link }), link.type == "worksheet" else { return nil }
      return Sheet(name: sheet.name, isHidden: sheet.isHidden, path: link.path)
    }
    guard !sheets.isEmpty else { throw SpreadsheetError.noSheets }
    numbers = NumberText(countsFrom1904: book.countsFrom1904)
  }

  /// The sheet of a name, or the first that is not hidden; nil, if there is none of the name.
  package func sheet(named name: String?) -> Sheet? {
    guard let name else { return sheets.first { !$0.isHidden } ?? sheets.first }
    return sheets.first { $0.name == name } ?? sheets.first { $0.name.comparedName == name.comparedName }
  }

  /// Reads a sheet through. Memory is the same however many rows it has.
  ///
  /// - Parameter body: gets each row that has a cell. What it throws ends the reading and is passed on.
  /// - Returns: what else there is to say of the sheet.
  /// - Throws: `SpreadsheetError`, and `FileError` where texts that are too many for memory cannot be put aside.
  package func read(_ sheet: Sheet, _ body: (SheetRow) throws -> Void) throws -> SheetFacts {
    let styles = StyleListener()
    if let path = links.first(ofType: "styles") { try archive.read(path, styles) }
    let strings = StringListener()
    if let path = links.first(ofType: "sharedStrings") { try archive.read(path, strings) }
    return try withoutActuallyEscaping(body) { body in
      let listener = SheetListener(strings: strings.table, formats: styles.formats, numbers: numbers, body)
      try archive.read(sheet.path, listener)
      return listener.facts
    }
  }

  /// The other sheets that have something in them, as far as they can be read.
  package func others(than sheet: Sheet) -> [Sheet] {
    sheets.filter { other in
      guard other != sheet else { return false }
      let listener = EmptinessListener()
      // One that cannot be read may have something.
      let result = Result { try archive.read(other.path, listener) }
      if case .failure = result { return true }
      return !listener.isEmpty
    }
  }
}

extension ZipArchive {
  /// Reads a part by its path.
  ///
  /// - Throws: `SpreadsheetError`, also when there is no such part.
  func read(_ path: String, _ listener: any XMLListener) throws {
    guard let part = self[path] else { throw SpreadsheetError.damaged("its part \(path.prefix(80)) is missing") }
    try XMLPart.read(part, of: self, listener)
  }

  /// What an archive is that is no workbook.
  fileprivate var kind: String {
    if names.contains("content.xml") || names.contains("meta-inf/manifest.xml") {
      return "an OpenDocument file (.ods)"
    }
    if names.contains(where: { $0.hasPrefix("word/") || $0.hasPrefix("ppt/") }) {
      return "another kind of Office document"
    }
    if names.contains(where: { $0.hasSuffix(".iwa") }) { return "a document of Numbers" }
    return "a zip file"
  }
}

extension String {
  /// A sheet's name as names are compared: capitals make no difference, nor does the way in which Unicode writes a letter.
  fileprivate var comparedName: String { lowercased().precomposedStringWithCanonicalMapping }
}
