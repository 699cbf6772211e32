#!/bin/bash
# advisd as a service: installed by `make install`, under a real systemd, in its whole sandbox.
# shellcheck disable=SC2317 # functions are called by promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
. tests/lab/service.sh
if ! why=$($lab may 2>&1); then skip_all "$why"; fi
UNIT=/usr/lib/systemd/system/advisd.service

# --- installing ------------------------------------------------------------------------------------

promise "make install brings it" "${MAKE:-make}" --no-print-directory -s B="${B#"$TOP"/}" DESTDIR="$TMPDIR/root" install
cat > "$TMPDIR/setup" << 'END'
cp -a "$TMPDIR/root/." "$R/"
install -m 755 "$B/tests/sinks/httpsink" "$R/usr/local/bin/httpsink"
cp -r tests/suite/mail "$R/usr/local/share/mail"
rm -rf "$R/var/lib/advisd" "$R/var/spool/advisd"
END
export TMPDIR B
promise "a machine boots" $lab start "$box" "$TMPDIR/setup"
promise "sysusers makes user and groups" sd systemd-sysusers
promise "tmpfiles makes the spool" sd systemd-tmpfiles --create advisd.conf
promise "the daemon's user may use the spool" sh -c "'$lab' run '$box' id -nG advisd | grep -qw advisd-spool"
sd useradd -G advisd clerk
sd useradd -G advisd-spool producer
sd journalctl --update-catalog
sd systemctl daemon-reload
promise "systemd finds no fault with the unit" sd systemd-analyze verify --man=no $UNIT
want "and says nothing of it" "" "$(sd systemd-analyze verify --man=no $UNIT 2>&1)"
promise "its exposure is at most 1.1" sd systemd-analyze security --threshold=11 --no-pager advisd
for unit in doorkeeper backup figures; do
        promise "that of advisd-$unit at most 0.5" sd systemd-analyze security --threshold=5 --no-pager advisd-$unit
done
want "every entry's catalog text is there, in both languages" "$(grep -c '^        X(' include/base/log-ids.h)0" \
        "$(sd journalctl --list-catalog --no-pager 2> /dev/null | grep -c 'advisd: ')0"

# --- a start that cannot be ------------------------------------------------------------------------

sd mkdir -p /etc/advisd/advisd.conf.d
want "without a master key it does not start" 1 "$(sd systemctl start advisd > /dev/null 2>&1; echo $?)"
sd systemctl stop advisd
promise "a key is made" sd advisd --new-key /etc/advisd/master-key
want "that only root may read" "root 400" "$(sd stat -c '%U %a' /etc/advisd/master-key)"
sd systemctl reset-failed advisd 2> /dev/null
sd sh -c 'cp /etc/advisd/gateways.d/examples/outbox-*.conf /etc/advisd/gateways.d'
mark
want "an outbox outside a sandbox is refused" 1 "$(sd systemctl start advisd > /dev/null 2>&1; echo $?)"
promise "the journal names file, key and remedy" until_true 10 said CONFIG_FAULT 'outbox-sms.conf: Kind: .*Sandbox=yes in advisd.conf'
promise "and that the start ended there" until_true 10 said START_FAILED 'the configuration'
want "with a status that is not tried again" "78 0" "$(of_unit ExecMainStatus) $(of_unit NRestarts)"
promise "--check says the same" sh -c "'$lab' run '$box' advisd --check 2>&1 | grep -q 'Sandbox=yes in advisd.conf'"

# --- as installed: no gateway yet ------------------------------------------------------------------

sd sh -c 'rm /etc/advisd/gateways.d/*.conf'
sd systemctl reset-failed advisd 2> /dev/null
promise "as installed, --check has no fault" sd advisd --check
promise "but a note that tells what to do" sh -c \
        "'$lab' run '$box' advisd --check 2>&1 | grep -q 'note: no gateway is configured for sms: .*examples'"
mark
promise "and it starts" sd systemctl start advisd
promise "the journal says what is missing" until_true 10 said GATEWAY_NONE 'no gateway is configured for email'
promise "so does the first line of status" sh -c "'$lab' run '$box' advisctl status | head -n 1 | grep -q '^STOPPED: no gateway is configured for sms'"
promise "and systemctl" sh -c "'$lab' run '$box' systemctl show advisd -p StatusText | grep -q 'running, no gateway: '"
sd systemctl stop advisd

# --- a start ---------------------------------------------------------------------------------------

sd sh -c 'cp /etc/advisd/gateways.d/examples/outbox-*.conf /etc/advisd/gateways.d'

conf << 'END'
[Service]
Sandbox=yes
[Plan]
SmsWindow=any
END
promise "--check has no fault left" sd advisd --check
sd systemctl reset-failed advisd 2> /dev/null
promise "it starts" sd systemctl start advisd
want "READY comes with the store open" yes "$(sd test -e /var/lib/advisd/advisd.db && echo yes)"
want "with the control door open" yes "$(sd test -S /run/advisd/control && echo yes)"
promise "advisctl answers at once" sd advisctl status
promise "systemctl status tells what it does" sh -c "'$lab' run '$box' systemctl show advisd -p StatusText | grep -q 'running: '"
want "it runs as its own user" advisd "$(sd ps -o user= -p "$(of_unit MainPID)" | tr -d ' ')"
want "without any capability" 0000000000000000 "$(sd sed -n 's/^CapPrm:\t//p' "/proc/$(of_unit MainPID)/status")"
want "with nobody else's numbers in its user namespace" 2 "$(sd sh -c "wc -l < /proc/$(of_unit MainPID)/uid_map")"
want "nobody else may look into its state" 700 "$(sd stat -c %a /var/lib/advisd)"
want "core dumps are off" 0 "$(sd sed -n 's/^Max core file size *\([^ ]*\) .*/\1/p' "/proc/$(of_unit MainPID)/limits")"

# --- the main job, in the sandbox ------------------------------------------------------------------

{
        event_person
        event_message 1
} > "$TMPDIR/events"
mark
promise "a producer brings a file" spool one.ndjson < "$TMPDIR/events"
promise "which inotify sees, and an alert comes out" until_true 10 has_alerts 1
promise "the file is gone" until_true 5 sd sh -c '! ls /var/spool/advisd/new/* 2> /dev/null'
promise "the journal has it" until_true 5 said ALERT_DONE 'outbox-sms'
want "as an entry with fields" "sms accepted" \
        "$(journal --since "$mark" -o json ADVISD_EVENT=ALERT_DONE ADVISD_CHANNEL=sms | sed -n 's/.*"ADVISD_CHANNEL":"\([^"]*\)".*/\1/p') $(
                journal --since "$mark" -o json ADVISD_EVENT=ALERT_DONE ADVISD_CHANNEL=sms | sed -n 's/.*"ADVISD_STATE":"\([^"]*\)".*/\1/p')"
promise "and its catalog text" sh -c "'$lab' run '$box' journalctl -u advisd -x --no-pager | grep -q 'tells the whole story'"
sd localedef -i da_DK -f UTF-8 da_DK.UTF-8
promise "in Danish, too" sh -c "'$lab' run '$box' env LC_ALL=da_DK.UTF-8 journalctl -u advisd -x --no-pager | grep -q 'fortæller hele historien'"
want "no field stands unfilled in what was said so far" "" \
        "$(sd journalctl -u advisd -x --no-pager | grep -oE '(^| )ADVISD_[A-Z]+( |$)' | sort -u)"

promise "an operator may ask" as clerk -- advisctl status
want "a producer may not" 1 "$(as producer -- advisctl status > /dev/null 2>&1; echo $?)"
want "a producer cannot touch another's file" 1 "$(
        sd runuser -u nobody -g advisd-spool -- sh -c 'echo > /var/spool/advisd/tmp/other'
        as producer -- rm -f /var/spool/advisd/tmp/other > /dev/null 2>&1; echo $?
)"
sd rm -f /var/spool/advisd/tmp/other
promise "an operator looks somebody up" sh -c "echo $CPR | '$lab' run '$box' runuser -u clerk -- advisctl citizen show --reason test"
want "and the audit log knows who it was" "$(sd id -u clerk)" \
        "$(sd sqlite3 -readonly /var/lib/advisd/advisd.db 'SELECT uid FROM audit ORDER BY id DESC LIMIT 1')"

# Everybody but root is nobody to the daemon: who asks is told by the doorkeeper, and so it is missed.
sd systemctl kill -s KILL advisd-doorkeeper
promise "a doorkeeper that dies is missed" until_true 10 said DOORKEEPER_GONE
promise "and comes back" until_true 10 as clerk -- advisctl status
promise "with the name of who asks" sh -c "echo $CPR | '$lab' run '$box' runuser -u clerk -- advisctl citizen show --reason again"
want "as before" "$(sd id -u clerk)" "$(sd sqlite3 -readonly /var/lib/advisd/advisd.db 'SELECT uid FROM audit ORDER BY id DESC LIMIT 1')"
sd systemd-run -q --unit=greedy --uid=clerk -p SupplementaryGroups=advisd -- bash -c \
        'for i in {1..60}; do curl -s -o /dev/null -w "%{http_code}\n" --unix-socket /run/advisd/control "http://x/v1/files/none?wait=600" & done; wait'
answered() { sd advisctl --json status > /dev/null; }
promise "calls of one user that wait keep nobody else out" until_true 20 answered
sd systemctl stop greedy

# --- reload ----------------------------------------------------------------------------------------

conf << 'END'
[Service]
Sandbox=yes
MetricsListen=127.0.0.1:22499
[Plan]
SmsWindow=any
Digest=1s
END
mark
promise "a reload succeeds" sd systemctl reload advisd
promise "the journal tells what changed" until_true 10 said RELOADED 'Digest'
promise "and what needs a restart" until_true 10 said CONFIG_WARNING 'MetricsListen'
echo 'Sms=any' | conf
mark
want "a reload of a wrong configuration fails" 1 "$(sd systemctl reload advisd > /dev/null 2>&1; echo $?)"
promise "the journal says why" until_true 10 said CONFIG_FAULT '50-test.conf:1: '
promise "and that the old one stays" until_true 10 said RELOAD_REFUSED
want "the service runs on" active "$(of_unit ActiveState)"
promise "advisctl reaches it as before" sd advisctl status
event_message 2 | spool two.ndjson
promise "and it works on" until_true 10 has_alerts 2
mark
sd systemctl kill -s HUP advisd
promise "SIGHUP asks for a reload, too" until_true 5 said RELOAD_REFUSED
conf << 'END'
[Service]
Sandbox=yes
[Plan]
SmsWindow=any
END
promise "mended, it is taken" sd systemctl reload advisd

# --- dying and hanging -----------------------------------------------------------------------------

restarts=$(of_unit NRestarts)
pid=$(of_unit MainPID)
sd systemctl kill -s KILL advisd
promise "killed, it comes back" until_true 15 is_of_unit NRestarts $((restarts + 1))
promise "and is ready" until_true 15 is_of_unit ActiveState active
want "as another process" yes "$([ "$(of_unit MainPID)" != "$pid" ] && echo yes)"
event_message 3 | spool three.ndjson
promise "and works on" until_true 10 has_alerts 3
want "the first alert was not sent again" 3 "$(alerts)"

sd mkdir -p /etc/systemd/system/advisd.service.d
put /etc/systemd/system/advisd.service.d/watchdog.conf <<< $'[Service]\nWatchdogSec=2s'
sd systemctl daemon-reload
promise "it restarts with a shorter watchdog" sd systemctl restart advisd
pid=$(of_unit MainPID)
sleep 5
want "which it feeds" "$pid" "$(of_unit MainPID)"
mark
sd kill -STOP "$pid"
promise "stopped in its tracks it is ended by the watchdog" until_true 20 sd sh -c \
        "journalctl --sync; journalctl -u advisd --since '$mark' -o cat | grep -q \"result 'watchdog'\""
promise "and comes back" until_true 15 is_of_unit ActiveState active

mark
want "a second one beside it is refused" 1 "$(
        sd runuser -u advisd -- env CREDENTIALS_DIRECTORY=/run/credentials/advisd.service advisd > "$TMPDIR/second" 2>&1; echo $?
)"
promise "with the reason" grep -q 'another process has this store open' "$TMPDIR/second"

# --- stopping --------------------------------------------------------------------------------------

put /etc/advisd/gateways.d/slow.conf << 'END'
[Gateway]
Kind=http
Channel=sms
Priority=1
Receipts=none
[Http]
Url=http://localhost:22498/send
Body={"reference":"{{reference}}","to":"{{to}}","text":"{{text}}"}
Reply=200 -> handed
END
sd systemd-run -q --unit=sink httpsink -p 22498 -l /run/ledger -D 3000
promise "a slow gateway is added by a reload" sd systemctl reload advisd
mark
event_message 4 | spool four.ndjson
promise "an alert is under way to it" until_true 10 sd sh -c \
        'advisctl --json gateway list | tr -d " \n" | grep -q "\"name\":\"slow\"[^}]*\"in_flight\":1"'
promise "it stops" sd systemctl stop advisd
want "cleanly" "success inactive" "$(of_unit Result) $(of_unit ActiveState)"
want "after the alert had its answer" 1 "$(sd sh -c 'wc -l < /run/ledger')"
promise "which is written down" until_true 10 said ALERT_DONE 'through slow'
want "and not in doubt" "" "$(journal --since "$mark" ADVISD_EVENT=ALERT_UNCERTAIN)"
promise "a stopped daemon's store answers advisctl" sd advisctl verify
promise "it starts again" sd systemctl start advisd
want "with nothing left in doubt" "" "$(journal --since "$mark" ADVISD_EVENT=RESTART_UNCERTAIN)"
sd systemctl stop advisd

# --- sockets of systemd's: no call is lost over a restart --------------------------------------------

REPORTS=120 # each on an alert of its own
put /etc/advisd/gateways.d/slow.conf << 'END'
[Gateway]
Kind=http
Channel=sms
Priority=1
[Http]
Url=http://127.0.0.1:22496/send
Body={"reference":"{{reference}}","to":"{{to}}","text":"{{text}}"}
Reply=200 -> handed
[Receipt]
Verify=reference
Reference=ref
State=type
Report=1 -> delivered
END
sd systemd-run -q --unit=quick httpsink -p 22496 -l /run/quick.ledger
sd usermod -aG advisd-receipts www-data
sd systemctl daemon-reload
sd systemctl reset-failed advisd 2> /dev/null
promise "sockets are enabled" sd systemctl enable -q advisd-receipts.socket advisd-metrics.socket
promise "and come with the daemon" sd systemctl start advisd
want "both" "active active" "$(sd systemctl is-active advisd-receipts.socket advisd-metrics.socket | tr '\n' ' ' | sed 's/ $//')"
want "the receipts socket is the proxy's" "advisd:advisd-receipts 660" "$(sd stat -c '%U:%G %a' /run/advisd-receipts)"
# post WHO REFERENCE : the status that the door answers
post() { as "$1" -- curl -s -m 60 -o /dev/null -w '%{http_code}' --unix-socket /run/advisd-receipts "http://post/receipts/slow?ref=$2&type=1"; }
scrape() { sd curl -s -m 60 -o /dev/null -w '%{http_code}' "http://127.0.0.1:9189/$1"; }
want "the proxy reaches it" 403 "$(post www-data aaaaaaaaaaaaaaaaaaaaaaaaaaaa)"
want "an operator does not" 000 "$(post clerk aaaaaaaaaaaaaaaaaaaaaaaaaaaa)"
want "/healthz answers, too" 200 "$(scrape healthz)"
for i in $(seq $REPORTS); do
        event_person | sed "s/$CPR/$(printf '62%02d70%04d' $((i % 12 + 1)) $((1000 + i)))/; s/$PHONE/$((21000000 + i))/; s/\"emails.*,\"at/\"at/"
        event_message $((1000 + i)) | sed "s/$CPR/$(printf '62%02d70%04d' $((i % 12 + 1)) $((1000 + i)))/"
done | spool crowd.ndjson
all_left() { [ "$(sd sh -c 'wc -l < /run/quick.ledger')" -ge "$REPORTS" ]; }
promise "$REPORTS alerts leave" until_true 30 all_left
put /run/reports << 'END'
#!/bin/sh
# each report once, four callers side by side, for as long as restarts go on
xargs -P 4 -I REF curl -s -m 60 -o /dev/null -w '%{http_code}\n' --unix-socket /run/advisd-receipts \
        'http://post/receipts/slow?ref=REF&type=1' < /run/quick.ledger > /run/codes
END
sd chmod 755 /run/reports
sd systemd-run -q --unit=scrapes sh -c 'while :; do curl -s -m 60 -o /dev/null -w "%{http_code}\n" http://127.0.0.1:9189/metrics; done > /run/scraped'
sd systemd-run -q --unit=reports /run/reports
promise "reports come" until_true 10 sd test -s /run/codes
restarts=0
while sd systemctl is-active -q reports && [ $restarts -lt 5 ]; do
        sd systemctl reset-failed advisd
        sd systemctl restart advisd || break
        restarts=$((restarts + 1))
done
promise "advisd is restarted while they do" test $restarts -ge 2
promise "all are posted" until_true 60 sd sh -c '! systemctl is-active -q reports'
want "none was lost or refused" "$REPORTS 200" "$(sd sort /run/codes | uniq -c | xargs)"
want "each is in the store" $REPORTS "$(sd sqlite3 -readonly /var/lib/advisd/advisd.db "SELECT count(*) FROM receipt" 2> /dev/null)"
sd systemctl stop scrapes
want "nor a scrape" 200 "$(sd sort -u /run/scraped)"
sd systemctl stop advisd
want "with the daemon stopped, a report" 200 "$(post www-data "$(sd head -n 1 /run/quick.ledger)")"
want "starts it" active "$(of_unit ActiveState)"
promise "stopped with the sockets it stays so" sd systemctl stop advisd-receipts.socket advisd-metrics.socket advisd
sd systemctl disable -q advisd-receipts.socket advisd-metrics.socket

# --- TLS, names and a password, in the sandbox -----------------------------------------------------

# What the libraries load while they run (OpenSSL's and libesmtp's modules, the resolver's) is found in the sandbox, and
# a gateway's password is a credential: advisd's user cannot read the file.
sd systemd-run -q --unit=mail -p Type=oneshot -p RemainAfterExit=yes --no-block /usr/local/share/mail/start.sh /run/mail
promise "a relay and mailboxes are there" until_true 60 sd systemctl is-active -q mail
sd install -m 644 /run/mail/ca.pem /etc/advisd/relay-ca.pem
sd install -m 600 -o root /run/mail/password /etc/advisd/relay-password
put /etc/systemd/system/advisd.service.d/relay.conf <<< $'[Service]\nLoadCredential=relay-password:/etc/advisd/relay-password'
put /etc/advisd/gateways.d/relay.conf << 'END'
[Gateway]
Kind=smtp
Channel=email
Priority=1
Sender=noreply@post.test
Receipts=none
[Smtp]
Host=localhost
Port=2210
CaFile=/etc/advisd/relay-ca.pem
User=advisd
PasswordFile=relay-password
END
put /etc/advisd/gateways.d/slow.conf << 'END'
[Gateway]
Kind=http
Channel=sms
Priority=1
Receipts=none
[Http]
Url=https://localhost:22497/send?text={{text}}
Method=GET
CaFile=/etc/advisd/relay-ca.pem
Reply=200 -> handed
END
sd systemd-run -q --unit=https openssl s_server -quiet -accept 127.0.0.1:22497 -cert /run/mail/localhost.pem -key /run/mail/localhost.key -www
conf << 'END'
[Service]
Sandbox=yes
[Plan]
SmsWindow=any
MaxPerHour=0
END
# The narrowest sandbox, and all of this within it.
sd install -D -m 644 /usr/share/doc/advisd/examples/named-addresses.conf /etc/systemd/system/advisd.service.d/named-addresses.conf
sd systemctl daemon-reload
promise "with named addresses its exposure is at most 0.9" sd systemd-analyze security --threshold=9 --no-pager advisd
mark
promise "it starts with a relay and an HTTPS gateway" sd systemctl start advisd
want "and sees no file of others" "" "$(sd nsenter -t "$(of_unit MainPID)" -m --root -- /usr/bin/ls /home /srv /opt /var/log 2> /dev/null)"
event_message 5 | spool five.ndjson
promise "the relay takes the e-mail" until_true 20 said ALERT_DONE 'accepted .*through relay'
promise "HTTPS takes the SMS" until_true 20 said ALERT_DONE 'accepted .*through slow'
promise "the mailbox has it, by TLS and with a login" until_true 20 sd sh -c 'grep -rq "with ESMTPSA" /run/mail/boxes/jens'
promise "an operator is answered there, too" as clerk -- advisctl status
promise "and a reload" sd systemctl reload advisd
# An address that is not named: this machine's own, but not loopback's
sd ip address add 203.0.113.7/32 dev lo
sd systemd-run -q --unit=stranger httpsink -p 22495 -l /run/stranger.ledger
put /etc/advisd/gateways.d/slow.conf << 'END'
[Gateway]
Kind=http
Channel=sms
Priority=1
Receipts=none
[Http]
Url=http://203.0.113.7:22495/send
ConnectTimeout=1s
Body={"reference":"{{reference}}"}
Reply=200 -> handed
END
if sd systemd-run -q --wait -p IPAddressDeny=any -p IPAddressAllow=localhost curl -s -m 2 -o /dev/null http://203.0.113.7:22495/probe; then
        echo "SKIPPED: this kernel lets systemd filter no addresses"
else
        sd systemctl reload advisd
        mark
        event_message 6 | spool six.ndjson
        promise "who is not named is not reached" until_true 20 said ALERT_RETRY 'slow'
fi
sd systemctl stop advisd

# --- what nobody may read --------------------------------------------------------------------------

want "no personal data stand in the journal" "" "$(sd journalctl --no-pager -o export | grep -aE "$CPR|$PHONE|$ADDRESS" | head -n 3)"

done_with_promises
