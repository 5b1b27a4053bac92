// Reading figures for the plan out of a definition, without decoding a million of them.

/// What people want to know of a definition before it is sent.
package enum WorkspaceDefinition {
  private static let keys = ["{\"gpuCount\":", ",\"gpuCount\":"].map { Array($0.utf8) }

  /// How many GPUs a definition asks for; 0 when it does not say.
  ///
  /// - Parameter definition: canonical JSON. A quote inside a string is escaped there, so that a quoted key after `{` or
  ///   `,` is a key; an environment variable of that name holds a string and is passed over.
  package static func gpuCount(in definition: String) -> Int {
    var definition = definition
    return definition.withUTF8 { bytes in
      for key in keys {
        var index = 0
        while index + key.count < bytes.count {
          if bytes[index] == key[0], bytes[index..<index + key.count].elementsEqual(key) {
            let digits = bytes[(index + key.count)...].prefix { (0x30...0x39).contains($0) }
            if let count = Int(String(decoding: digits, as: UTF8.self)) { return count }
          }
          index += 1
        }
      }
      return 0
    }
  }
}
