-- The cache of one profile: what the backend said (droppable), and what the person wants (never dropped).

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Snapshots as JSON, without their messages.
CREATE TABLE conversations (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    snapshot TEXT NOT NULL
) STRICT;

-- `key` is made of the time and some bits of the id, so that its order is the order of time and a search can stop
-- after the newest hits.
CREATE TABLE messages (
    key          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    body         TEXT,
    message      TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_place ON messages (conversation, n);

CREATE VIRTUAL TABLE words USING fts5 (body, content = 'messages', content_rowid = 'key', tokenize = 'unicode61');
-- An erased or withdrawn text leaves nothing behind in the index.
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER messages_in AFTER INSERT ON messages BEGIN
    INSERT INTO words (rowid, body) VALUES (new.key, new.body);
END;
CREATE TRIGGER messages_out AFTER DELETE ON messages BEGIN
    INSERT INTO words (words, rowid, body) VALUES ('delete', old.key, old.body);
END;
CREATE TRIGGER messages_changed AFTER UPDATE OF body ON messages BEGIN
    INSERT INTO words (words, rowid, body) VALUES ('delete', old.key, old.body);
    INSERT INTO words (rowid, body) VALUES (new.key, new.body);
END;

CREATE TABLE outbox (
    id    TEXT PRIMARY KEY,
    entry TEXT NOT NULL
) STRICT;

CREATE TABLE drafts (
    conversation TEXT PRIMARY KEY,
    body         TEXT NOT NULL
) STRICT;

CREATE TABLE seen (
    conversation TEXT PRIMARY KEY,
    texts        INTEGER NOT NULL
) STRICT;

CREATE TABLE alerted (
    key TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT;

CREATE TABLE dismissed (
    message TEXT PRIMARY KEY
) STRICT;

CREATE TABLE heads (
    seq  INTEGER PRIMARY KEY,
    hash TEXT NOT NULL
) STRICT;
