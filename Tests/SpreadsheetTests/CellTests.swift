import TestSupport
import Testing

@testable import Spreadsheet

/// What the cells of a sheet are as text.
@Suite struct CellTests {
  /// The text of a number in a format, and its note.
  private func text(_ stored: String, _ format: String, from1904: Bool = false) throws -> String {
    let row = try rows(
      "<row><c s=\"1\"><v>\(stored)</v></c></row>", formats: [format], workbook: from1904 ? "date1904=\"1\"" : "")
    return String(try #require(row.first).dropFirst(3))
  }

  @Test(arguments: [
    ("20251001", "20251001"), ("20251001.0", "20251001"), ("1E3", "1000"), ("-5.0", "-5"), ("0.1", "0.1"), ("-0", "0"),
    ("1.1000000000000001", "1.1"), ("87.599999999999994", "87.6"), ("202510010001", "202510010001"),
    ("007", "7"), ("1e-7", "0.0000001"), ("2.5E-3", "0.0025"), ("1.5e5", "150000"), ("-1.25E1", "-12.5"),
    ("123456789012345", "123456789012345"), ("1234567890123456", "1234567890123456!d"),
    ("1.2345678901234601E+18", "1234567890123460000!d"), ("1E+16", "10000000000000000!d"),
    ("0.30000000000000004", "0.30000000000000004!d"),
  ])
  func `a plain number`(stored: String, text: String) throws {
    #expect(try self.text(stored, "General") == text)
    #expect(try self.text(stored, "@") == text)
  }

  @Test(arguments: [
    ("000000", "72", "000072"), ("000000", "72.0", "000072"), ("0000;-0000", "-72", "-0072"), ("0", "72", "72"),
    ("#", "72", "72"), ("##00", "7", "07"), ("000", "12345", "12345"), ("0000", "7.5", "7.5!s"), ("0", "0", "0"),
    ("[Red]0000", "72", "0072"), ("0000_)", "72", "0072"), ("0000;[Red]-0000", "72", "0072"),
  ])
  func `a format of zeros fills up`(format: String, stored: String, text: String) throws {
    #expect(try self.text(stored, format) == text)
  }

  @Test(arguments: [
    "0.0%", "#,##0", "# ?/?", "0.00E+00", "0.00", "&quot;S&quot;0000", "000-0000-0000", "General&quot;명&quot;", "\\S0",
    "_-* #,##0\\ &quot;원&quot;_-", "[$₩-412]#,##0",
  ])
  func `what is shown in another way is the value, with a note`(format: String) throws {
    #expect(try text("0.25", format) == "0.25!s")
    #expect(try text("1234", format) == "1234!s")
  }

  @Test(arguments: [
    ("yyyy-mm-dd", "46083", "2026-03-02"), ("yyyy-mm-dd", "46083.395833333336", "2026-03-02T09:30:00!s"),
    ("yyyy\\-mm\\-dd\\ hh:mm", "46083.395833333336", "2026-03-02T09:30:00"),
    ("yyyy-mm-dd hh:mm", "46083", "2026-03-02T00:00:00"), ("d.m.yy", "46083", "2026-03-02"),
    ("mmm", "46083", "2026-03-02"),
    ("yyyy&quot;년&quot; m&quot;월&quot; d&quot;일&quot;", "46083", "2026-03-02"),
    ("[$-412]AM/PM h:mm", "0.39583333333333331", "09:30:00"), ("h:mm", "46083.5", "2026-03-02T12:00:00!s"),
    ("yyyy-mm-dd", "1", "1900-01-01"), ("yyyy-mm-dd", "59", "1900-02-28"), ("yyyy-mm-dd", "60", "1900-02-29"),
    ("yyyy-mm-dd", "61", "1900-03-01"), ("yyyy-mm-dd", "2958465", "9999-12-31"), ("yyyy-mm-dd", "2958466", "2958466!s"),
    ("yyyy-mm-dd", "-1", "-1!s"), ("yyyy-mm-dd", "0", "00:00:00!s"), ("mm:ss", "0.99999999", "1900-01-01T00:00:00!s"),
    ("yyyy-mm-dd", "36584", "2000-02-28"), ("yyyy-mm-dd", "36585", "2000-02-29"), ("yyyy-mm-dd", "73109", "2100-02-28"),
    ("yyyy-mm-dd", "73110", "2100-03-01"), ("[h]:mm", "1.5", "36:00:00"), ("[mm]:ss", "-0.5", "-12:00:00"),
  ])
  func `a date is ISO 8601`(format: String, stored: String, text: String) throws {
    #expect(try self.text(stored, format) == text)
  }

  @Test(arguments: [("0", "1904-01-01"), ("44621", "2026-03-02"), ("59", "1904-02-29"), ("2957004", "2957004!s")])
  func `a date that is counted from 1904`(stored: String, text: String) throws {
    #expect(try self.text(stored, "yyyy-mm-dd", from1904: true) == text)
  }

  @Test(arguments: [
    (0, NumberFormat.general), (1, .digits(1)), (2, .other), (9, .other), (10, .other), (11, .other), (12, .other),
    (14, .date(hasDay: true, hasTime: false)), (20, .date(hasDay: false, hasTime: true)),
    (22, .date(hasDay: true, hasTime: true)), (31, .date(hasDay: true, hasTime: false)), (37, .other), (44, .other),
    (46, .duration), (48, .other), (49, .general), (57, .date(hasDay: true, hasTime: false)), (163, .other),
  ])
  func `formats that every workbook has`(number: Int, format: NumberFormat) {
    #expect(NumberFormat(number) == format)
  }

  @Test func `a format that no spreadsheet takes is none that is known`() {
    #expect(NumberFormat("yyyy" + String(repeating: "\"\"", count: 200)) == .date(hasDay: true, hasTime: false))
    #expect(NumberFormat("yyyy" + String(repeating: "\"\"", count: 2_000)) == .other)
    #expect(NumberFormat("[" + String(repeating: "a", count: 1 << 24)) == .other)
  }

  @Test func `texts, truth, errors and formulas`() throws {
    let read = try rows(
      """
      <row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2" t="b"><v>1</v></c><c r="D2" t="b"><v>0</v></c>\
      <c r="E2" t="e"><v>#N/A</v></c><c r="F2" t="str"><f>A1</f><v>made</v></c><c r="G2"><f>1+1</f><v>2</v></c>\
      <c r="H2"><f>1+1</f><v></v></c><c r="I2"><f>1+1</f></c><c r="J2" t="str"><f>""</f><v></v></c>\
      <c r="K2" t="inlineStr"><is><t> a </t></is></c><c r="L2" t="d"><v>2026-03-02T09:30:00.000Z</v></c></row>
      """, strings: ["<t>no</t>", "<t xml:space=\"preserve\"> 김민준 </t>"])
    #expect(read == ["2:  김민준 ||TRUE|FALSE|#N/A!e|made|2|!v|!v|| a |2026-03-02T09:30:00"])
  }

  @Test func `a text of several runs is one, and how it is pronounced is no part of it`() throws {
    let rich = "<r><rPr><b/></rPr><t>山</t></r><r><t xml:space=\"preserve\">田 </t></r>"
    let read = try rows(
      "<row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is>\(rich)</is></c></row>",
      strings: [rich + "<rPh sb=\"0\" eb=\"2\"><t>ヤマダ</t></rPh><phoneticPr fontId=\"1\"/>"])
    #expect(read == ["1: 山田 |山田 "])
  }

  @Test func `characters that XML cannot have, line ends, entities and CDATA`() throws {
    let read = try rows(
      "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"str\"><v>a&amp;&#xAC00;</v></c></row>",
      strings: ["<t>a_x000D_\nb_x005F_x000D_ _x12_</t>", "<t><![CDATA[<b>&amp;]]></t>"])
    #expect(read == ["1: a\r\nb_x000D_ _x12_|<b>&amp;|a&가"])
  }

  @Test func `cells and rows without a place come one after another, missing ones are empty`() throws {
    let read = try rows(
      "<row><c><v>1</v></c><c/><c r=\"E1\"><v>5</v></c><c><v>6</v></c></row><row r=\"4\"/><row><c r=\"B5\"><v>2</v></c></row>"
    )
    #expect(read == ["1: 1||||5|6", "5: |2"])
  }

  @Test func `elements with a prefix, and those of others, change nothing`() throws {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    let sheet = """
      <?xml version="1.0"?><!-- made by hand --><x:worksheet xmlns:x="\(main)"><x:sheetData><x:row r="1"><x:c r="A1">\
      <x:v>1</x:v><x:extLst><x:ext><o:v xmlns:o="o">9</o:v></x:ext></x:extLst></x:c></x:row></x:sheetData>\
      <x:c r="B9"><x:v>3</x:v></x:c><x:row r="9"><x:c><x:v>2</x:v></x:c></x:row></x:worksheet>
      """
    #expect(try rows(of: .workbook([("Sheet1", sheet)])) == ["1: 19"])
  }

  @Test func `hidden columns and rows, and cells merged over rows, are told`() throws {
    let sheet = """
      <?xml version="1.0"?><worksheet><cols><col min="2" max="3" hidden="1"/><col min="5" max="16384" hidden="true"/></cols>
      <sheetData><row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>3</v></c></row>
      <row r="2" hidden="1"/><row r="3" hidden="true"><c><v>1</v></c></row><row r="5" hidden="1"><c><v>1</v></c></row>
      </sheetData><mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A3:A5"/><mergeCell ref="nonsense"/></mergeCells></worksheet>
      """
    let facts = try OpenBook(ZipFile.workbook([("Sheet1", sheet)]).bytes).rows().facts
    #expect(facts.hiddenColumns == [2] && facts.hiddenRowCount == 2 && facts.firstHiddenRow == 3)
    #expect(facts.merged.map(\.range) == ["A3:A5"])
    #expect(facts.width == 3 && facts.rowCount == 3)
  }

  @Test func `texts that are too many for memory are read from a file, in any order`() throws {
    let table = StringTable(heldSize: 40)
    // The second is too long for what is held, the next ones are not.
    let texts =
      ["a", String(repeating: "b", count: 40), "c"] + (3..<20_000).map { "text 가 \($0 % 7 == 0 ? "" : String($0))" } + [
        ""
      ]
    for text in texts { try table.append(text) }
    for index in [0, 3, 4, 19_999, 20_000, 1, 12_000, 11_999, 5] { #expect(try table.text(index) == texts[index]) }
    for index in texts.indices { #expect(try table.text(index) == texts[index]) }
    #expect(try table.text(-1) == nil)
    #expect(try table.text(20_001) == nil)
  }
}
