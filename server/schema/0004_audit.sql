-- 0004_audit.sql - the audit becomes a chain: each entry carries the hash of itself and all before it.
--
-- Rows of older steps come first in it, in their order; the server chains them while it migrates,
-- and drops audit_unchained then. Nothing that is in the chain is ever changed or removed.

ALTER TABLE audit RENAME TO audit_unchained;

CREATE TABLE audit_entry (
    number INTEGER PRIMARY KEY,
    at_s INTEGER NOT NULL,
    who TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    what TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_entry_is_not_changed BEFORE UPDATE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'what the audit says is not changed');
END;
CREATE TRIGGER audit_entry_is_not_removed BEFORE DELETE ON audit_entry BEGIN
    SELECT RAISE(ABORT, 'nothing is removed from the audit');
END;
