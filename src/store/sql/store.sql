-- Transactions, what the store knows of itself, sums.

-- name: BEGIN_WRITE
BEGIN IMMEDIATE

-- name: BEGIN_READ
BEGIN

-- name: COMMIT
COMMIT

-- name: ROLLBACK
ROLLBACK

-- A start: the first one also says when the store was made.
-- name: META_START
-- scan: two constants
INSERT INTO meta (key, value) VALUES ('incarnation', 1), ('created', ?1)
ON CONFLICT (key) DO UPDATE SET value = value + (key = 'incarnation')

-- name: META_GET
SELECT value FROM meta WHERE key = ?1

-- name: META_SET
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: MASTER_KEY_ALL
-- scan: at most 15 rows
SELECT slot, key_id, state, since FROM master_key ORDER BY slot

-- name: MASTER_KEY_ADD
INSERT INTO master_key (slot, key_id, state, since) VALUES (?1, ?2, ?3, ?4)

-- name: MASTER_KEY_LEAVE
-- scan: at most 15 rows
UPDATE master_key SET state = ?1 WHERE state = ?2

-- name: MASTER_KEY_SET
UPDATE master_key SET state = ?2, since = ?3 WHERE slot = ?1

-- name: COUNTER_ADD
INSERT INTO counter (id, n) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n

-- name: COUNTER_ALL
-- scan: some dozens of rows
SELECT id, n FROM counter

-- name: TALLY_ADD
INSERT INTO tally (day, municipality, channel, state, n, segments) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (day, municipality, channel, state) DO UPDATE SET n = n + excluded.n, segments = segments + excluded.segments

-- name: AUDIT_ADD
INSERT INTO audit (at, uid, verb, citizen, reason) VALUES (?1, ?2, ?3, ?4, ?5)

-- name: SHOW_AUDIT
SELECT id, at, uid, verb, citizen, reason FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2
