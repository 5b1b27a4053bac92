// What a target's definition looks like: which fields there are, of what kind, under which rules. The import reads a
// roster by it without knowing the target.

/// The fields of a target's definition.
package struct Schema: Sendable {
  /// All fields, in the order in which help and errors name them.
  package let fields: [Field]
  /// The path of the field that holds the account.
  package let accountPath: String
  /// The path of the field that holds the item's name.
  package let namePath: String

  /// Makes a schema; `accountPath` and `namePath` must name required string fields of it.
  package init(fields: [Field], accountPath: String, namePath: String) {
    for path in [accountPath, namePath] {
      precondition(
        fields.contains { $0.path == path && $0.isRequired && $0.kind == .string },
        "account and name are required string fields of every schema")
    }
    self.fields = fields
    self.accountPath = accountPath
    self.namePath = namePath
  }

  /// The field with this path; nil when there is none.
  package func field(at path: String) -> Field? { fields.first { $0.path == path } }
}

/// One field of a definition.
package struct Field: Sendable {
  /// What a cell of the field holds and what it becomes in JSON.
  package enum Kind: Hashable, Sendable {
    /// Text, as it is.
    case string
    /// A whole number.
    case integer
    /// Whole numbers, separated by semicolons in a cell.
    case integerList
    /// Names and texts; a column for each name, `path.NAME`.
    case stringMap
    /// Objects, as a JSON array in a cell, each with exactly these members.
    case objectList(members: [String: Member])
  }

  /// What a member of an object in a list holds.
  package enum Member: Hashable, Sendable {
    case string
    case boolean

    /// Whether it may hold a value.
    package func allows(_ value: JSONValue) -> Bool {
      switch (self, value) {
      case (.string, .string), (.boolean, .bool): true
      default: false
      }
    }
  }

  /// Where the field stands in the definition, dotted: `configuration.image`.
  package let path: String
  /// The path's steps.
  package let steps: [String]
  /// What it holds.
  package let kind: Kind
  /// Whether every row must give it.
  package let isRequired: Bool
  /// What a value must keep to; each element of a list and each value of a map by itself.
  package let rules: [Rule]
  /// One line for help and README.
  package let help: String

  /// Makes a field.
  package init(_ path: String, _ kind: Kind, required: Bool = false, rules: [Rule] = [], help: String) {
    self.path = path
    steps = path.split(separator: ".").map(String.init)
    self.kind = kind
    isRequired = required
    self.rules = rules
    self.help = help
  }

  /// The last step of the path: what people call the field.
  package var lastWord: String { steps.last ?? path }
}

/// One rule that a value must keep to.
package struct Rule: Sendable {
  /// A short name that stays the same: `image-form`, `name-length`.
  package let id: String
  /// What is expected, to follow "must": `be at most 15 characters long`.
  package let must: String
  /// Whether a value that breaks the rule is refused; otherwise it is only warned about.
  package let isStrict: Bool
  /// Whether a value keeps to the rule; the value is the text of the cell, trimmed.
  package let allows: @Sendable (String) -> Bool

  /// Makes a rule.
  package init(_ id: String, must: String, strict: Bool = true, allows: @escaping @Sendable (String) -> Bool) {
    self.id = id
    self.must = must
    isStrict = strict
    self.allows = allows
  }
}
