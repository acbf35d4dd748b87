-- Which numbers are those of people of one account: who else of it texts is told beside a conversation. A number that went to
-- another account keeps its row; what is read by it is compared with the cards.
CREATE TABLE card_account (
    account TEXT NOT NULL,
    number TEXT NOT NULL REFERENCES number (id),
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO card_account (account, number)
    SELECT CASE WHEN json_extract(c.value, '$.account.id') IS NULL
            THEN 'name:' || lower(trim(json_extract(c.value, '$.account.name')))
            ELSE 'id:' || json_extract(c.value, '$.account.id') END,
        card.number
    FROM card, json_each(card.cards) AS c
    WHERE coalesce(json_extract(c.value, '$.account.id'), json_extract(c.value, '$.account.name'), '') <> '';
