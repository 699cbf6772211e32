-- What is held, and the alerts that stand in it.

-- Those that stand, those whose end has come (they are ended at the next look), and those that ended after ?1, newest first.
-- name: HOLD_ALL
SELECT id, scope, subject, cause, since, until, ended FROM hold WHERE ended IS NULL
UNION ALL SELECT * FROM (
        SELECT id, scope, subject, cause, since, until, ended FROM hold WHERE ended > ?1 ORDER BY ended DESC LIMIT ?2)

-- name: HOLD_SHOW
SELECT h.id, h.scope, h.subject, h.cause, h.since, h.until, h.uid, h.reason, g.name,
        (SELECT count(*) FROM (SELECT 1 FROM alert a WHERE a.hold = h.id LIMIT ?1))
FROM hold h LEFT JOIN gateway g ON h.scope = 3 AND g.id = h.subject
WHERE h.ended IS NULL ORDER BY h.scope, h.subject, h.cause LIMIT ?2

-- name: HOLD_ADD
INSERT INTO hold (scope, subject, cause, since, until, uid, reason, emptied) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (scope, subject, cause) WHERE ended IS NULL DO NOTHING

-- name: HOLD_END
UPDATE hold SET ended = max(?4, since) WHERE scope = ?1 AND subject = ?2 AND cause = ?3 AND ended IS NULL

-- name: HOLD_RUN_OUT
-- scan: those that stand, of an index of its own: a handful
UPDATE hold SET ended = until WHERE ended IS NULL AND until <= ?1

-- name: HOLD_NEXT_END
SELECT min(until) FROM hold WHERE ended IS NULL

-- name: HOLD_FORGET
DELETE FROM hold WHERE ended < ?1 AND emptied = 1

-- name: HOLD_EMPTYING
SELECT id FROM hold WHERE ended IS NOT NULL AND emptied = 0 ORDER BY id LIMIT 1

-- name: HOLD_EMPTIED
UPDATE hold SET emptied = 1 WHERE id = ?1

-- name: HOLD_ALERTS
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE hold = ?1 ORDER BY address, id LIMIT ?2

-- name: HOLD_ALERT_OF
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE hold = ?1 AND address = ?2 ORDER BY id DESC LIMIT 1

-- Out of its lane, and no longer what the queue ends with: others pass it.
-- name: ALERT_HOLD
UPDATE alert SET lane = NULL, due = NULL, hold = ?3 WHERE id = ?1 AND state = 1 AND lease = ?2 AND hold IS NULL

-- name: ADDRESS_UNSET_LAST
UPDATE address SET last_alert = NULL WHERE id = ?1 AND last_alert = ?2

-- name: ADDRESS_LAST
SELECT a.id, a.state FROM address ad JOIN alert a ON a.id = ad.last_alert WHERE ad.id = ?1

-- name: ALERT_UNHOLD
UPDATE alert SET lane = ?2, hold = NULL WHERE id = ?1 AND state = 1 AND hold IS NOT NULL

-- name: ALERT_SENDERS
SELECT DISTINCT m.sender FROM telling t JOIN message m ON m.id = t.message WHERE t.alert = ?1 AND t.joined = 1 AND t.left_by = 0

-- name: GATEWAY_FIND
SELECT id FROM gateway WHERE name = ?1

-- name: HOLD_OF_SENDER
SELECT id FROM hold WHERE scope = 4 AND subject = ?1 AND ended IS NULL AND ifnull(until > ?2, 1) LIMIT 1
