// Headers of columns that nobody should store: passwords, keys, numbers of identity.

import Foundation

enum SecretHeader {
  private static let words: Set<String> = [
    "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pw", "secret", "secrets", "token", "tokens",
    "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "pin", "ssn", "otp", "비번", "암호",
    "토큰",
    "인증키",
  ]
  /// Words that mean it one after the other.
  private static let phrases = [
    ["api", "key"], ["access", "key"], ["private", "key"], ["resident", "number"], ["resident", "registration"],
    ["social", "security"], ["passport", "number"],
  ]
  /// Korean puts words together; these mean it wherever they stand.
  private static let parts = ["비밀번호", "패스워드", "주민등록번호", "주민번호", "외국인등록번호", "여권번호", "비밀키"]

  /// Whether a column of this header probably holds secrets: by whole words, so that `tokenizer` and `pinned` are none.
  static func matches(_ header: String) -> Bool {
    let text = header.precomposedStringWithCompatibilityMapping
    let found = Self.words(of: text)
    if found.contains(where: words.contains) { return true }
    for phrase in phrases where found.count >= phrase.count {
      for start in 0...found.count - phrase.count where Array(found[start..<start + phrase.count]) == phrase {
        return true
      }
    }
    let joined = text.filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
    return parts.contains { joined.contains($0) }
  }

  /// The words of a header in lower case: what stands between other characters than letters, and what capitals begin.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    let letters = Array(text)
    for (index, letter) in letters.enumerated() {
      let next = index + 1 < letters.count ? letters[index + 1] : nil
      let previous = word.last
      let begins =
        letter.isUppercase && (previous?.isLowercase == true || previous != nil && next?.isLowercase == true)
      if !word.isEmpty, begins || !letter.isLetter {
        words.append(word.lowercased())
        word = ""
      }
      if letter.isLetter { word.append(letter) }
    }
    if !word.isEmpty { words.append(word.lowercased()) }
    return words
  }
}
