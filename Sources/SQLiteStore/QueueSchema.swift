// The tables of the queue's file. Until 0.2.0 they are edited in place under a number: a file with another number is refused
// with a sentence. A CHECK never says `IN (…)`, which opens a temporary table in every INSERT and UPDATE.

import DurableQueue
import GRDB
import Provisioning

enum QueueSchema {
  /// `ROLC` in ASCII: tells the file from any other SQLite file.
  static let applicationID = 0x524F_4C43
  /// The number of these tables; it rises with every change.
  static let version = 19

  /// Makes the tables where there are none, in one transaction.
  static func make(_ db: Database) throws {
    func isMade() throws -> Bool { try Int.fetchOne(db, sql: "PRAGMA user_version") == version }
    // Looked at first without the write lock: who only reads must not wait for a writer that is stopped.
    guard try !isMade() else { return }
    try db.inTransaction(.immediate) {
      guard try !isMade() else { return .commit }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: scopesAndOwners + itemsAndAttempts + batches + tallies + listsAndWaits + coursesAndRuns)
      try db.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  private static let scopesAndOwners = """
    -- What rates apply to: a base URL together with an access key, of which only a fingerprint is kept.
    CREATE TABLE key_scope (
      id INTEGER PRIMARY KEY,
      base_url TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      rate_count INTEGER CHECK (rate_count >= 1), -- permits a period; null until someone said a limit
      rate_period TEXT CHECK (\(isOne(of: ["s", "m", "h", "day"], "rate_period"))),
      burst INTEGER CHECK (burst >= 1),
      limit_source TEXT CHECK (\(isOne(of: ["flag"], "limit_source"))),
      limit_at INTEGER,                     -- when the limit was said
      windows TEXT,                         -- limits over long periods that a person said, `500/day 5000/h`
      learner TEXT,                         -- what the answers have taught, as JSON; it holds while rate_count is null
      theoretical_at INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0,
      wait_reason TEXT,                     -- why nothing starts before not_before
      wait_message TEXT,
      wait_asked INTEGER,                   -- what was asked for, if that is more than is waited; microseconds
      wait_at INTEGER,                      -- what not_before is counted from, by both clocks
      wait_boot TEXT,
      wait_up INTEGER,
      window_at INTEGER,                    -- when permits of the windows were last taken, by both clocks
      window_boot TEXT,
      window_up INTEGER,
      UNIQUE (base_url, fingerprint),
      CHECK ((rate_count IS NULL) = (rate_period IS NULL) AND (rate_count IS NULL) = (burst IS NULL)
        AND (rate_count IS NULL) = (limit_source IS NULL))
    ) STRICT;
    -- Permits of the windows that were taken, by bucket.
    CREATE TABLE key_window (
      key_scope_id INTEGER NOT NULL REFERENCES key_scope,
      period TEXT NOT NULL CHECK (\(isOne(of: ["h", "day"], "period"))),
      bucket INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count > 0),
      PRIMARY KEY (key_scope_id, period, bucket)
    ) STRICT, WITHOUT ROWID;
    -- How the learned pace went, for those who want to see it.
    CREATE TABLE learned_pace (
      id INTEGER PRIMARY KEY,
      key_scope_id INTEGER NOT NULL REFERENCES key_scope,
      at INTEGER NOT NULL,
      per_second REAL NOT NULL
    ) STRICT;
    CREATE INDEX learned_pace_of_scope ON learned_pace (key_scope_id, at);
    -- What holds apply to.
    CREATE TABLE account_scope (
      id INTEGER PRIMARY KEY,
      service TEXT NOT NULL,
      base_url TEXT NOT NULL,
      account TEXT NOT NULL,
      hold_reason TEXT CHECK (\(isOne(of: ["quota", "accountRefused"], "hold_reason"))),
      hold_message TEXT,
      hold_at INTEGER,
      hold_owner_id INTEGER REFERENCES owner, -- the run that has set it
      UNIQUE (service, base_url, account),
      CHECK ((hold_reason IS NULL) = (hold_at IS NULL))
    ) STRICT;
    -- A process that claims. It lives exactly as long as it holds the lock on its file.
    CREATE TABLE owner (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      pid INTEGER NOT NULL,
      process_identity TEXT,                -- the machine's boot, the space of process numbers, when the process started
      boot TEXT,                            -- which start of which machine its times are counted from
      batch_id INTEGER,                     -- what it works on: another batch's run does not take it away
      started_at INTEGER NOT NULL,
      ended_at INTEGER,                     -- null while it may hold items
      clock_skew INTEGER,                   -- how far the service's clock was behind ours at most; negative: behind
      clock_skew_most INTEGER,              -- how far it was ahead at most
      key_scope_id INTEGER REFERENCES key_scope, -- the key that it wants more permits of than it got
      wanting_until INTEGER,
      share_next_at INTEGER,                -- when its share falls due next
      run_scope_id INTEGER REFERENCES key_scope, -- with which key it ran
      made_count INTEGER,                   -- how many items it has made
      end_cause TEXT                        -- why it ended before its batch did
    ) STRICT;
    CREATE INDEX owner_wanting ON owner (key_scope_id, wanting_until) WHERE wanting_until IS NOT NULL;

    """

  private static let itemsAndAttempts = """
    -- What several definitions share: canonical JSON without the name.
    CREATE TABLE definition_base (
      id INTEGER PRIMARY KEY,
      text TEXT NOT NULL,
      name_at INTEGER CHECK (name_at >= 0)  -- where the item's name belongs, in bytes; null where it does not
    ) STRICT;
    -- A definition, never changed once written: a base, and what stands there instead of some of its bytes.
    CREATE TABLE definition (
      id INTEGER PRIMARY KEY,
      base_id INTEGER NOT NULL REFERENCES definition_base,
      patch_start INTEGER,
      patch_end INTEGER,
      patch TEXT,
      CHECK ((patch IS NULL) = (patch_start IS NULL) AND (patch IS NULL) = (patch_end IS NULL))
    ) STRICT;
    -- One remote thing. The account scope and the name are its key.
    CREATE TABLE item (
      id INTEGER PRIMARY KEY,
      account_scope_id INTEGER NOT NULL REFERENCES account_scope,
      name TEXT NOT NULL,
      batch_id INTEGER NOT NULL REFERENCES batch DEFERRABLE INITIALLY DEFERRED, -- the one that last made it ready
      definition_id INTEGER NOT NULL REFERENCES definition,
      next_definition_id INTEGER REFERENCES definition, -- taken if it becomes ready again
      state TEXT NOT NULL,
      due INTEGER,                          -- when it may be claimed
      version INTEGER NOT NULL DEFAULT 1,   -- rises with every change of state
      owner_id INTEGER REFERENCES owner,
      ordinal INTEGER NOT NULL DEFAULT 0,   -- of its latest attempt
      used_count INTEGER NOT NULL DEFAULT 0, -- attempts that the limit counts, since it was last requeued
      unanswered INTEGER NOT NULL DEFAULT 0 CHECK (unanswered BETWEEN 0 AND 1), -- an attempt has no definite answer
      reason TEXT,
      message TEXT,
      remote_id TEXT,                       -- of what was made, or of what a conflict found
      adopted INTEGER NOT NULL DEFAULT 0 CHECK (adopted BETWEEN 0 AND 1),
      cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested BETWEEN 0 AND 1),
      row_count INTEGER NOT NULL DEFAULT 0, -- batch rows that point at it
      doubt_at INTEGER,                     -- since when it is in doubt
      doubt_boot TEXT,                      -- the same by the clock that nobody sets
      doubt_up INTEGER,
      finished_at INTEGER,
      seen_at INTEGER,                      -- when the service last said that it has it
      created_at INTEGER,                   -- when it was made, by the service's clock; null unless a look has told
      UNIQUE (account_scope_id, name),
      CHECK (\(ItemState.check))
    ) STRICT;
    -- Only what can be claimed is in it, so that claims stay as fast when a million items are done.
    CREATE INDEX item_claimable ON item (batch_id, due, id, account_scope_id) WHERE due IS NOT NULL;
    CREATE INDEX item_in_doubt ON item (account_scope_id, doubt_at) WHERE doubt_at IS NOT NULL;
    -- One try.
    CREATE TABLE attempt (
      item_id INTEGER NOT NULL REFERENCES item,
      ordinal INTEGER NOT NULL,             -- rises with every claim
      owner_id INTEGER NOT NULL REFERENCES owner,
      definition_id INTEGER NOT NULL REFERENCES definition,
      start_at INTEGER NOT NULL,            -- the instant from which it may be sent
      start_up INTEGER,                     -- the same from the start of the machine that the owner's row names
      ended_at INTEGER,
      ended_up INTEGER,                     -- null where a process of another start has ended it
      settle_delay INTEGER,                 -- how late it may land, microseconds
      request_timeout INTEGER,              -- how long it may take, microseconds
      outcome TEXT CHECK (\(isOne(of: Outcome.Kind.allCases.map(\.rawValue), "outcome"))),
      is_used INTEGER NOT NULL DEFAULT 0 CHECK (is_used BETWEEN 0 AND 1),
      status INTEGER,
      message TEXT,
      request_id TEXT,
      latency INTEGER,                      -- microseconds from sending to the answer
      PRIMARY KEY (item_id, ordinal),
      CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) STRICT, WITHOUT ROWID;

    """

  private static let batches = """
    -- One roster as it was imported.
    CREATE TABLE batch (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      label TEXT NOT NULL,                  -- the roster's real path, or what the person said
      service TEXT NOT NULL,
      base_url TEXT NOT NULL,               -- where its items are made, in canonical form
      columns TEXT NOT NULL,                -- JSON array of the roster's headers
      known_cells TEXT,                     -- for each column the array of the cells that a number in a row stands for
      digest TEXT NOT NULL,                 -- equal for rosters that are equal row by row
      imported_at INTEGER NOT NULL,
      is_partial INTEGER NOT NULL DEFAULT 0 CHECK (is_partial BETWEEN 0 AND 1),
      first_steps TEXT,                     -- what each row's person is to do first, with placeholders
      forecast INTEGER                      -- microseconds, as the first run that sent something of it said
    ) STRICT;
    CREATE INDEX batch_label ON batch (label, id);
    CREATE TABLE batch_row (
      batch_id INTEGER NOT NULL REFERENCES batch,
      ordinal INTEGER NOT NULL,             -- from 1, in the roster's order
      line INTEGER NOT NULL,
      cells TEXT NOT NULL,                  -- JSON array, one cell for each header
      definition_id INTEGER REFERENCES definition,
      item_id INTEGER REFERENCES item,
      named_item_id INTEGER REFERENCES item, -- the item that it would name if it had no issue: that one is not gone
      issue TEXT,                           -- why the row was not accepted
      PRIMARY KEY (batch_id, ordinal),
      CHECK ((item_id IS NULL) = (issue IS NOT NULL)),
      CHECK ((item_id IS NULL) = (definition_id IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX batch_row_item ON batch_row (item_id) WHERE item_id IS NOT NULL;
    CREATE INDEX batch_row_named_item ON batch_row (named_item_id) WHERE named_item_id IS NOT NULL;
    -- The import counts the rows of an item itself: a trigger would update every item that it has just inserted.
    CREATE TRIGGER batch_row_erased AFTER DELETE ON batch_row WHEN old.item_id IS NOT NULL BEGIN
      UPDATE item SET row_count = row_count - 1 WHERE id = old.item_id;
    END;

    """

  private static let tallies = """
    -- How many items of a batch are in each state. The import writes it once, the trigger keeps it.
    CREATE TABLE tally (
      batch_id INTEGER PRIMARY KEY REFERENCES batch,
      \((ItemState.allCases.map(\.rawValue) + ["invalid"]).map { "\($0) INTEGER NOT NULL CHECK (\($0) >= 0)" }
        .joined(separator: ",\n  "))
    ) STRICT;
    CREATE TRIGGER item_state_changed AFTER UPDATE OF state ON item WHEN old.state <> new.state BEGIN
      UPDATE tally SET \(tallyChange) WHERE batch_id = new.batch_id;
    END;
    -- The other batches that point at the item. A trigger of its own, because IN opens a temporary table, which would
    -- cost every claim and every settle two thirds of its speed.
    CREATE TRIGGER shared_item_state_changed AFTER UPDATE OF state ON item
      WHEN old.state <> new.state AND (new.row_count > 1 OR new.batch_id <> old.batch_id)
    BEGIN
      UPDATE tally SET \(tallyChange)
      WHERE batch_id <> new.batch_id AND batch_id IN (SELECT batch_id FROM batch_row WHERE item_id = new.id);
    END;

    """

  private static let tallyChange: String = ItemState.allCases.map { state in
    let column = state.rawValue
    return "\(column) = \(column) + (new.state = '\(column)') - (old.state = '\(column)')"
  }.joined(separator: ", ")

  private static let listsAndWaits = """
    -- A list of an account that was asked for.
    CREATE TABLE listing (
      id INTEGER PRIMARY KEY,
      account_scope_id INTEGER NOT NULL REFERENCES account_scope,
      owner_id INTEGER NOT NULL REFERENCES owner,
      asked_at INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      is_whole INTEGER NOT NULL CHECK (is_whole BETWEEN 0 AND 1),
      entry_count INTEGER NOT NULL,
      status INTEGER,
      message TEXT,
      request_id TEXT,
      latency INTEGER NOT NULL              -- microseconds from sending to the answer
    ) STRICT;
    CREATE INDEX listing_of_account ON listing (account_scope_id, asked_at);
    -- A wait of everything that uses a key.
    CREATE TABLE key_wait (
      id INTEGER PRIMARY KEY,
      key_scope_id INTEGER NOT NULL REFERENCES key_scope,
      from_at INTEGER NOT NULL,
      until_at INTEGER NOT NULL,
      reason TEXT NOT NULL,
      message TEXT
    ) STRICT;
    CREATE INDEX key_wait_of_scope ON key_wait (key_scope_id, from_at);

    """

  /// That a column is one of some texts, or null. A CASE, because `IN` opens a temporary table.
  private static func isOne(of texts: [String], _ column: String) -> String {
    "CASE \(column) \(texts.map { "WHEN '\($0)' THEN 1" }.joined(separator: " ")) ELSE \(column) IS NULL END"
  }
}

extension ItemState {
  /// What an item's row must be in each state, as a CHECK; a state that there is not is refused.
  fileprivate static var check: String {
    let cases = allCases.map { state in
      let conditions = state.columns.map { "\($0.name) IS \($0.isSet ? "NOT " : "")NULL" }.joined(separator: " AND ")
      return "WHEN '\(state.rawValue)' THEN \(conditions)"
    }
    return "CASE state \(cases.joined(separator: " ")) ELSE 0 END"
  }
}
