-- Numbers that nobody hears of: listed without walking through all of them.
CREATE INDEX number_blocked ON number (id) WHERE json_extract(state, '$.blocked') IS NOT NULL;
