-- Writes into the CRM on their way. They name texts and hold none.
CREATE TABLE crm_write (
    key TEXT PRIMARY KEY,
    once TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rep TEXT,
    wanted TEXT NOT NULL,
    about TEXT,
    -- Of a task: 0 while nothing ended it. NULL for every other write.
    closed INTEGER,
    next_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    waits TEXT,
    ended TEXT,
    ended_at INTEGER,
    made TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX crm_write_order ON crm_write (conversation, seq, n) WHERE ended IS NULL;
CREATE INDEX crm_write_due ON crm_write (next_at) WHERE ended IS NULL;
CREATE INDEX crm_write_task ON crm_write (key) WHERE closed = 0;
CREATE INDEX crm_write_task_of ON crm_write (conversation) WHERE closed = 0;
CREATE INDEX crm_write_refused ON crm_write (ended, ended_at) WHERE ended IS NOT NULL;
CREATE INDEX crm_write_ended ON crm_write (ended_at) WHERE ended IS NOT NULL;

-- How far the journal was read for them.
CREATE TABLE crm_read (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
