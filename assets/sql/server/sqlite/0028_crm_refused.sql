-- What the CRM refused of one conversation or number: looked for whenever its cards come or change.
CREATE INDEX crm_write_refused_of ON crm_write (conversation) WHERE ended = 'refused';
