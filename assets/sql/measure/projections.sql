-- What measuring makes of the journal, in a file of its own beside the database: it can be thrown away, and is made again.
-- How far it has read, of which journal.
CREATE TABLE read_to (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    world TEXT NOT NULL
) STRICT;

-- What the fold keeps of conversations and numbers.
CREATE TABLE talk (
    id BLOB PRIMARY KEY,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE asker (
    id BLOB PRIMARY KEY,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every reply that asked for an answer, by the entry that started its clock.
CREATE TABLE reply (
    seq INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL,
    number BLOB NOT NULL,
    line TEXT NOT NULL,
    team TEXT NOT NULL,
    use_case TEXT NOT NULL,
    cohort TEXT NOT NULL,
    first INTEGER NOT NULL,
    owner TEXT,
    holder TEXT,
    answered_by TEXT,
    rep TEXT,
    received INTEGER NOT NULL,
    offered INTEGER,
    taken INTEGER,
    due INTEGER NOT NULL,
    ended INTEGER,
    standing TEXT NOT NULL,
    wall INTEGER,
    business INTEGER,
    take_wall INTEGER,
    take_business INTEGER,
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    climbs INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    gaps INTEGER NOT NULL,
    cause TEXT,
    playbook INTEGER NOT NULL,
    asked TEXT
) STRICT;
CREATE INDEX reply_day ON reply (day);
CREATE INDEX reply_rep ON reply (rep, day);
CREATE INDEX reply_missed ON reply (day) WHERE cause IS NOT NULL;
-- What a number opens is told by conversation, each with all that counts of it.
CREATE INDEX reply_of ON reply (conversation);
CREATE INDEX reply_missed_of ON reply (conversation, day, due, cause, team, rep) WHERE cause IS NOT NULL;

-- Replies added up by day, within each team.
CREATE TABLE cell (
    sort TEXT NOT NULL,
    team TEXT NOT NULL,
    day INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sort, team, day, name)
) STRICT, WITHOUT ROWID;

-- Reps' days.
CREATE TABLE load (
    day INTEGER NOT NULL,
    rep TEXT NOT NULL,
    offers INTEGER NOT NULL,
    takes INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    open_ms INTEGER NOT NULL,
    most INTEGER NOT NULL,
    PRIMARY KEY (day, rep)
) STRICT, WITHOUT ROWID;

-- Which conversations those are of: each turn, by rep.
CREATE TABLE turn (
    rep TEXT NOT NULL,
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    conversation BLOB NOT NULL,
    at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (rep, what, day, seq)
) STRICT, WITHOUT ROWID;

-- And each stretch in which a rep held one while it was open.
CREATE TABLE stretch (
    rep TEXT NOT NULL,
    seq INTEGER NOT NULL,
    conversation BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    until_seq INTEGER,
    PRIMARY KEY (rep, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX stretch_now ON stretch (rep) WHERE until IS NULL;

-- Other counts of a day, of a line.
CREATE TABLE tally (
    day INTEGER NOT NULL,
    what TEXT NOT NULL,
    line TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, what, line)
) STRICT, WITHOUT ROWID;

-- Which answers those are of that came while their buyer is not to be texted, by the entry that decided it.
CREATE TABLE closed (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    line TEXT NOT NULL,
    conversation BLOB NOT NULL,
    what TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX closed_day ON closed (what, day);

CREATE TABLE opt_out (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    number BLOB NOT NULL,
    conversation BLOB,
    line TEXT,
    source TEXT NOT NULL,
    band TEXT NOT NULL,
    reply_day INTEGER NOT NULL
) STRICT;
CREATE INDEX opt_out_day ON opt_out (day);
CREATE INDEX opt_out_reply ON opt_out (reply_day);

CREATE TABLE held (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    number BLOB NOT NULL,
    conversation BLOB NOT NULL,
    due INTEGER NOT NULL,
    ended INTEGER,
    how TEXT,
    rep TEXT
) STRICT;
CREATE INDEX held_day ON held (day);
CREATE INDEX held_number ON held (number);

-- From a buyer's reply to what a rep made of it, by the entry of its first reply, with what that reply says.
CREATE TABLE exchange (
    seq INTEGER PRIMARY KEY,
    conversation BLOB NOT NULL,
    ended INTEGER,
    outcome TEXT,
    finished_by TEXT,
    received INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,
    hour INTEGER NOT NULL DEFAULT 0,
    under INTEGER NOT NULL DEFAULT 0,
    wall INTEGER
) STRICT;
CREATE INDEX exchange_day ON exchange (day);
CREATE INDEX exchange_under ON exchange (under, day);

-- The same by conversation, as far as deals are credited by it, packed: a report over a year looks up tens of thousands.
CREATE TABLE exchanges_of (
    conversation BLOB PRIMARY KEY,
    packed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Under what exchanges count, each way of it once; nobody's rep is ''.
CREATE TABLE under (
    id INTEGER PRIMARY KEY,
    team TEXT NOT NULL,
    cohort TEXT NOT NULL,
    rep TEXT NOT NULL,
    line TEXT NOT NULL,
    use_case TEXT NOT NULL,
    standing TEXT NOT NULL
) STRICT;

-- Exchanges added up by day: by each of what a report has rows of, within each team, and how first replies were answered.
CREATE TABLE heard (
    sort TEXT NOT NULL,
    day INTEGER NOT NULL,
    team TEXT NOT NULL,
    name TEXT NOT NULL,
    adherence TEXT NOT NULL,
    exchanges INTEGER NOT NULL,
    meetings INTEGER NOT NULL,
    PRIMARY KEY (sort, day, team, name, adherence)
) STRICT, WITHOUT ROWID;

-- Who is behind conversations, by the CRM's ids.
CREATE TABLE behind (
    contact TEXT NOT NULL,
    conversation BLOB NOT NULL,
    -- Whether somebody else is behind it, too.
    shared INTEGER NOT NULL,
    PRIMARY KEY (contact, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX behind_of ON behind (conversation);
