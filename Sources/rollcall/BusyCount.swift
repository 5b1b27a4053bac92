// How often in a row a queue was found locked by another process. The queue itself cannot be written then, so a small file
// beside it holds it: an instant a line, gone with the first run that gets at the queue.

import DurableQueue
import Files
import Foundation
import Pacing

/// The file `QUEUE.busy`.
struct BusyCount {
  private let path: String

  init(queue: String) { path = queue + ".busy" }

  /// Notes that a run has found the queue locked: how long it has been so; nil where the file cannot be kept, which is no
  /// reason to fail.
  func note(at now: Instant) -> Standstill? {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    let line = Array("\(now.microseconds)\n".utf8)
    let isWritten = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == line.count
    close(descriptor)
    guard isWritten, case .success(let bytes?) = Result(catching: { try FileLook.contents(of: path) }) else {
      return nil
    }
    let instants = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int64($0) }
    guard let first = instants.first else { return nil }
    return Standstill(since: Instant(microseconds: first), runCount: instants.count)
  }

  /// Forgets it, because a run has got at the queue.
  func forget() { unlink(path) }
}
