#!/bin/bash
# A crash storm against a gateway that lies (liar.pl): SIGKILL every 100 ms or so while letters come, calls are dropped after
# they were taken, answers are wrong or late, and reports come twice, out of order, too early and forged. At the end the laws
# hold, and the gateway's own ledger agrees with the store alert by alert.
#
#   MESSAGES=150 STORM_SECONDS=5 SEED=… tests/fault/storm.sh     (make storm: 3000 messages, 60 seconds)
#
# A seed fixes what becomes of every call and report; when a kill comes is the machine's business.
# shellcheck disable=SC2317 # functions are called by promise and until_true
. "$(dirname "$0")/../suite/lib.sh"
messages=${MESSAGES:-3000} seconds=${STORM_SECONDS:-60}
cd "$TMPDIR" || exit 1
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"
echo "seed ${SEED:=$RANDOM}"
RANDOM=$SEED
: > ledger
: > reports
: > journal
(umask 077; echo "s$SEED-0123456789abcdef" > secret)
door_port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
background perl "$TOP/tests/fault/liar.pl" ledger reports secret "$door_port" "$SEED" > liar.out 2> liar.err
until_true 10 grep -q '^listening' liar.out

mkdir -p conf/gateways.d state spool/tmp spool/new
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf << C
[Service]
StateDirectory=../state
MasterKeyFile=master-key
ControlSocket=../control
ReceiptsListen=127.0.0.1:$door_port
PublicUrl=http://127.0.0.1:$door_port
[Intake]
SpoolDirectory=../spool
[Plan]
SmsWindow=any
[Delivery]
RetryFirst=100ms
RetryMost=500ms
C
cat > conf/gateways.d/liar.conf << C
[Gateway]
Kind=http
Channel=sms
UncertainWait=1s
[Http]
Url=http://127.0.0.1:$(sed -n 's/^listening //p' liar.out)/sms
Body={"reference":"{{reference}}","to":"{{msisdn}}"}
Reply=200 -> handed
Reply=500 -> transient server-error
[Receipt]
Verify=hmac-sha256
SecretFile=$TMPDIR/secret
SignatureHeader=Signature
Reference=ref
State=state
Report=delivered -> delivered
Report=failed -> failed not-delivered
Report=pending -> pending
C
"$B/advisd" --new-key conf/master-key
promise "the configuration is good" "$B/advisd" --config conf --check
[ $promises_broken -eq 0 ] || done_with_promises

now=$(date -u +%FT%TZ)
awk -v n="$messages" -v now="$now" 'BEGIN {
        at = "2014-08-01T00:00:00+02:00"
        for (i = 0; i < n; i++) {
                cpr = sprintf("%02d%02d%02d%04d", 61 + i % 28, 1 + int(i / 28) % 12, 60 + int(i / 336) % 39, 1000 + int(i / 13104))
                printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"%s\"}\n", cpr, at
                printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"%s\"}\n", cpr, at
                printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"2%07d\",\"verified\":\"%s\"},\"at\":\"%s\"}\n", cpr, i, at, at
                printf "{\"type\":\"message\",\"id\":\"%08x-0000-4000-8000-%012x\",\"cpr\":\"%s\",\"kind\":\"digitalpost\",\"available\":\"%s\"}\n", i, i, cpr, now \
                        > sprintf("letters-%02d.ndjson", i * 10 / n)
        }
}' > register.ndjson
drop() { cp "$1" "spool/tmp/$1" && mv "spool/tmp/$1" "spool/new/$1"; }
sql() { sqlite3 -readonly state/advisd.db "$1"; }
spool_is_empty() { [ -z "$(ls spool/new)" ]; }
nothing_is_open() { spool_is_empty && [ "$(sql 'SELECT count(*) FROM alert WHERE state IN (1, 2, 4)')" = 0 ]; }
all_is_reported() { [ "$(grep -c '^- begin' reports)" = "$(grep -c '^- end' reports)" ]; }

# live SECONDS: a life that is killed after so long
lives=0
live() {
        local pid
        "$B/advisd" --config conf >> journal 2>&1 &
        pid=$!
        sleep "$1"
        kill -KILL $pid 2> /dev/null
        wait $pid 2> /dev/null
        lives=$((lives + 1))
}
whole_life() {
        local readies
        readies=$(grep -c 'is ready$' journal)
        "$B/advisd" --config conf >> journal 2>&1 &
        pid=$!
        until_true 60 eval "[ \$(grep -c 'is ready\$' journal) -gt $readies ]"
}
stop() { kill -TERM "$pid"; wait "$pid"; }

drop register.ndjson
whole_life
until_true 120 spool_is_empty
stop
until=$((SECONDS + seconds))
for part in letters-*.ndjson; do
        drop "$part"
        # a tenth of the storm for each part; a life is 40 to 160 ms, and now and then a second longer, so that work is done
        while [ $SECONDS -lt $((until - seconds + seconds * (10#${part//[^0-9]/} + 1) / 10)) ]; do
                live "$((RANDOM % 8 == 0)).$(printf '%03d' $((40 + RANDOM % 120)))"
        done 2> /dev/null
done
whole_life
promise "all come to their end, or wait for a report that is not coming" until_true 240 nothing_is_open
promise "every report was answered" until_true 120 all_is_reported
stop
want "the last run ended in order" 0 $?
promise "the laws hold, and every sum agrees with what it is the sum of" "$B/advisctl" --config conf verify

# The gateway's truth, as alert ids: what it took, and what it reported.
ids() { perl -ne 'my ($ref, $rest) = /^([a-z2-7]{28})(.*)/ or next; my $bits = ""; $bits .= sprintf "%05b", index("abcdefghijklmnopqrstuvwxyz234567", $_) for split //, $ref;
        print oct("0b" . substr($bits, 0, 64)), "$rest\n"'; }
ids < ledger | sort > taken
uniq -c taken | awk '{ print $2, $1 }' | sort > copies
ids < reports > told
awk '$2 == "delivered" || $2 == "failed" { print $1, $2 }' told | sort -u > verdicts
sql 'SELECT DISTINCT alert FROM attempt WHERE outcome = 5' | sort > doubted
sql "SELECT id, CASE state WHEN 5 THEN 'delivered' WHEN 8 THEN 'failed' END FROM alert WHERE state IN (5, 8)" | tr '|' ' ' | sort > ended
count() { sql "SELECT count(*) FROM alert WHERE state = $1"; }

want "every letter is there once, and told" "$messages $messages" "$(sql 'SELECT count(*), sum(disposition = 5) FROM message' | tr '|' ' ')"
want "lost: alerts that are called taken and that the gateway has not" 0 "$(sql 'SELECT id FROM alert WHERE state IN (3, 5, 6)' | sort | comm -23 - <(cut -d' ' -f1 copies) | wc -l)"
want "alerts that no telephone ever gets, and that nobody reported as failed" 0 "$(sql 'SELECT id FROM alert' | sort | comm -23 - <(cut -d' ' -f1 copies) | wc -l)"
want "alerts that the gateway has and the store does not" 0 "$(cut -d' ' -f1 copies | comm -13 <(sql 'SELECT id FROM alert' | sort) - | wc -l)"
want "what was reported is what the store says" "" "$(diff verdicts ended | head -n 5)"
want "no forged report was believed" "" "$(awk '$2 == "forged" && $3 != 403' told | head -n 5)"
want "twice: alerts that came more than once and were never in doubt" 0 "$(awk '$2 > 1 { print $1 }' copies | sort | comm -23 - doubted | wc -l)"
want "copies of one alert with another reference" 0 "$(sort -u ledger | ids | sort | uniq -d | wc -l)"
want "the schema's own check" ok "$(sqlite3 state/advisd.db 'PRAGMA integrity_check')"
want "the gateway lived to the end" "" "$(cat liar.err)"
echo
printf '%s alerts, %s kills, %s copies at the gateway, %s in doubt, %s of those came twice or more; %s reports of which %s forged; %s delivered, %s failed, %s handed, %s unresolved; 0 lost wanted\n' \
        "$(sql 'SELECT count(*) FROM alert')" $lives "$(wc -l < taken)" "$(wc -l < doubted)" "$(awk '$2 > 1' copies | wc -l)" "$(wc -l < told)" \
        "$(grep -c ' forged ' told)" "$(count 5)" "$(count 8)" "$(count 3)" "$(count 7)"
done_with_promises
