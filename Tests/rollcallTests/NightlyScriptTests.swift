import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import rollcall

/// Nights of several courses, by the script that timers and crontabs call.
@Suite(.timeLimit(.minutes(2))) struct NightlyScriptTests {
  private static let well = "report 3 0; end 0 'All rows are done.'"
  private static let issues = "end 5 'The roster has 2 <issues>.'"

  @Test func `a night of all courses: one summary, and ON_FAILURE is told once with it`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.well)
      try fixture.course("db201", "report 2 1 2; end 3 '1 row failed.'")
      try fixture.course("ml301", Self.issues)
      try fixture.course("os401", "report 1 0; end 4 'The service asks us to wait.'")
      try fixture.write("ROSTER=none.csv", to: "conf/nightly.d/se501.conf")
      let night = try fixture.nightly(["--all", fixture.folder + "/nightly.d"])
      #expect(night.status == 2, "\(night)")
      let summary = """
        Rollcall on HOST, TIME:
        ai101  0  all rows done               3 rows: 3 done; 1 gone                       HOME/state/rollcall/reports/ai101/DAY
        db201  3  some rows failed or differ  3 rows: 2 done, 1 failed; 2 changed; 1 gone  HOME/state/rollcall/reports/db201/DAY
            1 row failed.
        ml301  5  the roster has issues                                                    HOME/state/rollcall/reports/ml301/DAY-failed
            The roster has 2 <issues>.
        os401  4  paused                      1 rows: 1 done; 1 gone                       HOME/state/rollcall/reports/os401/DAY
            The service asks us to wait.
        se501  2  wrong configuration
            The roster none.csv is not there, or not readable by USER. Hint: paths start in HOME/conf.

        """
      func plain(_ text: String) -> String {
        fixture.frozen(text).replacing(/readable by [^.]+\./, with: "readable by USER.")
      }
      #expect(plain(night.output) == summary)
      #expect(plain(fixture.read("state/rollcall/night.txt")) == summary)
      #expect(plain(try fixture.nightly(["--summary", fixture.folder + "/nightly.d"]).output) == summary)
      let told = fixture.told()
      #expect(
        plain(told).hasPrefix("TOLD db201 ml301 se501 2: Failed: db201 ml301 se501.\nfailed on HOST: db201"), "\(told)")
      #expect(plain(told).contains("\n" + summary), "\(told)")
      #expect(told.matches(of: /TOLD ml|TOLD db/).count == 1 && !told.contains("FAKE-SECRET"), "\(told)")
      #expect(night.errorOutput.contains("== ai101\nrollcall on ai101.csv\n== db201\n"), "\(night)")
    }
  }

  @Test func `a night that went well says nothing when it is to be quiet`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", "report 3 0 2>/dev/null; end 0 well")
      try fixture.course("db201", "report 3 0; end 0 well")
      try fixture.write("exec 2>/dev/null\n. ai101.csv", to: "conf/db201.csv")
      let night = try fixture.nightly(["--all", fixture.folder + "/nightly.d", "--quiet"])
      #expect(night.status == 0 && night.output.isEmpty, "\(night)")
      #expect(fixture.told().isEmpty)
      #expect(fixture.read("state/rollcall/night.txt").contains("db201  0"))
    }
  }

  @Test func `courses run at once: none waits for another, and none says that a run before is at work`() async throws {
    try await NightlyFixture.with { fixture in
      // Each opens its end of a pipe, which the other has to open, too.
      fixture.makePipe("meet")
      try fixture.course("ai101", "echo here >\(fixture.home)/meet; \(Self.well)")
      try fixture.course("db201", "cat \(fixture.home)/meet >&2; \(Self.well)")
      let night = try fixture.nightly(["--all", fixture.folder + "/nightly.d"])
      #expect(night.status == 0 && !night.errorOutput.contains("run before"), "\(night)")
      #expect(night.errorOutput.contains("here"), "\(night)")
    }
  }

  @Test(arguments: [
    (0, false), (1, true), (2, true), (3, true), (4, false), (5, true), (6, true), (137, true), (139, true),
    (130, false), (143, false),
  ])
  func `ON_FAILURE is told of every status that is a failure`(status: Int32, isTold: Bool) async throws {
    try await NightlyFixture.with { fixture in
      for (report, latest) in [("", status == 0 ? nil : "-failed"), ("report 1 1", status == 0 ? "" : "-2")] {
        try fixture.course("ai101", "\(report)\nend \(status) 'So it ended.'")
        let night = try fixture.night("ai101")
        #expect(night.status == status, "\(night)")
        let told = fixture.told()
        #expect(told.hasPrefix("TOLD ai101 \(status): So it ended.") == isTold, "\(told)")
        #expect(told.contains("rollcall on ai101.csv") == isTold, "the log: \(told)")
        #expect(fixture.latest("ai101").map { String($0.dropFirst(10)) } == latest)
      }
    }
  }

  @Test(arguments: [("3 4", Int32(3), false), ("3 4", 4, false), ("3 4", 6, true), ("", 4, true), ("5", 4, true)])
  func `a course says which statuses are no failure`(list: String, status: Int32, isTold: Bool) async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", "report 1 1; end \(status) 'So it ended.'", "NO_FAILURE='\(list)'")
      #expect(try fixture.night("ai101").status == status)
      #expect(fixture.told().isEmpty != isTold)
      try fixture.course("ai101", Self.well, "NO_FAILURE='three'")
      #expect(try fixture.night("ai101").status == 2)
      #expect(fixture.told().contains("NO_FAILURE is a list of exit statuses"))
    }
  }

  @Test func `a run before that is still at work is told, and latest does not pass off an older report`() async throws {
    try await NightlyFixture.with { fixture in
      fixture.makePipe("go")
      fixture.makePipe("there")
      try fixture.course("ai101", Self.well)
      #expect(try fixture.night("ai101").status == 0)
      try fixture.write("echo >\(fixture.home)/there; cat \(fixture.home)/go; \(Self.well)", to: "conf/ai101.csv")
      let first = try fixture.start("nightly", [fixture.folder + "/nightly.d/ai101.conf"])
      fixture.waitFor("there")
      let summary = try fixture.nightly(["--summary", fixture.folder + "/nightly.d"])
      #expect(fixture.frozen(summary.output).contains("ai101  -  at work since TIME"), "\(summary)")
      let second = try fixture.night("ai101")
      #expect(second.status == 4 && second.errorOutput.contains("the run before is still at work"), "\(second)")
      let told = fixture.frozen(fixture.told())
      #expect(told.contains("TOLD ai101 4: The run before is still at work (course ai101, process N"), "\(told)")
      #expect(told.contains("ai101  4  the run before is at work"), "\(told)")
      #expect(fixture.page("ai101").contains("There is no report of this night."))
      #expect(fixture.page("ai101").contains("The last report is older"))
      fixture.letGo("go")
      #expect(first.result().status == 0)
      #expect(fixture.page("ai101") == "the page of ai101.csv\n")
      #expect(fixture.read("state/rollcall/night.txt").contains("ai101  0  all rows done"))
    }
  }

  @Test func `a lock that is taken by a run that has linked its report leaves latest alone`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.well)
      #expect(try fixture.night("ai101").status == 0)
      let before = fixture.latest("ai101")
      let lock = open("\(fixture.reports)/ai101/.nightly.lock", O_RDWR)
      #expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
      defer { close(lock) }
      #expect(try fixture.night("ai101").status == 4)
      #expect(fixture.latest("ai101") == before)
    }
  }

  @Test func `two courses with one report folder are a wrong configuration, not a run before`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.well, "REPORTS=\(fixture.home)/same")
      try fixture.course("db201", Self.well, "REPORTS=\(fixture.home)/same")
      #expect(try fixture.night("ai101").status == 0)
      let lock = open("\(fixture.home)/same/.nightly.lock", O_RDWR)
      #expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
      defer { close(lock) }
      let night = try fixture.night("db201")
      #expect(night.status == 2 && night.errorOutput.contains("is in use for another course"), "\(night)")
    }
  }

  @Test func `latest is what the last night has left, whatever that was`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.well, "KEEP=2")
      #expect(try fixture.night("ai101").status == 0)
      let report = try #require(fixture.latest("ai101"))
      try fixture.write(Self.issues, to: "conf/ai101.csv")
      for _ in 1...4 {
        #expect(try fixture.night("ai101").status == 5)
        let page = fixture.page("ai101")
        #expect(page.contains("the roster has issues (status 5)") && page.contains("2 &lt;issues&gt;."), "\(page)")
        #expect(page.contains(#"<a href="../\#(report)/report.html">"#), "the last report stays in sight: \(page)")
      }
      // The pages of failed nights do not push reports out.
      let nights = try FileManager.default.contentsOfDirectory(atPath: fixture.reports + "/ai101").sorted()
      #expect(nights.filter { $0.hasSuffix("-failed") }.count == 2 && nights.contains(report), "\(nights)")
      try fixture.write(Self.well, to: "conf/ai101.csv")
      #expect(try fixture.night("ai101").status == 0)
      #expect(fixture.page("ai101") == "the page of ai101.csv\n")
    }
  }

  @Test(arguments: [
    ("ROSTER=(", "has an error"), ("ROSTER=none.csv", "The roster none.csv is not there"), ("", "names no ROSTER"),
    ("ROSTER=ai101.csv\nKEEP=0", "KEEP is a whole number"),
    ("ROSTER=ai101.csv\nROLLCALL=nowhere", "There is no nowhere"),
    ("ROSTER=ai101.csv\nKEYS=nowhere", "There is no file"),
  ])
  func `a configuration that is wrong is told, and latest says so`(conf: String, message: String) async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.well)
      #expect(try fixture.night("ai101").status == 0)
      try fixture.write(conf, to: "conf/nightly.d/ai101.conf")
      let night = try fixture.night("ai101")
      #expect(night.status == 2, "\(night)")
      let told = fixture.told()
      #expect(told.hasPrefix("TOLD ai101 2: ") && told.contains(message), "\(told)")
      #expect(fixture.page("ai101").contains("There is no report of this night."), "\(night)")
    }
  }

  @Test func `keys of a course are its own, and nobody else may read them`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", "report 1 0; end 0 \"$NCLOUD_SECRET_KEY\"", "KEYS=ai101-env")
      try fixture.write("NCLOUD_ACCESS_KEY=a\nNCLOUD_SECRET_KEY='the others'", to: "conf/ncloud-env")
      try fixture.write("NCLOUD_ACCESS_KEY=a\nNCLOUD_SECRET_KEY='its own'", to: "conf/ai101-env")
      #expect(try fixture.night("ai101").status == 0)
      #expect(fixture.read("state/rollcall/nights/ai101").contains("its own"))
      try fixture.write("", to: "conf/ai101-env", mode: 0o640)
      #expect(try fixture.night("ai101").status == 2)
      #expect(fixture.told().contains("holds keys and is open to others"))
    }
  }

  @Test func `with systemd ON_FAILURE is told once: by the unit that fails, and by the night where none does`()
    async throws
  {
    try await NightlyFixture.with { fixture in
      var fixture = fixture
      fixture.environment["NIGHTLY_UNIT"] = "rollcall@ai101.service"
      let conf = fixture.folder + "/nightly.d/ai101.conf"
      try fixture.course("ai101", Self.issues)
      #expect(try fixture.night("ai101").status == 5)
      #expect(fixture.told().isEmpty, "the unit fails, and its OnFailure= tells")
      fixture.environment["MONITOR_EXIT_STATUS"] = "5"
      #expect(try fixture.nightly(["--failed", "rollcall@ai101.service", conf]).status == 0)
      var told = fixture.told()
      #expect(told.hasPrefix("TOLD ai101 5: The roster has 2 <issues>.") && told.contains("ai101  5"), "\(told)")
      #expect(told.contains("rollcall on ai101.csv"), "\(told)")
      // Killed: the night has said nothing.
      fixture.environment["MONITOR_EXIT_STATUS"] = "KILL"
      fixture.environment["MONITOR_SERVICE_RESULT"] = "timeout"
      #expect(try fixture.nightly(["--failed", "rollcall@ai101.service", conf]).status == 0)
      told = fixture.told()
      #expect(
        told.hasPrefix("TOLD ai101 KILL: systemd says: timeout.") && told.contains("killed by SIGKILL"), "\(told)")
      // What a course calls no failure, systemd calls one.
      try fixture.course("ai101", "report 1 1; end 3 '1 row failed.'", "NO_FAILURE='3 4'")
      #expect(try fixture.night("ai101").status == 3)
      fixture.environment["MONITOR_EXIT_STATUS"] = "3"
      #expect(try fixture.nightly(["--failed", "rollcall@ai101.service", conf]).status == 0)
      #expect(fixture.told().isEmpty)
      // No failure to systemd, but to the course.
      try fixture.course("ai101", "report 1 1; end 4 'Paused.'", "NO_FAILURE=''")
      #expect(try fixture.night("ai101").status == 4)
      #expect(fixture.told().hasPrefix("TOLD ai101 4: Paused."))
      // A configuration that cannot be read.
      try fixture.write("ROSTER=(", to: "conf/nightly.d/ai101.conf")
      fixture.environment["MONITOR_EXIT_STATUS"] = "2"
      #expect(try fixture.night("ai101").status == 2)
      #expect(fixture.told().isEmpty)
      #expect(try fixture.nightly(["--failed", "rollcall@ai101.service", conf]).status == 0)
      #expect(fixture.told().hasPrefix("TOLD ai101 2: "))
    }
  }

  @Test func `SIGTERM ends all courses in good order, and nobody is told of a failure`() async throws {
    try await NightlyFixture.with { fixture in
      for course in ["ai101", "db201"] {
        fixture.makePipe(course)
        try fixture.course(
          course,
          "trap 'report 1 0; end 143 stopped' TERM; echo >\(fixture.home)/\(course); while :; do sleep 0.1; done")
      }
      let night = try fixture.start("nightly", ["--all", fixture.folder + "/nightly.d"])
      fixture.waitFor("ai101")
      fixture.waitFor("db201")
      night.signal(SIGTERM)
      let result = night.result()
      #expect(result.status == 143, "\(result)")
      #expect(result.output.contains("db201  143  stopped"), "\(result)")
      #expect(fixture.told().isEmpty && fixture.latest("ai101")?.contains("failed") == false)
    }
  }

  @Test func `rollcall knows every option that a night gives it, and the course says how its roster is read`()
    async throws
  {
    try await NightlyFixture.with { fixture in
      try fixture.course(
        "ai101", Self.well,
        "TEMPLATE=lab.json\nDEADLINE=06:00\nON_FINISH='echo over'\nOPTIONS=(--except '성명=합계' --header-line 2)\nMAX_NEW=7"
      )
      #expect(try fixture.night("ai101", "--quiet").status == 0)
      let arguments = fixture.read("arguments").split(separator: "\0").map(String.init)
      let verb = try RunVerb.parse(Array(arguments.dropFirst()))
      #expect(
        verb.reading.table.headerLine == 2 && verb.reading.template == "lab.json" && verb.maxNew == 7, "\(arguments)")
      for option in ["--fresh", "--skip-invalid", "--yes", "--max-new", "--deadline", "--out", "--quiet"] {
        #expect(arguments.contains(option))
      }
    }
  }

  @Test func `ON_FAILURE that fails is said, and the status stays`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", Self.issues, "ON_FAILURE='exit 7'")
      let night = try fixture.night("ai101")
      #expect(night.status == 5 && night.errorOutput.contains("ON_FAILURE ended with status 7."), "\(night)")
    }
  }

  @Test func `what rollcall could not tell, its error tells`() async throws {
    try await NightlyFixture.with { fixture in
      try fixture.course("ai101", "echo \"Error: Unknown option '--nonsense'\" >&2; exit 2")
      #expect(try fixture.night("ai101").status == 2)
      #expect(fixture.told().hasPrefix("TOLD ai101 2: Unknown option '--nonsense'\n"))
    }
  }
}
