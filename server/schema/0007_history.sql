-- 0007_history.sql - how much the history of reports takes, and ways to what has ended.
--
-- history_cost() is the server's.

CREATE TABLE history (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    reports INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    probed_s INTEGER
) STRICT;
INSERT INTO history (one, reports, bytes)
    SELECT 1, count(*), coalesce(sum(history_cost(length(body))), 0) FROM report;

CREATE INDEX user_state_retired ON user_state (retired_s) WHERE retired_s IS NOT NULL;
CREATE INDEX device_retired ON device (retired_s) WHERE retired_s IS NOT NULL;
CREATE INDEX device_token_ended ON device_token (expires_s) WHERE expires_s IS NOT NULL;
