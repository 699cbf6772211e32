-- Reminders: which message is next to be asked whether it was opened.

-- name: REMIND_NEXT
SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT 1

-- name: REMIND_LATER
INSERT INTO remind (message, due) VALUES (?1, ?2) ON CONFLICT (message) DO UPDATE SET due = excluded.due

-- name: REMIND_DUE
SELECT message FROM remind WHERE due <= ?1 ORDER BY due, message LIMIT ?2

-- name: REMIND_DONE
DELETE FROM remind WHERE message = ?1

-- name: REMIND_NEXT_DUE
SELECT min(due) FROM remind

-- name: REMIND_OFF
DELETE FROM remind

-- name: META_DELETE
DELETE FROM meta WHERE key = ?1

-- name: CITIZEN_REMINDED_GET
SELECT reminded FROM citizen WHERE id = ?1

-- name: CITIZEN_REMINDED_SET
UPDATE citizen SET reminded = ?2 WHERE id = ?1
