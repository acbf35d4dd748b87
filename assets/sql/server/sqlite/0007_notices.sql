-- Notices beside the client, written with the facts they follow from. They name nobody but by id; what they say is put
-- together when they leave.
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    once TEXT UNIQUE,
    recipient TEXT NOT NULL,
    conversation TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    passed TEXT NOT NULL,
    first INTEGER NOT NULL,
    ended TEXT,
    ended_at INTEGER,
    by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_waiting ON notice (at, id) WHERE ended IS NULL;
CREATE INDEX notice_sent ON notice (ended_at) WHERE ended = 'sent' AND first = 1;
CREATE INDEX notice_told ON notice (recipient, by, ended_at) WHERE ended = 'sent' AND first = 1;
CREATE INDEX notice_dead ON notice (id) WHERE ended = 'dead';
CREATE INDEX notice_ended ON notice (ended_at, id) WHERE ended IS NOT NULL;

-- Where reps are reached: personal data, never in the journal.
CREATE TABLE reach (
    rep TEXT PRIMARY KEY,
    phone TEXT UNIQUE,
    email TEXT,
    stopped INTEGER
) STRICT, WITHOUT ROWID;
