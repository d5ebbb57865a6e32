-- 0001_initial.sql - the first shape of the store.
--
-- Counters are kept by triggers, so that the numbers of a million users are one indexed read and
-- can never drift from the rows. Times are seconds since 1970 UTC. The type of a registry value is
-- NULL where nothing is known and -1 where there is no value.

CREATE TABLE credential (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    created_s INTEGER NOT NULL,
    revoked_s INTEGER
) STRICT;

CREATE TABLE device (
    key INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    fqdn TEXT,
    domain TEXT,
    machine_guid TEXT,
    computer_sid TEXT,
    enrolled_s INTEGER NOT NULL,
    retired_s INTEGER,
    duplicate_of TEXT,
    seen_s INTEGER,
    run_started_s INTEGER NOT NULL DEFAULT 0,
    run_id TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    agent TEXT,
    os TEXT,
    arch TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    trust_version INTEGER,
    received INTEGER,
    effective INTEGER,
    digest TEXT,
    stale INTEGER NOT NULL DEFAULT 0,
    failed_code TEXT,
    failed_pointer TEXT
) STRICT;
CREATE INDEX device_by_machine ON device (machine_guid) WHERE machine_guid IS NOT NULL;

CREATE TABLE device_token (
    digest BLOB PRIMARY KEY,
    device INTEGER NOT NULL,
    expires_s INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_token_by_device ON device_token (device);

-- What was received, as it came: the answer to repeats, and history.
CREATE TABLE report (
    key INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    report_id BLOB NOT NULL,
    digest BLOB NOT NULL,
    received_s INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (device, report_id)
) STRICT;

-- Which parts of a full set have come.
CREATE TABLE full_part (
    device INTEGER NOT NULL,
    mark TEXT NOT NULL,
    part INTEGER NOT NULL,
    PRIMARY KEY (device, mark, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_state (
    key INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    sid TEXT NOT NULL,
    retired_s INTEGER,
    mark TEXT,
    run_started_s INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    reported_s INTEGER NOT NULL,
    version INTEGER NOT NULL,
    account TEXT,
    ring TEXT,
    "set" TEXT,
    state TEXT NOT NULL,
    blocked_by TEXT,
    error TEXT,
    protocol TEXT NOT NULL,
    confidence TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    outlook TEXT NOT NULL,
    groups TEXT,
    value_type INTEGER,
    value_dword INTEGER NOT NULL,
    pre_image_type INTEGER,
    pre_image_dword INTEGER NOT NULL,
    hive_loaded INTEGER NOT NULL,
    ours INTEGER NOT NULL,
    changed_s INTEGER,
    corrections INTEGER NOT NULL,
    UNIQUE (device, sid)
) STRICT;

CREATE TABLE bundle (
    serial INTEGER PRIMARY KEY,
    etag TEXT NOT NULL,
    stored_by TEXT NOT NULL,
    stored_s INTEGER NOT NULL,
    raw BLOB NOT NULL
) STRICT;

-- One row at most: a copy of the release record, which counts if it is higher.
CREATE TABLE release (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    rollout TEXT NOT NULL,
    stage TEXT NOT NULL,
    at_s INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE counter (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE VIEW counted (key, kind, name) AS
    SELECT key, 'state', state FROM user_state WHERE retired_s IS NULL
    UNION ALL SELECT key, 'ring', ring FROM user_state WHERE retired_s IS NULL AND ring IS NOT NULL
    UNION ALL SELECT key, 'set', "set" FROM user_state WHERE retired_s IS NULL AND "set" IS NOT NULL
    UNION ALL SELECT key, 'protocol', protocol FROM user_state WHERE retired_s IS NULL
    UNION ALL SELECT key, 'outlook', outlook FROM user_state WHERE retired_s IS NULL
    UNION ALL SELECT key, 'version', CAST(version AS TEXT) FROM user_state WHERE retired_s IS NULL
    UNION ALL SELECT key, 'total', 'users' FROM user_state WHERE retired_s IS NULL;

CREATE TRIGGER user_state_inserted AFTER INSERT ON user_state BEGIN
    INSERT INTO counter SELECT kind, name, 1 FROM counted WHERE key = new.key
        ON CONFLICT (kind, name) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER user_state_leaving BEFORE UPDATE OF state, ring, "set", protocol, outlook, version,
    retired_s ON user_state
WHEN old.state IS NOT new.state OR old.ring IS NOT new.ring OR old."set" IS NOT new."set"
    OR old.protocol IS NOT new.protocol OR old.outlook IS NOT new.outlook
    OR old.version IS NOT new.version OR old.retired_s IS NOT new.retired_s
BEGIN
    UPDATE counter SET n = n - 1 WHERE (kind, name) IN
        (SELECT kind, name FROM counted WHERE key = old.key);
END;
CREATE TRIGGER user_state_arriving AFTER UPDATE OF state, ring, "set", protocol, outlook, version,
    retired_s ON user_state
WHEN old.state IS NOT new.state OR old.ring IS NOT new.ring OR old."set" IS NOT new."set"
    OR old.protocol IS NOT new.protocol OR old.outlook IS NOT new.outlook
    OR old.version IS NOT new.version OR old.retired_s IS NOT new.retired_s
BEGIN
    INSERT INTO counter SELECT kind, name, 1 FROM counted WHERE key = new.key
        ON CONFLICT (kind, name) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER device_inserted AFTER INSERT ON device BEGIN
    INSERT INTO counter VALUES ('total', 'devices', 1)
        ON CONFLICT (kind, name) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER device_retired AFTER UPDATE OF retired_s ON device
WHEN old.retired_s IS NULL AND new.retired_s IS NOT NULL BEGIN
    UPDATE counter SET n = n - 1 WHERE kind = 'total' AND name = 'devices';
END;
