// Sentences about rows that ask for something else than what was made.

package import Provisioning

extension FieldDifference {
  /// The field and both values: `image: tensorflow:r2.3.1-py3 → pytorch:r1.10.0-py3`.
  package var text: String { "\(field): \(Self.shown(made)) → \(Self.shown(wanted))" }

  private static func shown(_ value: String) -> String { value.isEmpty ? "(none)" : value.visibleLine }
}

/// Words about such rows.
package enum DifferenceWords {
  /// How many there are, and in which fields: `40 rows are made otherwise than the roster asks for (image)`.
  package static func sentence(_ count: Int, fields: [String: Int]) -> String {
    let names = fields.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key.visibleLine)
    let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
    let rows = count == 1 ? "1 row is" : "\(count) rows are"
    return "\(rows) made otherwise than the roster asks for\(names.isEmpty ? "" : " (\(shown))")"
  }

  /// The same for a plan.
  package static func planned(_ count: Int, fields: [String: Int]) -> String {
    "\(sentence(count, fields: fields)); \(count == 1 ? "it is left as it is" : "they are left as they are")"
  }

  /// That rows were taken over which somebody had made a short time before.
  package static func recent(_ count: Int) -> String {
    "\(count) taken over \(count == 1 ? "was" : "were") made in the hour before, perhaps by somebody who is at work now"
  }

  /// What to do about it.
  ///
  /// - Parameter command: the command that looks again, as it is to be typed.
  package static func hint(_ command: String) -> String {
    "Rollcall does not change what is made. If it was changed at the service by hand, "
      + "\(command) looks at it again; or put the old values back into the roster."
  }
}
