-- What waits for each recipient, oldest first: one whose channel is down for hours holds back nobody else.
CREATE INDEX notice_alert_of ON notice (recipient, at, id)
WHERE ended IS NULL AND json_extract(body, '$.what.consent.number') IS NULL;
DROP INDEX IF EXISTS notice_alert_waiting;
