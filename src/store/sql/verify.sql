-- Recounts: everything is read, in slices of ids, never in one transaction for long.

-- name: VERIFY_MESSAGES
SELECT id, disposition FROM message WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: VERIFY_ALERTS
SELECT a.id, a.state, a.home, a.attempts, a.lease, a.lane IS NOT NULL, a.due IS NOT NULL OR a.hold IS NOT NULL, a.kase,
        EXISTS (SELECT 1 FROM telling t WHERE t.message = a.message AND t.alert = a.id)
FROM alert a WHERE a.id > ?1 ORDER BY a.id LIMIT ?2

-- name: VERIFY_TELLINGS
SELECT t.message, t.alert, m.id IS NOT NULL, a.id IS NOT NULL
FROM telling t LEFT JOIN message m ON m.id = t.message LEFT JOIN alert a ON a.id = t.alert
WHERE (t.message, t.alert) > (?1, ?2) ORDER BY t.message, t.alert LIMIT ?3

-- name: VERIFY_ATTEMPTS
SELECT alert, n FROM attempt WHERE (alert, n) > (?1, ?2) ORDER BY alert, n LIMIT ?3

-- name: VERIFY_TALLY
-- scan: one row a day, place, channel and state
SELECT channel, state, sum(n) FROM tally GROUP BY channel, state
