-- Replies of before, as other programs had them: what is measured since is held against them. No phone and no text.
CREATE TABLE past_reply (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    team TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    answered_at INTEGER,
    cohort TEXT,
    use_case TEXT,
    rep TEXT,
    contact TEXT,
    stage TEXT,
    outcome TEXT,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX past_reply_received ON past_reply (received_at);
