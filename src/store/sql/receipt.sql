-- Reports on attempts, ids that gateways report by, reports that wait for an id.

-- name: RECEIPT_ADD
INSERT INTO receipt (alert, attempt, kind, part, at, learnt, late, code, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (alert, attempt, kind, part) DO NOTHING

-- name: RECEIPT_PARTS
SELECT count(*) FROM receipt WHERE alert = ?1 AND attempt = ?2 AND kind = ?3

-- name: RECEIPTS_OF
SELECT attempt, kind, part, at, learnt, late, code, reason FROM receipt WHERE alert = ?1 ORDER BY attempt, kind, part LIMIT ?2

-- name: HANDLE_ADD
INSERT INTO handle (gateway, ref, alert, attempt) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (gateway, ref) DO UPDATE SET alert = excluded.alert, attempt = excluded.attempt

-- name: HANDLE_GET
SELECT alert, attempt FROM handle WHERE gateway = ?1 AND ref = ?2

-- name: PARKED_ADD
INSERT INTO parked (gateway, ref, kind, part, bad_address, at, learnt, code, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (gateway, ref, kind, part) DO NOTHING

-- name: PARKED_FIRST
SELECT kind, part, bad_address, at, code, reason FROM parked WHERE gateway = ?1 AND ref = ?2 ORDER BY kind, part LIMIT 1

-- name: PARKED_TAKE
DELETE FROM parked WHERE gateway = ?1 AND ref = ?2 AND kind = ?3 AND part = ?4

-- name: PARKED_OLDEST
SELECT min(learnt) FROM parked

-- name: PARKED_EXPIRED
SELECT gateway, ref, kind, part FROM parked WHERE learnt <= ?1 ORDER BY learnt LIMIT 1
