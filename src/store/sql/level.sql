-- Head counts of past days that are kept true.

-- name: LEVEL_LAST_DAY
SELECT ifnull(max(day), -1000000000) FROM level_day

-- name: LEVEL_DAY_GET
SELECT upto, made FROM level_day WHERE day = ?1

-- name: LEVEL_DAY_ADD
INSERT INTO level_day (day, upto, made) VALUES (?1, 0, NULL)

-- name: LEVEL_DAY_STEP
UPDATE level_day SET upto = ?2, made = ?3 WHERE day = ?1

-- name: LEVEL_DAYS
SELECT day, upto, made FROM level_day WHERE day >= ?1 ORDER BY day LIMIT ?2

-- name: LEVEL_READ
SELECT residence, municipality, sex, age, enrolment, basis, first, n FROM level WHERE day = ?1

-- name: LEVEL_ADD
INSERT INTO level (day, residence, municipality, sex, age, enrolment, basis, first, n, carried) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, 0)
ON CONFLICT (day, residence, municipality, sex, age, enrolment, basis) DO UPDATE SET n = n + excluded.n

-- name: LEVEL_CARRY
UPDATE level SET carried = carried + 1
WHERE day = ?1 AND residence = ?2 AND municipality = ?3 AND sex = ?4 AND age = ?5 AND enrolment = ?6 AND basis = ?7

-- name: LEVEL_ROWS
SELECT day, residence, municipality, sex, age, enrolment, basis, n - carried FROM level WHERE day = ?1

-- name: LEVEL_FREEZE
UPDATE level SET first = n WHERE day = ?1

-- name: LEVEL_PERSON
SELECT born, sex FROM citizen WHERE id = ?1

-- name: LEVEL_RESIDENCE
SELECT status, municipality FROM residence WHERE citizen = ?1 AND at < ?2 ORDER BY at DESC, rev DESC LIMIT 1

-- name: LEVEL_ENROLMENT
SELECT state, basis FROM enrolment WHERE citizen = ?1 AND at < ?2 ORDER BY at DESC, rev DESC LIMIT 1

-- name: REVISION_ADD
INSERT INTO revision (day, cause, persons, residents, enrolled, exempt) VALUES (?1, ?2, 1, ?3, ?4, ?5)
ON CONFLICT (day, cause) DO UPDATE SET persons = persons + 1, residents = residents + excluded.residents,
        enrolled = enrolled + excluded.enrolled, exempt = exempt + excluded.exempt

-- name: REVISION_READ
SELECT cause, persons, residents, enrolled, exempt FROM revision WHERE day = ?1 ORDER BY cause

-- All history of a slice of people, for the recount of all days at once.
-- name: LEVEL_ALL_RESIDENCE
SELECT citizen, at, status, municipality FROM residence WHERE citizen > ?1 AND citizen <= ?2 ORDER BY citizen, at, rev

-- name: LEVEL_ALL_ENROLMENT
SELECT citizen, at, state, basis FROM enrolment WHERE citizen > ?1 AND citizen <= ?2 ORDER BY citizen, at, rev
