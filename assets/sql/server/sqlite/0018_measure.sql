-- How many texts each campaign sent from each number, by day (UTC), kept as they are reported: opt-outs are held against
-- them, and counting reads every text there is. It says nothing about anybody.
CREATE TABLE campaign_sent (
    day INTEGER NOT NULL,
    campaign TEXT NOT NULL,
    line TEXT NOT NULL,
    texts INTEGER NOT NULL,
    PRIMARY KEY (day, campaign, line)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_sent (day, campaign, line, texts)
    SELECT sent_at / 86400000, campaign, line, count(*) FROM campaign_send GROUP BY 1, 2, 3;

CREATE TRIGGER campaign_sent_more AFTER INSERT ON campaign_send BEGIN
    INSERT INTO campaign_sent (day, campaign, line, texts) VALUES (new.sent_at / 86400000, new.campaign, new.line, 1)
        ON CONFLICT (day, campaign, line) DO UPDATE SET texts = texts + 1;
END;
