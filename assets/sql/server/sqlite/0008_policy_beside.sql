-- Policies beside the one in force: one that waits for its day, one that only says what it would do; and that running
-- clocks must still get new due times. At most one row of each kind, so that the one in force is never in doubt.
CREATE TABLE policy_beside (
    kind TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
