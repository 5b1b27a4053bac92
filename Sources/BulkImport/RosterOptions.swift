// How a roster is to be read, as far as it does not say so itself.

import Foundation
import Provisioning

/// What a person says about a roster.
package struct RosterOptions: Hashable, Sendable {
  /// A column and what its cells must be, compared as headers are.
  package struct Condition: Hashable, Sendable {
    /// The column's header.
    package let column: String
    /// The value.
    package let value: String

    /// Reads `COLUMN=VALUE`; nil without an equals sign or a column.
    package init?(_ text: String) {
      guard let sign = text.firstIndex(of: "=") else { return nil }
      column = String(text[..<sign]).asHeader
      value = String(text[text.index(after: sign)...]).asHeader
      if column.isEmpty { return nil }
    }

    /// Makes one of a header and a cell.
    init(_ header: String, _ cell: String) {
      (column, value) = (header.asHeader, cell.asHeader)
    }
  }

  /// What a roster can be; otherwise its content tells.
  package enum Format: String, CaseIterable, Sendable {
    case csv
    case json
    case jsonl
  }

  /// The line of the header, from 1; nil: the first line that is not empty.
  package var headerLine: Int?
  /// Rows of which one is met are no rows: totals and the like.
  package var except: [Condition] = []
  /// Only rows that meet all of them are taken.
  package var only: [Condition] = []
  /// The most rows that are taken; nil: all.
  package var limit: Int?
  /// The sheet of a workbook that is the roster; nil: the first that is not hidden.
  package var sheet: String?
  /// What it is; nil: its content tells.
  package var format: Format?
  /// Whether names may be made only from a column that counts the rows.
  package var allowsRowNumbers = false
  /// Whether names may be made of numbers that are shorter than the column's others.
  package var allowsShortNumbers = false
  /// Whether a last line without a line end is whole.
  package var allowsNoLineEnd = false
  /// Headers that are no fields although they look nearly like one.
  package var carried: Set<String> = []
  /// Headers of columns that are left out, as if the roster had not got them.
  package var dropped: Set<String> = []
  /// The batch whose rows the roster's rows take the place of, by the marks that a report has put beside them; nil: the marks
  /// say nothing.
  package var mended: ReportMark?

  /// Makes options that leave everything to the roster.
  package init() {}

  /// Whether rows are left out that the roster has: such a reading says nothing about who has left.
  package var isPartial: Bool { !only.isEmpty || limit != nil }
}

/// What a roster turned out to be.
package struct RosterFormat: Hashable, Sendable, CustomStringConvertible {
  /// How its bytes make text.
  package enum Encoding: String, Sendable {
    case utf8 = "UTF-8"
    case utf16 = "UTF-16"
    /// UTF-16 without the mark that says so.
    case utf16LittleEndian = "UTF-16LE"
    case utf16BigEndian = "UTF-16BE"
    case cp949 = "CP949"
    case windows1252 = "CP1252"
    case macRoman = "MACINTOSH"
    case gbk = "GB18030"
    case eucJP = "EUC-JP"
    case shiftJIS = "CP932"
    case big5 = "CP950"
    case windows1250 = "CP1250"
    case iso8859_2 = "ISO-8859-2"
    case macCentralEurope = "MAC-CENTRALEUROPE"
    case iso8859_15 = "ISO-8859-15"
    case windows1254 = "CP1254"
    case windows1257 = "CP1257"
    case cp850 = "CP850"
    case cp857 = "CP857"
    case cp860 = "CP860"
    case windows1251 = "CP1251"
    case koi8R = "KOI8-R"
    case cp866 = "CP866"
    case windows1253 = "CP1253"
    case windows1255 = "CP1255"

    /// Whether a character has two bytes at least.
    var isWide: Bool { self == .utf16 || self == .utf16LittleEndian || self == .utf16BigEndian }

    /// As people call it; the value itself is iconv's name.
    package var name: String {
      switch self {
      case .windows1250, .windows1251, .windows1252, .windows1253, .windows1254, .windows1255, .windows1257:
        "Windows-\(rawValue.dropFirst(2))"
      case .macRoman: "Mac Roman"
      case .gbk: "GBK"
      case .shiftJIS: "Shift_JIS"
      case .big5: "Big5"
      case .macCentralEurope: "Mac Central European"
      default: rawValue
      }
    }
  }

  /// How its text makes rows.
  package enum Shape: Hashable, Sendable {
    case table(separator: UInt8)
    case json
    case jsonLines
    /// A sheet of a workbook.
    case sheet(String)
  }

  /// How its bytes make text.
  package var encoding: Encoding
  /// How its text makes rows.
  package var shape: Shape
  /// Whether it is packed by gzip.
  package var isPacked = false
  /// A cell that shows what the encoding makes of its bytes; nil where the encoding is sure.
  package var sample: String?

  /// Whether it is what nobody needs to be told: CSV in UTF-8 with commas.
  package var isPlain: Bool {
    encoding == .utf8 && shape == .table(separator: UInt8(ascii: ",")) && !isPacked
  }

  /// For example `CP949, commas`.
  package var description: String {
    let text =
      switch shape {
      case .table(UInt8(ascii: ";")): "semicolons"
      case .table(UInt8(ascii: "\t")): "tabs"
      case .table: "commas"
      case .json: "JSON"
      case .jsonLines: "JSON Lines"
      case .sheet(let name): "sheet '\(name.shown)'"
      }
    let bytes = if case .sheet = shape { "Excel workbook" } else { encoding.name }
    return "\(isPacked ? "gzip, " : "")\(bytes), \(text)"
  }
}
