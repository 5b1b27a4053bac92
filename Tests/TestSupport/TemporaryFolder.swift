// A folder that goes with its test.

import Foundation

/// Runs `body` with a new empty folder and removes it afterwards.
package func withTemporaryFolder<Value>(
  isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Value
) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { _ = Result { try FileManager.default.removeItem(at: folder) } }
  return try await body(folder.path)
}
