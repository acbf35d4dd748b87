-- Conversations whose cards changed and that nobody looked at again since: the mark is set with the card, and goes with
-- the group that matched it.
CREATE TABLE unmatched (
    conversation TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Outcomes are kept for ninety days.
CREATE INDEX receipt_age ON receipt (at, device, n);

-- Answers that wait for somebody, counted for the operator.
CREATE INDEX message_unknown ON message (id) WHERE standing = '"unknown"';
CREATE INDEX message_parked ON message (id) WHERE substr(standing, 1, 9) = '{"parked"';
