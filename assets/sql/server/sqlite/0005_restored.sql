-- Backups that were brought back. Until all that buyers wrote since has been read from the carriers, no answer leaves.
CREATE TABLE restored (
    epoch INTEGER PRIMARY KEY,
    after INTEGER NOT NULL,
    since INTEGER NOT NULL,
    reconciled INTEGER NOT NULL
) STRICT;
