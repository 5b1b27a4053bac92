// The tables of the queue's file. Migrations are only ever added; a file of an older version is brought up on opening.

import GRDB
import Provisioning

enum QueueSchema {
  /// `ROLC` in ASCII: tells the file from any other SQLite file.
  static let applicationID = 0x524F_4C43

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 batches, items, attempts, scopes, owners") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: scopesAndOwners)
      try db.execute(sql: itemsAndAttempts)
      try db.execute(sql: batches)
      try db.execute(sql: tallies)
    }
    migrator.registerMigration("2 lists and waits, for the history of an item") { db in
      try db.execute(sql: listsAndWaits)
    }
    migrator.registerMigration("3 batches of a part of a roster") { db in
      try db.execute(
        sql: "ALTER TABLE batch ADD COLUMN is_partial INTEGER NOT NULL DEFAULT 0 CHECK (is_partial IN (0, 1))")
    }
    migrator.registerMigration("4 the import counts an item's rows itself") { db in
      // A trigger updated every item that the import had just inserted, a million times in a large roster.
      try db.execute(sql: "DROP TRIGGER batch_row_written")
    }
    migrator.registerMigration("5 what the rows of a batch have in common is kept once") { db in
      // A definition is kept without the item's name, and as what is different from another one; see `KeptDefinition`.
      try db.execute(sql: "ALTER TABLE definition ADD COLUMN name_at INTEGER CHECK (name_at >= 0)")
      try db.execute(sql: "ALTER TABLE definition ADD COLUMN base_id INTEGER REFERENCES definition")
      try db.execute(sql: "ALTER TABLE definition ADD COLUMN base_start INTEGER")
      try db.execute(sql: "ALTER TABLE definition ADD COLUMN base_end INTEGER")
      // What an owner works on: another batch's run does not take it away from a living one.
      try db.execute(sql: "ALTER TABLE owner ADD COLUMN batch_id INTEGER")
      // The first row's cells, as JSON; in the cells of the other rows a number stands for the same cell. Null: it does not.
      try db.execute(sql: "ALTER TABLE batch ADD COLUMN first_cells TEXT")
      // The item that a row would name if it had no issue: it is not gone.
      try db.execute(sql: "ALTER TABLE batch_row ADD COLUMN named_item_id INTEGER REFERENCES item")
      try db.execute(
        sql: "CREATE INDEX batch_row_named_item ON batch_row (named_item_id) WHERE named_item_id IS NOT NULL")
    }
    migrator.registerMigration("6 limits over hours and days, and a pace that is learned") { db in
      try db.execute(sql: windowsAndPace)
    }
    migrator.registerMigration("7 not only the first row's cells are kept once") { db in
      // Now for each column the array of the cells that a number stands for.
      try db.execute(sql: "ALTER TABLE batch RENAME COLUMN first_cells TO known_cells")
    }
    migrator.registerMigration("8 owners that want the permits of one key share them") { db in
      // The key that an owner wants more permits of than it got, until when it counts as wanting, and when its share
      // falls due next.
      try db.execute(sql: "ALTER TABLE owner ADD COLUMN key_scope_id INTEGER REFERENCES key_scope")
      try db.execute(sql: "ALTER TABLE owner ADD COLUMN wanting_until INTEGER")
      try db.execute(sql: "ALTER TABLE owner ADD COLUMN share_next_at INTEGER")
      try db.execute(
        sql: "CREATE INDEX owner_wanting ON owner (key_scope_id, wanting_until) WHERE wanting_until IS NOT NULL")
    }
    migrator.registerMigration("9 how long a batch was said to take") { db in
      // Microseconds, as the first run that sent something of it said.
      try db.execute(sql: "ALTER TABLE batch ADD COLUMN forecast INTEGER")
    }
    migrator.registerMigration("10 owners are told from processes of the same number") { db in
      // The machine's boot, the space of process numbers, and when the process started; null: the system does not tell.
      try db.execute(sql: "ALTER TABLE owner ADD COLUMN process_identity TEXT")
    }
    migrator.registerMigration("11 ages by a clock that nobody sets") { db in
      try db.execute(sql: agesByBootClock)
    }
    migrator.registerMigration("12 how long a wait is, who holds an account, and how runs ended") { db in
      try db.execute(sql: waitsHoldsAndEnds)
    }
    migrator.registerMigration("13 answers that are not the service's own") { db in
      try db.execute(sql: foreignAnswers)
    }
    return migrator
  }

  private static let windowsAndPace = """
    -- Limits over long periods that a person said, `500/day 5000/h`.
    ALTER TABLE key_scope ADD COLUMN windows TEXT;
    -- What the answers have taught about the limit, as JSON; it holds while rate_count is null.
    ALTER TABLE key_scope ADD COLUMN learner TEXT;
    -- Permits of the windows that were taken, by bucket.
    CREATE TABLE key_window (
      key_scope_id INTEGER NOT NULL REFERENCES key_scope,
      period TEXT NOT NULL CHECK (period IN ('h', 'day')),
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
    """

  private static let listsAndWaits = """
    -- How far the service's clock was behind ours at most, as long as the owner lived; microseconds, negative: behind.
    ALTER TABLE owner ADD COLUMN clock_skew INTEGER;
    -- A list of an account that was asked for.
    CREATE TABLE listing (
      id INTEGER PRIMARY KEY,
      account_scope_id INTEGER NOT NULL REFERENCES account_scope,
      owner_id INTEGER NOT NULL REFERENCES owner,
      asked_at INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      is_whole INTEGER NOT NULL CHECK (is_whole IN (0, 1)),
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

  private static let scopesAndOwners = """
    -- What rates apply to: an origin together with an access key, of which only a fingerprint is kept.
    CREATE TABLE key_scope (
      id INTEGER PRIMARY KEY,
      origin TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      rate_count INTEGER CHECK (rate_count >= 1), -- permits a period; null until someone said or learned a limit
      rate_period TEXT CHECK (rate_period IN ('s', 'm', 'h', 'day')),
      burst INTEGER CHECK (burst >= 1),
      limit_source TEXT CHECK (limit_source IN ('flag', 'learned')),
      limit_at INTEGER,                     -- when the limit was said or learned
      theoretical_at INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0,
      wait_reason TEXT,                     -- why nothing starts before not_before
      UNIQUE (origin, fingerprint),
      CHECK ((rate_count IS NULL) = (rate_period IS NULL) AND (rate_count IS NULL) = (burst IS NULL)
        AND (rate_count IS NULL) = (limit_source IS NULL))
    ) STRICT;
    -- What holds apply to.
    CREATE TABLE account_scope (
      id INTEGER PRIMARY KEY,
      target TEXT NOT NULL,
      origin TEXT NOT NULL,
      account TEXT NOT NULL,
      hold_reason TEXT CHECK (hold_reason IN ('account_quota', 'account_refused')),
      hold_message TEXT,
      hold_at INTEGER,
      UNIQUE (target, origin, account),
      CHECK ((hold_reason IS NULL) = (hold_at IS NULL))
    ) STRICT;
    -- A process that claims. It lives exactly as long as it holds the lock on its file.
    CREATE TABLE owner (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      pid INTEGER NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER                      -- null while it may hold items
    ) STRICT;
    """

  private static let itemsAndAttempts = """
    -- A rendered definition, canonical JSON, never changed once written.
    CREATE TABLE definition (
      id INTEGER PRIMARY KEY,
      json TEXT NOT NULL
    ) STRICT;
    -- One remote thing. The account scope and the name are its key.
    CREATE TABLE item (
      id INTEGER PRIMARY KEY,
      account_scope_id INTEGER NOT NULL REFERENCES account_scope,
      name TEXT NOT NULL,
      batch_id INTEGER NOT NULL REFERENCES batch DEFERRABLE INITIALLY DEFERRED, -- the one that last made it ready
      definition_id INTEGER NOT NULL REFERENCES definition,
      next_definition_id INTEGER REFERENCES definition, -- taken if it becomes ready again
      state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'in_doubt', 'done', 'failed', 'cancelled')),
      due INTEGER,                          -- when it may be claimed
      version INTEGER NOT NULL DEFAULT 1,   -- rises with every change of state
      owner_id INTEGER REFERENCES owner,
      ordinal INTEGER NOT NULL DEFAULT 0,   -- of its latest attempt
      used_count INTEGER NOT NULL DEFAULT 0, -- attempts that the limit counts, since it was last requeued
      unanswered INTEGER NOT NULL DEFAULT 0 CHECK (unanswered IN (0, 1)), -- an attempt has no definite answer
      reason TEXT,
      message TEXT,
      remote_id TEXT,                       -- of what was made, or of what a conflict found
      adopted INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1)),
      cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
      row_count INTEGER NOT NULL DEFAULT 0, -- batch rows that point at it
      doubt_at INTEGER,                     -- since when it is in doubt
      finished_at INTEGER,
      UNIQUE (account_scope_id, name),
      CHECK ((due IS NOT NULL) = (state = 'ready')),
      CHECK ((owner_id IS NOT NULL) = (state = 'leased')),
      CHECK ((doubt_at IS NOT NULL) = (state = 'in_doubt')),
      CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'failed', 'cancelled'))),
      CHECK (state <> 'done' OR remote_id IS NOT NULL)
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
      ended_at INTEGER,
      outcome TEXT CHECK (outcome IN ('succeeded', 'refused', 'throttled', 'key_quota', 'account_quota',
        'account_refused', 'denied', 'not_offered', 'misdirected', 'unreachable', 'no_answer', 'not_sent',
        'owner_gone')),
      is_used INTEGER NOT NULL DEFAULT 0 CHECK (is_used IN (0, 1)),
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
      target TEXT NOT NULL,
      endpoint TEXT NOT NULL,
      origin TEXT NOT NULL,
      template TEXT,
      columns TEXT NOT NULL,                -- JSON array of the roster's headers
      digest TEXT NOT NULL,                 -- equal for rosters that are equal row by row
      imported_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX batch_label ON batch (label, id);
    CREATE TABLE batch_row (
      batch_id INTEGER NOT NULL REFERENCES batch,
      ordinal INTEGER NOT NULL,             -- from 1, in the roster's order
      line INTEGER NOT NULL,
      cells TEXT NOT NULL,                  -- JSON array, one cell for each header
      definition_id INTEGER REFERENCES definition,
      item_id INTEGER REFERENCES item,
      issue TEXT,                           -- why the row was not accepted
      PRIMARY KEY (batch_id, ordinal),
      CHECK ((item_id IS NULL) = (issue IS NOT NULL)),
      CHECK ((item_id IS NULL) = (definition_id IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX batch_row_item ON batch_row (item_id) WHERE item_id IS NOT NULL;
    CREATE TRIGGER batch_row_written AFTER INSERT ON batch_row WHEN new.item_id IS NOT NULL BEGIN
      UPDATE item SET row_count = row_count + 1 WHERE id = new.item_id;
    END;
    CREATE TRIGGER batch_row_erased AFTER DELETE ON batch_row WHEN old.item_id IS NOT NULL BEGIN
      UPDATE item SET row_count = row_count - 1 WHERE id = old.item_id;
    END;
    """

  private static let tallies = """
    -- How many items of a batch are in each state. The import writes it once, the trigger keeps it.
    CREATE TABLE tally (
      batch_id INTEGER PRIMARY KEY REFERENCES batch,
      ready INTEGER NOT NULL CHECK (ready >= 0),
      leased INTEGER NOT NULL CHECK (leased >= 0),
      in_doubt INTEGER NOT NULL CHECK (in_doubt >= 0),
      done INTEGER NOT NULL CHECK (done >= 0),
      failed INTEGER NOT NULL CHECK (failed >= 0),
      cancelled INTEGER NOT NULL CHECK (cancelled >= 0),
      invalid INTEGER NOT NULL CHECK (invalid >= 0)
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
}
