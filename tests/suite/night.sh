#!/bin/bash
# Ten things that go wrong at night, planted one by one: each gives "advisctl status" another first line, with the command
# that helps on the second; mended, it is well again. All persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
W=$TMPDIR
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl" "$B/tests/sinks/httpsink" "$B/tests/lab/clockat.so"

outbox_sandbox
cp -r conf/gateways.d outboxes
sed -i "s|^\[Service\]|&\nReceiptsListen=$W/receipts\nPublicUrl=https://post.example.dk/advisd|" conf/advisd.conf
cp conf/advisd.conf whole.conf
citizens() { # FROM TO
        local i
        for i in $(seq "$1" "$2"); do
                printf '{"type":"citizen","cpr":"61017012%02d","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$i"
                printf '{"type":"enrolment","cpr":"61017012%02d","state":"enrolled","basis":"voluntary","at":"2014-08-20T00:00:00Z"}\n' "$i"
                printf '{"type":"access","mailbox":"61017012%02d","sms":{"number":"201234%02d","verified":"2014-08-01T00:00:00Z"},"at":"2014-08-01T00:00:00Z"}\n' "$i" "$i"
        done
}
letters() { # FROM TO SERIES
        local i
        for i in $(seq "$1" "$2"); do
                printf '{"type":"message","id":"%08x-0000-4000-8000-0000000000%02x","cpr":"61017012%02d","kind":"digitalpost","available":"2014-08-24T07:59:58Z"}\n' "$3" "$i" "$i"
        done
}
drop() { cat > "spool/tmp/$1" && mv "spool/tmp/$1" "spool/new/$1"; }
ctl() { "$B/advisctl" --config conf "$@"; }
first() { ctl status 2> errors | sed -n 1p; }
second() { ctl status 2> errors | sed -n 2p; }
first_has() { first | grep -qF -- "$1"; }
is_well() { [ "$(first)" = "OK (sandbox: nobody real is told): all is well" ]; }
runs() { ctl --json status 2> errors | grep -q '"running": true'; }

up() { # [COMMAND…]: what it is started by
        background "$@" "$B/advisd" --config conf 2> >(cat >> journal) # a pipe: below, its files may not grow
        daemon=$!
        until_true 20 runs
}
down() {
        kill -TERM "$daemon" 2> /dev/null
        wait "$daemon" 2> /dev/null
}
: > headlines
# told WHAT HEADLINE REMEDY: within half a minute the first two lines are these
told() {
        promise "$1: the first line says so" until_true 30 first_has "$2"
        promise "$1: the second says what to type" grep -qF -- "$3" <<< "$(second)"
        first >> headlines
}
gateway() { # PORT
        cat > conf/gateways.d/sms-out.conf << C
[Gateway]
Kind=http
Channel=sms
Receipts=none
[Http]
Url=http://127.0.0.1:$1/sms
Body={"reference":"{{reference}}","to":"{{msisdn}}","text":"{{text}}"}
Reply=2xx -> handed
Reply=402 -> stop no-credit
C
}
outboxes() { cp outboxes/* conf/gateways.d/; }

up
promise "it is well" is_well
citizens 10 40 | drop register.ndjson

# 1. A gateway that nobody answers for
gateway 1
promise "the dead gateway is taken over" ctl reload
letters 10 20 1 | drop one.ndjson
told "a dead gateway" "STOPPED (sandbox: nobody real is told): no gateway sends sms: gateway sms-out is down (connect" "journalctl -u advisd ADVISD_GATEWAY=sms-out"

# 2. Credit is gone
background "$B/tests/sinks/httpsink" -F status:402:1 > poor.out
poor=$!
until_true 10 grep -q '^listening' poor.out
gateway "$(sed -n 's/^listening //p' poor.out)"
promise "the gateway that wants money is taken over" ctl reload
told "credit gone" "STOPPED (sandbox: nobody real is told): no gateway sends sms: gateway sms-out refuses us (" "see to credentials or account, then: advisctl gateway resume sms-out"
kill "$poor"
outboxes
promise "the outbox is back" ctl reload
promise "who stopped is told to go on" ctl gateway resume sms-out
promise "then it is well" until_true 30 is_well

# 3. A reload of files with a fault
sed -i 's/^Sandbox=.*/&\nNonsense=yes/' conf/advisd.conf
want "a wrong configuration is refused" 1 "$(ctl reload > /dev/null 2>&1; echo $?)"
told "a bad configuration after a reload" "ATTENTION (sandbox: nobody real is told): the reload of " "mend it, then: advisctl reload"
promise "and it names file and line" grep -qE 'advisd.conf:[0-9]+: .*Nonsense' <<< "$(first)"
cp whole.conf conf/advisd.conf
promise "it is mended" ctl reload
promise "then it is well" until_true 10 is_well

# 4. An operator's hold
promise "sending is held" ctl hold all --reason "planted"
told "a hold" "STOPPED (sandbox: nobody real is told): held: all since" "advisctl release all --reason TEXT"
promise "it is released" ctl release all --reason "planted no more"
promise "then it is well" until_true 10 is_well
down

# 5. The spool may not be written: what is in stays there, and goes when it may
no_override=()
[ "$(id -u)" != 0 ] || no_override=(setpriv "--bounding-set=-dac_override,-dac_read_search" "--inh-caps=-dac_override,-dac_read_search")
chmod 0500 spool/new
up "${no_override[@]}"
told "the spool is not writable, before anything came" "ATTENTION (sandbox: nobody real is told): the spool cannot be written (new/: " "systemd-tmpfiles --create"
letters 21 30 2 | drop two.ndjson
promise "what is in is counted" until_true 30 first_has "1 file"
chmod 0770 spool/new
promise "mended, the file goes by itself" until_true 60 test ! -e spool/new/two.ndjson
promise "then it is well" until_true 10 is_well
want "and its letters are in once" 10 "$(sqlite3 -readonly state/advisd.db "SELECT count(*) FROM message WHERE hex(uuid) LIKE '00000002%'")"
down

# 6. The store cannot write
up
promise "its files may not grow any more" prlimit --pid "$daemon" --fsize=1:unlimited
letters 10 30 3 | drop three.ndjson
told "the disk is full" "STOPPED (sandbox: nobody real is told): the store cannot write (" "free some room or mend the disk; it goes on by itself"
promise "there is room again" prlimit --pid "$daemon" --fsize=unlimited:unlimited
promise "then it is well" until_true 60 is_well
down

# 7. The clock is set
echo 0 0 > moved
up env CLOCKAT="$W/moved" LD_PRELOAD="$B/tests/lab/clockat.so"
promise "it is well" until_true 30 is_well
echo 10800 0 > moved
letters 31 31 4 | drop four.ndjson
told "the clock is stepped" "ATTENTION (sandbox: nobody real is told): the wall clock was set forward by 10800 s at" "timedatectl timesync-status"
echo 10800 3700 > moved
promise "an hour later it is not told any more" until_true 10 is_well
down

# 8. A gateway that is to report, and does not
: > mute.ledger
background "$B/tests/sinks/httpsink" -l "$W/mute.ledger" > mute.out
until_true 10 grep -q '^listening' mute.out
gateway "$(sed -n 's/^listening //p' mute.out)"
sed -i '/^Receipts=none/d' conf/gateways.d/sms-out.conf
cat >> conf/gateways.d/sms-out.conf << C
[Receipt]
Report=1 -> delivered
Verify=reference
Reference=ref
State=type
C
echo 0 0 > moved
up env CLOCKAT="$W/moved" LD_PRELOAD="$B/tests/lab/clockat.so"
letters 10 25 5 | drop five.ndjson
unreported() { ctl --json gateway list | jq '.gateways[] | select(.name == "sms-out") | .unreported'; }
has_taken() { [ "$(unreported)" -ge 10 ]; }
promise "its letters were taken" until_true 30 has_taken
promise "that may take a while" is_well
echo 0 3700 > moved
told "receipts are silent" "ATTENTION (sandbox: nobody real is told): gateway sms-out reports nothing: it took " "see that its reports reach us"
reference=$(sed -n '1s/^<\{0,1\}\([a-z2-7]*\).*/\1/p' mute.ledger)
want "one report" 200 "$(curl -s -o answer -w '%{http_code}' --unix-socket receipts "http://post/receipts/sms-out?ref=$reference&type=1")"
promise "and it is well" until_true 30 is_well
down
outboxes

# 9. A sum that does not add up
sqlite3 state/advisd.db "UPDATE counter SET n = n + 1 WHERE id = (SELECT min(id) FROM counter)"
up
told "a law is broken" "ATTENTION (sandbox: nobody real is told): a law is broken: " "advisctl verify"
down

# 10. Another key
mv conf/master-key right-key
"$B/advisd" --new-key conf/master-key
told "the wrong key" "STOPPED: advisd is not running, and its store cannot be opened: the store needs the master key" "MasterKeyFile="
want "it is not done" 1 "$(ctl status > /dev/null 2>&1; echo $?)"
want "a program reads it too" stopped "$(ctl --json status 2> /dev/null | jq -r .verdict)"
mv right-key conf/master-key

want "each has a headline of its own" "$(wc -l < headlines)" "$(sort -u headlines | wc -l)"
want "nobody is named in them" 0 "$(grep -cE '61017012|201234' headlines)"
done_with_promises
