-- How many open conversations each rep holds, kept as they change: every group of commands and every page of the feed
-- looks at it, and counting reads every open conversation there is.
CREATE TABLE load (
    holder TEXT PRIMARY KEY,
    open INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO load (holder, open)
    SELECT holder, count(*) FROM conversation WHERE open = 1 AND holder IS NOT NULL GROUP BY holder;
DROP INDEX conversation_holder;

CREATE TRIGGER load_opened AFTER INSERT ON conversation WHEN new.open = 1 AND new.holder IS NOT NULL BEGIN
    INSERT INTO load (holder, open) VALUES (new.holder, 1) ON CONFLICT (holder) DO UPDATE SET open = open + 1;
END;
CREATE TRIGGER load_lost AFTER UPDATE OF holder, open ON conversation
    WHEN old.open = 1 AND old.holder IS NOT NULL AND (new.open = 0 OR new.holder IS NOT old.holder) BEGIN
    UPDATE load SET open = open - 1 WHERE holder = old.holder;
END;
CREATE TRIGGER load_gained AFTER UPDATE OF holder, open ON conversation
    WHEN new.open = 1 AND new.holder IS NOT NULL AND (old.open = 0 OR old.holder IS NOT new.holder) BEGIN
    INSERT INTO load (holder, open) VALUES (new.holder, 1) ON CONFLICT (holder) DO UPDATE SET open = open + 1;
END;
CREATE TRIGGER load_gone AFTER DELETE ON conversation WHEN old.open = 1 AND old.holder IS NOT NULL BEGIN
    UPDATE load SET open = open - 1 WHERE holder = old.holder;
END;
