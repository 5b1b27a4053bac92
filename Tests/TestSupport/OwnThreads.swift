// Threads for work that takes long without a pause.

import Dispatch

/// Runs a body on threads that are not those which all tasks share. Those are as many as the machine has cores: a simulation
/// that never waits would keep every test that talks over loopback from going on.
package func onOwnThreads<Value>(_ body: () async throws -> sending Value) async rethrows -> Value {
  try await withTaskExecutorPreference(OwnThreads.shared, operation: body)
}

private final class OwnThreads: TaskExecutor {
  static let shared = OwnThreads()

  private let queue = DispatchQueue(label: "tests that compute", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
