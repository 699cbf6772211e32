#!/bin/bash
# kill -9 in a run of 20 000 alerts, at every station of the flow: what is in the store at the end is compared, alert by
# alert, with the ledgers that the gateways kept for themselves.
. "$(dirname "$0")/lib.sh"
messages=${MESSAGES:-11000}
kills_each=${KILLS_EACH:-5}
advisd=${ADVISD:-$B/advisd}
killat=$B/tests/lab/killat.so
W=$TMPDIR
cd "$W" || exit 1

promise "the parts are built" build_parts "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink" "$killat"
echo "seed ${SEED:=$RANDOM}"
RANDOM=$SEED

port_of() { until_true 5 grep -q '^listening' "$1" && sed -n 's/^listening //p' "$1"; }
: > sms.ledger; : > email.ledger
cp "$B/tests/sinks/httpsink" sms-gateway; cp "$B/tests/sinks/smtpsink" email-gateway
background ./sms-gateway -l "$W/sms.ledger" > http.out
sms_gateway=$!
background ./email-gateway -C -l "$W/email.ledger" > smtp.out
email_gateway=$!
http_port=$(port_of http.out) smtp_port=$(port_of smtp.out)

mkdir -p conf/gateways.d state spool/tmp spool/new
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf <<C
[Service]
StateDirectory=../state
MasterKeyFile=master-key
ControlSocket=../control
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=../spool
[Delivery]
RetryFirst=100ms
RetryMost=1s
C
cat > conf/gateways.d/sms.conf <<C
[Gateway]
Kind=http
Channel=sms
Receipts=none
OnUncertain=retry
[Http]
Url=http://127.0.0.1:$http_port/sms
Content=json
Body={"reference":"{{reference}}","to":"{{msisdn}}","text":"{{text}}"}
Reply=2xx -> handed
Reply=5xx -> transient gateway-fault
C
cat > conf/gateways.d/email.conf <<C
[Gateway]
Kind=smtp
Channel=email
Sender=noreply@advisd.test
FromName=Digital Post
Receipts=none
OnUncertain=retry
[Smtp]
Host=127.0.0.1
Port=$smtp_port
Tls=none
Sessions=8
C
"$advisd" --new-key conf/master-key
mkdir -p spool/done spool/receipts
promise "the configuration is good" "$advisd" --config conf --check

# Nine citizens for ten messages, so that some letters join; each has a telephone and an e-mail address.
awk -v n="$messages" 'BEGIN {
        people = int(n * 9 / 10)
        at = "2014-08-01T00:00:00+02:00"
        for (i = 0; i < people; i++) {
                cpr = sprintf("%02d%02d%02d%04d", 61 + i % 28, 1 + int(i / 28) % 12, 60 + int(i / 336) % 39, 1000 + int(i / 13104))
                printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"%s\"}\n", cpr, at
                printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"%s\"}\n", cpr, at
                printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"2%07d\",\"verified\":\"%s\"},\"emails\":[{\"address\":\"u%d@example.dk\",\"verified\":\"%s\"}],\"at\":\"%s\"}\n", cpr, i, at, i, at, at
        }
        for (i = 0; i < n; i++) {
                k = i % people
                cpr = sprintf("%02d%02d%02d%04d", 61 + k % 28, 1 + int(k / 28) % 12, 60 + int(k / 336) % 39, 1000 + int(k / 13104))
                printf "{\"type\":\"message\",\"id\":\"%08x-0000-4000-8000-%012x\",\"cpr\":\"%s\",\"kind\":\"digitalpost\",\"available\":\"2014-08-24T10:00:00+02:00\"}\n", i, i, cpr > (i < n / 2 ? "messages-1.ndjson" : "messages-2.ndjson")
        }
}' > register.ndjson

drop() { cp "$1" "spool/tmp/$1" && mv "spool/tmp/$1" "spool/new/$1"; }
sql() { sqlite3 -readonly state/advisd.db "$1"; }
spool_is_empty() { [ -z "$(ls spool/new)" ]; }
nothing_is_open() { spool_is_empty && [ "$(sql 'SELECT count(*) FROM alert WHERE state IN (1, 2, 4)')" = 0 ]; }

# strike CALL WHEN N: a life that is to end there; 1 when the work came to its end without. A life is as long as it
# needs: on a slow machine as on a fast one it is the count of calls that ends it.
strike() {
        local pid before=${kills:-0} i
        env LD_PRELOAD="$killat" KILL_AT="$1:$2:$3" KILL_LOG="$W/kills" "$advisd" --config conf >> journal 2>&1 &
        pid=$!
        for ((i = 1; i <= 3000; i++)); do
                sleep 0.02
                kill -0 $pid 2> /dev/null || break
                if [ $((i % 50)) -eq 0 ] && nothing_is_open; then break; fi
        done
        kill -KILL $pid 2> /dev/null
        wait $pid 2> /dev/null
        kills=$(wc -l < kills 2> /dev/null || echo 0)
        [ "$kills" -gt "$before" ]
}
# whole_life: one that is not to be killed, once it listens to signals; its pid in $pid
whole_life() {
        readies=$(grep -c 'is ready$' journal)
        "$advisd" --config conf >> journal 2>&1 &
        pid=$!
        until_true 60 is_ready
}
is_ready() { [ "$(grep -c 'is ready$' journal)" -gt "$readies" ]; }
# round CALL WHEN LOWEST SPREAD: kills_each lives that end there, as long as there is work
round() {
        local hits=0 tries
        for ((tries = 0; hits < kills_each && tries < 3 * kills_each; tries++)); do
                if strike "$1" "$2" $(($3 + RANDOM % $4)) 2> /dev/null; then
                        hits=$((hits + 1))
                elif nothing_is_open; then
                        break
                fi
        done
}

: > kills
drop register.ndjson
round openat after 1 1                        # 1 observe: the file was found
round fdatasync before 4 20                   # 3, 6 admit and file: before a commit is durable
round fdatasync after 4 20                    #               and after, before anybody is told
whole_life
until_true 240 spool_is_empty
kill -TERM $pid
wait $pid
want "the register is in after being killed" $((messages * 9 / 10)) "$(sql 'SELECT count(*) FROM citizen')"

drop messages-1.ndjson
round openat after 1 1
round fdatasync before 6 6                    # 3 admit, 7 claim
round fdatasync after 6 6
drop messages-2.ndjson
round unlinkat before 1 1                     # the file is in and not yet gone
round send before 20 300                      # 9 carry, SMS
round send after 20 300
round recv after 20 300                       # 10 its answer is here and not yet settled
round sockwrite before 100 900                # 9 carry, e-mail
round sockwrite after 100 900
round fdatasync before 10 20                  # 10, 11 settle
round fdatasync after 10 20
whole_life
until_true 300 nothing_is_open
kill -TERM $pid
wait $pid
want "the last run ended in order" 0 $?

echo
echo "kills: where, how often"
awk '{ n[$1 " " $2]++ } END { for (k in n) printf "  %-18s %d\n", k, n[k] }' kills | sort
few=$(awk '{ n[$1 " " $2]++ } END { for (k in n) if (n[k] < 5) c++; print c + 0 }' kills)
[ "$kills_each" -lt 5 ] || want "every station was hit at least five times" "0 9" "$few $(awk '{ print $1, $2 }' kills | sort -u | wc -l)"

# References of the ledgers, as alert ids.
perl -ne 'chomp; my $bits = ""; for (split //, lc) { my $v = index("abcdefghijklmnopqrstuvwxyz234567", $_); $bits .= sprintf "%05b", $v if $v >= 0 }
        my $id = oct("0b" . substr($bits, 0, 64)); print "$id $_\n"' < <(sed 's/^<\{0,1\}\([a-z2-7]*\).*/\1/' sms.ledger email.ledger) | sort > taken
cut -d' ' -f1 taken | sort | uniq -c | awk '{ print $2, $1 }' | sort > copies
sql 'SELECT id FROM alert WHERE state = 6' | sort > accepted
sql 'SELECT DISTINCT alert FROM attempt WHERE outcome = 5' | sort > doubted

want "every message is there once, and told" "$messages $messages" "$(sql 'SELECT count(*), sum(disposition = 5) FROM message' | tr '|' ' ')"
want "every alert has come to one end" 0 "$(sql 'SELECT count(*) FROM alert WHERE state IN (1, 2, 3, 4)')"
want "no message is without its alerts" 0 "$(sql 'SELECT count(*) FROM message m WHERE (SELECT count(*) FROM telling t WHERE t.message = m.id) <> 2')"
lost=$(cut -d' ' -f1 copies | comm -23 accepted - | wc -l)
want "lost: alerts that are called taken and that no gateway has" 0 "$lost"
want "both gateways lived to the end" "0 0" "$(kill -0 "$sms_gateway"; echo -n "$? "; kill -0 "$email_gateway"; echo $?)"
want "alerts that a gateway has and the store does not" 0 "$(cut -d' ' -f1 copies | comm -13 <(sql 'SELECT id FROM alert' | sort) - | wc -l)"
want "twice: alerts that came more than once and were never in doubt" 0 "$(awk '$2 > 1 { print $1 }' copies | sort | comm -23 - doubted | wc -l)"
want "copies of one alert with another reference" 0 "$(sort -u taken | cut -d' ' -f1 | uniq -d | wc -l)"
want "the schema's own check" ok "$(sqlite3 state/advisd.db 'PRAGMA integrity_check')"
echo
printf '%s alerts, %s copies at the gateways, %s in doubt at a kill, %s of those came twice, %s lost\n' "$(sql 'SELECT count(*) FROM alert')" \
        "$(wc -l < taken)" "$(wc -l < doubted)" "$(awk '$2 > 1' copies | wc -l)" "$lost"
done_with_promises
