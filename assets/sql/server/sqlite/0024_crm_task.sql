-- Tasks that were completed in the CRM, by conversation; and which task a write ends.
CREATE INDEX crm_write_closed ON crm_write (conversation) WHERE closed = 1;
CREATE INDEX crm_write_about ON crm_write (about) WHERE about IS NOT NULL;
