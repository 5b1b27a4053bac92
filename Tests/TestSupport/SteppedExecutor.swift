// An executor that runs jobs only when told, so that "everything is parked" is a fact.

import Synchronization

/// A task executor whose jobs wait until a test runs them, in the order in which they came.
package final class SteppedExecutor: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])

  /// Makes an executor with nothing to do.
  package init() {}

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs jobs on this thread until none is left.
  ///
  /// - Returns: whether there was one.
  package func runAll() -> Bool {
    var didRun = false
    while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      job.runSynchronously(on: asUnownedTaskExecutor())
      didRun = true
    }
    return didRun
  }
}
