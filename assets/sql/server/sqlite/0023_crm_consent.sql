-- Of what is written into the CRM, that numbers opted out: by number, and how much of it waits.
CREATE INDEX crm_write_consent ON crm_write (conversation) WHERE once >= 'consent:' AND once < 'consent;';
