// Sentences about rosters in workbooks and in gzip: why they cannot be read, and what to do. It needs no other file of this
// module but that about rosters.

import BulkImport
import Provisioning
import Spreadsheet

extension RosterError {
  static let saving =
    "In a spreadsheet, save it as .xlsx, or as \"CSV UTF-8 (comma delimited)\" (파일 > 다른 이름으로 저장 > "
    + "\"CSV UTF-8(쉼표로 분리)\")."

  /// One sentence: why a workbook cannot be read.
  static func sentence(_ error: SpreadsheetError, _ file: String) -> String {
    switch error {
    case .damaged(let why): "The workbook \(file) is damaged: \(why.visibleLine)."
    case .noWorkbook(let kind): "\(file) looks like \(kind); a roster is a table (CSV or .xlsx) or JSON."
    case .encrypted: "The workbook \(file) is encrypted; it cannot be read without its password."
    case .macros: "The workbook \(file) has macros; such files are not opened."
    case .bomb(let part):
      "The workbook \(file) is refused: its part \(part.shown) would become more than 200 times as large as it is packed, "
        + "or more than 4 GiB."
    case .noSheets: "The workbook \(file) has no sheet with cells."
    case .tooLarge(let what): "The workbook \(file) is too large: \(what)."
    }
  }

  /// What to do about it.
  static func hint(_ error: SpreadsheetError) -> String {
    switch error {
    case .damaged: "Copy it again, or open it in a spreadsheet and save it again as .xlsx."
    case .noWorkbook("a zip file"): "Unpack it, and name the file with the roster."
    case .noWorkbook, .noSheets: saving
    case .encrypted:
      "Remove the password (File > Info > Protect Workbook; 파일 > 정보 > 통합 문서 보호), or save it as CSV UTF-8."
    case .macros: "Save it as .xlsx, which has no macros (파일 > 다른 이름으로 저장 > Excel 통합 문서)."
    case .bomb, .tooLarge: "Is it the roster? Copy its table into a new workbook, or save it as CSV UTF-8."
    }
  }

  /// Why a roster cannot be unpacked, as the end of a sentence.
  static func why(_ error: InflateError) -> String {
    switch error {
    case .broken: "its gzip data is damaged"
    case .cut: "its gzip data breaks off; perhaps only half of it was copied"
    case .bomb: "it would become more than 200 times as large as it is, or more than 4 GiB, as no roster does"
    case .noMemory: "there is no memory for it"
    }
  }

  /// What to do about it.
  static func hint(_ error: InflateError) -> String {
    switch error {
    case .broken, .cut: "Make it again; `gzip -t` tests it."
    case .bomb: "Is it the roster? Unpack it (gunzip) and look; an unpacked roster may be of any size."
    case .noMemory: "End other programs, or unpack it (gunzip)."
    }
  }

  /// Names of sheets.
  static func list(_ names: [String]) -> String {
    names.prefix(10).map { "'\($0.shown)'" }.joined(separator: ", ") + (names.count > 10 ? ", …" : "")
  }
}
