-- New rows are put into the indexes once for each transaction. A trigger does it for each row, and FTS5 writes what it
-- gathered to disk whenever a statement with a trigger begins: a first sync spent half its time there.
DROP TRIGGER messages_in;
DROP TRIGGER people_in;
