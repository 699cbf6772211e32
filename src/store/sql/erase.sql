-- Erasure of one person: rows go, counts stay.

-- name: ERASE_HIDE
UPDATE address SET gone = 1, sealed = NULL WHERE access IN (
        SELECT id FROM access WHERE mailbox = ?1 UNION SELECT id FROM access WHERE kind = 2 AND reader = ?1)

-- Alerts of a stretch of ids that went to the person, or told of the person's post.
-- name: ERASE_ALERTS
SELECT a.id FROM alert a JOIN address ad ON ad.id = a.address JOIN access ac ON ac.id = ad.access
WHERE a.id > ?2 AND a.id <= ?3 AND (ac.mailbox = ?1 OR (ac.kind = 2 AND ac.reader = ?1)) ORDER BY a.id

-- name: ERASE_MESSAGES
SELECT id FROM message WHERE citizen = ?1 ORDER BY id LIMIT ?2

-- name: ERASE_MESSAGE_COUNT
SELECT count(*) FROM message WHERE citizen = ?1

-- name: ERASE_ACCESSES
SELECT id FROM access WHERE mailbox = ?1 UNION SELECT id FROM access WHERE kind = 2 AND reader = ?1

-- Erased with the alert; a gateway's id is found by the attempt that learnt it.
-- name: ERASE_HANDLES
DELETE FROM handle WHERE (gateway, ref) IN (SELECT gateway, gateway_ref FROM attempt WHERE alert = ?1) AND alert = ?1

-- name: ERASE_RECEIPTS
DELETE FROM receipt WHERE alert = ?1

-- name: ERASE_ATTEMPTS
DELETE FROM attempt WHERE alert = ?1

-- name: ERASE_UNTOLD
DELETE FROM untold WHERE alert = ?1

-- name: ERASE_TELLINGS_JOINED
DELETE FROM telling WHERE alert = ?1 AND joined = 1

-- name: ERASE_TELLING_FIRST
DELETE FROM telling WHERE message = ?1 AND alert = ?2

-- name: ERASE_ALERT
DELETE FROM alert WHERE id = ?1

-- name: ERASE_MESSAGE_IS_NEEDED
SELECT EXISTS (SELECT 1 FROM answer WHERE message = ?1) OR EXISTS (SELECT 1 FROM telling WHERE message = ?1)

-- name: ERASE_MESSAGE
DELETE FROM message WHERE id = ?1

-- name: ERASE_ACCESS_HISTORY
DELETE FROM access_history WHERE access = ?1

-- name: ERASE_ADDRESS_FIRST
SELECT id, fingerprint FROM address WHERE access = ?1 LIMIT 1

-- name: ERASE_ADDRESS
DELETE FROM address WHERE id = ?1

-- name: ERASE_FINGERPRINT
DELETE FROM fingerprint WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM address WHERE fingerprint = ?1)

-- name: ERASE_RESIDENCE
DELETE FROM residence WHERE citizen = ?1

-- name: ERASE_ENROLMENT
DELETE FROM enrolment WHERE citizen = ?1

-- All numbers of a person lead to that person: so do both ends of an edge.
-- name: ERASE_CPR_CHANGES
DELETE FROM cpr_change WHERE from_hash IN (SELECT hash FROM citizen_key WHERE citizen = ?1)

-- name: ERASE_KEYS
DELETE FROM citizen_key WHERE citizen = ?1
