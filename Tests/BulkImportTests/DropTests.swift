import DataForest
import Foundation
import Provisioning
import Testing
import Words

@testable import BulkImport

/// Columns that are left out: nothing of them goes anywhere, and what cannot be left out is said.
@Suite struct DropTests {
  private static func read(
    _ text: String, drop: Set<String>, template: String? = nil, carry: Set<String> = []
  ) throws -> Reading {
    var options = RosterOptions()
    (options.dropped, options.carried) = (drop, carry)
    let made = try template.map { try Template($0, file: "lab.json", schema: .workspace) }
    return try withFile(text.utf8) { try BulkImportTests.read($0, as: "r.csv", options: options, template: made) }
  }

  private static func error(
    _ text: String, drop: Set<String>, template: String? = nil
  ) throws -> RosterError? {
    do {
      _ = try read(text, drop: drop, template: template)
      return nil
    } catch let error as RosterError {
      return error
    }
  }

  private static let table = """
    accountId,name,image,command,password,email
    6COytUeFj7b8eOhq2L5zL,a1,tensorflow:r2.3.1-py3,ls,hunter2,a@example.com

    """

  @Test func `a dropped column is gone as if it was not in the roster`() throws {
    let with = try Self.read(Self.table, drop: ["password"])
    let without = try Self.read(
      Self.table.replacing(",password", with: "").replacing(",hunter2", with: ""), drop: [])
    #expect(with.summary.columns == ["accountId", "name", "image", "command", "email"])
    #expect(with.rows.map(\.texts) == without.rows.map(\.texts) && with.definitions == without.definitions)
    #expect(with.summary.digest == without.summary.digest)
    #expect(with.summary.dropped == ["password"] && with.summary.staying == ["email"])
    #expect(with.warnings.isEmpty)
    // What stands in it makes no other roster.
    let other = try Self.read(Self.table.replacing("hunter2", with: "swordfish"), drop: ["password"])
    #expect(other.summary.digest == with.summary.digest)
  }

  @Test(arguments: [
    // Too few cells, too many, broken quotes: where the secret stands then, nobody can tell.
    "6COytUeFj7b8eOhq2L5zL,a1,tensorflow:r2.3.1-py3,hunter2,a@example.com",
    "6COytUeFj7b8eOhq2L5zL,a1,x,tensorflow:r2.3.1-py3,ls,hunter2,a@example.com",
    "6COytUeFj7b8eOhq2L5zL,a1,x,tensorflow:r2.3.1-py3,ls,y,hunter2",
    "6COytUeFj7b8eOhq2L5zL,a1,\"x\"y,hunter2,hunter2,hunter2", "hunter2", "a,b,c,d,e,f,hunter2,hunter2",
  ])
  func `no row that is out of step brings a dropped cell along`(row: String) throws {
    let text = "accountId,name,image,command,password,email\n\(row)\n"
    let reading = try Self.read(text, drop: ["password"])
    #expect(!reading.rows.flatMap(\.texts).joined().contains("hunter2"))
    let issues = reading.summary.issues.map { "\($0) \($0.value ?? "")" } + reading.summary.warnings.map(\.description)
    #expect(!issues.joined().contains("hunter2"), "\(issues)")
  }

  @Test func `also of JSON`() throws {
    let text = """
      [{"accountId": "6COytUeFj7b8eOhq2L5zL", "name": "a1", "image": "tensorflow:r2.3.1-py3", "command": "ls", "주민번호": "1"}]
      """
    let reading = try Self.read(text, drop: ["주민번호"])
    #expect(reading.summary.columns.count == 4 && !reading.summary.columns.contains("주민번호"))
    #expect(!reading.rows.flatMap(\.texts).contains("1") && reading.summary.issueCount == 0)
  }

  @Test func `a column that is not there is an error with the one that was meant`() throws {
    #expect(
      try Self.error(Self.table, drop: ["passwrd"])?.description
        == "r.csv has no column 'passwrd' to drop: did you mean 'password'?")
    let far = try #require(try Self.error(Self.table, drop: ["비밀번호"]))
    #expect(
      far.description
        == "r.csv has no column '비밀번호' to drop: it has accountId, name, image, command, password, email.")
    #expect(far.code == .drop)
    // A report of ours never had it.
    let report = Self.table.replacing(",password", with: ",rollcall_state").replacing("hunter2", with: "failed")
    #expect(try Self.error(report, drop: ["password"]) == nil)
  }

  @Test func `what a template needs, and what every row needs, cannot be dropped`() throws {
    let template = #"{"description": "${email}"}"#
    #expect(
      try Self.error(Self.table, drop: ["email"], template: template)?.description
        == "The template lab.json makes something of the column 'email', which is to be dropped: take ${email} out of the "
        + "template, or do not drop it.")
    #expect(
      try Self.error(Self.table, drop: ["image"])?.description
        == "The column 'image' gives configuration.docker.image, which every row needs, so it cannot be dropped: keep it, "
        + "or give configuration.docker.image in a template.")
    // The template gives it.
    let image = #"{"configuration": {"docker": {"image": "tensorflow:r2.3.1-py3"}}}"#
    #expect(try Self.error(Self.table, drop: ["image"], template: image) == nil)
    let optional = try Self.read(
      Self.table.replacing("email", with: "description").replacing("a@example.com", with: "x"), drop: ["description"])
    #expect(optional.definitions.count == 1 && !optional.definitions[0].contains("description"))
  }

  @Test func `a look at a roster has no dropped column`() throws {
    var options = RosterOptions()
    options.dropped = ["password"]
    try withFile(Self.table.utf8) { path in
      let reader = try RosterReader(path: path, displayName: "r.csv", schema: .workspace, options: options)
      let look = try reader.preview()
      #expect(!look.headers.contains("password") && look.rows.map(\.count) == [5])
      #expect(try reader.lines([2]).isEmpty)
      options.dropped = ["nothing"]
      let other = try RosterReader(path: path, displayName: "r.csv", schema: .workspace, options: options)
      #expect(throws: RosterError.self) { try other.preview() }
    }
  }

  @Test(arguments: [
    "password", "Password", "user_password", "userPassword", "PASSWD", "pwd", "PIN", "pin code", "pinCode", "Secret",
    "API key",
    "api_key", "apiKey", "APIKey", "apikey", "access-key", "token", "authToken", "ssn", "SSN", "Resident Number",
    "resident registration no", "비밀번호", "초기 비밀번호", "초기비밀번호", "패스워드", "주민등록번호", "주민 번호", "비번", "ｐａｓｓｗｏｒｄ", "password2",
  ])
  func `a header that looks like a secret is warned about`(header: String) throws {
    #expect(SecretHeader.matches(header))
    let text = Self.table.replacing(",password", with: ",\(header)")
    let reading = try Self.read(text, drop: [])
    let warning = try #require(reading.summary.warnings.first { $0.rule == "secret-header" })
    #expect(warning.column == header.asHeader && warning.message.contains("--drop '\(header.asHeader)'"))
    #expect(reading.summary.issueCount == 0 && reading.rows.count == 1)
    #expect(try Self.read(text, drop: [header]).warnings.isEmpty)
    #expect(try Self.read(text, drop: [], carry: [header]).warnings.isEmpty)
  }

  @Test(arguments: [
    "tokenizer", "pinned", "Pinned", "spin", "secretary", "암호학", "opinion", "shipping", "tokenized", "keyboard", "api",
    "key", "access", "email", "성명", "학번", "번호", "전화번호", "pwdx", "number", "resident", "",
  ])
  func `a header that has such letters in another word is not`(header: String) {
    #expect(!SecretHeader.matches(header))
  }
}
