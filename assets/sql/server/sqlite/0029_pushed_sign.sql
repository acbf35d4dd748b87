-- Signs of interest that programs push, of one person on a number or (contact '') of whoever has it: they stay when the CRM is
-- read, which knows nothing of them.
CREATE TABLE pushed_sign (
    number TEXT NOT NULL REFERENCES number (id),
    contact TEXT NOT NULL,
    at INTEGER NOT NULL, -- since when, by the program's word
    signs TEXT NOT NULL, -- JSON
    PRIMARY KEY (number, contact)
) STRICT, WITHOUT ROWID;
