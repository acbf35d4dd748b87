-- Pictures and other media of buyers' texts. What came stands outside the journal, so that it can be erased with its
-- text; the same bytes are kept once.
CREATE TABLE media (
    message TEXT NOT NULL,
    n INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    -- Where the carrier keeps it: forgotten once it is here or given up.
    source TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    -- When it is fetched, or tried again; nothing once it is settled.
    not_before INTEGER,
    kind TEXT,
    hash BLOB,
    -- Why it is not kept.
    refused TEXT,
    PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_due ON media (not_before) WHERE not_before IS NOT NULL;
CREATE INDEX media_hash ON media (hash) WHERE hash IS NOT NULL;

CREATE TABLE media_content (
    hash BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
