-- The store of advisd, version 1.
--
-- How to change it: never edit a file that has been released. Add schema/NNNN-name.sql with the next number; it runs
-- once, in one transaction, and PRAGMA user_version becomes NNNN. Comment every table and column: what it means, its
-- unit, who writes it, when it is erased. Then the statements (sql/*.sql), the doors (src/store), tests/unit/test-migrate.
--
-- Everywhere: times are µs since 1970-01-01 UTC; days are days since 1970-01-01; numbers that stand for words
-- are those of include/model (alert.h, event.h, outcome.h). "Sealed" is AES-256-SIV under the master key whose slot is the
-- first byte, bound to table, column and row id. Hashes are HMAC-SHA256, 16 bytes, under keys derived from the
-- master key; without it they say nothing. No CPR number, telephone number, address or text stands here in clear.

-- What the instance knows of itself. Written at creation and at each start.
CREATE TABLE meta (
        key   TEXT NOT NULL PRIMARY KEY,  -- 'created', 'incarnation' (counts starts), 'offset' (of a sandbox's clock), 'last …' (the greatest id given), 'rotation …' (how far it came), 'reminded up to' (the last message looked at for a reminder; not there = RemindAfter= is off), 'newest read' (the latest instant at which a letter was opened), 'credential NAME' (a keyed mark of a gateway's secret: 63 bits) and 'credential since NAME' (when it became that)
        value INTEGER NOT NULL            -- a time, a count, an id or a difference in µs, by its key
) STRICT, WITHOUT ROWID;

-- The master keys that sealed bytes and hashes here were made with. The keys themselves never stand here.
CREATE TABLE master_key (
        slot   INTEGER PRIMARY KEY,       -- 1..15; first byte of all that is sealed
        key_id TEXT NOT NULL UNIQUE,      -- names the key to an operator: what a restore needs
        state  INTEGER NOT NULL,          -- 1 current, 2 being left (rotation), 3 removable
        since  INTEGER NOT NULL           -- when it came
) STRICT;

-- A person. Written at the first event that names a CPR number; erased by retention after death, or on request.
-- residence … reason repeat the newest rows of the history below, as of now: decisions are made from them.
CREATE TABLE citizen (
        id           INTEGER PRIMARY KEY, -- what every other table refers to; tells nothing
        born         INTEGER NOT NULL,    -- day of birth, from the current number
        sex          INTEGER NOT NULL,    -- 1 male, 2 female
        cpr          BLOB NOT NULL,       -- the current number, sealed; opening it is audited
        residence    INTEGER,             -- 1 resident, 2 abroad, 3 missing, 4 dead; NULL = never told
        municipality INTEGER,             -- 101 = København; 0 = none; NULL = never told
        enrolment    INTEGER,             -- 1 none, 2 enrolled, 3 exempt; NULL = never told: unknown, not none
        basis        INTEGER,
        reason       INTEGER,
        turn         INTEGER,             -- when a history row dated ahead takes effect; NULL = none waits
        reminded     INTEGER              -- when its people were last reminded of what lies unread; NULL = never
) STRICT;
CREATE INDEX citizen_born ON citizen (born); -- whose birthday changes a head count: any day, from one near it that is kept

-- Every number a person has or had leads to that person. Written with the citizen and by cpr-changed.
CREATE TABLE citizen_key (
        hash    BLOB NOT NULL PRIMARY KEY, -- of the ten digits
        citizen INTEGER NOT NULL,
        slot    INTEGER NOT NULL,          -- master key of the hash
        number  BLOB                       -- the digits, sealed (row id = first 8 bytes of hash); NULL while no other number of the person is known
) STRICT, WITHOUT ROWID;
CREATE INDEX citizen_key_citizen ON citizen_key (citizen); -- all numbers of one: folding, erasure, rotation

-- Which number became which. Kept as long as the citizen: chains may come in any order, and a cycle is refused.
CREATE TABLE cpr_change (
        from_hash BLOB NOT NULL,          -- as citizen_key.hash
        at        INTEGER NOT NULL,
        rev       INTEGER NOT NULL,
        to_hash   BLOB NOT NULL,          -- likewise
        learnt    INTEGER NOT NULL,
        PRIMARY KEY (from_hash, at, rev)
) STRICT, WITHOUT ROWID;

-- Where a person lived, and whether: history. The row with the greatest (at, rev) not after a day is that day's
-- truth; of two events with one (at, rev) the greater canonical bytes stand here, whichever came first.
CREATE TABLE residence (
        citizen      INTEGER NOT NULL,
        at           INTEGER NOT NULL,    -- from when it holds
        rev          INTEGER NOT NULL,
        municipality INTEGER NOT NULL,    -- 0 = none
        status       INTEGER NOT NULL,    -- 1 resident, 2 abroad, 3 missing, 4 dead
        learnt       INTEGER NOT NULL,    -- when we were told
        PRIMARY KEY (citizen, at, rev)
) STRICT, WITHOUT ROWID;
CREATE INDEX residence_at ON residence (at); -- who changed between two days: likewise

-- Enrolment in Digital Post: history, as residence.
CREATE TABLE enrolment (
        citizen INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        rev     INTEGER NOT NULL,
        state   INTEGER NOT NULL,
        basis   INTEGER NOT NULL,         -- 0 not said, 1 voluntary, 2 automatic
        reason  INTEGER NOT NULL,
        learnt  INTEGER NOT NULL,
        PRIMARY KEY (citizen, at, rev)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_at ON enrolment (at); -- who changed between two days: likewise

-- One person's relation to one mailbox, or a NemSMS subscription; as of now. Never deleted while its mailbox exists.
CREATE TABLE access (
        id        INTEGER PRIMARY KEY,
        mailbox   INTEGER NOT NULL,       -- citizen
        kind      INTEGER NOT NULL,       -- 1 owner, 2 reader (a citizen), 3 reader (a company), 4 NemSMS
        reader    INTEGER NOT NULL,       -- citizen, or CVR number of a company; 0 for owner and NemSMS
        language  INTEGER NOT NULL,       -- 0 da, 1 en
        opted_out INTEGER NOT NULL,       -- since when nothing is wanted; 0 = wanted
        until     INTEGER NOT NULL,       -- when it ends; 0 = no end
        turn      INTEGER                 -- as citizen.turn
) STRICT;
CREATE UNIQUE INDEX access_mailbox ON access (mailbox, kind, reader);
CREATE INDEX access_reader ON access (reader) WHERE kind = 2; -- folding and erasure of a reader

-- What each access was told to be: history, as residence. Erased with the mailbox.
CREATE TABLE access_history (
        access  INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        rev     INTEGER NOT NULL,
        content BLOB NOT NULL,            -- the event's canonical bytes, sealed (row id = access)
        sms     INTEGER NOT NULL,         -- 0 no number, 1 not verified, 2 verified: reach on past days
        emails  INTEGER NOT NULL,         -- verified addresses
        opted   INTEGER NOT NULL,         -- 1 = opted out
        learnt  INTEGER NOT NULL,
        PRIMARY KEY (access, at, rev)
) STRICT, WITHOUT ROWID;

-- An address that an access gave, and the head of its queue. Rows of replaced addresses stay, emptied, until the
-- alerts that name them are gone.
CREATE TABLE address (
        id          INTEGER PRIMARY KEY,
        access      INTEGER NOT NULL,
        channel     INTEGER NOT NULL,     -- 0 sms, 1 email
        rank        INTEGER NOT NULL,     -- order in which the access named it
        sealed      BLOB,                 -- the address; NULL = erased, when it is gone
        fingerprint INTEGER NOT NULL,     -- what is known of it
        verified    INTEGER NOT NULL,     -- when; 0 = not: gets nothing
        anytime     INTEGER NOT NULL,     -- 1 = outside the window, too
        country     INTEGER NOT NULL,     -- telephone country code, in zones 1 and 7 three digits: what it is routed by; 0 = e-mail
        gone        INTEGER NOT NULL,     -- 1 = the access names it no more
        last_alert  INTEGER,              -- the last alert filed in this queue: what a message may join or stands behind
        recent      BLOB                  -- when its last alerts were to leave, 4 bytes each, seconds: for MaxPerHour=; written at filing
) STRICT;
CREATE INDEX address_access ON address (access, gone, channel, rank);
CREATE INDEX address_fingerprint ON address (fingerprint); -- who shares a telephone: MaxPerHour=

-- What is known of an address whoever names it: survives replaced accesses. Erased when no address has it.
CREATE TABLE fingerprint (
        id         INTEGER PRIMARY KEY,
        hash       BLOB NOT NULL UNIQUE,  -- of channel and normalised address
        slot       INTEGER NOT NULL,
        suppressed INTEGER NOT NULL,      -- since when it is known to be bad; 0 = not
        why        TEXT NOT NULL,         -- our reason word; '' = not suppressed
        proven     INTEGER NOT NULL       -- last proof of delivery; 0 = none
) STRICT;

-- A message's arrival. Written at admission; the disposition once, at decision. Erased by retention.
CREATE TABLE message (
        id           INTEGER PRIMARY KEY, -- in order of admission
        uuid         BLOB NOT NULL,       -- 16 bytes; its identity
        digest       BLOB NOT NULL,       -- slot and 7 bytes, keyed, of mailbox and canonical bytes: tells a repeat from a reuse
        citizen      INTEGER,             -- the mailbox; NULL = a company's
        kind         INTEGER NOT NULL,    -- 1 Digital Post, 2 NemSMS
        flags        INTEGER NOT NULL,    -- 1 mandatory, 2 legal, 4 company, 8 wants an answer (MeMo)
        sender       INTEGER NOT NULL,    -- CVR number; 0 = not said
        text         BLOB,                -- sender's label and notification as JSON, sealed; NULL once not needed
        available    INTEGER NOT NULL,    -- when it could be read
        deliver_from INTEGER,             -- day; NULL = at once
        reply_by     INTEGER,             -- day; NULL = no answer is asked for
        admitted     INTEGER NOT NULL,    -- when it was taken in
        disposition  INTEGER NOT NULL,    -- 1 held … see model/alert.h; written once more, at decision
        decided      INTEGER,             -- when
        decide_at    INTEGER,             -- HELD only: when to decide or give up
        recalled     INTEGER,             -- when its sender took it back; NULL = not
        read         INTEGER              -- when it was opened; NULL = not that we know
) STRICT;
CREATE UNIQUE INDEX message_uuid ON message (uuid);
CREATE INDEX message_held ON message (decide_at) WHERE disposition = 1;
CREATE INDEX message_held_citizen ON message (citizen) WHERE disposition = 1; -- a late register event decides them
CREATE INDEX message_citizen ON message (citizen) WHERE citizen IS NOT NULL;  -- citizen show, folding, erasure

-- What the answers to a MeMo must repeat. Written at admission, erased when the last answer is out.
CREATE TABLE answer (
        message         INTEGER PRIMARY KEY,
        transmission_id TEXT NOT NULL,    -- as the MeMo said it; '' = it did not
        memo_id         TEXT NOT NULL,    -- the MeMo's own messageId
        received        INTEGER NOT NULL, -- 1 = RECEIVED is out
        ready           INTEGER NOT NULL  -- 1 = there is something to tell
) STRICT;
CREATE INDEX answer_ready ON answer (message) WHERE ready = 1;

-- A recall or a read of a message that has not come yet. Erased when it comes, or by retention.
CREATE TABLE early (
        uuid     BLOB NOT NULL PRIMARY KEY,
        recalled INTEGER,                 -- as message.recalled
        read     INTEGER,                 -- as message.read
        learnt   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages whose reminder does not come in order of admission: dated ahead, or not decided in time. Written when the walk through
-- messages (meta 'reminded up to') comes by; erased when their hour has come, and when RemindAfter= is off.
CREATE TABLE remind (
        message INTEGER PRIMARY KEY,
        due     INTEGER NOT NULL          -- when to look at it again
) STRICT;
CREATE INDEX remind_due ON remind (due, message);

-- One notification to one access at one of its addresses. Written at filing; its state by one function only
-- (store_alert_step, table in model/alert.c). Erased by retention some time after its end.
CREATE TABLE alert (
        id           INTEGER PRIMARY KEY, -- in order of filing: lanes are served by it
        address      INTEGER NOT NULL,    -- its queue; leads to access and mailbox, also after folding
        municipality INTEGER NOT NULL,    -- the mailbox's at filing: for the tally
        message      INTEGER NOT NULL,    -- the first it tells of
        n_messages   INTEGER NOT NULL,    -- tellings that have not left it
        kase         INTEGER NOT NULL,    -- owner, reader, reminder, NemSMS: picks the text
        home         INTEGER NOT NULL,    -- the lane it belongs to (model/alert.h)
        state        INTEGER NOT NULL,    -- model/alert.h
        country      INTEGER NOT NULL,    -- its address's: which gateways may take it
        lane         INTEGER,             -- ready to be claimed from this lane (WAITING only); NULL = not now
        due          INTEGER,             -- when the next thing happens to it; with lane and hold NULL and WAITING: NULL = stands behind its queue
        not_before   INTEGER,             -- earliest hour to leave (MaxPerHour=, Digest=), also of one that stands behind; NULL = any
        hold         INTEGER,             -- the hold that it stands in (WAITING only), outside its queue; NULL = in none
        filed        INTEGER NOT NULL,    -- when it came to be
        fresh        INTEGER NOT NULL,    -- from when ExpireAfter= counts: the latest member's filing
        claimed      INTEGER,             -- last lease
        handed       INTEGER,             -- a gateway took it
        ended        INTEGER,             -- when it came to its end; NULL = not yet
        gateway      INTEGER,             -- of the last lease
        attempts     INTEGER NOT NULL,    -- leases that were not given back
        first_try    INTEGER NOT NULL,    -- attempt number that its reference names: repeats in doubt keep it; 0 = next lease makes a new one
        lease        INTEGER NOT NULL,    -- fencing: counts leases; every settle names it
        segments     INTEGER NOT NULL,    -- SMS parts of the last attempt
        replay       INTEGER              -- the alert that tells anew of what this ended one did not; NULL = none
) STRICT;
-- WAITING and ready: claimed first in first out inside a lane.
CREATE INDEX alert_lane ON alert (lane, id) WHERE lane IS NOT NULL;
-- The same for each country apart: where no gateway runs that serves one, what waits for it is not even looked at.
CREATE INDEX alert_route ON alert (lane, country, id) WHERE lane IS NOT NULL;
-- WAITING deferred, LEASED, UNCERTAIN and HANDED with a report to wait for: whatever has an hour.
CREATE INDEX alert_due ON alert (due, id) WHERE due IS NOT NULL;
-- WAITING behind an earlier alert of its queue.
CREATE INDEX alert_behind ON alert (address, id) WHERE state = 1 AND lane IS NULL AND due IS NULL AND hold IS NULL;
-- WAITING, and its sender is held: what a later message of that sender joins, and what goes back at the release.
CREATE INDEX alert_held ON alert (hold, address, id) WHERE hold IS NOT NULL;
-- LEASED: what a restart must call uncertain.
CREATE INDEX alert_leased ON alert (id) WHERE state = 2;

-- That an alert told of a message. Written with the alert or at joining.
CREATE TABLE telling (
        message INTEGER NOT NULL,
        alert   INTEGER NOT NULL,
        joined  INTEGER NOT NULL,         -- 0 = the alert was filed for it (alert.message), 1 = joined later
        left_by INTEGER NOT NULL,         -- 0 = it stands; 1 read, 2 recalled, 3 cancelled by an operator, 4 (a reminder's) a newer letter is told of, before the alert left
        PRIMARY KEY (message, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX telling_alert ON telling (alert) WHERE joined = 1;

-- Alerts that ended REJECTED, EXPIRED or SUPPRESSED while Fallback= is on. Written with the end, erased when the other
-- channel has been looked at, soon after.
CREATE TABLE untold (
        alert INTEGER PRIMARY KEY         -- alert.id
) STRICT;

-- What became of each try. Written at settling.
CREATE TABLE attempt (
        alert       INTEGER NOT NULL,
        n           INTEGER NOT NULL,     -- 1, 2, …
        gateway     INTEGER NOT NULL,
        claimed     INTEGER NOT NULL,
        settled     INTEGER NOT NULL,     -- when its outcome was written
        outcome     INTEGER NOT NULL,     -- model/outcome.h
        code        INTEGER NOT NULL,     -- HTTP status, SMTP reply code; 0 = none
        enhanced    TEXT,                 -- RFC 3463 status or the gateway's code word
        reason      TEXT,                 -- our word for it
        gateway_ref TEXT,                 -- the gateway's id for it
        raw         BLOB,                 -- its reply, sealed (row id = alert)
        PRIMARY KEY (alert, n)
) STRICT, WITHOUT ROWID;

-- The ways out by name, and what operators or the world did to them; survives restarts. Never deleted.
CREATE TABLE gateway (
        id      INTEGER PRIMARY KEY,
        name    TEXT NOT NULL UNIQUE,
        paused  INTEGER NOT NULL,         -- since when an operator paused it; 0 = not
        stopped INTEGER NOT NULL,         -- since when it refuses us; 0 = not
        why     TEXT NOT NULL             -- our reason word; '' = runs
) STRICT;

-- What may not leave: by an operator, a paused gateway, a day's limit, a surge. One that has ended says for how long
-- alerts could not leave, which ExpireAfter= does not count. Written when it begins and when it ends; erased 100 days later.
CREATE TABLE hold (
        id      INTEGER PRIMARY KEY,
        scope   INTEGER NOT NULL,         -- 1 all, 2 a channel, 3 a gateway, 4 a sender (model/hold.h)
        subject INTEGER NOT NULL,         -- 0; the channel; gateway.id; the CVR number, 0 = said none
        cause   INTEGER NOT NULL,         -- 1 an operator, 2 a pause, 3 a limit, 4 a surge
        since   INTEGER NOT NULL,
        until   INTEGER,                  -- when it ends by itself; NULL = when it is released
        ended   INTEGER,                  -- when it ended; NULL = it stands
        uid     INTEGER NOT NULL,         -- of who held; 0 when it was no person
        reason  TEXT NOT NULL,            -- why, in the words of who held
        emptied INTEGER NOT NULL          -- 0 = alerts may stand in it
) STRICT;
CREATE UNIQUE INDEX hold_stands ON hold (scope, subject, cause) WHERE ended IS NULL;
CREATE INDEX hold_ended ON hold (ended) WHERE ended IS NOT NULL;
CREATE INDEX hold_emptying ON hold (id) WHERE ended IS NOT NULL AND emptied = 0; -- its alerts are on their way back

-- What the world reported of an attempt after a gateway took it. Written when the report comes; erased with the alert.
CREATE TABLE receipt (
        alert   INTEGER NOT NULL,
        attempt INTEGER NOT NULL,         -- the try that its reference named
        kind    INTEGER NOT NULL,         -- 1 delivered, 2 failed, 3 failed for now (model/receipt.h)
        part    TEXT NOT NULL,            -- the segment that it speaks of, in the gateway's word; '' = the whole
        at      INTEGER,                  -- when it happened, as the gateway says; NULL = not said
        learnt  INTEGER NOT NULL,
        late    INTEGER NOT NULL,         -- 1 = it came after the alert's end
        code    TEXT,                     -- the gateway's code word
        reason  TEXT,                     -- our word for it
        PRIMARY KEY (alert, attempt, kind, part)
) STRICT, WITHOUT ROWID;

-- The ids of gateways that report by their own id alone ([Receipt] Id=). Written at settling, for those gateways only: a
-- random id costs a page of this tree for each alert, and a reference costs none. Erased with the alert.
CREATE TABLE handle (
        gateway INTEGER NOT NULL,
        ref     TEXT NOT NULL,            -- the gateway's id
        alert   INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        PRIMARY KEY (gateway, ref)
) STRICT, WITHOUT ROWID;

-- Reports whose id nobody knows yet: they came before the gateway's answer. Taken by the settle that learns the id, erased
-- after ParkedKeep=.
CREATE TABLE parked (
        gateway     INTEGER NOT NULL,
        ref         TEXT NOT NULL,        -- as handle.ref
        kind        INTEGER NOT NULL,     -- as receipt.kind
        part        TEXT NOT NULL,        -- as receipt.part
        bad_address INTEGER NOT NULL,     -- 1 = it failed because of the address itself
        at          INTEGER,
        learnt      INTEGER NOT NULL,
        code        TEXT,
        reason      TEXT,
        PRIMARY KEY (gateway, ref, kind, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_learnt ON parked (learnt); -- what has waited long enough

-- What intake could not accept. Written at intake; erased when dropped, taken in again, or by retention.
CREATE TABLE rejected (
        id     INTEGER PRIMARY KEY,
        at     INTEGER NOT NULL,
        item   INTEGER NOT NULL,          -- line, or document in the archive; 1-based
        field  TEXT NOT NULL,             -- '' = the whole
        reason TEXT NOT NULL,             -- quotes nothing of the input
        bytes  BLOB                       -- {"file":…,"bytes":base64}, sealed; NULL = too large to keep
) STRICT;

-- How far a spool file has been admitted. Written with each chunk, erased with the file.
CREATE TABLE progress (
        identity BLOB NOT NULL PRIMARY KEY, -- of device, inode, size and mtime
        items    INTEGER NOT NULL,          -- admitted so far
        rejected INTEGER NOT NULL,          -- of these, not accepted
        updated  INTEGER NOT NULL           -- when the last chunk was
) STRICT, WITHOUT ROWID;

-- Letters on paper outside this system, as told.
CREATE TABLE volume (
        month        INTEGER NOT NULL,    -- year * 12 + month - 1
        sender       INTEGER NOT NULL,
        municipality INTEGER NOT NULL,
        rev          INTEGER NOT NULL,
        physical     INTEGER NOT NULL,    -- of one (month, sender, municipality, rev) the greater stands
        learnt       INTEGER NOT NULL,
        PRIMARY KEY (month, sender, municipality, rev)
) STRICT, WITHOUT ROWID;

-- Running sums of the four laws and of intake, written in the transactions that change what they sum.
CREATE TABLE counter (
        id INTEGER PRIMARY KEY,           -- store/counter.h
        n  INTEGER NOT NULL
) STRICT;

-- What was settled, by civil day in Copenhagen. Written in the transaction of the outcome; kept for ever: holds nobody.
CREATE TABLE tally (
        day          INTEGER NOT NULL,
        municipality INTEGER NOT NULL,
        channel      INTEGER NOT NULL,
        state        INTEGER NOT NULL,    -- HANDED or an end; 0 = filed
        n            INTEGER NOT NULL,
        segments     INTEGER NOT NULL,
        PRIMARY KEY (day, municipality, channel, state)
) STRICT, WITHOUT ROWID;

-- How long alerts took from their filing to a gateway, by civil day in Copenhagen of the latter. Written at settling; kept for
-- ever: holds nobody.
CREATE TABLE delay (
        day     INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        waited  INTEGER NOT NULL,         -- 1 = an hour to wait for was set at filing: a window, Digest=, MaxPerHour=
        bucket  INTEGER NOT NULL,         -- up to 10 s * 2^(bucket / 8): store/delivery.h
        n       INTEGER NOT NULL,
        PRIMARY KEY (day, channel, waited, bucket)
) STRICT, WITHOUT ROWID;

-- Messages of Digital Post by what became of them. Written at decision and when one is read; kept for ever: holds nobody.
CREATE TABLE mail (
        month       INTEGER NOT NULL,     -- of the decision, as volume.month
        sender      INTEGER NOT NULL,     -- CVR number; 0 = said none
        disposition INTEGER NOT NULL,     -- as message.disposition
        n           INTEGER NOT NULL,
        read        INTEGER NOT NULL,     -- of these, those that have been opened
        PRIMARY KEY (month, sender, disposition)
) STRICT, WITHOUT ROWID;

-- What gateways took, to be compared with their bills. Written at settling; kept for ever: holds nobody.
CREATE TABLE bill (
        month    INTEGER NOT NULL,        -- as volume.month
        sender   INTEGER NOT NULL,        -- CVR number of the authority of the first message told of; 0 = said none
        gateway  INTEGER NOT NULL,        -- gateway.id
        price    INTEGER NOT NULL,        -- PriceOere= then; 0 = not said
        alerts   INTEGER NOT NULL,        -- attempts that it took or may have taken
        segments INTEGER NOT NULL,        -- of these; an e-mail is one
        PRIMARY KEY (month, sender, gateway, price)
) STRICT, WITHOUT ROWID;

-- How the enrolled residents of a counted day could be told when it was counted. Written with the snapshot of a week that has
-- just ended; kept for ever: holds nobody.
CREATE TABLE reach (
        day          INTEGER NOT NULL,
        municipality INTEGER NOT NULL,
        age          INTEGER NOT NULL,    -- as level.age
        flags        INTEGER NOT NULL,    -- bits, store/reach.h
        n            INTEGER NOT NULL,
        PRIMARY KEY (day, municipality, age, flags)
) STRICT, WITHOUT ROWID;

-- Days of which the register's head count is kept. Written by a snapshot, slice by slice; a day stays for ever.
CREATE TABLE level_day (
        day  INTEGER PRIMARY KEY,
        upto INTEGER NOT NULL,            -- citizens up to this id are counted; 2^63-1 = all, also those who come later
        made INTEGER                      -- when the count was whole; NULL = it is under way
) STRICT;

-- Such a head count: how many people of a kind there were at the end of the day. n is kept true by every event that dates
-- from before that end; first stays what it was. Nobody is in it of whom nothing was told by then. Kept for ever: holds nobody.
CREATE TABLE level (
        day          INTEGER NOT NULL,
        residence    INTEGER NOT NULL,    -- as citizen.residence; 0 = never told by then
        municipality INTEGER NOT NULL,    -- of residents aged 15 or more; else 0
        sex          INTEGER NOT NULL,    -- 0 for those in no figure: dead, missing, children
        age          INTEGER NOT NULL,    -- first of five completed years: 15, 20 … 100; 0 = less, or in no figure
        enrolment    INTEGER NOT NULL,    -- as citizen.enrolment; 0 = never told by then, or in no figure
        basis        INTEGER NOT NULL,
        first        INTEGER NOT NULL,    -- when the snapshot was made
        n            INTEGER NOT NULL,    -- as it is known now
        carried      INTEGER NOT NULL,    -- of n, people whose history has been erased since
        PRIMARY KEY (day, residence, municipality, sex, age, enrolment, basis)
) STRICT, WITHOUT ROWID;

-- Why a head count is another than at first: sums by cause. Written with the event that changes it; kept for ever.
CREATE TABLE revision (
        day       INTEGER NOT NULL,
        cause     INTEGER NOT NULL,       -- store/level.h
        persons   INTEGER NOT NULL,       -- times that somebody went from one cell to another
        residents INTEGER NOT NULL,       -- by how many residents aged 15 or more there are more
        enrolled  INTEGER NOT NULL,       -- of these, enrolled
        exempt    INTEGER NOT NULL,       -- of these, exempt
        PRIMARY KEY (day, cause)
) STRICT, WITHOUT ROWID;

-- What each gateway took on a civil day in Copenhagen: the bill, and DailyLimit=. Written at settling; kept for 400 days.
CREATE TABLE spent (
        gateway  INTEGER NOT NULL,
        day      INTEGER NOT NULL,
        segments INTEGER NOT NULL,        -- of SMS, or e-mails, that it took or may have taken
        most     INTEGER NOT NULL,        -- DailyLimit= when it was last counted; 0 = none
        warned   INTEGER NOT NULL,        -- 1 = that the limit is near was said
        lifted   INTEGER NOT NULL,        -- 1 = an operator released it for the rest of the day
        PRIMARY KEY (gateway, day)
) STRICT, WITHOUT ROWID;

-- Alerts that a sender's messages made in the last hour of the clock in which there were any: for Surge=. Written at
-- filing, written over by the next hour.
CREATE TABLE sender_hour (
        sender INTEGER PRIMARY KEY,       -- CVR number; 0 = said none
        hour   INTEGER NOT NULL,          -- hours since 1970-01-01 UTC
        alerts INTEGER NOT NULL           -- filed in that hour
) STRICT;

-- A draw among the citizens of a municipality that won a title. Written when its pool is committed to and once more when it
-- is drawn; kept for ever: it tells of nobody.
CREATE TABLE draw (
        id           INTEGER PRIMARY KEY,
        category     INTEGER NOT NULL,    -- of the title: 1 most digital, 2 spurt, 3 the young
        region       INTEGER NOT NULL,    -- of the title; 0 = the country
        municipality INTEGER NOT NULL,    -- that won it
        prizes       INTEGER NOT NULL,    -- how many are drawn
        n            INTEGER NOT NULL,    -- entries
        committed    INTEGER NOT NULL,    -- when the pool was fixed
        source       TEXT NOT NULL,       -- where the public random value would come from, in words
        key          BLOB,                -- of this draw's lines, sealed; NULL = erased when it was drawn
        value        TEXT,                -- the public random value; NULL = not drawn yet
        pool         BLOB,                -- the lines as published, sorted, 16 bytes each; NULL = not drawn yet
        drawn        INTEGER              -- when; NULL = not yet
) STRICT;
CREATE UNIQUE INDEX draw_title ON draw (category, region, municipality);

-- Who may be drawn. Written with the draw, erased when it is drawn.
CREATE TABLE draw_entry (
        draw    INTEGER NOT NULL,         -- draw.id
        entry   INTEGER NOT NULL,         -- 1 …: what the line is the HMAC of
        citizen INTEGER,                  -- NULL = erased since: the line stays, and leads to nobody
        PRIMARY KEY (draw, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX draw_entry_citizen ON draw_entry (citizen) WHERE citizen IS NOT NULL;

-- Who was drawn. Written then; nobody is drawn a second time. The citizen is erased with the person.
CREATE TABLE draw_winner (
        draw    INTEGER NOT NULL,
        prize   INTEGER NOT NULL,         -- 1 …, in the order of drawing
        citizen INTEGER,
        PRIMARY KEY (draw, prize)
) STRICT, WITHOUT ROWID;
CREATE INDEX draw_winner_citizen ON draw_winner (citizen) WHERE citizen IS NOT NULL;

-- Who looked up, erased, replayed, held, rotated. Kept for KeepAudit=.
CREATE TABLE audit (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,
        uid     INTEGER NOT NULL,         -- of the caller
        verb    TEXT NOT NULL,            -- what was done: show, forget, …
        citizen INTEGER,                  -- whom it concerned; NULL = nobody
        reason  TEXT NOT NULL
) STRICT;
