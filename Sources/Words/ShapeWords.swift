// Sentences about JSON that is a roster in another shape, and how to make one of it.

import BulkImport
import Provisioning

extension RosterError.JSONShape {
  /// What it is, without a full stop.
  var sentence: String {
    switch self {
    case .list(let count, let steps):
      "its only row is an object that holds a list of \(count) objects, "
        + "\"\(steps.compactMap(\.self).joined(separator: ".").shown)\""
    case .columns:
      "its only row is an object that holds a table column by column, or its cells by number, as pandas writes it"
    case .byKey(let example, _):
      "its only row is an object that holds an object for each row, such as \"\(example.shown)\""
    case .objects(let count): "it holds \(count) objects, one behind the other"
    }
  }

  /// What to do about it.
  var hint: String {
    switch self {
    case .list(_, let steps):
      "Take the list out as the roster: jq '\(Self.path(steps))'. If it is one row, leave the list out of it."
    case .columns: "Write it row by row: to_json(…, orient=\"records\")."
    case .byKey(_, let isInList):
      "Make a list of them: jq '\(isInList ? ".[0] | " : "")to_entries | map({id: .key} + .value)'."
    case .objects:
      "Read them with --format jsonl, write each on a line of its own (jq -c .), or make one array of them (jq -s .)."
    }
  }

  private static func path(_ steps: [String?]) -> String {
    steps.map { step in
      guard let step else { return ".[0]" }
      let isPlain =
        step.first?.isNumber == false && step.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      return isPlain ? ".\(step)" : ".\"\(step.shown)\""
    }.joined()
  }
}
