// One more outcome. A CHECK cannot be changed in place, so the table is written anew.

extension QueueSchema {
  /// `attempt` as it was, with *foreign* among its outcomes.
  static let foreignAnswers = """
    CREATE TABLE new_attempt (
      item_id INTEGER NOT NULL REFERENCES item,
      ordinal INTEGER NOT NULL,             -- rises with every claim
      owner_id INTEGER NOT NULL REFERENCES owner,
      definition_id INTEGER NOT NULL REFERENCES definition,
      start_at INTEGER NOT NULL,            -- the instant from which it may be sent
      ended_at INTEGER,
      outcome TEXT CHECK (outcome IN ('succeeded', 'refused', 'throttled', 'key_quota', 'account_quota',
        'account_refused', 'denied', 'not_offered', 'misdirected', 'unreachable', 'no_answer', 'foreign', 'not_sent',
        'owner_gone')),
      is_used INTEGER NOT NULL DEFAULT 0 CHECK (is_used IN (0, 1)),
      status INTEGER,
      message TEXT,
      request_id TEXT,
      latency INTEGER,                      -- microseconds from sending to the answer
      start_up INTEGER,                     -- from the start of the machine that the owner's row names
      ended_up INTEGER,                     -- null where a process of another start has ended it
      settle_delay INTEGER,                 -- how late it may land, microseconds
      request_timeout INTEGER,              -- how long it may take, microseconds
      PRIMARY KEY (item_id, ordinal),
      CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_attempt SELECT * FROM attempt;
    DROP TABLE attempt;
    ALTER TABLE new_attempt RENAME TO attempt;
    """
}
