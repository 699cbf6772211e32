-- What limits are counted by.

-- name: SPENT_GET
SELECT segments, most, warned, lifted FROM spent WHERE gateway = ?1 AND day = ?2

-- name: SPENT_SET
INSERT INTO spent (gateway, day, segments, most, warned, lifted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (gateway, day) DO UPDATE SET segments = excluded.segments, most = excluded.most, warned = excluded.warned,
        lifted = excluded.lifted

-- name: SPENT_FORGET
DELETE FROM spent WHERE gateway = ?1 AND day < ?2

-- name: SPENT_SHOW
-- scan: as many gateways as there ever were
SELECT g.name, s.segments, s.most, s.warned, s.lifted FROM gateway g JOIN spent s ON s.gateway = g.id AND s.day = ?1
ORDER BY g.id LIMIT ?2

-- An hour that is over is written over.
-- name: SENDER_COUNT
INSERT INTO sender_hour (sender, hour, alerts) VALUES (?1, ?2, ?3)
ON CONFLICT (sender) DO UPDATE SET alerts = CASE WHEN hour = excluded.hour THEN alerts ELSE 0 END + excluded.alerts,
        hour = excluded.hour

-- name: SENDER_SUM
SELECT alerts FROM sender_hour WHERE sender = ?1

-- Was a surge of that sender's released lately?
-- name: HOLD_VOUCHED
SELECT 1 FROM hold WHERE ended > ?2 AND scope = 4 AND subject = ?1 AND cause = 4 LIMIT 1
