-- What people ruled about numbers on opt-out hold, for compliance; a row nobody is named in was ruled by the tenth
-- business day. The reason is a note, erasable with its conversation.
CREATE TABLE ruling (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    number TEXT NOT NULL,
    conversation TEXT NOT NULL,
    message TEXT NOT NULL,
    score INTEGER NOT NULL,
    rep TEXT,
    kept TEXT
) STRICT;
