#!/bin/bash
# Bounces end to end: a real Postfix takes e-mails of a real daemon, finds that it cannot deliver them, and sends back what
# RFC 3464 says into a Maildir that the daemon reads. All persons are synthetic.
if [ -z "${MAIL_IN_NS:-}" ] && [ "$(id -u)" = 0 ]; then
        # Postfix wants ports, users and folders of its own; nothing of the system's configuration is touched or used.
        exec env MAIL_IN_NS=own unshare -n -m -p -f --mount-proc --kill-child "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
if [ -z "${MAIL_IN_NS:-}" ]; then
        promise "Postfix can be run: it needs root, for its own users and a namespace" false
        done_with_promises
fi
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"
PATH=$PATH:/usr/sbin
for part in postfix curl; do promise "$part is installed" command -v "$part"; done
mount -t tmpfs -o mode=755 tmpfs /run # sockets' paths must be short, wherever the project lies
ip link set lo up
w=/run/bounces
mkdir -p $w/pf $w/queue $w/data $w/conf/gateways.d $w/state $w/spool
install -d -o mail -g mail $w/box $w/box/new $w/box/cur $w/box/tmp
chown postfix $w/data
cd $w || exit 1

# --- the relay takes what we give it, and finds out at the next hop: tabt.test knows nobody, fuld.test has no room
sed "s|@W@|$w|g" "$TOP/tests/suite/mail/main.cf.in" | grep -Ev '^(mynetworks|virtual_|smtpd_tls|smtpd_sasl|smtpd_.*_restrictions)' > pf/main.cf
cat >> pf/main.cf << CF
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
relay_domains = tabt.test, fuld.test
transport_maps = inline:{{tabt.test=smtp:[127.0.0.1]:2214}, {fuld.test=smtp:[127.0.0.1]:2214}}
next_hop = check_recipient_access inline:{{tabt.test=550 5.1.1 nobody of that name}, {fuld.test=552 5.2.2 mailbox full}}, reject
virtual_mailbox_domains = bounce.post.test
virtual_mailbox_maps = inline:{bounce@bounce.post.test=box/}
virtual_mailbox_base = $w
virtual_minimum_uid = 1
virtual_uid_maps = static:$(id -u mail)
virtual_gid_maps = static:$(id -g mail)
virtual_transport = virtual
CF
{
        sed "s|@W@|$w|g" "$TOP/tests/suite/mail/master.cf" | grep -E '^(127.0.0.1:2213|[a-z])' | grep -v '^lmtp'
        echo 'virtual unix - n n - - virtual'
        echo 'smtp unix - - n - - smtp'
        # shellcheck disable=SC2016 # Postfix expands it
        echo '127.0.0.1:2214 inet n - n - - smtpd -o myhostname=next.test -o smtpd_recipient_restrictions=$next_hop'
} > pf/master.cf
postfix -c $w/pf start > postfix.out 2>&1
# shellcheck disable=SC2317 # called by until_true
accepts() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
promise "the relay is up" until_true 20 accepts 2213

# --- the daemon
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$w/state
ControlSocket=$w/control
Sandbox=yes
[Intake]
SpoolDirectory=$w/spool
[Delivery]
BounceDirectory=$w/box
CONF
cat > conf/gateways.d/relay.conf << CONF
[Gateway]
Kind=smtp
Channel=email
Sender=alerts@post.test
BounceDomain=bounce.post.test
[Smtp]
Host=127.0.0.1
Port=2213
Tls=none
Helo=advisd.test
CONF
printf '[Gateway]\nKind=outbox\nChannel=sms\n[Outbox]\nDirectory=outbox\n' > conf/gateways.d/sms.conf
"$B/advisd" --new-key conf/master-key
background "$B/advisd" --config conf 2>> log
ctl() { "$B/advisctl" --config conf "$@"; }
# shellcheck disable=SC2317
up() { ctl --json status | grep -q '"running": true'; }
promise "the daemon is up" until_true 20 up

citizen() { # NUMBER ADDRESS
        printf '{"type":"citizen","cpr":"61017012%02d","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$1"
        printf '{"type":"enrolment","cpr":"61017012%02d","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}\n' "$1"
        printf '{"type":"access","mailbox":"61017012%02d","emails":[{"address":"%s","verified":"2014-08-01T00:00:00Z"}],"at":"2014-08-01T00:00:00Z"}\n' "$1" "$2"
}
letter() { # CITIZEN NUMBER
        printf '{"type":"message","id":"%08d-0000-4000-8000-000000000000","cpr":"61017012%02d","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
                "$2" "$1" "$(date -u +%FT%TZ)"
}
story() { ctl show "$(printf '%08d-0000-4000-8000-000000000000' "$1")"; }
# shellcheck disable=SC2317
told() { story "$1" | grep -q "$2"; }
{
        citizen 1 anna@tabt.test
        citizen 2 birk@fuld.test
        letter 1 1
        letter 2 2
} > first.ndjson
ctl submit first.ndjson > submit.out
promise "the relay's report on nobody comes back" until_true 30 told 1 'reported failed of try 1 (no-such-user), code 5.1.1'
want "the alert is rejected" 1 "$(story 1 | grep -c '  rejected$')"
promise "a full mailbox, too" until_true 30 told 2 'reported failed of try 1 (mailbox-full), code 5.2.2'
{
        letter 1 11
        letter 2 12
} > second.ndjson
ctl submit second.ndjson > submit.out
promise "a full mailbox suppresses nobody" until_true 30 told 12 'reported failed'
want "an address that does not exist is written to once" 1 "$(grep -c 'postfix/smtp\[.*to=<anna@tabt.test>' pf.log)"
promise "which is why nobody is told of the next letter" told 11 'no alert tells of it'

# --- what others write to a return address
envelope=$(sed -n 's/.*from=<\(bounce+[a-z2-7]*@bounce.post.test\)>.*/\1/p' pf.log | tail -n 1)
want "the envelope's sender was VERP" 52 ${#envelope}
forged=bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounce.post.test
mail() { # TO FILE FROM
        curl -s --mail-from "$3" --mail-rcpt "$1" --upload-file "$2" smtp://127.0.0.1:2213
}
printf 'From: birk@fuld.test\r\nTo: %s\r\nSubject: Autosvar: ferie\r\nAuto-Submitted: auto-replied\r\n\r\nStatus: 5.1.1\r\n' "$envelope" > ooo
printf 'From: x@fuld.test\r\nTo: %s\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n' "$forged" > forged
mail "$envelope" ooo birk@fuld.test
mail "$forged" forged ''
metric() { curl -s --unix-socket control http://localhost/v1/metrics | jq -r .text | awk -v name="$1" '$1 == name { print $2 }'; }
# shellcheck disable=SC2317
is() { [ "$(metric "advisd_bounces_total{kind=\"$1\"}")" = "$2" ]; }
promise "an out-of-office reply is nothing" until_true 20 is nothing 1
promise "a forged return address is forged" until_true 20 is forged 1
want "three reports were read" 3 "$(metric 'advisd_bounces_total{kind="report"}')"
letter 2 13 > third.ndjson
ctl submit third.ndjson > submit.out
promise "neither of them suppressed anybody" until_true 30 told 13 'reported failed'
# shellcheck disable=SC2317
empty() { [ "$(find box/new box/cur -type f 2> /dev/null | wc -l)" = 0 ]; }
promise "what was read is gone" until_true 20 empty
promise "no address is in the journal" sh -c "! grep -E 'tabt.test|fuld.test' log"
promise "the laws hold" ctl verify
postfix -c $w/pf stop > postfix.out 2>&1
done_with_promises
