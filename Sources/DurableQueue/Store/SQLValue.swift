// Values as they go into the database and come out of it.

package import Provisioning

/// A value of a column, or of an argument.
package enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  /// Bytes that are no text; nothing of ours writes any.
  case bytes
}

/// What can be an argument of a statement.
package protocol Bindable {
  /// It as a column has it.
  var sqlValue: SQLValue { get }
}

/// The arguments of a statement: in their order, or by name.
package enum Arguments: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// One for each `?`, or `?1`, `?2` and so on.
  case ordered([(any Bindable)?])
  /// One for each `:name`; one that the statement has not is left out, one that is missing is an error.
  case named([(String, (any Bindable)?)])

  /// Arguments in their order.
  package init(arrayLiteral elements: (any Bindable)?...) { self = .ordered(elements) }

  /// Arguments by name, without the colon.
  package init(dictionaryLiteral elements: (String, (any Bindable)?)...) { self = .named(elements) }
}

extension Int64: Bindable { package var sqlValue: SQLValue { .integer(self) } }
extension Int: Bindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int32: Bindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Bool: Bindable { package var sqlValue: SQLValue { .integer(self ? 1 : 0) } }
extension Double: Bindable { package var sqlValue: SQLValue { .real(self) } }
extension BaseURL: Bindable { package var sqlValue: SQLValue { .text(text) } }
extension String: Bindable { package var sqlValue: SQLValue { .text(self) } }
