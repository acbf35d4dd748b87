-- Which answers of a conversation stand before another.
CREATE INDEX send_conversation ON send (conversation);
