import DataForest
import Foundation
import Provisioning
import TestSupport
import Testing

@testable import BulkImport

/// Rosters as programs of all kinds write them: each is read right, or refused; none is read wrong. The generator knows
/// what is right. `SEEDS=2000 swift test --filter GeneratedRosterTests` tries more.
@Suite struct GeneratedRosterTests {
  private static let korean = [
    "김민준", "이서연", "박도윤", "최지우", "정하준", "강서윤", "조은우", "윤지호", "남궁민수", "황보라", "선우진", "임수아",
  ]
  private static let latin = [
    "Alba Núñez", "Jörg Müller", "Anna Weiß", "José García", "François Lefèvre", "Zoë Brontë", "Åsa Öberg",
    "João Simões",
  ]
  private static let japanese = ["山田太郎", "さとう はなこ", "スズキ イチロー", "高橋美咲", "田中けんた", "渡辺さくら"]
  private static let chinese = ["王小明", "李伟", "张敏", "刘洋", "陈静", "杨丽", "黄磊", "吴秀英"]

  private static let polish = [
    "Lech Wałęsa", "Jan Kowalski", "Łukasz Wiśniewski", "Zofia Dąbrowska", "Stanisław Kamiński", "Anna Zięba",
    "Żaneta Wójcik", "Michał Jabłoński", "Agnieszka Woźniak", "Małgorzata Gałązka",
  ]
  private static let czech = [
    "Jiří Dvořák", "Božena Němcová", "František Kučera", "Lucie Růžičková", "Tomáš Novák", "Jan Černý",
    "Kateřina Svobodová", "Zdeněk Krejčí", "Ondřej Vaněk", "Šárka Beneš",
  ]
  private static let hungarian = [
    "Szabó Erzsébet", "Erdős Pál", "Kovács Győző", "Fűrész Béla", "Tóth Ágnes", "Kőműves Lőrinc", "Nagy Ödön",
  ]
  private static let turkish = [
    "Ayşe Yılmaz", "Mehmet Şahin", "Çağla Öztürk", "İbrahim Doğan", "Işıl Güneş", "Oğuz Kılıç",
  ]
  private static let russian = ["Иван Петров", "Анна Смирнова", "Мария Кузнецова", "Алексей Попов", "Ольга Соколова"]
  private static let greek = ["Γιώργος Παπαδόπουλος", "Ελένη Νικολάου", "Μαρία Γεωργίου", "Νίκος Δημητρίου"]
  private static let taiwanese = ["王小明", "李志偉", "陳淑芬", "張雅婷", "林俊傑", "黃美玲", "劉建宏", "蔡宜庭"]
  private static let nordic = ["Bjørn Ødegård", "Åse Sæther", "Jørgen Møller", "Kirsten Nørgaard", "Øystein Håkonsen"]
  private static let french = [
    "Hélène Lefèvre", "François Bérenger", "Anaïs Forêt", "Geneviève Noël", "Thérèse Benoît", "Loïc Brûlé",
  ]
  private static let icelandic = [
    "Guðrún Jónsdóttir", "Þór Sigurðsson", "Björk Guðmundsdóttir", "Sævar Ýmir Þorláksson",
  ]

  /// A writing: names, the encodings that have it, its words for "student" and "total".
  private struct Writing {
    let names: [String]
    let encodings: [String]
    let title: String
    let total: String
  }

  private static let writings = [
    Writing(names: korean, encodings: ["UTF-8", "UTF-16", "UTF-16LE", "CP949"], title: "2026년 1학기 출석부", total: "합계"),
    Writing(
      names: latin, encodings: ["UTF-8", "UTF-16", "UTF-16BE", "CP1252", "MACINTOSH"], title: "Spring 2026",
      total: "Total"),
    Writing(
      names: japanese, encodings: ["UTF-8", "UTF-16LE", "EUC-JP", "CP932"], title: "2026 AI 101", total: "Total"),
    Writing(names: chinese, encodings: ["UTF-8", "UTF-16", "GB18030"], title: "2026 AI 101", total: "Total"),
    Writing(
      names: polish, encodings: ["UTF-8", "CP1250", "ISO-8859-2", "MAC-CENTRALEUROPE"], title: "Lista 2026",
      total: "Total"),
    Writing(
      names: czech, encodings: ["UTF-8", "CP1250", "ISO-8859-2", "MAC-CENTRALEUROPE"], title: "Seznam 2026",
      total: "Total"),
    Writing(names: hungarian, encodings: ["CP1250", "ISO-8859-2", "UTF-16"], title: "2026", total: "Total"),
    Writing(names: turkish, encodings: ["UTF-8", "CP1254"], title: "2026", total: "Total"),
    Writing(names: russian, encodings: ["UTF-8", "CP1251", "KOI8-R", "CP866"], title: "2026", total: "Total"),
    Writing(names: greek, encodings: ["UTF-8", "CP1253"], title: "2026", total: "Total"),
    Writing(names: taiwanese, encodings: ["UTF-8", "CP950", "UTF-16BE"], title: "2026", total: "Total"),
    Writing(names: nordic, encodings: ["UTF-8", "CP1252", "MACINTOSH", "CP850"], title: "2026", total: "Total"),
    Writing(
      names: french, encodings: ["UTF-8", "CP1252", "MACINTOSH", "ISO-8859-15", "CP850"], title: "2026", total: "Total"),
    Writing(names: icelandic, encodings: ["UTF-8", "CP1252"], title: "2026", total: "Total"),
    Writing(
      names: korean.map { "\($0) AI반" } + ["Kim, Minjun", "Lee Seoyeon"], encodings: ["UTF-8", "CP949"],
      title: "AI 101", total: "합계"),
  ]

  @Test func `a generated roster is read right or refused`() throws {
    let count = ProcessInfo.processInfo.environment["SEEDS"].flatMap(Int.init) ?? 600
    var refusedCount = 0
    for seed in 1...count {
      var random = SeededGenerator(seed: seed)
      let writing = Self.writings[seed % Self.writings.count]
      let encoding = writing.encodings.randomElement(using: &random) ?? "UTF-8"
      let separator = [",", ";", "\t"].randomElement(using: &random) ?? ","
      let end = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
      let students = (0..<Int.random(in: 4...20, using: &random)).map { number in
        (name: "ai-s\(number)", student: writing.names.randomElement(using: &random) ?? "")
      }
      var lines: [[String]] = []
      let top = Int.random(in: 0..<4, using: &random)
      if top == 1 { lines.append([writing.title]) }
      if top == 2 { lines.append(["version:v1.0", "", "", "", "", ""]) }
      if top == 3 { lines += [[writing.title], ["", "2026-03-02", "", "", "", ""]] }
      lines.append(["student", "name", "accountId", "image", "command", "note"])
      for student in students {
        let note = ["AI 101, B동 204호", "Lab 1; Lab 2", "ok", ""].randomElement(using: &random) ?? ""
        lines.append([student.student, student.name, "acc1", "a:1", "ls", encoding == "CP949" ? note : "ok"])
      }
      let hasTotal = Int.random(in: 0..<4, using: &random) == 0
      if hasTotal { lines.append([writing.total, "", "", "", "", "20"]) }
      let text = lines.map { Self.line($0, separator) + end }.joined()
      guard let bytes = encoded(text, as: encoding) else { continue }
      let what = "seed \(seed): \(encoding), \(separator.debugDescription), \(end.debugDescription)"
      do {
        let reading = try withFile(bytes) { try read($0) }
        let firstLine = lines.count - students.count + (hasTotal ? 0 : 1)
        guard reading.issues.isEmpty else {
          refusedCount += 1
          continue
        }
        #expect(reading.rows.map { $0.texts.first } == students.map(\.student), "\(what)")
        #expect(reading.rows.map(\.line) == students.indices.map { $0 + firstLine }, "\(what)")
      } catch is RosterError {
        refusedCount += 1
      }
    }
    // Refusing is safe and of no use: hardly any is.
    #expect(refusedCount * 20 <= count, "\(refusedCount) of \(count) are refused")
  }

  private static func line(_ cells: [String], _ separator: String) -> String {
    cells.map { $0.contains(separator) || $0.contains("\"") ? "\"\($0)\"" : $0 }.joined(separator: separator)
  }
}

/// A text in another encoding; nil where it has not its letters.
func encoded(_ text: String, as encoding: String) -> [UInt8]? {
  guard let converter = iconv_open(encoding, "UTF-8"), Int(bitPattern: converter) != -1 else { return nil }
  defer { iconv_close(converter) }
  var input = Array(text.utf8)
  var output = [UInt8](repeating: 0, count: input.count * 4 + 16)
  let capacity = output.count
  let left = input.withUnsafeMutableBytes { source in
    output.withUnsafeMutableBytes { target -> Int? in
      var next = source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var inputLeft = source.count
      var place = target.baseAddress?.assumingMemoryBound(to: CChar.self)
      var room = capacity
      return Int(iconv(converter, &next, &inputLeft, &place, &room)) == -1 ? nil : room
    }
  }
  return left.map { Array(output[..<(capacity - $0)]) }
}
