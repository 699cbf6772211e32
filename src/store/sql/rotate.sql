-- Rotation: what another key sealed or hashed is sealed and hashed under the current one, in order of the tables' own keys.

-- name: ROTATE_CITIZENS
SELECT id, cpr FROM citizen WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_CITIZEN
UPDATE citizen SET cpr = ?2 WHERE id = ?1

-- name: ROTATE_KEYS_OF
SELECT hash, slot, number FROM citizen_key WHERE citizen = ?1

-- name: ROTATE_KEY
UPDATE citizen_key SET hash = ?2, slot = ?3, number = ?4 WHERE hash = ?1

-- name: ROTATE_EDGES_FROM
UPDATE cpr_change SET from_hash = ?2 WHERE from_hash = ?1

-- Both ends of an edge are numbers of one person: the other ends are found from those.
-- name: ROTATE_EDGES_TO
UPDATE cpr_change SET to_hash = ?2
WHERE to_hash = ?1 AND from_hash IN (SELECT hash FROM citizen_key WHERE citizen = ?3)

-- name: CITIZEN_KEY_NUMBER
UPDATE citizen_key SET number = ?2 WHERE hash = ?1

-- name: ROTATE_ADDRESSES
SELECT id, sealed FROM address WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_ADDRESS
UPDATE address SET sealed = ?2 WHERE id = ?1

-- name: ROTATE_HISTORIES
SELECT h.access, h.at, h.rev, h.content, a.kind FROM access_history h LEFT JOIN access a ON a.id = h.access
WHERE (h.access, h.at, h.rev) > (?1, ?2, ?3) ORDER BY h.access, h.at, h.rev LIMIT ?4

-- name: ROTATE_HISTORY
UPDATE access_history SET content = ?4 WHERE access = ?1 AND at = ?2 AND rev = ?3

-- name: ROTATE_FINGERPRINT
UPDATE OR IGNORE fingerprint SET hash = ?2, slot = ?3 WHERE hash = ?1

-- name: ROTATE_FINGERPRINTS
SELECT id, slot FROM fingerprint WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_FINGERPRINT_LOST
UPDATE fingerprint SET hash = ?2, slot = ?3 WHERE id = ?1

-- name: ROTATE_MESSAGES
SELECT id, text FROM message WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_MESSAGE
UPDATE message SET text = ?2 WHERE id = ?1

-- name: ROTATE_REJECTS
SELECT id, bytes FROM rejected WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_REJECT
UPDATE rejected SET bytes = ?2 WHERE id = ?1

-- name: ROTATE_ATTEMPTS
SELECT alert, n, raw FROM attempt WHERE (alert, n) > (?1, ?2) ORDER BY alert, n LIMIT ?3

-- name: ROTATE_ATTEMPT
UPDATE attempt SET raw = ?3 WHERE alert = ?1 AND n = ?2

-- name: ROTATE_DRAWS
SELECT id, key FROM draw WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: ROTATE_DRAW
UPDATE draw SET key = ?2 WHERE id = ?1

-- name: ROTATE_LAST_HISTORY
SELECT ifnull(max(access), 0) FROM access_history

-- name: ROTATE_LAST_FINGERPRINT
SELECT ifnull(max(id), 0) FROM fingerprint

-- name: ROTATE_LAST_ATTEMPT
SELECT ifnull(max(alert), 0) FROM attempt
