-- A write that waits because we have no right to it in the CRM: a person gives that, and it is tried again by itself.
ALTER TABLE crm_write ADD COLUMN forbidden INTEGER NOT NULL DEFAULT 0;
