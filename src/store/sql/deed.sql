-- What operators do with alerts.

-- name: ALERT_WALK
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3

-- The first one of an alert stands in its row, those that joined it in the index.
-- name: DEED_MESSAGES
SELECT a.message FROM alert a JOIN telling t ON t.message = a.message AND t.alert = a.id WHERE a.id = ?1 AND t.left_by = 0
UNION SELECT t.message FROM telling t WHERE t.alert = ?1 AND t.joined = 1 AND t.left_by = 0
ORDER BY 1 LIMIT ?2

-- name: ALERT_REPLAYED
UPDATE alert SET replay = ?2 WHERE id = ?1 AND replay IS NULL

-- name: ALERT_IS_REPLAYED
SELECT replay FROM alert WHERE id = ?1 AND replay IS NOT NULL
