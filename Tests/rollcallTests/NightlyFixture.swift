// The scripts of `scripts/nightly` in a folder of their own, with a rollcall that ends as its roster says.

import Foundation
import TestSupport
import Testing

/// A folder as `~/.config/rollcall`, and a home around it.
struct NightlyFixture: Sendable {
  typealias Result = (status: Int32, output: String, errorOutput: String)

  let home: String
  var environment: [String: String] = [:]
  var folder: String { home + "/conf" }
  var reports: String { home + "/state/rollcall/reports" }

  static let scripts = DocumentationPage.repository + "/scripts/nightly"

  /// A rollcall that runs what stands in the roster, as a script, with a summary and a page if that makes a report.
  private static let rollcall = #"""
    #!/usr/bin/env bash
    printf '%s\0' "$@" >"$HOME/arguments"
    while [ $# -gt 0 ]; do
      case $1 in --out) out=$2 ;; --on-finish) finish=$2 ;; esac
      shift
    done
    # report DONE FAILED CHANGED
    report() {
      mkdir -p "$out"
      printf '{"changedCount" : %s, "goneCount" : 1, "invalidCount" : 0, "rowCount" : %s,\n' "${3:-0}" $(($1 + $2)) >"$out/summary.json"
      printf '"run" : {"counts" : {"done" : 9}}, "states" : {"cancelled" : 0, "done" : %s,\n' "$1" >>"$out/summary.json"
      printf '"failed" : %s, "in_doubt" : 0, "leased" : 0, "ready" : 0}}\n' "$2" >>"$out/summary.json"
      echo "the page of $ROSTER" >"$out/report.html"
    }
    # end STATUS MESSAGE
    end() {
      ROLLCALL_EXIT_STATUS=$1 ROLLCALL_MESSAGE=$2 ROLLCALL_REASON=word sh -c "$finish"
      exit "$1"
    }
    echo "rollcall on $ROSTER" >&2
    . "$ROSTER"
    """#

  static func with<Value: Sendable>(_ body: @escaping @Sendable (NightlyFixture) async throws -> Value) async throws
    -> Value
  {
    try await withTemporaryFolder { home in
      let fixture = NightlyFixture(home: home)
      try FileManager.default.createDirectory(
        atPath: fixture.folder + "/nightly.d", withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try fixture.write(rollcall, to: "bin/rollcall", mode: 0o755)
      // Each telling: who, which status, and what stands on standard input.
      try fixture.write(
        """
        ON_FAILURE='{ echo "TOLD $ROLLCALL_COURSE $ROLLCALL_EXIT_STATUS: $ROLLCALL_MESSAGE"; cat; env; } >>\(home)/told'
        """, to: "conf/defaults.conf")
      return try await body(fixture)
    }
  }

  /// Writes a file into the home.
  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    let path = home + "/" + name
    try FileManager.default.createDirectory(
      at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try (text + "\n").write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// A course whose rollcall does this.
  func course(_ name: String, _ script: String, _ settings: String = "") throws {
    try write("ROSTER=\(name).csv\n\(settings)", to: "conf/nightly.d/\(name).conf")
    try write(script, to: "conf/\(name).csv")
  }

  /// A file of the home; empty if it is not there.
  func read(_ name: String) -> String {
    (try? String(contentsOfFile: home + "/" + name, encoding: .utf8)) ?? ""
  }

  /// Makes a named pipe.
  func makePipe(_ name: String) {
    let result = mkfifo(home + "/" + name, 0o600)
    #expect(result == 0)
  }

  /// Waits until somebody opens the other end of a pipe and writes a line.
  func waitFor(_ name: String) { use(name, O_RDONLY) { pipe, byte in Foundation.read(pipe, byte, 1) } }

  /// Lets who waits for this pipe go on.
  func letGo(_ name: String) { use(name, O_WRONLY) { pipe, byte in Foundation.write(pipe, byte, 1) } }

  private func use(_ name: String, _ mode: Int32, _ body: (Int32, UnsafeMutablePointer<UInt8>) -> Int) {
    var byte = UInt8(ascii: "\n")
    let pipe = open(home + "/" + name, mode)
    let count = body(pipe, &byte)
    close(pipe)
    #expect(count == 1, "\(name)")
  }

  /// What ON_FAILURE was told, and forgets it.
  func told() -> String {
    let text = read("told")
    unlink(home + "/told")
    return text
  }

  /// What `latest` of a course points to.
  func latest(_ course: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "\(reports)/\(course)/latest")
  }

  /// Who opens the last report of a course sees this.
  func page(_ course: String) -> String { read("state/rollcall/reports/\(course)/latest/report.html") }

  /// A script that is running.
  final class Running: @unchecked Sendable {
    fileprivate let process = Process()
    fileprivate let name = UUID().uuidString
    fileprivate let home: String

    fileprivate init(home: String) { self.home = home }

    /// Waits until it ends.
    func result() -> Result {
      process.waitUntilExit()
      let texts = ["out", "err"].map { kind in
        (try? String(contentsOfFile: "\(home)/\(name).\(kind)", encoding: .utf8)) ?? ""
      }
      return (process.terminationStatus, texts[0], texts[1])
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }
  }

  /// Starts a command with these arguments; `nightly` and `install-nightly` are the scripts.
  func start(_ command: String, _ arguments: [String]) throws -> Running {
    let running = Running(home: home)
    running.process.executableURL = URL(filePath: "/usr/bin/env")
    running.process.arguments = ["bash", Self.scripts + "/" + command] + arguments
    running.process.currentDirectoryURL = URL(filePath: home)
    running.process.environment = [
      "HOME": home, "XDG_STATE_HOME": home + "/state", "XDG_CONFIG_HOME": home + "/config", "TMPDIR": home,
      "PATH": "\(home)/bin:/usr/bin:/bin", "NCLOUD_SECRET_KEY": "FAKE-SECRET",
    ].merging(environment) { $1 }
    running.process.standardInput = FileHandle.nullDevice
    for (kind, path) in [("out", \Process.standardOutput), ("err", \Process.standardError)] {
      let file = "\(home)/\(running.name).\(kind)"
      #expect(FileManager.default.createFile(atPath: file, contents: nil))
      running.process[keyPath: path] = try FileHandle(forWritingTo: URL(filePath: file))
    }
    // Threads of tests block signals, and what they start inherits that.
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try running.process.run()
    return running
  }

  /// Runs a night of a course to its end.
  func night(_ course: String, _ options: String...) throws -> Result {
    try nightly([folder + "/nightly.d/\(course).conf"] + options)
  }

  func nightly(_ arguments: [String]) throws -> Result { try start("nightly", arguments).result() }

  /// A text without the machine, the home, and times.
  func frozen(_ text: String) -> String {
    text.replacing(home, with: "HOME").replacing(/\d{4}-\d\d-\d\d \d\d:\d\d/, with: "TIME")
      .replacing(/\d{4}-\d\d-\d\d/, with: "DAY").replacing(/Rollcall on [^,]+,/, with: "Rollcall on HOST,")
      .replacing(/on \S+ ended/, with: "on HOST ended").replacing(/failed on \S+:/, with: "failed on HOST:")
      .replacing(/process \d+/, with: "process N")
  }
}
