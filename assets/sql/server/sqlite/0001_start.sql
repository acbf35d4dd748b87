-- One row: locked by every group, so order is given under the lock that commits it.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    roster TEXT NOT NULL,
    playbook INTEGER NOT NULL
) STRICT;

-- The journal: exactly the bytes that were hashed.
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Personal data lives in number.address, message.body, card and raw_event: erasable, never in the journal.
CREATE TABLE number (
    id TEXT PRIMARY KEY,
    address TEXT UNIQUE,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
    number TEXT PRIMARY KEY REFERENCES number (id),
    cards TEXT NOT NULL,
    read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_read ON card (read_at);

CREATE TABLE conversation (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL REFERENCES number (id),
    line TEXT NOT NULL,
    state TEXT NOT NULL,
    seq INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    deadline INTEGER,
    holder TEXT,
    open INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_number ON conversation (number);
CREATE INDEX conversation_deadline ON conversation (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX conversation_holder ON conversation (holder) WHERE open = 1 AND holder IS NOT NULL;

CREATE TABLE message (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    body TEXT,
    salt BLOB NOT NULL,
    media TEXT NOT NULL,
    standing TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_place ON message (conversation, n);

CREATE TABLE audience (
    principal TEXT NOT NULL,
    conversation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (principal, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX audience_seq ON audience (principal, seq);

CREATE TABLE send (
    message TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    not_before INTEGER,
    open INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX send_due ON send (not_before) WHERE not_before IS NOT NULL;
CREATE INDEX send_open ON send (open) WHERE open = 1;

CREATE TABLE device (
    id TEXT PRIMARY KEY,
    rep TEXT NOT NULL,
    name TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    last_n INTEGER NOT NULL DEFAULT 0,
    parked TEXT NOT NULL DEFAULT '[]'
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt (
    device TEXT NOT NULL,
    n INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (device, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
    hash BLOB PRIMARY KEY,
    rep TEXT NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Kept for ever: the classic Twilio signature carries no time.
CREATE TABLE dedupe (
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (provider, account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE playbook (
    version INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE line (
    number TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    tokens TEXT NOT NULL,
    service TEXT,
    api TEXT NOT NULL
) STRICT, WITHOUT ROWID;
