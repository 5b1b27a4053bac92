// A command of the shell that this one starts: with nothing of ours but its variables.

import Foundation
import Synchronization

/// A running command of the shell. It is the leader of a process group of its own, so that all that it starts can be ended
/// with it, and so that Ctrl-C reaches this process alone, which decides what becomes of it.
final class ShellCommand: Sendable {
  enum End: Hashable, Sendable {
    case status(Int32)
    case signal(Int32)
  }

  /// That it could not be started, with the system's reason (`errno`).
  struct Failure: Error {
    let code: Int32
  }

  private let process: pid_t
  private let isOver = Mutex(false)

  /// Starts it with `/bin/sh -c`: standard input is empty, both outputs go to standard error, because standard output is
  /// for data of ours. Nothing else that is open here is open there, and every signal has its usual effect and none is
  /// blocked, whatever this process ignores.
  ///
  /// - Parameters:
  ///   - environment: all of its variables. None that begins with `NCLOUD_` is handed on: these are the keys.
  ///   - output: a file that gets both outputs instead.
  init(
    _ command: String, in folder: String, environment: [String: String], output: Int32 = STDERR_FILENO
  ) throws(Failure) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    if output != STDERR_FILENO { posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) }
    var attributes = Self.attributes()
    defer { posix_spawnattr_destroy(&attributes) }
    let variables = environment.filter { !$0.key.hasPrefix("NCLOUD_") }.map { "\($0.key)=\($0.value)" }
    var process: pid_t = 0
    Self.closeOnExec()
    // The extension that goes to a folder is not in every C library.
    let words = ["sh", "-c", #"cd -- "$1" && exec /bin/sh -c "$2""#, "sh", folder, command]
    let code = Self.withTexts(words) { arguments in
      Self.withTexts(variables) { posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, $0) }
    }
    guard code == 0 else { throw Failure(code: code) }
    self.process = process
  }

  /// Keeps what is open here, also what this process was started with, from what it starts.
  private static func closeOnExec() {
    let end = max(STDERR_FILENO + 1, Int32(min(1 << 16, sysconf(Int32(_SC_OPEN_MAX)))))
    for number in STDERR_FILENO + 1..<end {
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }
  }

  private static func attributes() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    sigdelset(&signals, SIGKILL)
    sigdelset(&signals, SIGSTOP)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    return attributes
  }

  /// Lends texts as C takes a list of them.
  private static func withTexts<Value>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    let copies = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { list in
      guard let start = list.baseAddress else { preconditionFailure("the list has an end") }
      return body(start)
    }
  }

  /// Waits for its end. To be called once.
  func wait() -> End {
    var information = siginfo_t()
    // It is left to be collected until nobody sends it a signal any more: its number may be another process's then.
    while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    isOver.withLock { $0 = true }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? .status(status >> 8 & 0xFF) : .signal(status & 0x7F)
  }

  /// Sends a signal to it and to what it has started, unless it has ended.
  func send(_ signal: Int32) {
    isOver.withLock { isOver in
      if !isOver { kill(-process, signal) }
    }
  }
}
