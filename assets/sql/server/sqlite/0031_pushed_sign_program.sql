-- Signs that programs push are kept by program (the name of its key), so that none replaces another's. Of those of before nobody
-- knows whose they are (program ''): whoever next says signs of the same number or person replaces them, as it was.
ALTER TABLE pushed_sign RENAME TO pushed_sign_of_all;
CREATE TABLE pushed_sign (
    number TEXT NOT NULL REFERENCES number (id),
    contact TEXT NOT NULL,
    program TEXT NOT NULL,
    at INTEGER NOT NULL, -- since when, by the program's word
    signs TEXT NOT NULL, -- JSON
    PRIMARY KEY (number, contact, program)
) STRICT, WITHOUT ROWID;
INSERT INTO pushed_sign (number, contact, program, at, signs)
    SELECT number, contact, '', at, signs FROM pushed_sign_of_all;
DROP TABLE pushed_sign_of_all;
