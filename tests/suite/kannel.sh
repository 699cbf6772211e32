#!/bin/bash
# conf/gateways.d/examples/kannel.conf against a real Kannel: smsbox, bearerbox and its fake SMSC. What we say became of
# each SMS is compared with what arrived there.
if [ -z "${KANNEL_IN_NET:-}" ] && unshare -n true 2> /dev/null; then
        exec env KANNEL_IN_NET=own unshare -n "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
driver=$B/tests/suite/carry-driver
fakesmsc=/usr/lib/kannel/test/fakesmsc
promise "the parts are built" build_parts "$driver"
for part in bearerbox smsbox "$fakesmsc"; do promise "$part is installed" command -v "$part"; done
cd "$TMPDIR" || exit 1

free_ports() {
        python3 -c 'import socket,sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])' "$1"
}
if [ "${KANNEL_IN_NET:-}" = own ]; then ip link set lo up; fi
read -r admin_port box_port sms_port smsc_port <<< "$(free_ports 4)"

mkdir spool
cat > boxes.conf << CONF
group = core
admin-port = $admin_port
admin-interface = 127.0.0.1
smsbox-port = $box_port
smsbox-interface = 127.0.0.1
admin-password = adm
status-password = stat
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "$TMPDIR/bearerbox.log"
log-level = 0
access-log = "$TMPDIR/access.log"
store-type = spool
store-location = "$TMPDIR/spool"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
host = localhost
port = $smsc_port
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $sms_port
sendsms-interface = 127.0.0.1
global-sender = 13013
log-file = "$TMPDIR/smsbox.log"
log-level = 0

group = sendsms-user
username = advisd
password = "pass word+æ"
black-list-regex = "^[+]4520000002$"

group = sms-service
keyword = default
text = "no"
max-messages = 0
CONF
( umask 077; echo 'pass word+æ' > password; echo wrong > wrong-password )

shipped() { # PASSWORD-FILE: the shipped example, with its address and password ours
        sed -e "s|^Url=.*|Url=http://127.0.0.1:$sms_port/cgi-bin/sendsms|" -e "s|^TokenFile=.*|TokenFile=$TMPDIR/$1|" \
                "$TOP/conf/gateways.d/examples/kannel.conf"
}
gateway() { # NAME PASSWORD-FILE: the same without reports, as its first lines say
        shipped "$2" | sed -e '/^Header=X-Kannel-DLR/d' -e '/^\[Receipt\]/,$d' -e 's/^Channel=sms/&\nReceipts=none/' > "$1.conf"
}
gateway kannel password
gateway wrong wrong-password

# shellcheck disable=SC2317 # until_true calls it
status() { curl -sf "http://127.0.0.1:$admin_port/status.txt?password=stat"; }
# shellcheck disable=SC2317
smsc_is() { status | grep -Eq "FAKE.*$1"; }
send() { "$driver" -t "$2" -r "$3" "$1.conf" | head -n 1; }
outcome() { cut -d ' ' -f 2-4 <<< "$1"; }

promise "a Kannel that is not there is transient, and certainly not taken" \
        test "$(outcome "$(send kannel hej aaaa)")" = "transient 0 connect-failed"

background bearerbox -v 4 boxes.conf > bearerbox.out 2>&1
until_true 10 status
background smsbox -v 4 boxes.conf > smsbox.out 2>&1
until_true 10 curl -s -o /dev/null "http://127.0.0.1:$sms_port/"

line=$(send kannel 'Gemt: ikke tilsluttet' bbbb)
want "202 with no SMSC there is called queued" "handed 202 queued" "$(outcome "$line")"

background "$fakesmsc" -H 127.0.0.1 -r "$smsc_port" -i 1000000 "100 200 text x" > smsc.out 2>&1
promise "the SMSC is there" until_true 20 smsc_is online
promise "what was queued arrives" until_true 15 grep -q 'Gemt: ikke tilsluttet' smsc.out

danish='Du har fået ny Digital Post: æøå ÆØÅ é @ £ {x} €'
line=$(send kannel "$danish" cccc)
want "202 with an SMSC is called handed" "handed 202 -" "$(outcome "$line")"
promise "Danish letters arrive as they were written" until_true 5 grep -qF "$danish" smsc.out
promise "number and sender arrive" grep -q 'DigitalPost +4520000000 ' smsc.out
promise "the reference stands in Kannel's log" grep -q "ACT:$(cut -d ' ' -f 1 <<< "$line")" access.log
send kannel 'Кириллица' dddd > cyrillic.out
want "a text outside GSM 03.38 is handed" "handed 202 -" "$(outcome "$(cat cyrillic.out)")"
promise "it arrives as UCS-2" until_true 5 grep -qF 'ucs-2 %04%1A%048%04%40%048%04%3B%04%3B%048%04F%040>' smsc.out

want "a wrong password stops the gateway" "stop 403 credentials-refused" "$(outcome "$(send wrong hej eeee)")"

"$driver" -n 1000 -r ffff -t 'tusind' -o thousand.out kannel.conf
# the third invented number stands on Kannel's black list
want "one in a thousand is refused, for good" 1 "$(grep -c ' permanent 400 denied-by-list' thousand.out)"
want "all others are handed" 999 "$(grep -c ' handed 202 ' thousand.out)"
# shellcheck disable=SC2317
arrived() { test "$(grep -c 'text tusind\|tusind$' smsc.out)" -ge 999; }
promise "as many arrive" until_true 20 arrived
want "and no more" 999 "$(grep -c tusind smsc.out)"


# --- real delivery reports: a daemon of ours, told by Kannel's dlr-url
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"
read -r door_port <<< "$(free_ports 1)"
mkdir -p conf/gateways.d state in
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
shipped password > conf/gateways.d/kannel.conf
cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
ReceiptsListen=127.0.0.1:$door_port
PublicUrl=http://127.0.0.1:$door_port
[Intake]
SpoolDirectory=$TMPDIR/in
[Plan]
SmsWindow=any
CONF
printf '[Gateway]\nKind=smtp\nChannel=email\nSender=post@example.dk\n[Smtp]\nHost=127.0.0.1\nTls=none\n' > conf/gateways.d/email.conf
"$B/advisd" --new-key conf/master-key
background "$B/advisd" --config conf 2> advisd.log
ctl() { "$B/advisctl" --config conf "$@"; }
# shellcheck disable=SC2317
up() { ctl --json status | grep -q '"running": true'; }
promise "the daemon is up" until_true 20 up
cat > person.ndjson << CONF
{"type":"citizen","cpr":"6101701234","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}
{"type":"enrolment","cpr":"6101701234","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}
{"type":"access","mailbox":"6101701234","sms":{"number":"20123456","verified":"2014-08-01T00:00:00Z"},"at":"2014-08-01T00:00:00Z"}
{"type":"message","id":"00000001-0000-4000-8000-000000000000","cpr":"6101701234","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"$(date -u +%FT%TZ)"}
CONF
ctl submit person.ndjson > submit.out
# shellcheck disable=SC2317
delivered() { ctl show 00000001-0000-4000-8000-000000000000 | grep -q 'reported delivered of try 1'; }
promise "Kannel's delivery report makes the alert DELIVERED" until_true 30 delivered

done_with_promises
