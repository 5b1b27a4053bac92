// Zip archives, gzip and workbooks made by hand, right or wrong in one place.

import CZlib

/// What zlib makes smaller.
package enum Deflated {
  /// Deflated bytes alone, as in a zip archive.
  package static func bytes(_ bytes: [UInt8]) -> [UInt8] { packed(bytes, windowBits: -15) }

  /// A stream of gzip.
  package static func gzip(_ bytes: [UInt8]) -> [UInt8] { packed(bytes, windowBits: 15 + 16) }

  private static func packed(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 100)
    let count = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
        (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
        deflate(&stream, Z_FINISH)
        return target.count - Int(stream.avail_out)
      }
    }
    deflateEnd(&stream)
    return Array(output[..<count])
  }
}

/// A zip archive.
package struct ZipFile {
  /// One part; what is nil is as it should be.
  package struct Part {
    package var name: String
    package var bytes: [UInt8]
    package var method = 8
    package var flags = 0
    package var size: Int?
    package var packedSize: Int?
    package var checksum: UInt?
    package var offset: Int?

    /// A deflated part.
    package init(_ name: String, _ text: String) { (self.name, bytes) = (name, Array(text.utf8)) }

    fileprivate var packed: [UInt8] { method == 8 ? Deflated.bytes(bytes) : bytes }
  }

  /// In the archive's order.
  package var parts: [Part]
  /// Stands behind all of it.
  package var comment: [UInt8] = []
  /// How many parts the list has, as its end says.
  package var count: Int?

  /// An archive of parts.
  package init(_ parts: [Part]) { self.parts = parts }

  /// The part of a name.
  package subscript(name: String) -> Part? {
    get { parts.first { $0.name == name } }
    set {
      let index = parts.firstIndex { $0.name == name }
      if let index, let newValue { parts[index] = newValue } else if let index { parts.remove(at: index) }
      if index == nil, let newValue { parts.append(newValue) }
    }
  }

  /// The archive's bytes.
  package var bytes: [UInt8] {
    var (all, list) = ([UInt8](), [UInt8]())
    for part in parts {
      let (packed, name) = (part.packed, Array(part.name.utf8))
      let checksum = part.checksum ?? part.bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
      let common =
        Self.numbers((part.flags, 2), (part.method, 2), (0, 4))
        + Self.numbers((Int(checksum), 4), (part.packedSize ?? packed.count, 4), (part.size ?? part.bytes.count, 4))
        + Self.numbers((name.count, 2), (0, 2))
      let start = part.offset ?? all.count
      all += Self.numbers((0x0403_4B50, 4), (20, 2)) + common + name + packed
      list += Self.numbers((0x0201_4B50, 4), (20, 2), (20, 2)) + common
      list += Self.numbers((0, 2), (0, 2), (0, 2), (0, 4), (start, 4)) + name
    }
    let count = self.count ?? parts.count
    let end = Self.numbers((0x0605_4B50, 4), (0, 2), (0, 2), (count, 2), (count, 2), (list.count, 4), (all.count, 4))
    return all + list + end + Self.numbers((comment.count, 2)) + comment
  }

  private static func numbers(_ numbers: (value: Int, count: Int)...) -> [UInt8] {
    numbers.flatMap { number in (0..<number.count).map { UInt8(truncatingIfNeeded: number.value >> ($0 * 8)) } }
  }
}

extension ZipFile {
  /// A workbook with one sheet `Sheet1` or several.
  ///
  /// - Parameters:
  ///   - sheets: their names, and what stands in `<sheetData>`, or the whole part where it begins with `<?xml`.
  ///   - strings: the shared texts, each what stands in `<si>`; nil: no such part.
  ///   - formats: formats of numbers; the cells' styles from 1 on.
  ///   - workbook: attributes of `workbookPr`.
  package static func workbook(
    _ sheets: [(name: String, data: String)], strings: [String]? = nil, formats: [String] = [], workbook: String = ""
  ) -> ZipFile {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
    let types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    func links(_ links: [(id: String, type: String, target: String)]) -> String {
      xml + "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        + links.map { "<Relationship Id=\"\($0.id)\" Type=\"\(types)/\($0.type)\" Target=\"\($0.target)\"/>" }.joined()
        + "</Relationships>"
    }
    let tabs = sheets.enumerated().map { "<sheet name=\"\($1.name)\" sheetId=\"\($0 + 1)\" r:id=\"s\($0)\"/>" }
    var bookLinks = sheets.indices.map { (id: "s\($0)", type: "worksheet", target: "worksheets/sheet\($0 + 1).xml") }
    bookLinks.append((id: "styles", type: "styles", target: "/xl/styles.xml"))
    if strings != nil { bookLinks.append((id: "strings", type: "sharedStrings", target: "sharedStrings.xml")) }
    let codes = formats.enumerated().map { "<numFmt numFmtId=\"\(164 + $0)\" formatCode=\"\($1)\"/>" }
    let styles = ["<xf numFmtId=\"0\"/>"] + formats.indices.map { "<xf numFmtId=\"\(164 + $0)\"/>" }
    var parts = [
      Part("[Content_Types].xml", xml + "<Types><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"),
      Part("_rels/.rels", links([("w", "officeDocument", "xl/workbook.xml")])),
      Part(
        "xl/workbook.xml",
        xml
          + "<workbook \(main) xmlns:r=\"\(types)\"><workbookPr \(workbook)/><sheets>\(tabs.joined())</sheets></workbook>"
      ),
      Part("xl/_rels/workbook.xml.rels", links(bookLinks)),
      Part(
        "xl/styles.xml",
        xml
          + "<styleSheet \(main)><numFmts>\(codes.joined())</numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs>"
          + "<cellXfs>\(styles.joined())</cellXfs></styleSheet>"),
    ]
    if let strings {
      let texts = strings.map { "<si>\($0)</si>" }.joined()
      parts.append(Part("xl/sharedStrings.xml", xml + "<sst \(main)>\(texts)</sst>"))
    }
    for (index, sheet) in sheets.enumerated() {
      let isWhole = sheet.data.hasPrefix("<?xml")
      parts.append(
        Part(
          "xl/worksheets/sheet\(index + 1).xml",
          isWhole ? sheet.data : xml + "<worksheet \(main)><sheetData>\(sheet.data)</sheetData></worksheet>"))
    }
    return ZipFile(parts)
  }

  /// A workbook whose one sheet has these texts, inline.
  package static func workbook(texts rows: [[String]]) -> ZipFile {
    func escaped(_ text: String) -> String {
      text.unicodeScalars.map { scalar in
        switch scalar.value {
        case 0x26: "&amp;"
        case 0x3C: "&lt;"
        case 0x5F: "_x005F_"
        // What XML cannot have, or changes.
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0xFFFE, 0xFFFF:
          "_x\(String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count))\(String(scalar.value, radix: 16))_"
        default: String(scalar)
        }
      }.joined()
    }
    let data = rows.map { row in
      let cells = row.map { $0.isEmpty ? "<c/>" : "<c t=\"inlineStr\"><is><t>\(escaped($0))</t></is></c>" }
      return "<row>\(cells.joined())</row>"
    }
    return workbook([("Sheet1", data.joined())])
  }
}
