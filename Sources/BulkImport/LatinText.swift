// What a one-byte encoding of Latin letters makes of a text: whether its letters stand as people write them. An `è` is a
// vowel and a `č` is none, so that hardly any name is one with both; a `³` inside a word is none at all.

import Foundation
import Provisioning

/// What an encoding makes of the words that have more than ASCII.
struct LatinText {
  let encoding: RosterFormat.Encoding
  /// The text itself, by which two encodings are the same.
  let text: [UInt8]
  /// Words with a letter beyond ASCII, or with a sign where no word has one.
  private(set) var wordCount = 0
  /// Those that no language of the encoding has.
  private(set) var oddCount = 0
  private var letterCount = 0
  /// How many words the language that has most of them lacks.
  private(set) var strangeCount = 0

  /// The encodings of Latin letters that are told apart, the most usual one first.
  static let encodings: [RosterFormat.Encoding] = [
    .windows1252, .macRoman, .windows1250, .iso8859_2, .iso8859_15, .windows1254, .windows1257, .macCentralEurope,
    .cp850, .cp857, .cp860,
  ]

  /// Reads a text; nil where it cannot be in the encoding.
  init?(_ bytes: [UInt8], in encoding: RosterFormat.Encoding) {
    guard let transcoder = Transcoder(from: encoding.rawValue, replacing: true) else { return nil }
    self.encoding = encoding
    text = transcoder.feed(bytes)
    guard transcoder.isWhole else { return nil }
    let languages = LatinLanguages.of(encoding)
    var counts = [Int](repeating: 0, count: languages.count)
    for part in String(decoding: text, as: UTF8.self).unicodeScalars.split(whereSeparator: {
      $0.isASCII && !$0.properties.isAlphabetic
    }) where part.contains(where: { !$0.isASCII }) {
      let word = LatinWord(part)
      guard word.isEvidence else { continue }
      wordCount += 1
      letterCount += word.accents.count
      let having = languages.indices.filter { word.accents.isSubset(of: languages[$0]) }
      for index in having { counts[index] += 1 }
      if word.isOdd || having.isEmpty { oddCount += 1 }
    }
    strangeCount = wordCount - (counts.max() ?? 0)
    // A name in another language, or two, may be among many.
    guard letterCount > 0, oddCount * 4 <= wordCount else { return nil }
  }

  /// Those that a text can be in: one where it is sure, several where it is not.
  static func fitting(_ bytes: [UInt8]) -> [RosterFormat.Encoding] {
    let looks = encodings.compactMap { LatinText(bytes, in: $0) }.enumerated().sorted {
      ($0.element.oddCount, $0.element.strangeCount, $0.offset) < (
        $1.element.oddCount, $1.element.strangeCount, $1.offset
      )
    }.map(\.element)
    guard let best = looks.first else { return [] }
    // Of encodings that make the same text of it the first is enough.
    let rivals = looks.dropFirst().filter { !best.isSurer(than: $0) }.reduce(into: [LatinText]()) { rivals, look in
      if !rivals.contains(where: { $0.text == look.text }) { rivals.append(look) }
    }
    let found = ([best] + rivals).map(\.encoding)
    // One stray byte is a letter somewhere: where it stands is told by the reader.
    let isUsual = found.contains(.windows1252) || found.contains(.windows1250)
    return isUsual || best.letterCount > 1 ? found : []
  }

  private func isSurer(than other: LatinText) -> Bool {
    if text == other.text { return true }
    if oddCount != other.oddCount { return oddCount == 0 || other.oddCount >= oddCount * 3 }
    if other.strangeCount >= strangeCount + 2 { return true }
    // What both make sense of is in the usual one, where the other one is rare.
    return encoding == .windows1252 && strangeCount <= other.strangeCount
      && [.iso8859_15, .windows1257, .cp850, .cp857, .cp860].contains(other.encoding)
  }
}

/// The accented letters of languages, in lower case.
enum LatinLanguages {
  /// Letters that Western and Central European encodings have in the same places.
  private static let shared = ["äöüßé", "áéíóúýšžäôöü", "çëéâîôäöüß"]
  private static let western = [
    "àâçéèêëîïôùûüœæ", "áéíñóúü", "àçèéíïòóúü", "áâãàçéêíóôõúü", "àèéìòùíóú", "åäöéü", "åæøéöäü", "áðéíóúýþæö",
    "äõöüšž",
    "äåöšž", "éëïöüèáíóúç", "ñç",
  ]
  private static let central = [
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ",
  ]
  private static let turkish = ["çğıöşüâîû", "äöüßé", "àâçéèêëîïôùûü"]
  private static let portuguese = ["áâãàçéêíóôõúü"]
  private static let baltic = ["ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž", "äöüßé", "åäöéø"]

  /// Those that are written in an encoding.
  static func of(_ encoding: RosterFormat.Encoding) -> [Set<Unicode.Scalar>] {
    let texts =
      switch encoding {
      case .windows1250, .iso8859_2, .macCentralEurope: shared + central
      case .windows1254, .cp857: turkish
      case .cp860: portuguese
      case .windows1257: baltic
      default: shared + western
      }
    return texts.map { Set($0.unicodeScalars) }
  }
}

/// A word with more than ASCII in it.
struct LatinWord {
  /// Its letters beyond ASCII, in lower case.
  private(set) var accents: Set<Unicode.Scalar> = []
  /// Whether no language writes it so.
  private(set) var isOdd = false
  /// Whether it tells anything: a dash or a quotation mark does not.
  var isEvidence: Bool { !accents.isEmpty || isOdd }

  private let letters: [Unicode.Scalar?]

  init(_ word: some Collection<Unicode.Scalar>) {
    let scalars = Array(word)
    // Signs are nil.
    letters = scalars.map { $0.isLatinLetter ? $0.lowered : nil }
    accents = Set(letters.compactMap(\.self).filter { !$0.isASCII })
    isOdd =
      scalars.indices.contains { isOddSign(scalars, $0) || isOddAccent($0) } || Self.hasOddCapital(scalars)
      || !accents.isEmpty && lacksVowel
      || letters.count(where: { $0?.isASCII == true }) * 2 < letters.count(where: { $0?.isASCII == false })
  }

  /// Whether an accented capital stands behind a small letter, or inside a word before one, or an accented small letter before
  /// a capital.
  private static func hasOddCapital(_ scalars: [Unicode.Scalar]) -> Bool {
    scalars.indices.dropFirst().contains { index in
      let (before, letter) = (scalars[index - 1], scalars[index])
      guard letter.properties.isUppercase, before.isLatinLetter else { return false }
      let isAtSmall = index + 1 < scalars.count && scalars[index + 1].properties.isLowercase
      return letter.isASCII
        ? !before.isASCII && before.properties.isLowercase : before.properties.isLowercase || isAtSmall
    }
  }

  /// Whether there is no vowel, nor a letter that stands for one, in a word with an accented consonant.
  private var lacksVowel: Bool {
    let all = letters.compactMap(\.self)
    return all.count > 1 && !all.contains { $0.isVowel || $0 == "r" || $0 == "l" }
  }

  /// Whether a sign stands where no word has it.
  private func isOddSign(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let sign = scalars[index]
    guard !sign.isASCII, letters[index] == nil else { return false }
    let before = index > 0 && letters[index - 1] != nil
    let after = index + 1 < scalars.count && letters[index + 1] != nil
    switch (before, after) {
    // Control characters, and letters of other writings.
    case _ where sign.value < 0xA0 || sign.value > 0x24F && sign.properties.isAlphabetic: return true
    case (true, true): return !"’‘–·´\u{A0}".unicodeScalars.contains(sign)
    case (true, false):
      return "³¹²".unicodeScalars.contains(sign) ? index > 2 : "¼½¾£¯¥¨¸¤¦¬±¶¿¡".unicodeScalars.contains(sign)
    case (false, true): return !"¿¡«“‘„‚§©•†‡–—…’ª\u{A0}".unicodeScalars.contains(sign)
    case (false, false): return false
    }
  }

  private func letter(_ index: Int) -> Unicode.Scalar? { letters.indices.contains(index) ? letters[index] : nil }

  /// Whether an accented letter stands between others as it does in no language.
  private func isOddAccent(_ index: Int) -> Bool {
    guard let letter = letters[index], !letter.isASCII else { return false }
    let (before, after) = (self.letter(index - 1), self.letter(index + 1))
    if let after, !after.isASCII, after.isVowel, letter.isVowel {
      return after != letter || !"äöõüå".unicodeScalars.contains(letter)
    }
    let isAfterVowel = before?.isVowel == true
    let isBeforeVowel = after?.isVowel == true
    switch letter {
    case "ŕ", "ĺ": return true
    case "ã": return after.map { !"oes".unicodeScalars.contains($0) } ?? false
    case "ă": return isBeforeVowel && after != "i" && after != "u"
    case "æ": return isAfterVowel || isBeforeVowel
    case "œ": return isAfterVowel || isBeforeVowel && after != "u"
    case "à", "è", "ò", "ø", "å": return isAfterVowel && isBeforeVowel
    case "ê", "û": return isAfterVowel
    // Hungarian has `gy` and its kind as one consonant.
    case "ű": return isAfterVowel && before != "y"
    case "ę": return isBeforeVowel || isAfterVowel && before != "i"
    case "ì", "ù": return after != nil
    case "ě": return before == nil || isAfterVowel
    case "ů": return before == nil || isAfterVowel
    case "ï": return !isAfterVowel && !isBeforeVowel
    case "ď": return after != nil && !isBeforeVowel && after != "k"
    case "ť": return after.map { !$0.isVowel && $0 != "k" && $0 != "h" } ?? !isAfterVowel
    case "ā", "ē", "ī", "ū", "į", "ų": return isAfterVowel || isBeforeVowel
    case "ñ": return !isBeforeVowel
    case "ń": return isBeforeVowel
    case "õ": return after != "e" && !accents.isDisjoint(with: "áéíóúâêôç".unicodeScalars)
    case "ő": return isBeforeVowel || isAfterVowel && before != "y"
    case "ÿ": return !isAfterVowel
    case "ł": return false
    default: return !letter.isVowel && letter.isSoftened && isOddConsonant(index, letter, before, after)
    }
  }

  /// Whether a consonant such as `č` has no vowel beside it, nor one of the letters that stand for a vowel.
  private func isOddConsonant(
    _ index: Int, _ letter: Unicode.Scalar, _ before: Unicode.Scalar?, _ after: Unicode.Scalar?
  ) -> Bool {
    if let base = letter.base, before == base || after == base { return true }
    if letter == "č", let after, "vfbgsz".unicodeScalars.contains(after) { return true }
    guard let before else { return "řň".unicodeScalars.contains(letter) && after?.isVowel == false }
    guard let after else { return before.isASCII && !before.isVowel && !"rln".unicodeScalars.contains(before) }
    if before.isVowel || after.isVowel { return false }
    let isSyllable = (before == "r" || before == "l") && self.letter(index - 2)?.isVowel != true
    return !isSyllable
  }
}

extension Unicode.Scalar {
  fileprivate var isLatinLetter: Bool {
    isASCII ? properties.isAlphabetic : (0xC0...0x24F).contains(value) && value != 0xD7 && value != 0xF7
  }

  /// In lower case; İ as the other i of Turkish, for it is no plain one.
  fileprivate var lowered: Unicode.Scalar {
    self == "İ" ? "ı" : properties.lowercaseMapping.unicodeScalars.first ?? self
  }

  /// The letter without its mark; nil for one that has none.
  fileprivate var base: Unicode.Scalar? {
    let parts = String(self).decomposedStringWithCanonicalMapping.unicodeScalars
    return parts.count > 1 ? parts.first : nil
  }

  /// Of letters in lower case.
  fileprivate var isVowel: Bool { "aeiouyæœøı".unicodeScalars.contains(base ?? self) }

  /// Whether it is a consonant with a mark, of Slavic or Baltic languages or of Turkish.
  fileprivate var isSoftened: Bool { "čćřňťšžśźżģķļņşğ".unicodeScalars.contains(self) }
}
