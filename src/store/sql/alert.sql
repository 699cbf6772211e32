-- Alerts, tellings, attempts, gateways.

-- name: ALERT_ADD
INSERT INTO alert (id, address, municipality, message, n_messages, kase, home, state, lane, due, not_before, hold, filed, fresh, attempts,
        first_try, lease, segments, country)
VALUES (?11, ?1, ?2, ?3, 1, ?4, ?5, 1, ?6, ?7, ?10, ?9, ?8, ?8, 0, 0, 0, 0,
        ifnull((SELECT country FROM address WHERE id = ?1), 0))

-- name: TELLING_ADD
INSERT INTO telling (message, alert, joined, left_by) VALUES (?1, ?2, ?3, 0)

-- name: ALERT_JOIN
UPDATE alert SET n_messages = n_messages + 1, fresh = max(fresh, ?2) WHERE id = ?1 AND state = 1 AND lease = 0

-- name: ALERT_HASTEN
UPDATE alert SET home = ?2, lane = ?3, due = ?4, not_before = CASE WHEN ?5 THEN NULL ELSE not_before END WHERE id = ?1 AND state = 1 AND lease = 0

-- name: ALERT_GET
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE id = ?1

-- name: ALERT_DUE
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE due <= ?1 ORDER BY due, id LIMIT ?2

-- Hours that lie ahead, from the nearest on: an hour that was reckoned by a clock that ran ahead is found here.
-- name: ALERT_AHEAD
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE due IS NOT NULL AND (due, id) > (?1, ?2) ORDER BY due, id LIMIT ?3

-- name: ALERT_PULL
UPDATE alert SET due = ?4 WHERE id = ?1 AND state = ?2 AND lease = ?3 AND due > ?4

-- name: ALERT_NEXT_DUE
SELECT min(due) FROM alert WHERE due IS NOT NULL

-- name: ALERT_LEASED
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE state = 2 AND id > ?1 ORDER BY id LIMIT ?2

-- The claim: ready alerts of one lane and country in order of filing, and beside each what is true of it now. An address that an access
-- names under another row since (folding) is followed by its fingerprint.
-- name: ALERT_READY
SELECT a.id, a.address, a.message, a.municipality, a.n_messages, a.kase, a.home, a.state, a.lane, a.due, a.filed, a.fresh,
        a.claimed, a.handed, a.ended, a.gateway, a.attempts, a.first_try, a.lease, a.segments,
        ad.access, ad.gone, ad.verified, ad.anytime, ad.fingerprint, ad.sealed,
        ac.opted_out, ac.until, ac.language, f.suppressed, c.residence, r.residence,
        m.kind, m.sender, m.available, m.admitted, a.not_before
FROM alert a INDEXED BY alert_route
        LEFT JOIN address ad ON ad.id = a.address
        LEFT JOIN access ac ON ac.id = ad.access
        LEFT JOIN fingerprint f ON f.id = ad.fingerprint
        LEFT JOIN citizen c ON c.id = ac.mailbox
        LEFT JOIN citizen r ON ac.kind = 2 AND r.id = ac.reader
        LEFT JOIN message m ON m.id = a.message
WHERE a.lane = ?1 AND a.country = ?2 ORDER BY a.id LIMIT ?3

-- The next country that has anything in a lane, and its eldest there: one seek.
-- name: ALERT_LANE_COUNTRY
SELECT country, id FROM alert INDEXED BY alert_route
WHERE lane = ?1 AND country > ?2 ORDER BY country, id LIMIT 1

-- name: ADDRESS_TWIN
SELECT id, sealed, verified, anytime FROM address WHERE access = ?1 AND fingerprint = ?2 AND gone = 0 LIMIT 1

-- Guarded by what the caller saw: disk and memory must agree. fresh lies before every lease, unless a clock ran ahead.
-- name: ALERT_STEP
UPDATE alert SET state = ?4, lane = ?5, due = ?6, hold = NULL, fresh = min(fresh, ifnull(?7, fresh)), claimed = ?7,
        handed = ?8, ended = ?9, gateway = ?10, attempts = ?11,
        first_try = ?12, lease = ?13, segments = ?14
WHERE id = ?1 AND state = ?2 AND lease = ?3

-- name: ALERT_DEFER
UPDATE alert SET lane = ?3, due = ?4 WHERE id = ?1 AND state = 1 AND lease = ?2

-- The next one of a queue whose head has left.
-- name: ALERT_BEHIND_FIRST
SELECT id, home FROM alert WHERE address = ?1 AND state = 1 AND lane IS NULL AND due IS NULL AND hold IS NULL ORDER BY id LIMIT 1

-- name: ALERT_RELEASE
UPDATE alert SET lane = ?2 WHERE id = ?1 AND state = 1 AND lane IS NULL AND due IS NULL AND hold IS NULL

-- Sender's words go when the last open alert that tells of the message has left (states 1, 2, 4 are open).
-- name: MESSAGE_TEXT_DONE
UPDATE message SET text = NULL
WHERE text IS NOT NULL AND id = ?1 AND NOT EXISTS (
        SELECT 1 FROM telling t JOIN alert a ON a.id = t.alert
        WHERE t.message = ?1 AND a.id <> ?2 AND a.state IN (1, 2, 4))

-- name: TELLING_JOINED
SELECT message FROM telling WHERE alert = ?1 AND joined = 1

-- name: TELLING_STANDING
SELECT t.alert FROM telling t JOIN alert a ON a.id = t.alert
WHERE t.message = ?1 AND t.left_by = 0 AND a.state = 1

-- name: TELLING_LEAVE
UPDATE telling SET left_by = ?3, joined = 1 WHERE message = ?1 AND alert = ?2

-- name: ALERT_LEAVE
UPDATE alert SET n_messages = n_messages - 1 WHERE id = ?1

-- Its first message has left: the eldest that stands is the first now.
-- name: ALERT_NEW_FIRST
UPDATE alert SET message = ifnull((SELECT min(message) FROM telling WHERE alert = ?1 AND joined = 1 AND left_by = 0), message)
WHERE id = ?1 AND message = ?2

-- name: ATTEMPT_ADD
INSERT INTO attempt (alert, n, gateway, claimed, settled, outcome, code, enhanced, reason, gateway_ref, raw)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (alert, n) DO NOTHING

-- name: GATEWAY_GET
SELECT id, paused, stopped, why FROM gateway WHERE name = ?1

-- name: GATEWAY_ADD
INSERT INTO gateway (name, paused, stopped, why) VALUES (?1, 0, 0, '')

-- name: GATEWAY_SET
UPDATE gateway SET paused = ?2, stopped = ?3, why = ?4 WHERE id = ?1
