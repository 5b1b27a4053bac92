import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// Encodings that look alike, by single names: each is read right or refused with its names, and none is read wrong.
@Suite struct EncodingTests {
  private func sheet(_ names: [String], _ encoding: String) throws -> [UInt8] {
    let lines = names.enumerated().map { "\($1),a\($0),acc1,a:1,ls\n" }
    return try #require(encoded("student,name,accountId,image,command\n" + lines.joined(), as: encoding))
  }

  /// What the names are read as; nil where the file is refused.
  private func read(_ names: [String], in encoding: String) throws -> [String]? {
    do {
      let found = try withFile(try sheet(names, encoding)) { try BulkImportTests.read($0, as: "r.csv") }
      return found.issues.isEmpty ? found.rows.compactMap(\.texts.first) : nil
    } catch is RosterError {
      return nil
    }
  }

  @Test(arguments: [
    ("CP1250", "Wałęsa"), ("CP1250", "Michał"), ("CP1250", "Żaneta"), ("CP1250", "Kamiński"), ("CP1250", "Jiří"),
    ("CP1250", "Kučera"), ("CP1250", "Němcová"), ("CP1250", "Růžička"), ("CP1250", "Dvořák"), ("CP1250", "Kovačević"),
    ("CP1250", "Băsescu"), ("ISO-8859-2", "Wałęsa"), ("ISO-8859-2", "Świątek"), ("ISO-8859-15", "Œuvrard"),
    ("CP1250", "Ľubomír"), ("CP1254", "Öztürk Şahin Yılmaz"), ("CP1251", "Иванов"), ("KOI8-R", "Иванов"),
    ("CP866", "Иванов"),
    ("CP1253", "Παπαδόπουλος"), ("CP1255", "כהן"), ("CP950", "陳淑芬"), ("CP850", "Müller"), ("CP850", "José"),
    ("MAC-CENTRALEUROPE", "Wałęsa"), ("CP1257", "Žukauskienė Šimkutė"), ("CP1250", "Zięba"), ("CP1250", "Dębski"),
    ("MAC-CYRILLIC", "Олександр Єжак"),
    ("CP1250", "Erdős"), ("CP1250", "Přibyl"), ("CP1254", "Erdoğan"),
  ])
  func `a single name is read right or refused`(encoding: String, name: String) throws {
    let found = try read([name], in: encoding)
    #expect(found == nil || found == [name], "\(found ?? [])")
  }

  @Test(arguments: [
    ("CP1252", "José"), ("CP1252", "Müller"), ("CP1252", "Núñez"), ("CP1252", "François"), ("CP1252", "Hélène"),
    ("CP1252", "João Simões"), ("CP1252", "Søren Kjær"), ("CP1252", "Åsa"), ("CP1252", "Weiß"), ("CP1252", "Zoë"),
    ("CP1252", "Anaïs"), ("CP1252", "Geneviève Dupré"), ("CP1252", "Sean O’Brién"), ("CP1252", "Mª José"),
    ("CP1252", "Guðrún"), ("MACINTOSH", "José Núñez"), ("CP949", "김민준"), ("CP949", "뷁 쀼"), ("GB18030", "王小明"),
    ("CP1250", "Wałęsa"), ("CP1250", "Dvořák"), ("CP1251", "Иванов"),
  ])
  func `a single name of a usual kind is read`(encoding: String, name: String) throws {
    // Syllables that no name has may be anything.
    let names = encoding == "CP949" ? [name, "이서연", "박도윤"] : [name]
    #expect(try read(names, in: encoding) == names)
  }

  @Test(arguments: ["Ⅰ", "Ⅲ", "ㄱ", "ㅋㅋ", "α", "①", "あ", "ア"])
  func `marks beside names do not make another encoding of them`(mark: String) throws {
    let korean = ["김민준", "이서연", "박도윤", "최나경", "정하윤"].map { "\($0) \(mark)" }
    #expect(try read(korean, in: "CP949") == korean)
    let many = (1...60).map { "\(korean[$0 % 5]) \($0)" }
    #expect(try read(many, in: "CP949") == many)
    guard mark.unicodeScalars.allSatisfy({ !(0x3131...0x318E).contains($0.value) }) else { return }
    let chinese = ["王小明", "李秀英", "张伟", "刘洋"].map { "\($0) \(mark)" }
    let found = try read(chinese, in: "GB18030")
    #expect(found == nil || found == chinese, "\(found ?? [])")
  }

  @Test func `what could be several encodings is refused with a cell that differs`() throws {
    let bytes = try sheet(["Novák", "Přibyl"], "CP1250")
    let error = #expect(throws: RosterError.self) { try withFile(bytes) { try BulkImportTests.read($0, as: "r.csv") } }
    #expect(error?.code == .encoding && error?.detail.contains("Windows-1250 ('Přibyl')") == true, "\(error as Any)")
    #expect(error?.detail.contains("Windows-1252 ('Pøibyl')") == true)
  }

  @Test(arguments: [
    ("CP932", ["山田太郎", "佐藤花子", "ﾔﾏﾀﾞ ﾀﾛｳ"]), ("CP932", ["①高橋", "Ⅱ部 髙橋", "鈴木一郎"]),
    ("EUC-JP", ["山田太郎", "佐藤花子", "ｻﾄｳ ﾊﾅｺ"]), ("CP857", ["Yıldız", "Şahin", "Öztürk", "Çağlar", "Gökçe"]),
  ])
  func `names of a few languages and old systems are read`(encoding: String, names: [String]) throws {
    #expect(try read(names, in: encoding) == names)
  }

  @Test(arguments: [
    ("CP857", "Yıldız"), ("CP857", "Işık"), ("CP857", "Ağaoğlu"), ("CP857", "İbrahim"), ("CP860", "Conceição"),
    ("CP860", "João"), ("CP860", "Antônio"), ("CP932", "ﾔﾏﾀﾞ"),
    ("CP874", "วรรณา ใจดี"), ("EUC-KR", "김민준"), ("MACINTOSH", "Müller"),
  ])
  func `one name of them is never read wrong`(encoding: String, name: String) throws {
    let found = try read([name, name], in: encoding)
    #expect(found == nil || found == [name, name], "\(found ?? [])")
  }

  @Test func `text that switches between sets of characters is refused by name`() throws {
    let bytes = try sheet(["山田太郎"], "ISO-2022-JP")
    let error = #expect(throws: RosterError.self) { try withFile(bytes) { try BulkImportTests.read($0, as: "r.csv") } }
    #expect(error?.detail.contains("ISO-2022") == true)
  }

  // MARK: - Lost before

  @Test(arguments: [
    ("ë¯¼ì§€", "민지"), ("JosÃ©", "José"), ("MÃ¼ller", "Müller"), ("å±±ç”°", "山田"), ("Ã…sa", "Åsa"), ("±è¹ÎÁØ", "김민준"),
    ("ÀÌ¼\u{AD}¿¬", "이서연"),
  ])
  func `a text that was read in the wrong encoding before is a warning with what it was`(cell: String, was: String)
    throws
  {
    let found = try readText("student,name,accountId,image,command\n\(cell),a1,acc1,a:1,ls\n")
    #expect(found.issues.isEmpty && found.warnings == ["2 A2 misread"])
    #expect(found.summary.warnings.first?.message.contains("'\(was)'") == true)
  }

  @Test(arguments: ["José", "Ângela", "François", "Ørsted", "«CAFÉ»", "É", "Ã", "naïve – ça"])
  func `a text that is right is no such warning`(cell: String) throws {
    #expect(try readText("student,name,accountId,image,command\n\(cell),a1,acc1,a:1,ls\n").warnings.isEmpty)
  }

  @Test func `a character that was lost before is an issue where it is sent and a warning where not`() throws {
    let text =
      "student,name,description,accountId,image,command\n김\u{FFFD}준,a1,x,acc1,a:1,ls\n이,a2,실\u{FFFD},acc1,a:1,ls\n"
    let found = try readText(text)
    #expect(found.warnings == ["2 A2 lost-character"] && found.issues == ["3 C3 lost-character"])
    let json = #"[{"name": "a1", "student": "\#u{FFFD}", "accountId": "acc1", "image": "a:1", "command": "ls"}]"#
    #expect(try readText(json).warnings == ["1 - lost-character"])
  }

  @Test func `a header that was read in the wrong encoding before is a warning`() throws {
    let found = try readText("í•™ë²ˆ,name,accountId,image,command\nKim,a1,acc1,a:1,ls\n")
    #expect(found.warnings == ["1 A1 misread"])
  }
}
