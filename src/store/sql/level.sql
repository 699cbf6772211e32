-- Head counts of past days that are kept true, and what was delivered.

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

-- The kept day that is nearest; of two the earlier.
-- name: REPLAY_NEAREST
SELECT day FROM level_day WHERE day BETWEEN ?1 - ?2 AND ?1 + ?2 AND made IS NOT NULL ORDER BY abs(day - ?1), day LIMIT 1

-- Who may be another on one day than on another: something begins to hold between them, or a birthday is.
-- name: REPLAY_RESIDENCE
SELECT citizen FROM residence WHERE at >= ?1 AND at < ?2

-- name: REPLAY_ENROLMENT
SELECT citizen FROM enrolment WHERE at >= ?1 AND at < ?2

-- name: REPLAY_BORN
SELECT id FROM citizen WHERE born >= ?1 AND born < ?2

-- Of the enrolled in a slice of people: each address that the owner's access names now.
-- name: REACH_ADDRESSES
SELECT a.mailbox, a.opted_out, ad.channel, ad.verified, f.suppressed, f.proven
FROM access a LEFT JOIN address ad ON ad.access = a.id AND ad.gone = 0 LEFT JOIN fingerprint f ON f.id = ad.fingerprint
WHERE a.mailbox > ?1 AND a.mailbox <= ?2 AND a.kind = 1 ORDER BY a.mailbox

-- Post that came in the half year before, and whether any of it was opened.
-- name: REACH_POST
SELECT count(*), count(read) FROM message
WHERE citizen = ?1 AND available >= ?2 AND kind = 1 AND disposition IN (4, 5)

-- name: REACH_ADD
INSERT INTO reach (day, municipality, age, flags, n) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (day, municipality, age, flags) DO UPDATE SET n = n + excluded.n

-- name: REACH_READ
SELECT municipality, age, flags, n FROM reach WHERE day = ?1

-- name: REACH_LAST
SELECT ifnull(max(day), -1000000000) FROM reach WHERE day <= ?1

-- name: DELAY_ADD
INSERT INTO delay (day, channel, waited, bucket, n)
SELECT ?2, ?3, a.not_before IS NOT NULL, ?4, 1 FROM alert a WHERE a.id = ?1
ON CONFLICT (day, channel, waited, bucket) DO UPDATE SET n = n + 1

-- name: DELAY_SUM
SELECT channel, waited, bucket, sum(n) FROM delay WHERE day >= ?1 AND day <= ?2 GROUP BY channel, waited, bucket

-- name: TALLY_SUM
SELECT channel, state, sum(n), sum(segments) FROM tally WHERE day >= ?1 AND day <= ?2 GROUP BY channel, state

-- NemSMS is no Digital Post.
-- name: MAIL_ADD
INSERT INTO mail (month, sender, disposition, n, read)
SELECT ?2, m.sender, m.disposition, 1, m.read IS NOT NULL FROM message m WHERE m.id = ?1 AND m.kind = 1
ON CONFLICT (month, sender, disposition) DO UPDATE SET n = n + 1, read = read + excluded.read

-- name: MAIL_DECIDED
SELECT decided FROM message WHERE id = ?1 AND kind = 1

-- name: MAIL_OPENED
UPDATE mail SET read = read + 1
WHERE month = ?2 AND (sender, disposition) = (SELECT m.sender, m.disposition FROM message m WHERE m.id = ?1)

-- name: MAIL_MONTHS
SELECT month, sender, disposition, n, read FROM mail WHERE month >= ?1 AND month <= ?2

-- Of one (month, sender, place) the greatest revision stands.
-- name: VOLUME_MONTHS
SELECT v.month, v.sender, v.physical FROM volume v WHERE v.month >= ?1 AND v.month <= ?2 AND NOT EXISTS
        (SELECT 1 FROM volume w WHERE w.month = v.month AND w.sender = v.sender AND w.municipality = v.municipality AND w.rev > v.rev)
