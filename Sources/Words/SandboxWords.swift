// Sentences about a sandbox that cannot start or store its state.

package import Sandbox

extension SandboxError: CustomStringConvertible {
  /// What is wrong and what to do.
  package var description: String {
    switch self {
    case .portTaken(let port): "Port \(port) is taken; choose another one with --port."
    case .ended: "The sandbox ended before it was ready."
    case .stateFile(let path, let fault): Self.stateFile(path, fault)
    case .other(let text): text
    }
  }

  private static func stateFile(_ path: String, _ fault: StateFault) -> String {
    let file = "The sandbox's state file \(path)"
    return switch fault {
    case .refused(let why): "\(file) cannot be read: \(why)."
    case .unreadable: "\(file) is not one, or cannot be read; name another one with --state."
    case .noState: "\(file) is not one, or is damaged in line 1; name another one with --state."
    case .version(let version): "\(file) was written by another version (\(version)); name another one with --state."
    case .damaged(let line):
      "\(file) is damaged in line \(line). Mend it, remove that line and those below it, or name another file with --state."
    case .unwritable: "\(file) cannot be written, or something else has taken its place."
    }
  }
}

/// Words about what a sandbox found when it started.
package enum SandboxWords {
  /// That the state file ends in half a line.
  package static func cutOff(_ path: String) -> String {
    "The last line of \(path) had not been written to its end; what it told of is left out."
  }
}
