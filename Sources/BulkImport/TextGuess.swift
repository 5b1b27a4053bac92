// How a roster's bytes make text, decided by what each way makes of them: the letters must be those of one writing, and
// stand together as people write them.

import Foundation
import Provisioning

/// What an encoding makes of a text.
struct TextEvidence {
  /// Bytes that fit no character.
  private(set) var lostCount = 0
  private var hangulCount = 0
  private var commonHangulCount = 0
  private var hanCount = 0
  private var commonHanCount = 0
  private var kanaCount = 0
  private var otherCount = 0
  /// Words with a letter beyond ASCII, and those of them that are as Western languages write them.
  private var wordCount = 0
  private var westernWordCount = 0
  private var westernLetterCount = 0
  private var commonLetterCount = 0
  /// Syllables or ideographs inside a Latin word.
  private var mixedCount = 0

  /// Reads a text in an encoding; nil when the system does not know it.
  init?(_ bytes: [UInt8], in encoding: RosterFormat.Encoding) {
    guard let transcoder = Transcoder(from: encoding.rawValue, replacing: true) else { return nil }
    let text = String(decoding: transcoder.feed(bytes), as: UTF8.self)
    lostCount = transcoder.lostCount
    for word in text.unicodeScalars.split(whereSeparator: { $0.isASCII && !$0.properties.isAlphabetic }) {
      if word.contains(where: { !$0.isASCII }) { note(word) }
    }
  }

  private mutating func note(_ word: Substring.UnicodeScalarView.SubSequence) {
    wordCount += 1
    let kinds = word.map(Kind.init)
    for (scalar, kind) in zip(word, kinds) {
      switch kind {
      case .hangul:
        hangulCount += 1
        if Self.commonHangul.contains(scalar) { commonHangulCount += 1 }
      case .han:
        hanCount += 1
        if Self.commonHan.contains(scalar) { commonHanCount += 1 }
      case .kana: kanaCount += 1
      case .accented:
        westernLetterCount += 1
        if Self.commonLetters.contains(scalar) { commonLetterCount += 1 }
      case .mark, .symbol, .latin: break
      case .other: otherCount += 1
      }
    }
    if Self.isMixed(kinds) { mixedCount += 1 }
    if Self.isWestern(word, kinds) { westernWordCount += 1 }
  }

  // MARK: - Judging

  private var wideCount: Int { hangulCount + hanCount + kanaCount + otherCount + westernLetterCount }

  /// Whether a text could be in the encoding.
  func fits(_ encoding: RosterFormat.Encoding) -> Bool {
    // A stray byte or two do not make another encoding of it.
    guard wordCount > 0, lostCount * 50 <= wideCount || (lostCount == 1 && wideCount >= 10) else { return false }
    switch encoding {
    case .utf8, .utf16, .utf16LittleEndian, .utf16BigEndian: return true
    case .cp949:
      return mixedCount == 0 && share(hangulCount) >= 0.8 && commonHangulCount * 2 >= hangulCount
    case .gbk:
      return mixedCount == 0 && share(hanCount) >= 0.9 && kanaCount * 50 <= hanCount
        && commonHanCount * 10 >= hanCount * 3
    case .eucJP, .shiftJIS:
      return mixedCount == 0 && share(kanaCount) >= 0.15 && share(kanaCount + hanCount) >= 0.9
    case .windows1252, .macRoman:
      // Mac Roman has a letter for nearly every byte, so that one or two tell nothing.
      let isMac = encoding == .macRoman
      return lostCount == 0 && westernWordCount * 10 >= wordCount * 9 && westernLetterCount >= (isMac ? 3 : 1)
        && commonLetterCount * 5 >= westernLetterCount * (isMac ? 4 : 2)
    }
  }

  /// How usual its letters are, for what fits more than one encoding of one writing.
  var usualness: Double { westernLetterCount == 0 ? 0 : Double(commonLetterCount) / Double(westernLetterCount) }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(1, wideCount)) }

  /// What a letter is of.
  private enum Kind {
    case latin, accented, hangul, han, kana, mark, symbol, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0..<0x80: self = .latin
      // Quotes, dashes and dots of a typesetter.
      case 0x2010...0x201F, 0x2023...0x2027, 0x00A0: self = .mark
      // Circles, arrows and the like, which stand in East Asian rosters; Roman numerals are none.
      case 0x2020...0x214F, 0x2190...0x2BFF, 0x3200...0x33FF: self = .symbol
      case 0x00C0...0x024F where scalar.value != 0xD7 && scalar.value != 0xF7: self = .accented
      case 0xAC00...0xD7A3: self = .hangul
      case 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x3005: self = .han
      case 0x3041...0x30FF: self = .kana
      // Full-width forms and the signs of East Asian sets stand in any of these texts.
      case 0x3000...0x3020, 0xFF01...0xFF5E, 0x2460...0x24FF: self = .mark
      default: self = .other
      }
    }

    var isWide: Bool { self == .hangul || self == .han || self == .kana }
  }

  /// Whether syllables or ideographs stand where no language has them: between Latin letters, or an ideograph right at one.
  private static func isMixed(_ kinds: [Kind]) -> Bool {
    for index in kinds.indices where kinds[index].isWide {
      let before = kinds[..<index].last { !$0.isWide } == .latin
      let after = kinds[index...].first { !$0.isWide } == .latin
      if before, after { return true }
      let touches = (index > 0 && kinds[index - 1] == .latin) || (index + 1 < kinds.count && kinds[index + 1] == .latin)
      if kinds[index] == .han, touches { return true }
    }
    return false
  }

  /// Whether a word is as Western languages write them: Latin letters of which a third has no accent, none of them a
  /// capital behind a small one.
  private static func isWestern(_ word: Substring.UnicodeScalarView.SubSequence, _ kinds: [Kind]) -> Bool {
    guard kinds.allSatisfy({ $0 == .latin || $0 == .accented || $0 == .mark }) else { return false }
    let accented = kinds.count { $0 == .accented }
    if accented == 0 { return true }
    guard kinds.count(where: { $0 == .latin }) * 2 >= accented else { return false }
    var wasSmall = false
    for (scalar, kind) in zip(word, kinds) {
      if kind == .accented, wasSmall, scalar.properties.isUppercase { return false }
      wasSmall = scalar.properties.isLowercase
    }
    return true
  }

  // MARK: - What is usual

  private static let commonLetters = Set("áéíóúàèìòùâêîôûäëïöüãõåæøçñßÁÉÍÓÚÀÈÂÊÎÔÄËÏÖÜÃÕÅÆØÇÑÌÒÙÛ".unicodeScalars)

  /// Syllables of names, and of words that stand in rosters.
  private static let commonHangul = Set(
    """
    가각간강개거건격견결경계고곡공과관광교구국군권규근금급기길김나남내노녀년농단담당대덕도독동두등라락란람래량려련렬령례로록론룡루류륜률륭리린림립마만말맹메면명모목무문물미민박반방배백번범법변병보복본봉부북분비빈사산삼상새서석선설섭성세소손송수숙순술숭슬습승시식신실심아안애양어언엄업여연열염엽영예오옥온와왕외요용우욱운웅원월위유육윤율은을음의이익인일임자작장재전정제조종좌주준중지진차찬창채책천철초최추춘충치침탁탄태택토통파판팔편평포표필하학한함합항해향허헌혁현협형혜호홍화환황회효후훈휘휴희름번과름메일학번성명이소속분반조교수강생팀담임부모드래솔별빛슬찬결다를에는고서으로
    """.unicodeScalars)

  /// Ideographs of Chinese names, and of words that stand in rosters.
  private static let commonHan = Set(
    """
    王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建国文辉力玉萍红鹏春梅海燕志玲宇浩然子轩梓涵欣怡佳俊思雨晨梦琪雪天一小学生号姓名班级专业年系院课程成绩备注教师组电话邮箱人大中上下的是在不了有和这为我他到时要以来用们工作们文化新东西南北京市省县区第三二四五六七八九十男女老师
    """.unicodeScalars)
}

/// The encoding of a roster.
struct EncodingGuess {
  private(set) var encoding = RosterFormat.Encoding.utf8
  /// A cell that shows what it makes of the bytes; nil where it is sure.
  private(set) var sample: String?

  /// The encodings that are told apart where bytes are no UTF-8.
  private static let candidates: [RosterFormat.Encoding] = [
    .cp949, .windows1252, .macRoman, .gbk, .eucJP, .shiftJIS,
  ]
  /// So many bytes of lines beyond ASCII are enough.
  private static let sampleSize = 1 << 16

  /// Finds out, from the whole file where it must.
  ///
  /// - Parameter head: its first bytes, which were read.
  /// - Throws: `RosterError`, where it could be more than one.
  init(_ head: Data, of file: RosterFile, shownAs: String) throws {
    if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      encoding = .utf16
      return
    }
    if head.contains(0) {
      guard let wide = Self.wide(head) else {
        throw RosterError(.format, file: shownAs, detail: "UTF-16 text without its mark, or a binary file")
      }
      encoding = wide
      return
    }
    var check = UTF8Check()
    check.feed(head)
    while check.isValid, let chunk = try file.chunk(of: 1 << 18) { check.feed(chunk) }
    guard !check.isComplete else { return }
    let lines = try Self.foreignLines(of: file)
    // Stray bytes in UTF-8 are left to the reader, which says where they are; so is what fits nothing.
    if Self.isMostlyUTF8(lines) { return }
    let fitting = Self.encodings(of: lines)
    guard fitting.count < 2 else {
      let could = fitting.map { "\($0.name) ('\(Self.sample(lines, $0).shown)')" }
      throw RosterError(.encoding, file: shownAs, detail: could.joined(separator: " or "))
    }
    guard let only = fitting.first else { return }
    (encoding, sample) = (only, Self.sample(lines, only))
  }

  /// Those that a text could be in.
  ///
  /// - Parameter bytes: lines with bytes beyond ASCII.
  static func encodings(of bytes: [UInt8]) -> [RosterFormat.Encoding] {
    let fitting = candidates.compactMap { encoding in
      TextEvidence(bytes, in: encoding).flatMap { $0.fits(encoding) ? (encoding, $0.usualness) : nil }
    }
    // Of two ways to write Western languages the one is right whose letters are the more usual ones.
    let western = fitting.filter { $0.0 == .windows1252 || $0.0 == .macRoman }
    guard western.count == fitting.count, western.count == 2 else { return fitting.map(\.0) }
    return [western[1].1 > western[0].1 ? western[1].0 : western[0].0]
  }

  /// UTF-16 without its mark: with one order of bytes it has line ends and no control characters.
  private static func wide(_ head: Data) -> RosterFormat.Encoding? {
    let fitting = [RosterFormat.Encoding.utf16LittleEndian, .utf16BigEndian].filter { encoding in
      guard let transcoder = Transcoder(from: encoding.rawValue) else { return false }
      let text = transcoder.feed(head.prefix(head.count / 2 * 2))
      let controls = text.contains { $0 < 0x20 && !"\t\r\n".utf8.contains($0) }
      return transcoder.lostCount == 0 && !controls && text.contains { $0 == 0x0A || $0 == 0x0D }
    }
    return fitting.count == 1 ? fitting[0] : nil
  }

  /// The first lines that have a byte beyond ASCII.
  private static func foreignLines(of file: RosterFile) throws -> [UInt8] {
    try file.seek(to: 0)
    var (lines, line, isForeign) = ([UInt8](), [UInt8](), false)
    while lines.count < sampleSize, let chunk = try file.chunk(of: 1 << 18) {
      for byte in chunk {
        line.append(byte)
        if byte >= 0x80 { isForeign = true }
        guard byte == 0x0A || byte == 0x0D || line.count > 1 << 14 else { continue }
        if isForeign { lines += line }
        (line, isForeign) = ([], false)
        if lines.count >= sampleSize { break }
      }
    }
    return isForeign ? lines + line : lines
  }

  private static func isMostlyUTF8(_ lines: [UInt8]) -> Bool {
    let scalars = String(decoding: lines, as: UTF8.self).unicodeScalars
    let lost = scalars.count { $0 == "\u{FFFD}" }
    return lost * 4 <= scalars.count { !$0.isASCII && $0 != "\u{FFFD}" }
  }

  /// The first cell with a letter beyond ASCII.
  private static func sample(_ lines: [UInt8], _ encoding: RosterFormat.Encoding) -> String {
    let text = Transcoder(from: encoding.rawValue, replacing: true).map { $0.feed(lines) } ?? []
    let cells = String(decoding: text, as: UTF8.self).split(whereSeparator: {
      ",;\t\r\n\"".contains($0) || $0.isNewline
    })
    let cell = cells.first { cell in cell.unicodeScalars.contains { !$0.isASCII && $0.properties.isAlphabetic } }
    return String(cell ?? "").trimmed
  }
}
