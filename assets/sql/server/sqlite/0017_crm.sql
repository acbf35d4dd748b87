-- Cards that the CRM said have changed are read again at once.
ALTER TABLE card ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
CREATE INDEX card_stale ON card (number) WHERE stale = 1;

-- Which numbers a person is on, and since when a program that pushes says so; 0 for what was only read. Whoever was taken
-- off keeps the row, so that an older push does not bring them back.
CREATE TABLE card_contact (
    contact TEXT NOT NULL,
    number TEXT NOT NULL REFERENCES number (id),
    pushed_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (contact, number)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO card_contact (contact, number)
    SELECT json_extract(c.value, '$.contact'), card.number FROM card, json_each(card.cards) AS c;

-- Records of the CRM that changed, and whose people were not looked for yet.
CREATE TABLE crm_changed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
