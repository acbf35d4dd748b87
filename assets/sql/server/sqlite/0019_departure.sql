-- What left in the last day, by number: rates and daily shares hold across a restart. No fact of the journal, and nothing
-- about whom it went to.
CREATE TABLE departure (
    at INTEGER NOT NULL,
    line TEXT NOT NULL,
    segments INTEGER NOT NULL
) STRICT;
CREATE INDEX departure_at ON departure (at);
