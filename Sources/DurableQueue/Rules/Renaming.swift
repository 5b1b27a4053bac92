// Renaming: a template that was changed, or a number that was written another way, gives a known person another name, and
// so a second item. The mirror of a reassignment.

import Provisioning

/// Rows that the queue does not know, held against the items that leave with their roster.
///
/// Told by the columns that tell people apart, as a reassignment is: the person is the same when most of those that the
/// row fills say the same. Not all: a roster may also have the time of a last visit.
struct RenamingCheck {
  /// A row that the queue does not know.
  private struct Candidate {
    let line: Int
    let name: String
  }

  private var candidates: [Candidate] = []
  /// What the columns that tell say of the candidates, one candidate behind the other.
  private var marks: [Int] = []

  /// Notes a row whose name is new.
  mutating func note(_ row: NewRow, name: String, _ persons: PersonCheck) {
    guard case .read(let cells) = row.cells else { return }
    candidates.append(Candidate(line: row.line, name: name))
    persons.addMarks(now: cells, to: &marks)
  }

  /// The rows whose person leaves under another name: how many, and the first ones.
  ///
  /// - Parameter gone: the items that leave with the roster.
  func renamings(
    gone: Set<Int64>, _ persons: PersonCheck?, _ db: any Transaction
  ) throws -> (count: Int, first: [Renaming]) {
    guard let persons, !candidates.isEmpty, !gone.isEmpty else { return (0, []) }
    var leaving = Leaving(columnCount: persons.columnCount)
    for item in gone {
      guard let cells = try persons.cells(of: item, db), try Self.isInTheWay(item, db) else { continue }
      var marks: [Int] = []
      persons.addMarks(before: cells, to: &marks)
      leaving.add(item, marks)
    }
    var (count, first) = (0, [Renaming]())
    for (index, candidate) in candidates.enumerated() {
      let start = index * persons.columnCount
      guard let (item, column) = leaving.remove(marks[start..<start + persons.columnCount]) else { continue }
      count += 1
      guard first.count < 100, let (account, name) = try Self.key(of: item, db),
        let told = try persons.cells(of: item, db).flatMap({ persons.cell(column, before: $0) })
      else { continue }
      first.append(
        Renaming(
          line: candidate.line, column: told.header, value: told.value, before: name, account: account,
          now: candidate.name))
    }
    return (count, first)
  }

  /// Row out: whether an item is to be made, or was. One that was refused, or cancelled, is in nobody's way.
  private static func isInTheWay(_ item: Int64, _ db: any Transaction) throws -> Bool {
    let row = try db.one("SELECT state, remote_id IS NOT NULL FROM item WHERE id = ?", [item])
    guard let row else { return false }
    switch try row.get(0) as ItemState {
    case .cancelled: return false
    case .failed: return try row.get(1)
    default: return true
    }
  }

  private static func key(of item: Int64, _ db: any Transaction) throws -> (account: String, name: String)? {
    try db.one(
      "SELECT account, name FROM item JOIN account_scope ON account_scope.id = account_scope_id WHERE item.id = ?",
      [item]
    ) { (try $0.get(0), try $0.get(1)) }
  }
}

/// The people who leave, by what each column says of them.
private struct Leaving {
  private var items: [[Int: Int64]]
  private var taken: Set<Int64> = []

  init(columnCount: Int) { items = Array(repeating: [:], count: columnCount) }

  mutating func add(_ item: Int64, _ marks: [Int]) {
    for (column, mark) in marks.enumerated() where mark != PersonCheck.noMark { items[column][mark] = item }
  }

  /// Takes out the one of whom most columns say the same, with the first of these; nil where there is none.
  mutating func remove(_ marks: ArraySlice<Int>) -> (item: Int64, column: Int)? {
    var votes: [Int64: Int] = [:]
    for (column, mark) in marks.enumerated() {
      if let item = items[column][mark] { votes[item, default: 0] += 1 }
    }
    let filledCount = marks.count { $0 != PersonCheck.noMark }
    guard let found = votes.first(where: { $0.value * 2 > filledCount })?.key, taken.insert(found).inserted else {
      return nil
    }
    return zip(items, marks).enumerated().first { $1.0[$1.1] == found }.map { (found, $0.offset) }
  }
}
