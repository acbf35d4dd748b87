-- What campaigns sent is counted by quarters of an hour from 1970-01-01 UTC: a company's day begins in no zone otherwise, and
-- opt-outs of its days are held against the texts of the same days. Texts that were counted and erased since stand at noon.
DROP TRIGGER campaign_sent_more;
ALTER TABLE campaign_sent RENAME TO campaign_sent_of_days;
CREATE TABLE campaign_sent (
    quarter INTEGER NOT NULL,
    campaign TEXT NOT NULL,
    line TEXT NOT NULL,
    texts INTEGER NOT NULL,
    PRIMARY KEY (quarter, campaign, line)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_sent (quarter, campaign, line, texts)
    SELECT sent_at / 900000, campaign, line, count(*) FROM campaign_send GROUP BY 1, 2, 3;
INSERT INTO campaign_sent (quarter, campaign, line, texts)
    SELECT of.day * 96 + 48, of.campaign, of.line, of.texts - coalesce(there.texts, 0)
    FROM campaign_sent_of_days of LEFT JOIN (
        SELECT quarter / 96 AS day, campaign, line, sum(texts) AS texts FROM campaign_sent GROUP BY 1, 2, 3
    ) there ON there.day = of.day AND there.campaign = of.campaign AND there.line = of.line
    WHERE of.texts > coalesce(there.texts, 0)
    ON CONFLICT (quarter, campaign, line) DO UPDATE SET texts = texts + excluded.texts;
DROP TABLE campaign_sent_of_days;

CREATE TRIGGER campaign_sent_more AFTER INSERT ON campaign_send BEGIN
    INSERT INTO campaign_sent (quarter, campaign, line, texts) VALUES (new.sent_at / 900000, new.campaign, new.line, 1)
        ON CONFLICT (quarter, campaign, line) DO UPDATE SET texts = texts + 1;
END;
