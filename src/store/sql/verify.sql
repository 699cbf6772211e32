-- Recounts: everything is read, in slices of ids, never in one transaction for long.

-- name: VERIFY_MESSAGES
SELECT m.id, m.disposition, m.citizen IS NULL OR EXISTS (SELECT 1 FROM citizen c WHERE c.id = m.citizen)
FROM message m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2

-- name: VERIFY_ALERTS
SELECT a.id, a.state, a.home, a.attempts, a.lease, a.lane IS NOT NULL, a.due IS NOT NULL OR a.hold IS NOT NULL, a.kase,
        EXISTS (SELECT 1 FROM telling t WHERE t.message = a.message AND t.alert = a.id),
        EXISTS (SELECT 1 FROM address d WHERE d.id = a.address),
        a.n_messages - (SELECT count(*) FROM telling t WHERE t.alert = a.id AND t.joined = 1 AND t.left_by = 0)
                - (SELECT count(*) FROM telling t WHERE t.message = a.message AND t.alert = a.id AND t.joined = 0 AND t.left_by = 0)
FROM alert a WHERE a.id > ?1 ORDER BY a.id LIMIT ?2

-- name: VERIFY_TELLINGS
SELECT t.message, t.alert, m.id IS NOT NULL, a.id IS NOT NULL
FROM telling t LEFT JOIN message m ON m.id = t.message LEFT JOIN alert a ON a.id = t.alert
WHERE (t.message, t.alert) > (?1, ?2) ORDER BY t.message, t.alert LIMIT ?3

-- name: VERIFY_ATTEMPTS
SELECT alert, n FROM attempt WHERE (alert, n) > (?1, ?2) ORDER BY alert, n LIMIT ?3

-- A person has a number: sealed, 10 digits and 17 bytes, and a hash that leads here.
-- name: VERIFY_PEOPLE
SELECT c.id, length(c.cpr) = 27 AND EXISTS (SELECT 1 FROM citizen_key k WHERE k.citizen = c.id)
FROM citizen c WHERE c.id > ?1 ORDER BY c.id LIMIT ?2

-- name: VERIFY_ACCESSES
SELECT a.id, EXISTS (SELECT 1 FROM citizen c WHERE c.id = a.mailbox)
        AND (a.kind <> 2 OR EXISTS (SELECT 1 FROM citizen c WHERE c.id = a.reader))
        AND EXISTS (SELECT 1 FROM access_history h WHERE h.access = a.id)
FROM access a WHERE a.id > ?1 ORDER BY a.id LIMIT ?2

-- name: VERIFY_ADDRESSES
SELECT d.id, EXISTS (SELECT 1 FROM access a WHERE a.id = d.access) AND EXISTS (SELECT 1 FROM fingerprint f WHERE f.id = d.fingerprint)
        AND (d.gone = 1 OR ifnull(length(d.sealed), 0) > 17)
FROM address d WHERE d.id > ?1 ORDER BY d.id LIMIT ?2

-- name: VERIFY_TALLY
-- scan: one row a day, place, channel and state
SELECT channel, state, sum(n) FROM tally GROUP BY channel, state
