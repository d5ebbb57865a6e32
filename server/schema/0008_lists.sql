-- 0008_lists.sql - what lists are asked for most, and samples of the counters.

CREATE INDEX device_by_name ON device (name COLLATE NOCASE);

-- The counters of one hour or day, as JSON: slot is the time divided by grain_s, at_s when it was taken.
CREATE TABLE sample (
    grain_s INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    at_s INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (grain_s, slot)
) STRICT, WITHOUT ROWID;
