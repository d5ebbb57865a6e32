-- 0009_behind_fleet.sql - the newest version that a device was seen to have before it was released here.
--
-- One row once that happened; it counts while the released version is lower.

CREATE TABLE behind_fleet (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    at_s INTEGER NOT NULL,
    device_id TEXT NOT NULL
) STRICT;
