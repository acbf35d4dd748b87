-- A person is their phone number, by whichever channel they write: `rcs:+1…` and `whatsapp:+1…` become `+1…`. Where one
-- phone had several rows, the plain one keeps everything: what was withdrawn by any of them is withdrawn.
CREATE TEMP TABLE person AS
    SELECT id, substr(address, instr(address, ':+') + 1) AS phone
    FROM number WHERE address GLOB '[a-z]*:+[1-9]*';
INSERT INTO person SELECT id, address FROM number WHERE address IN (SELECT phone FROM person);
CREATE TEMP TABLE joined AS
    SELECT person.id AS id, kept.id AS kept
    FROM person JOIN (
        SELECT phone, coalesce(
            (SELECT number.id FROM number WHERE number.address = person.phone),
            (SELECT min(other.id) FROM person other WHERE other.phone = person.phone)) AS id
        FROM person GROUP BY phone
    ) kept USING (phone)
    WHERE person.id <> kept.id;

-- Opt-out, hold and block of the row that is kept, else of one that is joined to it; parts of us are added up.
UPDATE number SET state = json_set(state, '$.opted_out', json((
        SELECT json_extract(other.state, '$.opted_out') FROM joined JOIN number other ON other.id = joined.id
        WHERE joined.kept = number.id AND json_extract(other.state, '$.opted_out') IS NOT NULL
        ORDER BY json_extract(other.state, '$.opted_out.at') DESC)))
    WHERE json_extract(state, '$.opted_out') IS NULL AND id IN (
        SELECT kept FROM joined JOIN number other ON other.id = joined.id
        WHERE json_extract(other.state, '$.opted_out') IS NOT NULL);
UPDATE number SET state = json_set(state, '$.hold', json((
        SELECT json_extract(other.state, '$.hold') FROM joined JOIN number other ON other.id = joined.id
        WHERE joined.kept = number.id AND json_extract(other.state, '$.hold') IS NOT NULL)))
    WHERE json_extract(state, '$.hold') IS NULL AND id IN (
        SELECT kept FROM joined JOIN number other ON other.id = joined.id
        WHERE json_extract(other.state, '$.hold') IS NOT NULL);
UPDATE number SET state = json_set(state, '$.blocked', json((
        SELECT json_extract(other.state, '$.blocked') FROM joined JOIN number other ON other.id = joined.id
        WHERE joined.kept = number.id AND json_extract(other.state, '$.blocked') IS NOT NULL)))
    WHERE json_extract(state, '$.blocked') IS NULL AND id IN (
        SELECT kept FROM joined JOIN number other ON other.id = joined.id
        WHERE json_extract(other.state, '$.blocked') IS NOT NULL);
UPDATE number SET state = json_set(state, '$.parts', json((
        SELECT json_group_array(json(part.value)) FROM (
            SELECT value FROM json_each(number.state, '$.parts')
            UNION ALL
            SELECT each.value FROM joined JOIN number other ON other.id = joined.id, json_each(other.state, '$.parts') each
            WHERE joined.kept = number.id) part)))
    WHERE id IN (
        SELECT kept FROM joined JOIN number other ON other.id = joined.id
        WHERE json_array_length(other.state, '$.parts') > 0);

UPDATE conversation SET
        state = json_set(state, '$.number', (SELECT kept FROM joined WHERE joined.id = conversation.number)),
        number = (SELECT kept FROM joined WHERE joined.id = conversation.number)
    WHERE number IN (SELECT id FROM joined);
UPDATE ledger SET number = (SELECT kept FROM joined WHERE joined.id = ledger.number)
    WHERE number IN (SELECT id FROM joined);
DELETE FROM card WHERE number IN (SELECT id FROM joined);
UPDATE number SET address = NULL WHERE id IN (SELECT id FROM joined);
UPDATE number SET address = (SELECT phone FROM person WHERE person.id = number.id)
    WHERE address IS NOT NULL AND id IN (SELECT id FROM person);
DROP TABLE joined;
DROP TABLE person;
