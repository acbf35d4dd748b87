-- What is done rests on the disk: a start reads what is awake, and what was finished last.

-- What the backend said is fetched again in the new shape; what the person wants stays.
DELETE FROM conversations;
DELETE FROM meta WHERE key = 'cursor';

-- The beginnings of words are looked up, not searched for.
DROP TABLE words;
CREATE VIRTUAL TABLE words
    USING fts5 (body, content = 'messages', content_rowid = 'key', tokenize = 'unicode61', prefix = '2 3');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

ALTER TABLE conversations ADD COLUMN awake INTEGER NOT NULL DEFAULT 1;
ALTER TABLE conversations ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
-- The last of its messages, so that a list needs no other read.
ALTER TABLE conversations ADD COLUMN tail TEXT NOT NULL DEFAULT '[]';
-- Not brought yet by a feed that starts anew.
ALTER TABLE conversations ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
-- Name, number and account, to be searched.
ALTER TABLE conversations ADD COLUMN who TEXT NOT NULL DEFAULT '';
CREATE INDEX conversations_awake ON conversations (awake) WHERE awake = 1;
CREATE INDEX conversations_rest ON conversations (changed) WHERE awake = 0;

CREATE VIRTUAL TABLE people USING fts5 (who, conversation UNINDEXED, tokenize = 'unicode61', prefix = '2 3');
INSERT INTO people (people, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER people_in AFTER INSERT ON conversations BEGIN
    INSERT INTO people (rowid, who, conversation) VALUES (new.rowid, new.who, new.id);
END;
CREATE TRIGGER people_out AFTER DELETE ON conversations BEGIN
    DELETE FROM people WHERE rowid = old.rowid;
END;
CREATE TRIGGER people_changed AFTER UPDATE OF who ON conversations WHEN old.who <> new.who BEGIN
    UPDATE people SET who = new.who WHERE rowid = new.rowid;
END;
