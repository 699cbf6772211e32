#!/bin/bash
# advisctl and the control door, against a real daemon: what an operator does, with the daemon up, with its files broken, and
# with it down. Two gateways are outboxes; all persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"

anna=6101701234 birk=6205801235
message=8f14e45f-ceea-467f-a0e6-2b1c3d4e5f60

outbox_sandbox

cat > register.ndjson << CONF
{"type":"citizen","cpr":"$anna","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}
{"type":"enrolment","cpr":"$anna","state":"enrolled","basis":"voluntary","at":"2014-08-20T00:00:00Z"}
{"type":"access","mailbox":"$anna","sms":{"number":"20123456","verified":"2014-08-01T00:00:00Z"},"emails":[{"address":"anna@example.dk","verified":"2014-08-01T00:00:00Z"}],"language":"da","at":"2014-08-01T00:00:00Z"}
CONF
cat > message.ndjson << CONF
{"type":"message","id":"$message","cpr":"$anna","kind":"digitalpost","sender":{"cvr":"12345678","label":"SKAT"},"available":"2014-08-24T07:59:58Z"}
CONF
cat > bad.ndjson << CONF
{"type":"citizen","cpr":"61","status":"resident","at":"2014-08-01T00:00:00Z"}
{"type":"citizen","cpr":"$birk","municipality":"0851","status":"resident","at":"2014-08-01T00:00:00Z"}
no JSON at all
CONF

ctl() { "$B/advisctl" --config conf "$@"; }
# said COMMAND… : its standard output; then its exit status on a line of its own
said() {
        "$@" 2> errors
        echo "exit $?"
}
door() { curl -s --unix-socket control "http://localhost/v1/$1" "${@:2}"; }
has() { grep -qF -- "$1" <<< "$2"; }

up() {
        background "$B/advisd" --config conf 2>> log
        daemon=$!
        until_true 10 test -S control
        until_true 10 sh -c "'$B/advisctl' --config conf --json status | grep -q '\"running\": true'"
}
down() {
        kill -TERM "$daemon"
        wait "$daemon"
}

# Before the first start
out=$(said ctl status)
promise "without a store it says what to start" has "systemctl start advisd" "$out"
promise "and is not done" has "exit 1" "$out"

up
promise "the daemon is up" ctl status
out=$(ctl status)
want "a healthy one is OK, in its first line" "OK (sandbox: nobody real is told): all is well" "$(head -n 1 <<< "$out")"
want "the socket is for user and group only" "srw-rw----" "$(stat -c %A control)"

# In
want "a register is imported" "register.ndjson: 3 lines; 3 accepted, 0 duplicate, 0 rejected, 0 no events" "$(ctl import register.ndjson 2>> errors)"
want "again, all are duplicates" "register.ndjson: 3 lines; 0 accepted, 3 duplicate, 0 rejected, 0 no events" \
        "$(ctl import register.ndjson 2>> errors)"
out=$(ctl --json submit message.ndjson)
want "a submitted message is accepted when it is committed" "1 0 0" "$(jq -r '"\(.messages) \(.duplicates) \(.rejected)"' <<< "$out")"
want "stdin is taken, and what is known is a duplicate" "stdin: 0 accepted, 1 duplicate, 0 rejected" "$(ctl submit - < message.ndjson)"
out=$(said ctl submit bad.ndjson)
want "a file with a fault is not sent" "exit 1" "$out"
promise "the fault is told with file and line" has "bad.ndjson:1: cpr: not ten digits" "$(cat errors)"
want "nothing of it is kept" "Nothing is rejected." "$(ctl rejected show)"
out=$(said ctl submit --anyway bad.ndjson)
promise "unless it is wanted" has "1 accepted, 0 duplicate, 2 rejected" "$out"
promise "then it is not wholly done" has "exit 1" "$out"
want "the bad lines are kept" 2 "$(ctl --json rejected show | jq '.rejected | length')"
want "they can be looked at, with a reason" '{"type":"citizen","cpr":"61","status":"resident","at":"2014-08-01T00:00:00Z"}' \
        "$(ctl rejected show 1 --bytes --reason "the producer asks")"
want "not without" "exit 2" "$(said ctl rejected show 1 --bytes)"
promise "status says so, and what to type" has "advisctl rejected show" "$(ctl status)"
want "one is tried again" "reject 1 is in the spool again; what becomes of it: advisctl status" "$(ctl rejected resubmit 1)"
until_true 5 sh -c "[ \"\$('$B/advisctl' --config conf --json rejected show | jq '.rejected[-1].id')\" = 3 ]"
want "still bad, it is a new reject" 3 "$(ctl --json rejected show | jq '.rejected[-1].id')"
promise "rejects are dropped" ctl rejected drop 2 3
want "an unknown one is told" "exit 1" "$(said ctl rejected drop 2)"

# A load, stopped in the middle
awk 'BEGIN { for (i = 0; i < 100000; i++)
        printf "{\"type\":\"citizen\",\"cpr\":\"6102%02d%04d\",\"municipality\":\"0561\",\"status\":\"resident\",\"at\":\"2014-08-01T00:00:00Z\"}\n",
                10 + int(i / 3000), 1000 + i % 3000 }' > large.ndjson
ctl import large.ndjson > /dev/null 2>> errors &
import=$!
until_true 20 sh -c "[ \$('$B/advisctl' --config conf --json status | jq .intake.items) -gt 40000 ]"
kill -KILL $import 2> /dev/null
wait $import 2> /dev/null
out=$(ctl --json import large.ndjson 2>> errors)
promise "a load goes on where it was" jq -e '.skipped >= 20000' <<< "$out"
want "and is whole in the end" 100000 "$(jq .lines <<< "$out")"
want "everybody is there, once" 100000 "$(ctl figures --register --area 561 --by municipality --date 2014-08-24 --format json | jq '.rows[0].residents')"
printf 'cpr;municipality;status;enrolment;basis;sms;sms_verified;at\n%s;0265;resident;enrolled;voluntary;20123457;2014-08-01;2014-08-02\n%s;x;;;;;;\n' \
       6401701232 6501701231 > few.csv
out=$(said ctl import few.csv)
promise "CSV is taken, a citizen a line" has "3 accepted, 0 duplicate, 0 rejected, 1 no events" "$out"
promise "a line that is none is told" grep -q "few.csv:3: " errors

# Out
until_true 10 sh -c "[ \$(find outbox -name '*.sms' -o -name '*.eml' | wc -l) = 2 ]"
story=$(ctl show $message)
promise "a message's story has its alerts" has "Alert 2: email to a***@***, owner, normal lane, 1 message: handed" "$story"
promise "and each span" grep -q "delays a/b/c/d/e = 2,[0-9]*/0,000/[0-9,]*/[0-9,]*/- s" <<< "$story"
for secret in $anna 20123456 anna@; do
        want "no story, queue or status tells ${secret:0:3}…" 0 "$( (ctl show $message; ctl --json show 1; ctl queue --list --state handed
                ctl --json status) | grep -c "$secret")"
done
want "an alert is found by the reference that went out" 1 \
        "$(ctl --json show "$(find outbox/sms -name '*.sms' -exec grep -ohE '[a-z2-7]{28}' {} + | head -n 1)" | jq .id)"
want "places and ages stand in a table" "sms away sms-out handed 1" \
        "$(ctl queue --state handed --channel sms | awk 'NR == 2 { print $1, $2, $3, $4, $5 }')"

# A person
want "a person is asked for by stdin" 44 "$(ctl --json citizen show --reason test <<< "$anna" | jq .age)"
want "addresses are masked" '+45******56 a***@***' \
        "$(ctl --json citizen show --reason test <<< "$anna" | jq -r '[.accesses[].addresses[].masked] | join(" ")')"
want "nobody is told as nobody" "exit 1" "$(said ctl citizen show --reason test <<< "6301701230")"
want "without a reason nobody is looked up" "exit 2" "$(said ctl citizen show <<< "$anna")"
want "an argument that looks like a person is refused" "exit 2" "$(said ctl show $anna)"
promise "with the advice what to do instead" has "give it on stdin" "$(cat errors)"
want "the journal knows that somebody looked" 3 "$(grep -c "user $(id -u): citizen" log)"
want "and not at whom" 0 "$(grep -c "$anna" log)"
if command -v script > /dev/null; then
        # What is typed ahead is thrown away: it was shown.
        typed=$({
                sleep 1
                echo "$anna"
                sleep 1
        } | script -qec "'$B/advisctl' --config conf citizen show --reason test" /dev/null 2>&1 | tr -d '\r')
        want "on a terminal the number is not shown" 0 "$(grep -c "$anna" <<< "$typed")"
        promise "on a terminal it is asked for" has "Citizen 1: female, 44 years old" "$typed"
fi

# Figures
out=$(ctl figures --week 2014-W34 --area 101 --by municipality)
promise "the headline is the week's" has "uge 34, 2014: tilmeldt" "$out"
want "one of København is enrolled" 1 "$(ctl figures --week 2014-W34 --area 101 --by municipality --format json | jq '.rows[0].enrolled')"
want "none was a week before" 0 "$(ctl figures --date 2014-08-17 --area 101 --by municipality --format json | jq '.rows[0].enrolled')"
want "CSV for Denmark begins with a byte-order mark" efbbbf "$(ctl figures --format csv | head -c 3 | od -An -tx1 | tr -d ' ')"
want "CSV for machines does not" date "$(ctl figures --format csv --locale C | head -c 4)"
want "an unknown area is told" "exit 2" "$(said ctl figures --area Atlantis)"

# Gateways, settings, texts
want "a gateway is paused" "gateway email-out is paused" "$(ctl gateway pause email-out)"
promise "then a channel has no way out, and status says it first" has "STOPPED (sandbox: nobody real is told): no gateway sends email" "$(ctl status)"
want "it is resumed" "gateway email-out is resumed" "$(ctl gateway resume email-out)"
want "one that is not there is told" "exit 1" "$(said ctl gateway pause nosuch)"
promise "a preview has its size" has "(131/160 GSM, 1 segment)" "$(ctl preview)"
promise "a setting is explained" has "Default: 08:00-21:00" "$(ctl explain SmsWindow)"
want "a misspelt one is told" "exit 2" "$(said ctl explain SmsWindw)"
promise "with the one that is meant" has "did you mean SmsWindow" "$(cat errors)"

# Reloading
printf '[Plan]\nDigest=red\n' > conf/broken
mkdir -p conf/advisd.conf.d
cp conf/broken conf/advisd.conf.d/10-test.conf
want "a wrong configuration is refused" "exit 1" "$(said ctl reload)"
promise "with file, line and what would be right" grep -q "10-test.conf:2: Digest" errors
promise "a running daemon is asked all the same" ctl status
printf '[Plan]\nDigest=1s\n' > conf/advisd.conf.d/10-test.conf
promise "a good one is taken" ctl reload

# The door itself
want "curl is enough" ok "$(door status | jq -r .verdict)"
want "a body is a JSON object" 400 "$(door citizens:show -d '[' -o /dev/null -w '%{http_code}')"
want "an unknown parameter is told" 400 "$(door 'queue?colour=red' -o /dev/null -w '%{http_code}')"
want "an unknown path, too" 404 "$(door nothing -o /dev/null -w '%{http_code}')"
want "a file over the door is taken in" "done" "$(door 'submit?name=x.ndjson&wait=10' --data-binary @message.ndjson | jq -r .state)"
want "only forms that intake knows" 400 "$(door 'submit?name=x.pdf' --data-binary @message.ndjson -o /dev/null -w '%{http_code}')"
promise "everything agrees when it is counted again" ctl verify

# Stopping with somebody waiting
door 'files/nosuch.ndjson?wait=60' -o /dev/null -w '%{http_code}' > waiting &
waiter=$!
until_true 5 sh -c "ss -xp 2> /dev/null | grep -q control || sleep 0.3"
down
wait $waiter
want "who waits gets an answer" 503 "$(cat waiting)"

# Beside a stopped daemon
out=$(ctl status)
want "the first line says that it is down" "STOPPED: advisd is not running" "$(head -n 1 <<< "$out")"
want "the second what to type" "  -> systemctl start advisd" "$(sed -n 2p <<< "$out")"
want "stories are the same" "$story" "$(ctl show $message)"
promise "so is a recount" ctl verify
want "the sandbox's time goes on" 2014 "$(ctl --json status | jq -r '.now[0:4]')"
want "what only a daemon can do is refused" "exit 1" "$(said ctl reload)"
out=$(said ctl submit message.ndjson)
want "a file waits in the spool" 1 "$(find spool/new -type f | wc -l)"
want "and that is not done yet" "exit 1" "$out"
up
until_true 10 sh -c "[ -z \"\$(ls spool/new)\" ]"
want "it is taken in at the next start" 0 "$(find spool/new -type f | wc -l)"
down

done_with_promises
