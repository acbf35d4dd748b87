-- What the CRM refused of one conversation or number: looked for whenever its cards come or change.
CREATE INDEX crm_write_refused_of ON crm_write (conversation) WHERE ended = 'refused';
-- How a conversation ended: looked through when a meeting is booked in it.
CREATE INDEX crm_write_end ON crm_write (conversation)
    WHERE (once >= 'end:' AND once < 'end;' OR once >= 'moved:' AND once < 'moved;');
