-- Which entries of the journal are about a number's consent: the ledger is the journal, this finds it. `words` are what
-- somebody agreed to and where, with the salt of their digest in the entry: personal data, erasable, never in the journal.
CREATE TABLE ledger (
    number TEXT NOT NULL REFERENCES number (id),
    seq INTEGER NOT NULL,
    words TEXT,
    salt BLOB,
    PRIMARY KEY (number, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_order ON ledger (seq);

INSERT INTO ledger (number, seq)
SELECT json_extract(CAST(body AS TEXT), '$.subject.number'), seq FROM entry
WHERE CAST(body AS TEXT) LIKE '%"kind":"opted\__%' ESCAPE '\'
    AND json_extract(CAST(body AS TEXT), '$.subject.number') IN (SELECT id FROM number);

-- Opt-outs and opt-ins that another system has not been told yet, and those that were given up.
CREATE INDEX notice_consent ON notice (json_extract(body, '$.what.consent.number'), at)
WHERE json_extract(body, '$.what.consent.number') IS NOT NULL;
CREATE INDEX notice_consent_due ON notice (next_at, id)
WHERE ended IS NULL AND json_extract(body, '$.what.consent.number') IS NOT NULL;
CREATE INDEX notice_alert_waiting ON notice (at, id)
WHERE ended IS NULL AND json_extract(body, '$.what.consent.number') IS NULL;
CREATE INDEX notice_consent_dead ON notice (id)
WHERE ended = 'dead' AND json_extract(body, '$.what.consent.number') IS NOT NULL;
