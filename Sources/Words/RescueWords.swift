// Sentences about queue files that were deleted or replaced during a run: where what it knows is, and how that is put
// back without harm to what stands there now.

package import Provisioning

/// The words about a queue that was saved, or could not be.
package enum RescueWords {
  /// Where the copy is.
  package static func sentence(_ copy: String) -> String { "What this run knows is saved in \(copy)." }

  /// How the copy becomes the queue at its path, where something else may stand now (`isTaken`).
  package static func hint(_ copy: String, for path: String, isTaken: Bool, batch: BatchID) -> String {
    let (copy, path) = (copy.shellQuoted, path.shellQuoted)
    let resume = "`rollcall resume \(batch.rawValue) --db \(path)`"
    if isTaken {
      return
        "Something stands at \(path) that does not know all of it; it may be another queue, so nothing of it is deleted. "
        + "While nobody uses it, move it and its -wal and -shm to a folder of their own with `mv -n`; then "
        + "`mv -n \(copy) \(path)` and \(resume)."
    }
    return
      "While nobody uses the queue: `test -e \(path) || { rm -f \(path)-wal \(path)-shm; mv -n \(copy) \(path); }`, then "
      + "\(resume)."
  }

  /// That nothing could be saved, and the sentence why.
  package static func failure(_ reason: String) -> String {
    "warning: What this run knows could not be saved beside the queue: \(reason) The report has what was made."
  }
}
