// The tables of what the queue remembers beyond batches: itself, courses and runs.

extension QueueSchema {
  static let coursesAndRuns = """
    -- What tells this queue from any other, whatever its file is called; one row.
    CREATE TABLE identity (
      code TEXT NOT NULL
    ) STRICT;
    -- With a letter first: digits alone, or with an e among them, are a number to a spreadsheet, which would shorten it.
    INSERT INTO identity VALUES ('q' || lower(hex(randomblob(8))));
    -- One roster through time, and what it was first read with.
    CREATE TABLE course (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      service TEXT NOT NULL,
      base_url TEXT NOT NULL,
      label TEXT NOT NULL,
      settings TEXT NOT NULL,               -- JSON; what the options of the first run said
      folder TEXT,                          -- where its reports go; null where nobody has said it
      UNIQUE (service, base_url, label)
    ) STRICT;
    -- One time that a process worked on a course.
    CREATE TABLE run (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      base_url TEXT NOT NULL,
      label TEXT NOT NULL,                  -- the course's
      batch_id INTEGER,                     -- null: it ended before there was one
      verb TEXT NOT NULL,
      owner_id INTEGER REFERENCES owner,    -- tells whether it lives, while it has not ended
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      status INTEGER CHECK (status BETWEEN 0 AND 255),
      end_reason TEXT,
      message TEXT,
      row_count INTEGER,                    -- of its batch when it ended
      done_count INTEGER,
      unsent_count INTEGER,
      CHECK ((ended_at IS NULL) = (status IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL))
    ) STRICT;
    CREATE INDEX run_of_course ON run (label, base_url, id);
    CREATE INDEX run_of_batch ON run (batch_id, id);
    """
}
