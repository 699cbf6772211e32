-- Fallback=: ends that leave somebody untold.

-- name: UNTOLD_ADD
INSERT INTO untold (alert) VALUES (?1) ON CONFLICT (alert) DO NOTHING

-- name: UNTOLD_FIRST
-- scan: stops at the limit
SELECT alert FROM untold ORDER BY alert LIMIT ?1

-- name: UNTOLD_DONE
DELETE FROM untold WHERE alert = ?1

-- name: OTHER_ADDRESSES
SELECT o.id, o.fingerprint, o.channel, o.anytime
FROM address ad JOIN address o ON o.access = ad.access JOIN fingerprint f ON f.id = o.fingerprint
WHERE ad.id = ?1 AND o.gone = 0 AND o.channel <> ad.channel AND o.verified <> 0 AND f.suppressed = 0
ORDER BY o.rank LIMIT ?2

-- name: FINGERPRINT_WAS_TOLD
SELECT 1 FROM telling t JOIN alert a ON a.id = t.alert JOIN address ad ON ad.id = a.address
WHERE t.message = ?1 AND ad.fingerprint = ?2 LIMIT 1
