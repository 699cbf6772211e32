-- Messages, early recalls and reads, answers, rejects, progress.

-- name: MESSAGE_LAST_ID
SELECT ifnull(max(id), 0) FROM message

-- name: REJECTED_LAST_ID
SELECT ifnull(max(id), 0) FROM rejected

-- name: MESSAGE_ADD
INSERT INTO message (id, uuid, digest, citizen, kind, flags, sender, text, available, deliver_from, reply_by, admitted,
        disposition, decide_at, recalled, read)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1, ?12, ?13, ?14)
ON CONFLICT (uuid) DO NOTHING

-- name: MESSAGE_BY_UUID
SELECT id, digest, disposition, recalled, read FROM message WHERE uuid = ?1

-- name: MESSAGE_GET
SELECT uuid, citizen, kind, flags, sender, available, deliver_from, reply_by, admitted, disposition, recalled, read
FROM message WHERE id = ?1

-- name: MESSAGE_TEXT
SELECT text FROM message WHERE id = ?1

-- What the texts of a decided message are still needed for ends with its last open alert.
-- name: MESSAGE_TEXT_ERASE
UPDATE message SET text = NULL WHERE id = ?1 AND text IS NOT NULL

-- name: MESSAGE_DECIDE
UPDATE message SET disposition = ?2, decided = ?3, decide_at = NULL WHERE id = ?1 AND disposition = 1

-- name: MESSAGE_HOLD
UPDATE message SET decide_at = ?2 WHERE id = ?1 AND disposition = 1

-- name: MESSAGE_DUE
SELECT id FROM message WHERE disposition = 1 AND decide_at <= ?1 ORDER BY decide_at LIMIT ?2

-- As ALERT_AHEAD.
-- name: MESSAGE_AHEAD
SELECT decide_at, id FROM message WHERE disposition = 1 AND (decide_at, id) > (?1, ?2) ORDER BY decide_at, id LIMIT ?3

-- A stamp that lies ahead is known to be wrong.
-- name: MESSAGE_ADMITTED_BY
UPDATE message SET admitted = ?2 WHERE id = ?1 AND disposition = 1 AND admitted > ?2

-- name: MESSAGE_NEXT_DUE
SELECT min(decide_at) FROM message WHERE disposition = 1

-- name: MESSAGE_HELD_OF
SELECT id FROM message WHERE citizen = ?1 AND disposition = 1 ORDER BY id LIMIT ?2

-- name: MESSAGE_RECALL
UPDATE message SET recalled = ?2 WHERE id = ?1

-- name: MESSAGE_READ
UPDATE message SET read = ?2 WHERE id = ?1

-- name: EARLY_GET
SELECT recalled, read FROM early WHERE uuid = ?1

-- name: EARLY_RECALL
INSERT INTO early (uuid, recalled, learnt) VALUES (?1, ?2, ?3)
ON CONFLICT (uuid) DO UPDATE SET recalled = min(ifnull(recalled, excluded.recalled), excluded.recalled)

-- name: EARLY_READ
INSERT INTO early (uuid, read, learnt) VALUES (?1, ?2, ?3)
ON CONFLICT (uuid) DO UPDATE SET read = min(ifnull(read, excluded.read), excluded.read)

-- name: EARLY_DELETE
DELETE FROM early WHERE uuid = ?1

-- name: ANSWER_ADD
INSERT INTO answer (message, transmission_id, memo_id, received, ready) VALUES (?1, ?2, ?3, 0, 1)

-- name: ANSWER_WAKE
UPDATE answer SET ready = 1 WHERE message = ?1

-- name: ANSWER_READY
SELECT a.message, a.transmission_id, a.memo_id, a.received, m.uuid, m.disposition, m.admitted, m.decided
FROM answer a JOIN message m ON m.id = a.message WHERE a.ready = 1 ORDER BY a.message LIMIT ?1

-- What was decided while RECEIVED was being written is told next.
-- name: ANSWER_RECEIVED
UPDATE answer SET received = 1, ready = (SELECT disposition <> 1 FROM message WHERE id = ?1) WHERE message = ?1

-- name: ANSWER_DELETE
DELETE FROM answer WHERE message = ?1

-- name: REJECTED_ADD
INSERT INTO rejected (id, at, item, field, reason, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: REJECTED_GET
SELECT at, item, field, reason, bytes FROM rejected WHERE id = ?1

-- name: REJECTED_DELETE
DELETE FROM rejected WHERE id = ?1

-- name: PROGRESS_GET
SELECT items, rejected FROM progress WHERE identity = ?1

-- name: PROGRESS_PUT
INSERT INTO progress (identity, items, rejected, updated) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (identity) DO UPDATE SET items = excluded.items, rejected = excluded.rejected, updated = excluded.updated

-- name: PROGRESS_DELETE
DELETE FROM progress WHERE identity = ?1
