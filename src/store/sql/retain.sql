-- Retention: what was kept long enough goes. Ids are given in order of time, so each kind is walked from its oldest on.

-- name: RETAIN_ALERTS
SELECT id, filed, ended FROM alert WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: RETAIN_MESSAGES
SELECT id, admitted FROM message WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: RETAIN_EARLY
-- scan: only news of messages that never came
DELETE FROM early WHERE learnt < ?1

-- name: RETAIN_REJECTED
-- scan: stops at the limit
DELETE FROM rejected WHERE id IN (SELECT id FROM rejected ORDER BY id LIMIT ?2) AND at < ?1

-- name: RETAIN_AUDIT
-- scan: stops at the limit
DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?2) AND at < ?1

-- name: RETAIN_OLDEST
-- scan: stops at the first row of each
SELECT (SELECT admitted FROM message ORDER BY id LIMIT 1), (SELECT at FROM rejected ORDER BY id LIMIT 1),
        (SELECT at FROM audit ORDER BY id LIMIT 1)
