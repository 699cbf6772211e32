-- What people ask: reading only, by keys, in slices.

-- name: SHOW_MESSAGE
SELECT id, uuid, citizen, kind, flags, sender, available, deliver_from, reply_by, admitted, disposition, decided, decide_at,
        recalled, read
FROM message WHERE uuid = ?1

-- name: SHOW_MESSAGE_BY_ID
SELECT id, uuid, citizen, kind, flags, sender, available, deliver_from, reply_by, admitted, disposition, decided, decide_at,
        recalled, read
FROM message WHERE id = ?1

-- name: SHOW_MESSAGES_TO
SELECT id, uuid, citizen, kind, flags, sender, available, deliver_from, reply_by, admitted, disposition, decided, decide_at,
        recalled, read
FROM message WHERE citizen = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3

-- name: SHOW_ALERT
SELECT a.id, a.address, a.message, a.municipality, a.n_messages, a.kase, a.home, a.state, a.lane, a.due, a.filed, a.fresh,
        a.claimed, a.handed, a.ended, a.gateway, a.attempts, a.first_try, a.lease, a.segments,
        ad.id, ad.channel, ad.gone, ad.anytime, ad.verified, ad.sealed, f.suppressed, f.proven, f.why,
        ac.kind, g.name, m.uuid, m.available, m.admitted
FROM alert a
        LEFT JOIN address ad ON ad.id = a.address
        LEFT JOIN fingerprint f ON f.id = ad.fingerprint
        LEFT JOIN access ac ON ac.id = ad.access
        LEFT JOIN gateway g ON g.id = a.gateway
        LEFT JOIN message m ON m.id = a.message
WHERE a.id = ?1

-- name: SHOW_ALERTS_OF
SELECT message, alert, left_by FROM telling WHERE message = ?1 AND alert > ?2 ORDER BY alert LIMIT ?3

-- The first message of an alert stands in its row, those that joined it in the index.
-- name: SHOW_MESSAGES_OF
SELECT t.message, t.alert, t.left_by, m.uuid
FROM telling t LEFT JOIN message m ON m.id = t.message
WHERE t.alert = ?1 AND t.joined = 1 AND t.message > ?2 ORDER BY t.message LIMIT ?3

-- name: SHOW_TELLING
SELECT t.message, t.alert, t.left_by, m.uuid
FROM telling t LEFT JOIN message m ON m.id = t.message
WHERE t.message = ?1 AND t.alert = ?2 AND t.joined = 0

-- name: SHOW_ATTEMPTS
SELECT p.n, g.name, p.claimed, p.settled, p.outcome, p.code, p.enhanced, p.reason, p.gateway_ref
FROM attempt p LEFT JOIN gateway g ON g.id = p.gateway
WHERE p.alert = ?1 ORDER BY p.n LIMIT ?2

-- name: SHOW_CITIZEN
SELECT born, sex, residence, municipality, enrolment, basis, reason FROM citizen WHERE id = ?1

-- name: SHOW_RESIDENCE
SELECT at, rev, learnt, status, municipality FROM residence WHERE citizen = ?1 ORDER BY at DESC, rev DESC LIMIT ?2

-- name: SHOW_ENROLMENT
SELECT at, rev, learnt, state, basis, reason FROM enrolment WHERE citizen = ?1 ORDER BY at DESC, rev DESC LIMIT ?2

-- name: SHOW_ACCESSES
SELECT id, mailbox, kind, language, opted_out, until FROM access WHERE mailbox = ?1 ORDER BY kind, reader LIMIT ?2

-- name: SHOW_ACCESSES_READ
SELECT id, mailbox, kind, language, opted_out, until FROM access WHERE kind = 2 AND reader = ?1 LIMIT ?2

-- name: SHOW_ADDRESSES
SELECT ad.id, ad.channel, ad.gone, ad.anytime, ad.verified, ad.sealed, f.suppressed, f.proven, f.why
FROM address ad LEFT JOIN fingerprint f ON f.id = ad.fingerprint
WHERE ad.access = ?1 AND ad.gone = 0 ORDER BY ad.gone, ad.channel, ad.rank LIMIT ?2

-- name: QUEUE_READY
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE lane = ?1 AND id > ?2 ORDER BY id LIMIT ?3

-- name: QUEUE_DUE
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE due IS NOT NULL AND (due, id) > (?1, ?2) ORDER BY due, id LIMIT ?3

-- name: QUEUE_BEHIND
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE state = 1 AND lane IS NULL AND due IS NULL AND hold IS NULL AND (address, id) > (?1, ?2)
ORDER BY address, id LIMIT ?3

-- name: QUEUE_HELD
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments, hold
FROM alert WHERE hold IS NOT NULL AND (hold, address, id) > (?1, ?2, ?3) ORDER BY hold, address, id LIMIT ?4

-- name: QUEUE_ALL
SELECT id, address, message, municipality, n_messages, kase, home, state, lane, due, filed, fresh, claimed, handed, ended,
        gateway, attempts, first_try, lease, segments
FROM alert WHERE id < ?1 ORDER BY id DESC LIMIT ?2

-- name: QUEUE_LANE_IDS
SELECT id FROM alert WHERE lane = ?1 AND id > ?2 ORDER BY id LIMIT ?3

-- name: QUEUE_NEXT_FILED
SELECT id, filed FROM alert WHERE id >= ?1 ORDER BY id LIMIT 1

-- name: QUEUE_LAST_ID
SELECT ifnull(max(id), 0) FROM alert

-- name: QUEUE_OLDEST
SELECT id, filed FROM alert WHERE lane = ?1 ORDER BY id LIMIT 1

-- name: SHOW_REJECTS
SELECT id, at, item, field, reason, length(bytes) FROM rejected WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: SHOW_REJECTS_N
-- scan: stops at the limit
SELECT count(*) FROM (SELECT 1 FROM rejected LIMIT ?1)

-- name: SHOW_GATEWAYS
-- scan: as many rows as there ever were gateways
SELECT id, name, paused, stopped, why FROM gateway ORDER BY name LIMIT ?1
