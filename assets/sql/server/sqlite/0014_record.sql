-- Which entries of the journal are about a conversation, a row for each group that wrote some: whoever asks why reads
-- those, and not the whole journal.
CREATE TABLE record (
    conversation TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (conversation, first)
) STRICT, WITHOUT ROWID;
INSERT INTO record (conversation, first, last)
    SELECT json_extract(CAST(body AS TEXT), '$.subject.conversation'), seq, seq FROM entry
    WHERE json_extract(CAST(body AS TEXT), '$.subject.conversation') IS NOT NULL;
