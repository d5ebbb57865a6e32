-- 0006_counts.sql - counters that the writer adds up and writes once for each commit.
--
-- The triggers call functions that only the server's own connections have: a change of the rows that
-- would leave the counters behind is refused. What the functions were told is added to the table before
-- the commit, in the same transaction. kind is enum sql_counter of server/store_sqlite_count.h; a counter
-- at nought has no row.

DROP TRIGGER user_state_inserted;
DROP TRIGGER user_state_leaving;
DROP TRIGGER user_state_arriving;
DROP TRIGGER device_inserted;
DROP TRIGGER device_retired;
DROP VIEW counted;
DROP TABLE counter;

-- Builds, no free texts: 16.0.17328.20162, none, unknown, invalid.
UPDATE user_state SET outlook = outlook_build(outlook) WHERE outlook IS NOT outlook_build(outlook);

CREATE TABLE counter (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Those of most users first: names that devices make up are many, and a reader takes the first ones.
CREATE INDEX counter_by_n ON counter (kind, n DESC, name);

-- The last argument: is the value a DWORD 1, and did Outlook start twice since it was written?
CREATE TRIGGER user_state_counted AFTER INSERT ON user_state WHEN new.retired_s IS NULL BEGIN
    SELECT count_user(1, new.version, new.state, new."set", new.ring, new.protocol, new.confidence,
        new.outlook, new.value_type IS 4 AND new.value_dword = 1 AND new.starts >= 2);
END;
CREATE TRIGGER user_state_uncounted AFTER DELETE ON user_state WHEN old.retired_s IS NULL BEGIN
    SELECT count_user(-1, old.version, old.state, old."set", old.ring, old.protocol, old.confidence,
        old.outlook, old.value_type IS 4 AND old.value_dword = 1 AND old.starts >= 2);
END;
CREATE TRIGGER user_state_recounted AFTER UPDATE OF retired_s, version, state, "set", ring, protocol,
    confidence, outlook, value_type, value_dword, starts ON user_state
WHEN (old.retired_s IS NULL OR new.retired_s IS NULL) AND (old.state IS NOT new.state
    OR old.version IS NOT new.version OR old."set" IS NOT new."set" OR old.ring IS NOT new.ring
    OR old.protocol IS NOT new.protocol OR old.confidence IS NOT new.confidence
    OR old.outlook IS NOT new.outlook OR (old.retired_s IS NULL) IS NOT (new.retired_s IS NULL)
    OR (old.value_type IS 4 AND old.value_dword = 1 AND old.starts >= 2)
        IS NOT (new.value_type IS 4 AND new.value_dword = 1 AND new.starts >= 2))
BEGIN
    SELECT count_user(-1, old.version, old.state, old."set", old.ring, old.protocol, old.confidence,
        old.outlook, old.value_type IS 4 AND old.value_dword = 1 AND old.starts >= 2)
        WHERE old.retired_s IS NULL;
    SELECT count_user(1, new.version, new.state, new."set", new.ring, new.protocol, new.confidence,
        new.outlook, new.value_type IS 4 AND new.value_dword = 1 AND new.starts >= 2)
        WHERE new.retired_s IS NULL;
END;

-- The last argument: when it was heard from. Silent ones are counted by the minute.
CREATE TRIGGER device_counted AFTER INSERT ON device WHEN new.retired_s IS NULL BEGIN
    SELECT count_device(1, coalesce(new.seen_s, new.enrolled_s));
END;
CREATE TRIGGER device_uncounted AFTER DELETE ON device WHEN old.retired_s IS NULL BEGIN
    SELECT count_device(-1, coalesce(old.seen_s, old.enrolled_s));
END;
CREATE TRIGGER device_recounted AFTER UPDATE OF seen_s, enrolled_s, retired_s ON device
WHEN (old.retired_s IS NULL OR new.retired_s IS NULL)
    AND ((old.retired_s IS NULL) IS NOT (new.retired_s IS NULL)
        OR coalesce(old.seen_s, old.enrolled_s) / 60 IS NOT
            coalesce(new.seen_s, new.enrolled_s) / 60)
BEGIN
    SELECT count_device(-1, coalesce(old.seen_s, old.enrolled_s)) WHERE old.retired_s IS NULL;
    SELECT count_device(1, coalesce(new.seen_s, new.enrolled_s)) WHERE new.retired_s IS NULL;
END;
