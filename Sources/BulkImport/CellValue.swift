// What a cell becomes in the definition, by its field's kind, and which rules it breaks.

import Provisioning

/// A cell that was read.
struct CellValue {
  /// A rule that the cell breaks.
  struct Broken {
    let rule: String
    /// What breaks it: the cell, or an element of it.
    let value: String
    /// What is expected, to follow "must".
    let must: String
    var isWarning = false
  }

  /// The value; nil when the cell cannot be read.
  var json: JSONValue?
  /// All that is wrong with it.
  var broken: [Broken] = []

  /// Reads a cell that is trimmed and not empty.
  init(_ text: String, of field: Field) {
    switch field.kind {
    case .string, .stringMap:
      json = .string(text)
      check(text, field.rules)
    case .integer: readInteger(text, field.rules)
    case .integerList: readIntegers(text, field.rules)
    case .objectList(let members): readObjects(text, members, field.rules)
    }
  }

  private mutating func check(_ text: String, _ rules: [Rule]) {
    for rule in rules where !rule.allows(text) {
      broken.append(Broken(rule: rule.id, value: text, must: rule.must, isWarning: !rule.isStrict))
    }
  }

  /// - Returns: the number; nil when it is none, which is said once: by the field's own rules if they know.
  @discardableResult
  private mutating func readInteger(_ text: String, _ rules: [Rule]) -> JSONValue? {
    let before = broken.count
    check(text, rules)
    json = Int64(text).map(JSONValue.integer)
    if json == nil, !broken[before...].contains(where: { !$0.isWarning }) {
      broken.append(Broken(rule: "whole-number", value: text, must: "be a whole number"))
    }
    return json
  }

  private mutating func readIntegers(_ text: String, _ rules: [Rule]) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { String($0).trimmed }
    guard !parts.contains("") else {
      broken.append(Broken(rule: "list-form", value: text, must: "be whole numbers with one semicolon between two"))
      return
    }
    let numbers = parts.map { readInteger($0, rules) }
    json = .array(numbers.compactMap(\.self))
  }

  private mutating func readObjects(_ text: String, _ members: [String: Field.Member], _ rules: [Rule]) {
    if !text.hasPrefix("["), !text.hasPrefix("{"), text.contains("=>") { return readPairs(text, members, rules) }
    do {
      let list = try JSONParser.value(of: Array(text.utf8))
      if let fault = list.fault(asListOf: members) {
        broken.append(.objects(text, members, because: fault))
      } else if case .array(let objects) = list {
        for object in objects { check(object.canonicalText, rules) }
      }
      json = list
    } catch {
      broken.append(.objects(text, members, because: "it is not JSON"))
    }
  }
}

// MARK: - Pairs

extension CellValue {
  /// `hdfs=>path;hdfs2=>path2`: an object for each pair, its texts in the order of their names, its flags false.
  private mutating func readPairs(_ text: String, _ members: [String: Field.Member], _ rules: [Rule]) {
    let names = members.filter { $0.value == .string }.keys.sorted()
    guard names.count == 2 else {
      broken.append(.objects(text, members, because: "it is not JSON"))
      return
    }
    var objects: [JSONValue] = []
    for part in text.split(separator: ";", omittingEmptySubsequences: false).map({ String($0).trimmed }) {
      let texts = part.split(separator: "=>", omittingEmptySubsequences: false).map { String($0).trimmed }
      guard texts.count == 2, !texts.contains("") else {
        broken.append(
          Broken(
            rule: "list-form", value: part,
            must: "be a pair \(names[0])=>\(names[1]), with one semicolon between two pairs, or a JSON array"))
        continue
      }
      var object = members.mapValues { _ in JSONValue.bool(false) }
      (object[names[0]], object[names[1]]) = (.string(texts[0]), .string(texts[1]))
      check(JSONValue.object(object).canonicalText, rules)
      objects.append(.object(object))
    }
    json = .array(objects)
  }
}

extension CellValue.Broken {
  fileprivate static func objects(_ text: String, _ members: [String: Field.Member], because fault: String) -> Self {
    let example = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value == .boolean ? "true" : "\"…\"")" }
    // Who wrote JSON wants to know about that.
    let pairs = text.hasPrefix("[") ? "" : "pairs such as hdfs=>path, or "
    return Self(
      rule: "list-form", value: text,
      must: "be \(pairs)a JSON array such as [{\(example.joined(separator: ","))}], but \(fault)")
  }
}

extension JSONValue {
  /// Why this is no list of objects with exactly these members; nil if it is one.
  fileprivate func fault(asListOf members: [String: Field.Member]) -> String? {
    guard case .array(let elements) = self else { return "it is no array" }
    for (index, element) in elements.enumerated() {
      guard case .object(let given) = element else { return "element \(index + 1) is no object" }
      if let missing = members.keys.sorted().first(where: { given[$0] == nil }) {
        return "object \(index + 1) has no \(missing)"
      }
      if let extra = given.keys.sorted().first(where: { members[$0] == nil }) {
        return "object \(index + 1) has '\(extra.shown)', which is no member"
      }
      for (name, member) in members.sorted(by: { $0.key < $1.key }) where given[name].map(member.allows) != true {
        return "in object \(index + 1), \(name) is not \(member == .boolean ? "true or false" : "text")"
      }
    }
    return nil
  }
}

// MARK: - Cells that come again

/// The last few different cells of each column of which there is nothing to say, and what they became.
struct CellMemo {
  private struct Known {
    var text = ""
    var value: JSONValue?
    /// 0 for a place that is free.
    var number = 0
  }

  /// How many cells a column remembers: two images, three GPU models.
  private static let mostKnown = 4
  /// A longer cell is hardly ever met again, and would stay in memory.
  private static let longestKnown = 4_096

  /// `mostKnown` places for each column, one column behind the other.
  private var known: [Known]
  /// Where the row's cell is remembered; nil for one that is not.
  private var current: [Int?]
  /// The values of the row, by column; nil for an empty cell, or one that cannot be read.
  private(set) var values: [JSONValue?]
  /// Tells the values of a column apart: where two rows have the same number, they have the same value.
  private(set) var numbers: [Int]
  private var lastNumber = 0
  /// By column: rises to `mostTrust` with every cell that is met again, and falls with every other.
  private var trust: [Int]
  private static let mostTrust = 64

  init(columnCount: Int) {
    known = Array(repeating: Known(), count: columnCount * Self.mostKnown)
    current = Array(repeating: nil, count: columnCount)
    values = Array(repeating: nil, count: columnCount)
    numbers = Array(repeating: 0, count: columnCount)
    trust = Array(repeating: 0, count: columnCount)
  }

  /// Whether a column's cell is, byte by byte, a remembered one; its value is the row's then.
  mutating func recall(_ text: String, in column: Int) -> Bool {
    // A column of names is not worth the search.
    guard trust[column] > -Self.mostTrust else { return false }
    if let current = current[column], known[current].text.hasSameBytes(as: text) {
      trust[column] = Self.mostTrust
      return true
    }
    let first = column * Self.mostKnown
    for place in first..<first + Self.mostKnown
    where known[place].number > 0 && known[place].text.hasSameBytes(as: text) {
      current[column] = place
      values[column] = known[place].value
      numbers[column] = known[place].number
      trust[column] = Self.mostTrust
      return true
    }
    trust[column] -= 1
    return false
  }

  /// Notes what a cell became; `isClean`: there is nothing to say of it, so that it may be remembered.
  mutating func note(_ value: JSONValue?, of text: String, in column: Int, isClean: Bool) {
    lastNumber += 1
    values[column] = value
    numbers[column] = lastNumber
    current[column] = nil
    guard isClean, text.utf8.count <= Self.longestKnown, trust[column] > -Self.mostTrust else { return }
    let first = column * Self.mostKnown
    let free = (first..<first + Self.mostKnown).first { known[$0].number == 0 }
    let place = free ?? first + lastNumber % Self.mostKnown
    known[place] = Known(text: text, value: value, number: lastNumber)
    current[column] = place
  }
}
