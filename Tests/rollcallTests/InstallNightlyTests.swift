import Foundation
import TestSupport
import Testing

/// What `install-nightly` makes, as a person who is not root, with a systemd that only writes down what it is asked.
@Suite struct InstallNightlyTests {
  private func withMachine(_ body: @escaping @Sendable (NightlyFixture) async throws -> Void) async throws {
    try await NightlyFixture.with { fixture in
      try fixture.write("#!/bin/sh\ncase $1 in -u) echo 1000 ;; *) echo you ;; esac", to: "bin/id", mode: 0o755)
      for name in ["systemctl", "loginctl", "crontab"] {
        try fixture.write("#!/bin/sh\necho \(name) \"$@\" >>\(fixture.home)/calls", to: "bin/\(name)", mode: 0o755)
      }
      try await body(fixture)
    }
  }

  private func calls(_ fixture: NightlyFixture) -> [String] {
    let calls = fixture.read("calls").split(separator: "\n").map(String.init)
    unlink(fixture.home + "/calls")
    return calls.filter { !$0.contains("show-environment") }
  }

  @Test func `each course gets a file and a timer of its own, and one that is gone loses it`() async throws {
    try await withMachine { fixture in
      let result = try fixture.start("install-nightly", ["ai101", "db-201"]).result()
      #expect(result.status == 0, "\(result)")
      #expect(fixture.read("config/rollcall/nightly.d/db-201.conf").contains("\nROSTER=db-201.csv\n"))
      #expect(fixture.read("config/rollcall/defaults.conf").contains("\nROLLCALL=\(fixture.home)/bin/rollcall\n"))
      #expect(
        calls(fixture) == [
          "systemctl --user daemon-reload", "systemctl --user enable --now rollcall@ai101.timer",
          "systemctl --user enable --now rollcall@db-201.timer", "loginctl --no-ask-password enable-linger",
        ])
      let service = fixture.read("config/systemd/user/rollcall@.service")
      #expect(service.contains("OnFailure=rollcall-failed@%i.service") && !service.contains("LoadCredential"))
      #expect(service.contains(#"/nightly" "\#(fixture.home)/config/rollcall/nightly.d/%i.conf""#), "\(service)")
      // The files go on meaning what a person has made of them.
      try fixture.write("ROSTER=mine.csv", to: "config/rollcall/nightly.d/ai101.conf")
      unlink(fixture.home + "/config/rollcall/nightly.d/db-201.conf")
      let wants = fixture.home + "/config/systemd/user/timers.target.wants"
      try FileManager.default.createDirectory(atPath: wants, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: wants + "/rollcall@db-201.timer", withDestinationPath: "../rollcall@.timer")
      let again = try fixture.start("install-nightly", []).result()
      #expect(again.status == 0 && again.output.contains("the course db-201 has no nights any more"), "\(again)")
      #expect(fixture.read("config/rollcall/nightly.d/ai101.conf") == "ROSTER=mine.csv\n")
      #expect(calls(fixture).contains("systemctl --user disable --now rollcall@db-201.timer"))
    }
  }

  @Test func `the one nightly.conf of earlier versions becomes a course, and its reports stay where they were`()
    async throws
  {
    try await withMachine { fixture in
      var fixture = fixture
      try fixture.write("ROSTER=roster.csv\nROLLCALL=\(fixture.home)/bin/rollcall", to: "config/rollcall/nightly.conf")
      try fixture.write("report 2 0; end 0 done", to: "config/rollcall/roster.csv")
      let old = fixture.home + "/config/rollcall/nightly.conf"
      #expect(try fixture.nightly([old]).status == 0, "as it is, it goes on working")
      try fixture.write("[Timer]", to: "config/systemd/user/rollcall.timer")
      try fixture.write("[Timer]\nOnCalendar=04:00", to: "config/systemd/user/rollcall.timer.d/override.conf")
      let result = try fixture.start("install-nightly", []).result()
      #expect(result.status == 0 && result.output.contains("it is the course nightly now"), "\(result)")
      #expect(fixture.read("config/systemd/user/rollcall@nightly.timer.d/override.conf").contains("04:00"))
      #expect(fixture.read("config/systemd/user/rollcall.timer").isEmpty)
      #expect(calls(fixture).contains("systemctl --user disable --now rollcall.timer"))
      // Also for the crontab line that somebody has.
      fixture.environment["XDG_STATE_HOME"] = fixture.home + "/state"
      #expect(try fixture.nightly([old]).status == 0)
      #expect(fixture.read("state/rollcall/reports/latest/report.html") == "the page of roster.csv\n")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: fixture.reports + "/latest").hasSuffix("-2"))
    }
  }

  @Test(arguments: ["-x", "a b", "인공지능", "a/b", "latest"])
  func `a name that no timer can have is refused before anything is made`(name: String) async throws {
    try await withMachine { fixture in
      let result = try fixture.start("install-nightly", [name]).result()
      #expect(result.status == 1, "\(result)")
      #expect(!FileManager.default.fileExists(atPath: fixture.home + "/config"))
    }
  }

  @Test func `without systemd one line of crontab is for all courses, and an old line is named`() async throws {
    try await withMachine { fixture in
      let line = "30 2 * * * '\(fixture.home)/.local/libexec/rollcall/nightly' --all"
      let first = try fixture.start("install-nightly", ["ai101", "--cron"]).result()
      #expect(first.status == 0 && first.output.contains("Add this line"), "\(first)")
      #expect(first.output.contains("\(line) '\(fixture.home)/config/rollcall/nightly.d' --quiet\n"), "\(first)")
      try fixture.write(
        "#!/bin/sh\necho \"30 2 * * * '\(fixture.home)/.local/libexec/rollcall/nightly' 'nightly.conf' --quiet\"",
        to: "bin/crontab", mode: 0o755)
      let second = try fixture.start("install-nightly", ["--cron"]).result()
      #expect(second.output.contains("in its place"), "\(second)")
    }
  }
}
