// Columns for ages and waits that hold whatever is done to the clock.

extension QueueSchema {
  /// Beside wall-clock instants: microseconds since the machine's start, and which start that was.
  static let agesByBootClock = """
    -- Which start of which machine the owner's times are counted from.
    ALTER TABLE owner ADD COLUMN boot TEXT;
    -- How far the service's clock was ahead of ours at most, as long as the owner lived.
    ALTER TABLE owner ADD COLUMN clock_skew_most INTEGER;
    -- The doubt's beginning by the clock that nobody sets.
    ALTER TABLE item ADD COLUMN doubt_boot TEXT;
    ALTER TABLE item ADD COLUMN doubt_up INTEGER;
    -- From the start that the owner's row names; ended_up is null where a process of another start has ended it.
    ALTER TABLE attempt ADD COLUMN start_up INTEGER;
    ALTER TABLE attempt ADD COLUMN ended_up INTEGER;
    -- What it was sent under: how late it may land, and how long it may take; microseconds.
    ALTER TABLE attempt ADD COLUMN settle_delay INTEGER;
    ALTER TABLE attempt ADD COLUMN request_timeout INTEGER;
    """

  static let waitsHoldsAndEnds = """
    -- What not_before is counted from, by both clocks; what was said; and what was asked for, if that is more.
    ALTER TABLE key_scope ADD COLUMN wait_at INTEGER;
    ALTER TABLE key_scope ADD COLUMN wait_boot TEXT;
    ALTER TABLE key_scope ADD COLUMN wait_up INTEGER;
    ALTER TABLE key_scope ADD COLUMN wait_message TEXT;
    ALTER TABLE key_scope ADD COLUMN wait_asked INTEGER;
    -- When permits of the windows were last taken, by both clocks.
    ALTER TABLE key_scope ADD COLUMN window_at INTEGER;
    ALTER TABLE key_scope ADD COLUMN window_boot TEXT;
    ALTER TABLE key_scope ADD COLUMN window_up INTEGER;
    -- The run that has set the hold.
    ALTER TABLE account_scope ADD COLUMN hold_owner_id INTEGER REFERENCES owner;
    -- How a run ended: with which key it ran, how many items it made, and the cause where it ended before its batch did.
    ALTER TABLE owner ADD COLUMN run_scope_id INTEGER REFERENCES key_scope;
    ALTER TABLE owner ADD COLUMN made_count INTEGER;
    ALTER TABLE owner ADD COLUMN end_cause TEXT;
    """
}
