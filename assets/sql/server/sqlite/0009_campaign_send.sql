-- What campaigns sent, as the marketing tool reported it: a reply looks here for the text it answers. Personal data,
-- erasable, never in the journal.
CREATE TABLE campaign_send (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    line TEXT NOT NULL,
    campaign TEXT NOT NULL,
    use_case TEXT,
    words TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_send_to ON campaign_send (address, line, sent_at);

-- Keys of other programs, by the hash of their token.
CREATE TABLE api_key (
    hash BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
