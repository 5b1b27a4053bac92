// What was probably meant by a word that is no verb. For options the parser suggests one itself.

import ArgumentParser
import Provisioning

enum Suggestion {
  /// So many letters may be wrong: of a short word only one.
  private static func mostWrong(_ word: String) -> Int { word.count < 4 ? 1 : 2 }

  static var verbs: [String] {
    Rollcall.configuration.groupedSubcommands.flatMap { $0.subcommands }.compactMap { $0.configuration.commandName }
  }

  /// What is wrong with a command line that does not begin with a verb; nil when it does, or begins with an option.
  static func unknownVerb(_ arguments: [String]) -> CommandError? {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help", !verbs.contains(word) else { return nil }
    let nearest = nearest(to: word, among: verbs).map { " Did you mean '\($0)'?" } ?? ""
    return CommandError("There is no command '\(word)'.\(nearest)", hint: "`rollcall --help` lists them.", .usage)
  }

  /// Where the options of the verb are told.
  static func help(for arguments: [String]) -> String {
    guard let verb = arguments.first, verbs.contains(verb) else { return "`rollcall --help` lists the commands." }
    return "`rollcall \(verb) --help` lists its options."
  }

  /// The word that differs least; nil when all differ in too much.
  static func nearest(to word: String, among words: [String]) -> String? {
    let distances = words.map { (word: $0, distance: distance($0, word)) }.filter { $0.distance <= mostWrong($0.word) }
    return distances.min { $0.distance < $1.distance }?.word
  }

  /// How many letters must be changed, added, taken away, or swapped with the next one.
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right.lowercased()))
    // A word that long is none of ours.
    guard right.count < 40 else { return .max }
    var rows = [Array(0...right.count)]
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        let isEqual = left[i] == right[j]
        var least = min(rows[i][j] + (isEqual ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
