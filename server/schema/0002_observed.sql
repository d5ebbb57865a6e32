-- 0002_observed.sql - what Outlook was seen to do, what it runs in, and what its machine can reach.
--
-- Lists are JSON as the report had them; NULL where nothing is known.

ALTER TABLE user_state ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]';
ALTER TABLE user_state ADD COLUMN outlook_running INTEGER;
ALTER TABLE user_state ADD COLUMN outlook_started_s INTEGER;
ALTER TABLE user_state ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;

ALTER TABLE device ADD COLUMN outlook TEXT;
ALTER TABLE device ADD COLUMN preflight TEXT;
