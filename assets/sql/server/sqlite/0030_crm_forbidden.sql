-- A write that waits because we have no right to it in the CRM: a person gives that, and it is tried again by itself.
ALTER TABLE crm_write ADD COLUMN forbidden INTEGER NOT NULL DEFAULT 0;

-- A task for later is found with the ends of its conversation, by its name: a later end puts it aside. 'later:SEQ:N' is
-- 'end:SEQ:later:N'.
UPDATE crm_write SET once = 'end:' || replace(substr(once, length('later:') + 1), ':', ':later:')
    WHERE once >= 'later:' AND once < 'later;';
