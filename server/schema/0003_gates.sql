-- 0003_gates.sql - who the gate of the released stage looks at, and since when they fail.
--
-- Since when a state fails is the server's time of the first report that said so; a report that says
-- otherwise ends it.

ALTER TABLE user_state ADD COLUMN failing_since_s INTEGER;
UPDATE user_state SET failing_since_s = reported_s WHERE state IN ('error', 'mismatch');

-- In the order of SIDs, all rows of one after the other.
CREATE INDEX user_state_by_sid ON user_state (sid);

-- What rings may ask about a machine.
ALTER TABLE device ADD COLUMN computer_ou TEXT;
ALTER TABLE device ADD COLUMN ad_site TEXT;
ALTER TABLE device ADD COLUMN multi_session INTEGER;

-- The released version, and the one that is about to be released: subjects are fixed before the
-- release takes place, so that it never takes place without. unknown counts users whose outcome the
-- server could not know; failing_s is when failing devices first asked for the brake.
CREATE TABLE gate (
    version INTEGER PRIMARY KEY,
    released_s INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    failing_s INTEGER
) STRICT;

CREATE TABLE gate_subject (
    version INTEGER NOT NULL,
    device INTEGER NOT NULL,
    user INTEGER NOT NULL,
    PRIMARY KEY (version, device, user)
) STRICT, WITHOUT ROWID;

-- One row while an operator holds the gates.
CREATE TABLE gate_hold (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at_s INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
