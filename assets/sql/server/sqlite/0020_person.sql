-- A person is their phone number, by whichever channel they write: `rcs:+1…` and `whatsapp:+1…` become `+1…`. Where one
-- phone had several rows, the plain one keeps everything: what was withdrawn by any of them is withdrawn.
CREATE TEMP TABLE person AS
    SELECT id, phone, 0 AS plain FROM (
        SELECT id, replace(replace(replace(replace(replace(
            substr(address, instr(address, ':') + 1), ' ', ''), '-', ''), '.', ''), '(', ''), ')', '') AS phone
        FROM number
        WHERE address GLOB '[a-z]*:*' AND substr(address, 1, instr(address, ':') - 1) NOT GLOB '*[^a-z]*')
    WHERE phone GLOB '+[1-9]*' AND substr(phone, 2) NOT GLOB '*[^0-9]*' AND length(phone) BETWEEN 8 AND 16;
CREATE INDEX temp.person_phone ON person (phone);
INSERT INTO person SELECT id, address, 1 FROM number WHERE address IN (SELECT phone FROM person);
CREATE INDEX temp.person_id ON person (id);
CREATE TEMP TABLE chosen AS
    SELECT phone, coalesce(min(CASE WHEN plain THEN id END), min(id)) AS id FROM person GROUP BY phone;

-- Which row became part of which: the journal names a number by the row it had then.
CREATE TABLE number_joined (
    id TEXT PRIMARY KEY,
    kept TEXT NOT NULL REFERENCES number (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX number_joined_kept ON number_joined (kept);
INSERT INTO number_joined
    SELECT person.id, chosen.id FROM person JOIN chosen USING (phone) WHERE person.id <> chosen.id;
DROP TABLE chosen;

-- What stood of every row of a person that had several.
CREATE TEMP TABLE stood AS
    SELECT row.kept, row.id, number.state FROM (
        SELECT id, kept FROM number_joined UNION ALL SELECT DISTINCT kept, kept FROM number_joined) AS row
    JOIN number ON number.id = row.id;
CREATE INDEX temp.stood_kept ON stood (kept);

-- The opt-out that stands longest: what the buyer, their carrier or a person here said before what a list said; of these
-- the first, of lists the newest. It was last said when any as firm was last said.
CREATE TEMP TABLE outs AS
    SELECT kept, json_extract(state, '$.opted_out') AS said, json_extract(state, '$.opted_out.at') AS at,
        coalesce(json_extract(state, '$.opted_out.again'), json_extract(state, '$.opted_out.at')) AS last,
        coalesce(json_extract(state, '$.opted_out.source.api'), json_extract(state, '$.opted_out.source.import')) IS NULL AS firm
    FROM stood WHERE json_extract(state, '$.opted_out') IS NOT NULL;
CREATE INDEX temp.outs_kept ON outs (kept);
UPDATE number SET state = (
        SELECT json_set(number.state, '$.opted_out', json(
            CASE WHEN most.last > best.at THEN json_set(best.said, '$.again', most.last) ELSE best.said END))
        FROM outs AS best, (SELECT max(last) AS last FROM outs AS other WHERE other.kept = number.id AND other.firm = (
            SELECT max(firm) FROM outs AS firmest WHERE firmest.kept = number.id)) AS most
        WHERE best.kept = number.id
        ORDER BY best.firm DESC, CASE WHEN best.firm THEN best.at ELSE -best.at END LIMIT 1)
    WHERE id IN (SELECT kept FROM outs);
DROP TABLE outs;

-- A hold and a block of the row that is kept, else of one that became part of it; parts of us and evidence are added up.
UPDATE number SET state = json_set(state, '$.hold', json((
        SELECT json_extract(stood.state, '$.hold') FROM stood
        WHERE stood.kept = number.id AND json_extract(stood.state, '$.hold') IS NOT NULL LIMIT 1)))
    WHERE json_extract(state, '$.hold') IS NULL AND id IN (
        SELECT kept FROM stood WHERE json_extract(state, '$.hold') IS NOT NULL);
UPDATE number SET state = json_set(state, '$.blocked', json((
        SELECT json_extract(stood.state, '$.blocked') FROM stood
        WHERE stood.kept = number.id AND json_extract(stood.state, '$.blocked') IS NOT NULL LIMIT 1)))
    WHERE json_extract(state, '$.blocked') IS NULL AND id IN (
        SELECT kept FROM stood WHERE json_extract(state, '$.blocked') IS NOT NULL);
UPDATE number SET state = json_set(state, '$.parts', json((
        SELECT json_group_array(json(part.value)) FROM stood, json_each(stood.state, '$.parts') AS part
        WHERE stood.kept = number.id)))
    WHERE id IN (SELECT kept FROM stood WHERE json_array_length(state, '$.parts') > 0);
UPDATE number SET state = json_set(state, '$.evidence', json((
        SELECT json_group_array(json(word)) FROM (
            SELECT word FROM (
                SELECT one.value AS word, json_extract(one.value, '$.at') AS at
                FROM stood, json_each(stood.state, '$.evidence') AS one
                WHERE stood.kept = number.id ORDER BY at DESC LIMIT 16)
            ORDER BY at))))
    WHERE id IN (SELECT kept FROM stood WHERE json_array_length(state, '$.evidence') > 0);
DROP TABLE stood;

UPDATE conversation SET
        state = json_set(state, '$.number', (SELECT kept FROM number_joined AS j WHERE j.id = conversation.number)),
        number = (SELECT kept FROM number_joined AS j WHERE j.id = conversation.number)
    WHERE number IN (SELECT id FROM number_joined);
UPDATE ledger SET number = (SELECT kept FROM number_joined AS j WHERE j.id = ledger.number)
    WHERE number IN (SELECT id FROM number_joined);
UPDATE ruling SET number = (SELECT kept FROM number_joined AS j WHERE j.id = ruling.number)
    WHERE number IN (SELECT id FROM number_joined);
-- Who is to be told outside of a word of consent is told of the person that there is now.
UPDATE notice SET body = json_set(body, '$.what.consent.number', (
        SELECT kept FROM number_joined AS j WHERE j.id = json_extract(notice.body, '$.what.consent.number')))
    WHERE json_extract(body, '$.what.consent.number') IN (SELECT id FROM number_joined);
-- Their cards are read again, by the phone.
DELETE FROM card_contact WHERE number IN (SELECT id FROM number_joined);
DELETE FROM card WHERE number IN (SELECT id FROM number_joined);
UPDATE number SET address = NULL WHERE id IN (SELECT id FROM number_joined);
UPDATE number SET address = (SELECT phone FROM person WHERE person.id = number.id)
    WHERE address IS NOT NULL AND id IN (SELECT id FROM person);
DROP TABLE person;
