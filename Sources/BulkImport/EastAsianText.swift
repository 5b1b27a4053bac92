// What an encoding of East Asian writings makes of a text: the letters must be those of one writing, and stand together as
// people write them.

import Provisioning

/// What an encoding makes of a text that may be Korean, Japanese or Chinese.
struct EastAsianText {
  /// Bytes that fit no character.
  private(set) var lostCount = 0
  private var hangulCount = 0
  private var commonHangulCount = 0
  private var hanCount = 0
  private var commonHanCount = 0
  private var kanaCount = 0
  private var otherCount = 0
  private var commonJapaneseCount = 0
  /// Kana in half the width, which is what other one-byte texts look like too: it tells nothing by itself.
  private var halfKanaCount = 0
  /// Roman numerals of one character, which are usual in Japanese.
  private var numeralCount = 0
  private var commonTraditionalCount = 0
  /// Words with a letter beyond ASCII.
  private var wordCount = 0
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
        if Self.commonTraditional.contains(scalar) { commonTraditionalCount += 1 }
        if Self.commonJapanese.contains(scalar) { commonJapaneseCount += 1 }
      case .kana: kanaCount += 1
      case .halfKana: halfKanaCount += 1
      case .mark, .symbol, .latin: break
      case .numeral:
        otherCount += 1
        numeralCount += 1
      case .accented, .other: otherCount += 1
      }
    }
    if Self.isMixed(kinds) { mixedCount += 1 }
  }

  // MARK: - Judging

  private var wideCount: Int { hangulCount + hanCount + kanaCount + otherCount }

  /// Whether a text could be in the encoding.
  func fits(_ encoding: RosterFormat.Encoding) -> Bool {
    // A stray byte or two do not make another encoding of it.
    guard wordCount > 0, lostCount * 50 <= wideCount || (lostCount == 1 && wideCount >= 10) else { return false }
    switch encoding {
    case .cp949:
      // A letter of kana may be a mark, too.
      return mixedCount == 0 && share(hangulCount) >= 0.8 - share(kanaCount) && commonHangulCount * 2 >= hangulCount
    case .gbk:
      return mixedCount == 0 && share(hanCount) >= 0.9 - share(kanaCount) && kanaCount < hanCount
        && commonHanCount * 10 >= hanCount * 3
    case .eucJP, .shiftJIS:
      let isJapanese = share(kanaCount) >= 0.15 || commonJapaneseCount > 1 && commonJapaneseCount * 2 >= hanCount
      return mixedCount == 0 && isJapanese && share(kanaCount + hanCount + numeralCount) >= 0.9
        && halfKanaCount <= 4 * (kanaCount + hanCount)
    case .big5:
      return mixedCount == 0 && share(hanCount) >= 0.9 && commonTraditionalCount * 10 >= hanCount * 4
        && commonTraditionalCount > 1
    default: return false
    }
  }

  /// Whether nearly all syllables are such as names and words have: of other texts one in six would be.
  var isSurelyKorean: Bool {
    fits(.cp949) && hangulCount >= 6 && commonHangulCount * 10 >= hangulCount * 8
  }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(1, wideCount)) }

  /// What a letter is of.
  private enum Kind {
    case latin, accented, hangul, han, kana, halfKana, numeral, mark, symbol, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0..<0x80: self = .latin
      // Quotes, dashes and dots of a typesetter.
      case 0x2010...0x201F, 0x2023...0x2027, 0x00A0: self = .mark
      // Circles, arrows and the like, which stand in East Asian rosters.
      case 0x2020...0x214F, 0x2190...0x2BFF, 0x3200...0x33FF: self = .symbol
      // Roman numerals, Greek letters and single letters of Hangul, as marks and levels have them.
      case 0x2150...0x218F, 0x0391...0x03C9, 0x3131...0x318E: self = .symbol
      case 0x00C0...0x024F where scalar.value != 0xD7 && scalar.value != 0xF7: self = .accented
      case 0xAC00...0xD7A3: self = .hangul
      case 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x3005: self = .han
      case 0x3041...0x30FF: self = .kana
      case 0x2160...0x217F: self = .numeral
      case 0xFF61...0xFF9F: self = .halfKana
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

  // MARK: - What is usual

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

  /// The same in the letters of Taiwan and Hong Kong.
  private static let commonTraditional = Set(
    """
    王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘于蔣蔡余杜葉程蘇魏呂丁任沈姚盧姜崔鍾譚陸汪范金石廖賈夏韋付方白鄒孟熊秦邱江尹薛閻段雷侯龍史陶黎賀顧毛郝龔邵萬錢嚴賴洪詹施游柯翁簡戴莊涂志明俊傑建宏家豪淑芬美玲雅婷怡君詩涵承恩宗翰冠宇品睿柏宥彥廷子軒宜庭欣佳佩珊惠雯麗華秀英文雄國強偉小大中一天安思宜學生號姓名班級專業年系院課程成績備註教師組電話郵箱座人上下的是在不了有和這為我他到時要以來用們工作化新東西南北京市省縣區第三二四五六七八九十男女老師
    """.unicodeScalars)

  /// Ideographs of Japanese names, and of words that stand in rosters.
  private static let commonJapanese = Set(
    """
    佐藤鈴木高橋髙田中伊渡辺邊山本村小林加吉松井斎斉齋齊清水森池阿部石川原前岡長谷後近遠青坂西福太三浦岩上下金子内藤野竹宮崎﨑今大和千葉菅古市杉平丸増柴酒工横新久保島嶋関安東桜河武土屋熊谷秋永北南郎一二三花美恵香奈健翔陽菜結衣愛真優斗悠樹直裕介助司之浩史明義雄彦隆誠正和男子里沙織理絵沢澤桑星荒片尾黒白根浅児玉望月須服飯尾富学籍番号氏名所属科年組部学生名前姓性別男女連絡先電話備考成績点数講義履修者
    """.unicodeScalars)
}
