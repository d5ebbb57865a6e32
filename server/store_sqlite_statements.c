#include "server/store_sqlite_parts.h"

/* A report is newer than what is kept if it comes later in the same start of the agent, or from a
 * later start. */
#define NEWER(table)                                                                               \
    "((" table ".run_id = ?1 AND " table ".seq < ?2) OR "                                          \
    "(" table ".run_id <> ?1 AND " table ".run_started_s <= ?3))"

/* Of the row u: gates look at users by their number, and the highest one is never given away, or
 * somebody else would get it. */
#define NO_SUBJECT                                                                                 \
    "u.key < (SELECT max(key) FROM user_state) AND NOT EXISTS (SELECT 1 FROM gate t JOIN "         \
    "gate_subject g ON g.version = t.version AND g.device = u.device AND g.user = u.key)"

/* "OR FAIL" where rows are written by the thousand: a failure undoes the whole transaction, so that
 * nobody needs the copies of pages from which SQLite would undo the one statement alone. */
static const char *const SQL[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_REPORT_FIND] = "SELECT body FROM report WHERE device = ? AND report_id = ?",
    [SQL_REPORT_ADD] = "INSERT INTO report (device, report_id, digest, received_s, body) "
                       "VALUES (?, ?, x'', ?, ?)",
    [SQL_REPORT_LIST] =
        "SELECT key, received_s, length(body) FROM report WHERE key > ? ORDER BY key LIMIT ?",
    [SQL_REPORT_DROP] = "DELETE FROM report WHERE key = ?",
    [SQL_HISTORY_READ] = "SELECT bytes FROM history",
    [SQL_HISTORY_ADD] = "UPDATE history SET reports = reports + ?, bytes = bytes + ?",
    [SQL_HISTORY_PROBE] = "UPDATE history SET probed_s = ?",
    [SQL_DEVICE_ROOM] = "SELECT count(*) FROM user_state WHERE device = ?",
    [SQL_USER_KNOWN] = "SELECT 1 FROM user_state WHERE device = ? AND sid = ?",
    [SQL_DEVICE_LEAVERS_DROP] =
        "DELETE FROM user_state WHERE key IN (SELECT key FROM user_state u WHERE device = ?1 AND "
        "retired_s IS NOT NULL AND " NO_SUBJECT " ORDER BY retired_s, key LIMIT ?2)",
    [SQL_TIDY_TOKENS] = "DELETE FROM device_token WHERE digest IN (SELECT digest FROM device_token "
                        "WHERE expires_s < ? ORDER BY expires_s LIMIT ?)",
    [SQL_TIDY_USERS] =
        "DELETE FROM user_state WHERE key IN (SELECT key FROM user_state u WHERE retired_s < ?1 "
        "AND " NO_SUBJECT " ORDER BY retired_s LIMIT ?2)",
    [SQL_TIDY_PARTS] = "DELETE FROM full_part WHERE device IN (SELECT key FROM device WHERE "
                       "retired_s < ?1 ORDER BY retired_s LIMIT ?2)",
    [SQL_TIDY_DEVICE_TOKENS] = "DELETE FROM device_token WHERE device IN (SELECT key FROM device "
                               "WHERE retired_s < ?1 ORDER BY retired_s LIMIT ?2)",
    [SQL_TIDY_DEVICES] =
        "DELETE FROM device WHERE key IN (SELECT key FROM device d WHERE retired_s < ?1 AND NOT "
        "EXISTS (SELECT 1 FROM user_state WHERE device = d.key) AND key < (SELECT max(key) FROM "
        "device) ORDER BY retired_s LIMIT ?2)",
    [SQL_DEVICE_SEEN] = "UPDATE OR FAIL device SET seen_s = ? WHERE key = ? AND retired_s IS NULL",
    /* Most reports say what was said before: then only the few small columns are written that tell which
     * report did. */
    [SQL_DEVICE_SAME] =
        "UPDATE OR FAIL device SET run_id = ?1, seq = ?2, run_started_s = ?3, seen_s = ?5 WHERE "
        "key = ?4 AND said = ?6 AND retired_s IS NULL AND " NEWER("device"),
    [SQL_DEVICE_STATE] =
        "UPDATE OR FAIL device SET run_id = ?1, seq = ?2, run_started_s = ?3, name = ?5, fqdn = ?6, "
        "domain = ?7, os = ?8, arch = ?9, tags = ?10, agent = ?11, trust_version = ?12, "
        "received = ?13, effective = ?14, digest = ?15, stale = ?16, failed_code = ?17, "
        "failed_pointer = ?18, outlook = ?19, preflight = ?20, computer_ou = ?21, ad_site = ?22, "
        "multi_session = ?23, seen_s = ?24, said = ?25 WHERE key = ?4 AND retired_s IS NULL AND " NEWER(
            "device"),
    [SQL_USER_SAME] =
        "UPDATE OR FAIL user_state SET run_id = ?1, seq = ?2, run_started_s = ?3, "
        "mark = coalesce(?6, mark), reported_s = ?7 WHERE device = ?4 AND sid = ?5 AND "
        "said = ?8 AND retired_s IS NULL AND " NEWER("user_state"),
    /* Both with the same numbers. */
    [SQL_USER_CHANGE] =
        "UPDATE OR FAIL user_state SET run_id = ?1, seq = ?2, run_started_s = ?3, retired_s = NULL, "
        "mark = coalesce(?6, mark), reported_s = ?7, version = ?8, account = ?9, ring = ?10, "
        "\"set\" = ?11, state = ?12, blocked_by = ?13, error = ?14, protocol = ?15, "
        "confidence = ?16, mailbox = ?17, outlook = ?18, groups = ?19, value_type = ?20, "
        "value_dword = ?21, pre_image_type = ?22, pre_image_dword = ?23, hive_loaded = ?24, "
        "ours = ?25, changed_s = ?26, corrections = ?27, evidence = ?28, outlook_running = ?29, "
        "outlook_started_s = ?30, starts = ?31, said = ?33, failing_since_s = CASE WHEN ?32 IS NULL OR "
        "retired_s IS NOT NULL OR failing_since_s IS NULL THEN ?32 ELSE failing_since_s END "
        "WHERE device = ?4 AND sid = ?5 AND " NEWER("user_state"),
    [SQL_USER_ADD] =
        "INSERT OR FAIL INTO user_state (run_id, seq, run_started_s, device, sid, mark, reported_s, "
        "version, account, ring, \"set\", state, blocked_by, error, protocol, confidence, mailbox, "
        "outlook, groups, value_type, value_dword, pre_image_type, pre_image_dword, hive_loaded, "
        "ours, changed_s, corrections, evidence, outlook_running, outlook_started_s, starts, "
        "failing_since_s, said) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?) ON CONFLICT (device, sid) DO NOTHING",
    [SQL_PART_ADD] = "INSERT OR IGNORE INTO full_part (device, mark, part) VALUES (?, ?, ?)",
    [SQL_PART_COUNT] = "SELECT count(*) FILTER (WHERE mark = ?2), count(*) FROM full_part "
                       "WHERE device = ?1",
    [SQL_PART_FORGET] = "DELETE FROM full_part WHERE device = ?",
    [SQL_USERS_RETIRE] =
        "UPDATE OR FAIL user_state SET retired_s = ?4 WHERE device = ?5 AND retired_s IS "
        "NULL AND mark IS NOT ?6 AND " NEWER("user_state"),
    /* Finding that nothing differs is quick; SQLite makes a table for the rows of a change first. */
    [SQL_USERS_OUTLOOK_FIND] =
        "SELECT 1 FROM user_state WHERE device = ?1 AND retired_s IS NULL AND outlook IS NOT ?2 "
        "LIMIT 1",
    [SQL_USERS_OUTLOOK] =
        "UPDATE OR FAIL user_state SET outlook = ?3, said = NULL WHERE device = ?4 AND retired_s IS NULL AND outlook IS "
        "NOT ?3 AND EXISTS (SELECT 1 FROM device WHERE key = ?4 AND run_id = ?1 AND seq = ?2)",
    [SQL_TOKEN_PROVES] =
        "SELECT d.key, d.device_id FROM device_token t JOIN device d ON d.key = t.device WHERE "
        "t.digest = ? AND d.retired_s IS NULL AND (t.expires_s IS NULL OR t.expires_s > ?)",
    [SQL_TOKEN_ADD] = "INSERT INTO device_token (digest, device, expires_s) VALUES (?, ?, NULL)",
    [SQL_TOKEN_END] =
        "UPDATE device_token SET expires_s = ? WHERE device = ? AND expires_s IS NULL",
    [SQL_TOKEN_PRUNE] = "DELETE FROM device_token WHERE device = ? AND expires_s <= ?",
    [SQL_MACHINE_FIND] =
        "SELECT device_id FROM device WHERE machine_guid = ? AND computer_sid IS ? "
        "AND name = ? COLLATE NOCASE AND retired_s IS NULL ORDER BY key LIMIT 1",
    [SQL_DEVICE_ADD] = "INSERT INTO device (device_id, name, fqdn, domain, machine_guid, "
                       "computer_sid, enrolled_s, duplicate_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_DEVICE_FACTS] = "UPDATE device SET name = ?, fqdn = ?, domain = ?, machine_guid = ?, "
                         "computer_sid = ?, said = NULL WHERE key = ?",
    [SQL_DEVICE_FIND] = "SELECT key FROM device WHERE device_id = ? AND retired_s IS NULL",
    [SQL_DEVICE_RETIRE] = "UPDATE device SET retired_s = ? WHERE key = ?",
    [SQL_DEVICE_TOKENS_DROP] = "DELETE FROM device_token WHERE device = ?",
    [SQL_DEVICE_USERS_RETIRE] = "UPDATE user_state SET retired_s = ? WHERE device = ? AND "
                                "retired_s IS NULL",
    [SQL_CREDENTIAL_FIND] = "SELECT key FROM credential WHERE name = ? AND (role = 'enroll') = ? "
                            "AND revoked_s IS NULL",
    [SQL_CREDENTIAL_ADD] = "INSERT INTO credential (name, role, digest, created_s, expires_s, "
                           "uses) VALUES (?, ?, ?, ?, nullif(?, 0), nullif(?, 0))",
    [SQL_CREDENTIAL_REVOKE] = "UPDATE credential SET revoked_s = ? WHERE key = ?",
    [SQL_SECRET_FIND] = "SELECT key, revoked_s, expires_s, uses, used FROM credential "
                        "WHERE digest = ? AND role = 'enroll'",
    [SQL_SECRET_USE] = "UPDATE credential SET used = used + 1, used_s = ? WHERE key = ?",
    [SQL_BUNDLE_PUT] = "INSERT INTO bundle (serial, etag, stored_by, stored_s, raw) "
                       "VALUES (?, ?, ?, ?, ?)",
    [SQL_BUNDLE_PRUNE] = "DELETE FROM bundle WHERE serial < ?",
    [SQL_RELEASE_PUT] =
        "INSERT INTO release (one, version, rollout, stage, at_s, by, reason) VALUES "
        "(1, ?, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version, "
        "rollout = excluded.rollout, stage = excluded.stage, at_s = excluded.at_s, "
        "by = excluded.by, reason = excluded.reason WHERE excluded.version > release.version",
    [SQL_GATE_PUT] = "INSERT INTO gate (version, released_s, unknown) VALUES (?, ?, ?)",
    [SQL_GATE_FAILING] = "UPDATE gate SET failing_s = ? WHERE version = ?",
    [SQL_GATE_DROP] = "DELETE FROM gate WHERE version <> ?",
    [SQL_SUBJECTS_DROP] = "DELETE FROM gate_subject WHERE version <> ?",
    [SQL_SUBJECT_ADD] = "INSERT INTO gate_subject (version, device, user) VALUES (?, ?, ?)",
    [SQL_HOLD_PUT] = "INSERT OR REPLACE INTO gate_hold (one, at_s, by, reason) VALUES (1, ?, ?, ?)",
    [SQL_HOLD_DROP] = "DELETE FROM gate_hold",
    [SQL_BEHIND_PUT] =
        "INSERT INTO behind_fleet (one, version, at_s, device_id) VALUES (1, ?, ?, ?) "
        "ON CONFLICT (one) DO UPDATE SET version = excluded.version, at_s = excluded.at_s, "
        "device_id = excluded.device_id WHERE excluded.version > behind_fleet.version",
    [SQL_COUNTER_ADD] = "INSERT OR FAIL INTO counter (kind, name, n) VALUES (?, ?, ?) ON CONFLICT "
                        "(kind, name) DO UPDATE SET n = n + excluded.n RETURNING n",
    [SQL_SAMPLE_FIND] = "SELECT 1 FROM sample WHERE grain_s = ? AND slot = ?",
    [SQL_SAMPLE_ADD] = "INSERT INTO sample (grain_s, slot, at_s, body) VALUES (?, ?, ?, ?)",
    [SQL_SAMPLE_PRUNE] =
        "DELETE FROM sample WHERE grain_s = ?1 AND slot <= (SELECT slot FROM sample "
        "WHERE grain_s = ?1 ORDER BY slot DESC LIMIT 1 OFFSET ?2)",
    [SQL_COUNTER_DROP] = "DELETE FROM counter WHERE kind = ? AND name = ?",
    [SQL_AUDIT_HEAD] = "SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1",
    [SQL_AUDIT_ADD] = "INSERT INTO audit_entry (number, at_s, who, name, address, what, before, "
                      "after, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

enum status sql_start(struct srv_sqlite *s, enum sql_id id, sqlite3_stmt **out, struct err *err)
{
    if (s->statements[id] == NULL &&
        sqlite3_prepare_v3(s->writer, SQL[id], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[id],
                           NULL) != SQLITE_OK) {
        return sql_failed(s->writer, "prepare a change of", err);
    }
    *out = s->statements[id];
    return ST_OK;
}
