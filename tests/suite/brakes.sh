#!/bin/bash
# Operators' hands and brakes, against a real daemon: hold and release, limits, cancel, retry and replay, with the daemon up, killed
# and down. The gateways are outboxes and one that nobody answers at; all persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1

bad=87654321 good=12345678 n=400
mkdir -p conf/gateways.d state spool
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=$TMPDIR/spool
[Plan]
Surge=300
MaxPerHour=0
[Delivery]
RetryFirst=1s
CONF
outbox() { # CHANNEL [LINE…]
        printf '[Gateway]\nKind=outbox\nChannel=%s\nReceipts=none\nSender=%s\n%s\n[Outbox]\nDirectory=%s\n' "$1" \
                "$([ "$1" = sms ] && echo DigitalPost || echo post@example.dk)" "${2:-}" "$TMPDIR/outbox/$1" > "conf/gateways.d/$1-out.conf"
}
outbox sms
outbox email
"$B/advisd" --new-key conf/master-key

# N persons with a telephone each, and a message to each from SENDER, numbered from FIRST
cpr() { printf '6101%02d%04d' $((40 + $1 / 100)) $((1000 + $1)); }
for ((i = 0; i < n; i++)); do
        p=$(cpr "$i")
        echo "{\"type\":\"citizen\",\"cpr\":\"$p\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"2014-08-01T00:00:00Z\"}"
        echo "{\"type\":\"enrolment\",\"cpr\":\"$p\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"2014-08-20T00:00:00Z\"}"
        echo "{\"type\":\"access\",\"mailbox\":\"$p\",\"sms\":{\"number\":\"20$(printf %06d "$i")\",\"verified\":\"2014-08-01T00:00:00Z\"},\"language\":\"da\",\"at\":\"2014-08-01T00:00:00Z\"}"
done > register.ndjson
letters() { # FIRST COUNT SENDER
        local k
        for ((k = 0; k < $2; k++)); do
                printf '{"type":"message","id":"8f14e45f-ceea-467f-a0e6-%012d","cpr":"%s","kind":"digitalpost","sender":{"cvr":"%s"},"available":"2014-08-24T07:59:58Z"}\n' \
                        $(($1 + k)) "$(cpr "$k")" "$3"
        done
}

ctl() { "$B/advisctl" --config conf "$@"; }
said() {
        "$@" 2> errors
        echo "exit $?"
}
has() { grep -qF -- "$1" <<< "$2"; }
up() {
        background "$B/advisd" --config conf 2>> log
        daemon=$!
        until_true 60 sh -c "'$B/advisctl' --config conf --json status | grep -q '\"running\": true'"
}
down() {
        kill -TERM "$daemon"
        wait "$daemon"
}
crash() {
        kill -KILL "$daemon"
        wait "$daemon" 2> /dev/null
}
sent() { find outbox/sms -name '*.sms' 2> /dev/null | wc -l; }
sent_is() { [ "$(sent)" -eq "$1" ]; }
of_state() { ctl --json status | jq ".alerts.sms.$1"; }
state_is() { [ "$(of_state "$1")" -eq "$2" ]; }
first_line() { ctl status | head -n 1; }

up
promise "a register is loaded" ctl import register.ndjson
# Everything
want "sending is held" "exit 2" "$(said ctl hold all)"
promise "not without a reason" has "reason is missing" "$(cat errors)"
want "all is held" "held: all" "$(ctl hold all --reason 'wrong text' | head -n 1)"
promise "status says it first" has "STOPPED (sandbox: nobody real is told): held: all since" "$(first_line)"
promise "with the command" has "advisctl release all --reason TEXT" "$(ctl status)"
letters 1 20 $good > a.ndjson
promise "intake goes on" ctl submit a.ndjson
want "nothing leaves" 0 "$(sent)"
crash
up
promise "it is held after a crash" has "held: all since" "$(first_line)"
want "still nothing has left" 0 "$(sent)"
promise "it is released" ctl release all --reason 'mended'
promise "everything leaves" until_true 60 sent_is 20
want "all is well again" "OK (sandbox: nobody real is told): all is well" "$(first_line)"

# A sender
promise "a sender is held" ctl hold sender $bad --reason 'wrong batch'
letters 1001 200 $bad > b.ndjson
letters 2001 10 $good > c.ndjson
promise "its messages are taken in" ctl submit b.ndjson
promise "and those of another" ctl submit c.ndjson
promise "which leave" until_true 60 sent_is 30
want "they are counted where they stand" 200 "$(ctl --json status | jq '.holds[0].alerts')"
want "the queue says where" 200 "$(ctl --json queue | jq '[.lines[] | select(.place == "held") | .n] | add')"
want "it is asked how many would be cancelled" "would be cancelled: 200 alerts" \
        "$(ctl cancel --sender $bad --dry-run --reason x)"
want "and nothing is" 200 "$(of_state waiting)"

# Killed in the middle of the way back
ctl release sender $bad --reason 'it was right' > released &
releasing=$!
sleep 0.02
crash
wait "$releasing"
up
held=$(ctl --json status | jq '.holds | length')
[ "$held" -eq 0 ] || ctl release sender $bad --reason 'it was right' > released
promise "whatever was cut off, all of them leave" until_true 60 state_is accepted 230
promise "and the laws hold" ctl verify

# A surge, cancelled beside a stopped daemon
letters 3001 $n $bad > d.ndjson
promise "a batch that is too large is taken in" ctl submit d.ndjson
promise "its sender is held by itself" has "more than Surge=300 alerts in an hour" "$(ctl --json status)"
promise "none of it is ready" until_true 60 sh -c "'$B/advisctl' --config conf --json queue | jq -e '[.lines[] | select(.place == \"ready\")] == []'"
waiting=$(of_state waiting)
down
want "cancelled with the daemon down" "cancelled: $waiting alerts" "$(ctl cancel --sender $bad --reason 'wrong batch')"
promise "the laws hold" ctl verify
want "the same again does nothing" "cancelled: 0 alerts" "$(ctl cancel --sender $bad --reason 'wrong batch')"
promise "and is released" ctl release sender $bad --reason 'done with'
promise "who did what is written down" has "wrong batch; sender $bad" "$(ctl audit)"
want "all seven deeds" 7 "$(ctl --json audit | jq '.audit | length')"

# A gateway that nobody answers at: retries, and what they end as
cat > conf/gateways.d/sms-out.conf << CONF
[Gateway]
Kind=http
Channel=sms
Receipts=none
[Http]
Url=http://127.0.0.1:1/
Body={"to": {{to}}, "text": {{text}}}
Reply=2xx -> handed
CONF
up
before=$(of_state accepted)
letters 4001 30 $good > e.ndjson
promise "messages for a dead gateway are taken in" ctl submit e.ndjson
promise "they are tried" until_true 60 sh -c "[ \"\$('$B/advisctl' --config conf --json alerts 2> /dev/null; '$B/advisctl' --config conf --json queue | jq '[.lines[] | select(.place == \"deferred\") | .n] | add // 0')\" -gt 0 ]"
outbox sms
promise "the gateway is another now" ctl reload
promise "retry makes ready what waits" ctl retry --reason 'mended'
promise "and it leaves" until_true 60 state_is accepted $((before + 30))
promise "the laws hold" ctl verify

# The day's limit
outbox sms "DailyLimit=$((30 + 1))"
promise "a limit below what was taken" ctl reload
letters 5001 5 $good > f.ndjson
promise "messages are taken in" ctl submit f.ndjson
promise "the gateway is held at its limit" until_true 60 sh -c "'$B/advisctl' --config conf status | grep -q 'is reached'"
promise "it is released" ctl release gateway sms-out --reason 'we pay'
promise "and they leave" until_true 60 state_is accepted $((before + 35))

# Test mode
printf '20000001\n' > conf/allowed
sed -i "s|^Surge=.*|&\nAllowOnly=$TMPDIR/conf/allowed|" conf/advisd.conf
promise "--check says how many are allowed" has "1 addresses are told" "$("$B/advisd" --check --config conf 2>&1)"
promise "test mode is taken up" ctl reload
promise "and stands in the first line" has "test mode: 1 allowed" "$(first_line)"
down
promise "the laws hold to the end" ctl verify
done_with_promises
