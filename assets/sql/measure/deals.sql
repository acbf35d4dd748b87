-- Deals as the CRM last told them: no part of the journal, asked for again when they are not here. Without their names.
CREATE TABLE IF NOT EXISTS deal (
    id TEXT PRIMARY KEY,
    changed INTEGER NOT NULL,
    closed INTEGER,
    seen INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deal_closed ON deal (closed);
CREATE INDEX IF NOT EXISTS deal_seen ON deal (seen);
CREATE TABLE IF NOT EXISTS deal_contact (
    contact TEXT NOT NULL,
    deal TEXT NOT NULL,
    closed INTEGER,
    PRIMARY KEY (contact, deal)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deal_contact_of ON deal_contact (deal);

-- How far they have been read: the newest change, when all of them were read last, when any were, what hinders it, and how many
-- rows of the CRM's own could not be read.
CREATE TABLE IF NOT EXISTS deals_read (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    trouble TEXT,
    unread INTEGER NOT NULL DEFAULT 0
) STRICT;
