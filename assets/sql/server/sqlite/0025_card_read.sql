-- Whether the CRM itself was seen to name this person on this number. Whom only a program pushed is not taken off by a CRM
-- that never knew them.
ALTER TABLE card_contact ADD COLUMN read INTEGER NOT NULL DEFAULT 0;
UPDATE card_contact SET read = 1 WHERE pushed_at = 0;
