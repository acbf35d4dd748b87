-- Which entries of the journal are about a conversation or a number, a row for each group that wrote some: whoever asks why
-- reads those, and not the whole journal.
CREATE TABLE record (
    subject TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (subject, first)
) STRICT, WITHOUT ROWID;
INSERT INTO record (subject, first, last)
    SELECT coalesce(json_extract(CAST(body AS TEXT), '$.subject.conversation'),
                    json_extract(CAST(body AS TEXT), '$.subject.number')) AS subject, seq, seq
    FROM entry WHERE json_valid(CAST(body AS TEXT)) AND subject IS NOT NULL;
