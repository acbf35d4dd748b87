-- What a line of another carrier than the first needs beside account, tokens and API: public keys, the address of a list.
ALTER TABLE line ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';

-- Numbers that nothing leaves from: until somebody has put right what the carrier refuses, or until a time.
CREATE TABLE line_stop (
    number TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    code INTEGER NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER
) STRICT, WITHOUT ROWID;
