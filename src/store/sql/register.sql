-- Citizens, their history, accesses, addresses, fingerprints.

-- name: CITIZEN_LAST_ID
SELECT ifnull(max(id), 0) FROM citizen

-- name: ACCESS_LAST_ID
SELECT ifnull(max(id), 0) FROM access

-- name: ADDRESS_LAST_ID
SELECT ifnull(max(id), 0) FROM address

-- name: CITIZEN_BY_KEY
SELECT citizen FROM citizen_key WHERE hash = ?1

-- name: CITIZEN_KEY_ADD
INSERT INTO citizen_key (hash, citizen, slot) VALUES (?1, ?2, ?3)

-- name: CITIZEN_KEY_MOVE
UPDATE citizen_key SET citizen = ?2 WHERE citizen = ?1

-- name: CITIZEN_ADD
INSERT INTO citizen (id, born, sex, cpr) VALUES (?1, ?2, ?3, ?4)

-- name: CITIZEN_GET
SELECT born, sex, residence, municipality, enrolment, turn FROM citizen WHERE id = ?1

-- name: CITIZEN_CPR
SELECT cpr FROM citizen WHERE id = ?1

-- name: CITIZEN_SET_CPR
UPDATE citizen SET born = ?2, sex = ?3, cpr = ?4 WHERE id = ?1

-- name: CITIZEN_DELETE
DELETE FROM citizen WHERE id = ?1

-- The newest rows not after now, and the first one after it: what the citizen's row repeats.
-- name: CITIZEN_REFRESH
UPDATE citizen SET
        (residence, municipality) = (SELECT status, municipality FROM residence
                WHERE citizen = ?1 AND at <= ?2 ORDER BY at DESC, rev DESC LIMIT 1),
        (enrolment, basis, reason) = (SELECT state, basis, reason FROM enrolment
                WHERE citizen = ?1 AND at <= ?2 ORDER BY at DESC, rev DESC LIMIT 1),
        turn = (SELECT min(at) FROM (
                SELECT min(at) AS at FROM residence WHERE citizen = ?1 AND at > ?2
                UNION ALL SELECT min(at) FROM enrolment WHERE citizen = ?1 AND at > ?2))
WHERE id = ?1

-- name: RESIDENCE_GET
SELECT municipality, status FROM residence WHERE citizen = ?1 AND at = ?2 AND rev = ?3

-- name: RESIDENCE_PUT
INSERT INTO residence (citizen, at, rev, municipality, status, learnt) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (citizen, at, rev) DO UPDATE SET municipality = excluded.municipality, status = excluded.status, learnt = excluded.learnt

-- name: RESIDENCE_FIRST
SELECT at, rev, municipality, status, learnt FROM residence WHERE citizen = ?1 ORDER BY at, rev LIMIT 1

-- name: RESIDENCE_DELETE
DELETE FROM residence WHERE citizen = ?1 AND at = ?2 AND rev = ?3

-- name: ENROLMENT_GET
SELECT state, basis, reason FROM enrolment WHERE citizen = ?1 AND at = ?2 AND rev = ?3

-- name: ENROLMENT_PUT
INSERT INTO enrolment (citizen, at, rev, state, basis, reason, learnt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (citizen, at, rev) DO UPDATE SET state = excluded.state, basis = excluded.basis, reason = excluded.reason,
        learnt = excluded.learnt

-- name: ENROLMENT_FIRST
SELECT at, rev, state, basis, reason, learnt FROM enrolment WHERE citizen = ?1 ORDER BY at, rev LIMIT 1

-- name: ENROLMENT_DELETE
DELETE FROM enrolment WHERE citizen = ?1 AND at = ?2 AND rev = ?3

-- name: ACCESS_FIND
SELECT id FROM access WHERE mailbox = ?1 AND kind = ?2 AND reader = ?3

-- name: ACCESS_ADD
INSERT INTO access (id, mailbox, kind, reader, language, opted_out, until) VALUES (?1, ?2, ?3, ?4, 0, 0, 0)

-- name: ACCESS_SET
UPDATE access SET language = ?2, opted_out = ?3, until = ?4, turn = ?5 WHERE id = ?1

-- name: ACCESS_SET_TURN
UPDATE access SET turn = ?2 WHERE id = ?1

-- name: ACCESS_DELETE
DELETE FROM access WHERE id = ?1

-- name: ACCESS_MOVE
UPDATE access SET mailbox = ?2, reader = ?3 WHERE id = ?1

-- name: ACCESS_OF_MAILBOX
SELECT a.id, a.kind, a.reader, a.language, a.opted_out, a.until, a.turn, c.residence, c.turn
FROM access a LEFT JOIN citizen c ON a.kind = 2 AND c.id = a.reader
WHERE a.mailbox = ?1 AND (a.kind, a.reader) > (?2, ?3) ORDER BY a.kind, a.reader LIMIT ?4

-- name: ACCESS_TOUCHING
SELECT id, mailbox, kind, reader FROM access WHERE mailbox = ?1
UNION SELECT id, mailbox, kind, reader FROM access WHERE kind = 2 AND reader = ?1

-- name: ACCESS_HISTORY_GET
SELECT content FROM access_history WHERE access = ?1 AND at = ?2 AND rev = ?3

-- name: ACCESS_HISTORY_PUT
INSERT INTO access_history (access, at, rev, content, sms, emails, opted, learnt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (access, at, rev) DO UPDATE SET content = excluded.content, sms = excluded.sms, emails = excluded.emails,
        opted = excluded.opted, learnt = excluded.learnt

-- name: ACCESS_HISTORY_NEWEST
SELECT at, rev, content FROM access_history WHERE access = ?1 AND at <= ?2 ORDER BY at DESC, rev DESC LIMIT 1

-- name: ACCESS_HISTORY_TURN
SELECT min(at) FROM access_history WHERE access = ?1 AND at > ?2

-- name: ACCESS_HISTORY_FIRST
SELECT at, rev, content, sms, emails, opted, learnt FROM access_history WHERE access = ?1 ORDER BY at, rev LIMIT 1

-- name: ACCESS_HISTORY_DELETE
DELETE FROM access_history WHERE access = ?1 AND at = ?2 AND rev = ?3

-- name: ADDRESS_OF_ACCESS
SELECT id, channel, rank, fingerprint, verified, anytime, gone FROM address WHERE access = ?1

-- name: ADDRESS_ADD
INSERT INTO address (id, access, channel, rank, sealed, fingerprint, verified, anytime, country, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)

-- name: ADDRESS_SET
UPDATE address SET rank = ?2, verified = ?3, anytime = ?4 WHERE id = ?1

-- name: ADDRESS_BACK
UPDATE address SET gone = 0, sealed = ?2 WHERE id = ?1

-- name: ADDRESS_GONE
UPDATE address SET gone = 1, sealed = NULL WHERE id = ?1

-- name: ADDRESS_MOVE
UPDATE address SET access = ?2 WHERE access = ?1

-- name: ADDRESS_RECENT
SELECT id, recent FROM address WHERE fingerprint = ?1 ORDER BY id DESC LIMIT ?2

-- name: ADDRESS_SET_RECENT
UPDATE address SET recent = ?2 WHERE id = ?1

-- name: ADDRESS_SET_LAST
UPDATE address SET last_alert = ?2 WHERE id = ?1

-- name: ADDRESS_WITH_FACTS
SELECT a.id, a.channel, a.rank, a.fingerprint, a.verified, a.anytime, a.last_alert, f.suppressed
FROM address a JOIN fingerprint f ON f.id = a.fingerprint
WHERE a.access = ?1 AND a.gone = 0 ORDER BY a.gone, a.channel, a.rank

-- name: FINGERPRINT_FIND
SELECT id, suppressed FROM fingerprint WHERE hash = ?1

-- name: FINGERPRINT_ADD
INSERT INTO fingerprint (hash, slot, suppressed, why, proven) VALUES (?1, ?2, 0, '', 0)

-- name: FINGERPRINT_LIFT
UPDATE fingerprint SET suppressed = 0, why = '' WHERE id = ?1

-- name: FINGERPRINT_LIFT_OF
UPDATE fingerprint SET suppressed = 0, why = ''
WHERE id = (SELECT fingerprint FROM address WHERE id = ?1) AND suppressed <> 0

-- name: FINGERPRINT_SUPPRESS
UPDATE fingerprint SET suppressed = ?2, why = ?3
WHERE id = (SELECT fingerprint FROM address WHERE id = ?1) AND suppressed = 0

-- One row a day at most is rewritten for an address that works.
-- name: FINGERPRINT_PROVEN
UPDATE fingerprint SET proven = ?2
WHERE id = (SELECT fingerprint FROM address WHERE id = ?1) AND proven < ?2 - 86400000000

-- name: CPR_CHANGE_ADD
INSERT INTO cpr_change (from_hash, at, rev, to_hash, learnt) VALUES (?1, ?2, ?3, ?4, ?5)

-- name: CPR_CHANGE_GET
SELECT to_hash FROM cpr_change WHERE from_hash = ?1 AND at = ?2 AND rev = ?3

-- name: CPR_CHANGE_NEXT
SELECT to_hash FROM cpr_change WHERE from_hash = ?1 ORDER BY at DESC, rev DESC LIMIT 1

-- name: MESSAGE_MOVE_CITIZEN
UPDATE message SET citizen = ?2 WHERE citizen = ?1

-- name: AUDIT_MOVE_CITIZEN
-- scan: audit rows are few, and a number that changed is rare
UPDATE audit SET citizen = ?2 WHERE citizen = ?1

-- name: VOLUME_GET
SELECT physical FROM volume WHERE month = ?1 AND sender = ?2 AND municipality = ?3 AND rev = ?4

-- name: VOLUME_PUT
INSERT INTO volume (month, sender, municipality, rev, physical, learnt) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (month, sender, municipality, rev) DO UPDATE SET physical = excluded.physical, learnt = excluded.learnt

-- A slice of the census: people in order of id, and beside them their histories in the same order.
-- name: CENSUS_PEOPLE
SELECT id, born, sex FROM citizen WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: CENSUS_RESIDENCE
SELECT citizen, municipality, status FROM residence WHERE citizen > ?1 AND citizen <= ?2 AND at < ?3 ORDER BY citizen, at, rev

-- name: CENSUS_ENROLMENT
SELECT citizen, state, basis FROM enrolment WHERE citizen > ?1 AND citizen <= ?2 AND at < ?3 ORDER BY citizen, at, rev
