-- Draws: who may be drawn, and who was.

-- name: DRAW_FIND
SELECT id, category, region, municipality, prizes, n, committed, drawn, source, value FROM draw
WHERE category = ?1 AND region = ?2 AND municipality = ?3

-- name: DRAW_OPEN_IN
-- scan: a handful of titles
SELECT id, category, region, municipality, prizes, n, committed, drawn, source, value FROM draw
WHERE municipality = ?1 AND drawn IS NULL LIMIT 1

-- name: DRAW_LIST
SELECT id, category, region, municipality, prizes, n, committed, drawn, source, value FROM draw WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: DRAW_LAST_ID
SELECT ifnull(max(id), 0) FROM draw

-- name: DRAW_ADD
INSERT INTO draw (id, category, region, municipality, prizes, n, committed, source, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- name: DRAW_ADD_ENTRY
INSERT INTO draw_entry (draw, entry, citizen) VALUES (?1, ?2, ?3)

-- name: DRAW_KEY
SELECT key FROM draw WHERE id = ?1 AND key IS NOT NULL

-- name: DRAW_ADD_WINNER
INSERT INTO draw_winner (draw, prize, citizen) SELECT draw, ?3, citizen FROM draw_entry WHERE draw = ?1 AND entry = ?2

-- name: DRAW_FINISH
UPDATE draw SET value = ?2, pool = ?3, drawn = ?4, key = NULL WHERE id = ?1 AND key IS NOT NULL

-- name: DRAW_ERASE_ENTRIES
DELETE FROM draw_entry WHERE draw = ?1

-- name: DRAW_POOL
SELECT pool FROM draw WHERE id = ?1 AND pool IS NOT NULL

-- name: DRAW_WINNERS
SELECT prize, citizen FROM draw_winner WHERE draw = ?1 ORDER BY prize LIMIT ?2

-- name: DRAW_TAKEN
SELECT 1 FROM draw_entry WHERE citizen = ?1 UNION ALL SELECT 1 FROM draw_winner WHERE citizen = ?1 LIMIT 1

-- What a later revision of the same instant took back was not so.
-- name: DRAW_ENROLLED_WITHIN
SELECT 1 FROM enrolment e WHERE e.citizen = ?1 AND e.at >= ?2 AND e.at < ?3 AND e.state = 2 AND e.basis = 1
        AND NOT EXISTS (SELECT 1 FROM enrolment l WHERE l.citizen = e.citizen AND l.at = e.at AND l.rev > e.rev)
LIMIT 1

-- The pool was committed to: its line stays.
-- name: DRAW_FORGET_ENTRIES
UPDATE draw_entry SET citizen = NULL WHERE citizen = ?1

-- name: DRAW_FORGET_PRIZES
UPDATE draw_winner SET citizen = NULL WHERE citizen = ?1

-- name: DRAW_MOVE_ENTRY
UPDATE draw_entry SET citizen = ?2 WHERE citizen = ?1

-- name: DRAW_MOVE_WINNER
UPDATE draw_winner SET citizen = ?2 WHERE citizen = ?1
