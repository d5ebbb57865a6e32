-- 0005_doors.sql - how long and how often a secret opens a door, and who is a copy of whom.
--
-- NULL is without a bound. What was made by older steps stays without one.

ALTER TABLE credential ADD COLUMN uses INTEGER;
ALTER TABLE credential ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credential ADD COLUMN used_s INTEGER;
ALTER TABLE credential ADD COLUMN expires_s INTEGER;

CREATE INDEX device_by_original ON device (duplicate_of) WHERE duplicate_of IS NOT NULL;
