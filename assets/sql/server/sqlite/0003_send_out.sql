-- Answers the carrier has and whose end nobody told: since when they stand as they do.
ALTER TABLE send ADD COLUMN out_at INTEGER;
CREATE INDEX send_out ON send (out_at) WHERE out_at IS NOT NULL;
