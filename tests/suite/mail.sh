#!/bin/bash
# Kind=smtp through a real Postfix (STARTTLS, AUTH) into real Dovecot mailboxes, read back over IMAP and decoded by
# another's parser. The relay also comes without TLS, with another's certificate, and without a resolver that answers.
if [ -z "${MAIL_IN_NS:-}" ] && [ "$(id -u)" = 0 ]; then
        # Postfix and Dovecot want ports, users and folders of their own: a network, /run and processes of our own.
        # Nothing of the system's configuration is touched or used.
        exec env MAIL_IN_NS=own unshare -n -m -p -f --mount-proc --kill-child "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
if [ -z "${MAIL_IN_NS:-}" ]; then
        promise "Postfix can be run: it needs root, for its own users and a namespace" false
        done_with_promises
fi
driver=$B/tests/suite/mail-driver
here=$TOP/tests/suite/mail
promise "the parts are built" build_parts "$driver"
PATH=$PATH:/usr/sbin:/usr/lib/dovecot
for part in postfix dovecot openssl curl /usr/bin/python3; do promise "$part is installed" command -v "$part"; done

mount -t tmpfs -o mode=755 tmpfs /run # sockets' paths must be short, wherever the project lies
ip link set lo up
w=/run/mail
promise "certificates, the relay and the mailboxes" "$here/start.sh" $w
cd $w || exit 1
# shellcheck disable=SC2317 # called by until_true
accepts() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
for port in 2210 2211 2212 2213 2143; do promise "port $port is up" until_true 10 accepts $port; done

# --- gateways
gateway() { # NAME PORT LINES…
        local name=$1 port=$2
        shift 2
        {
                printf '[Gateway]\nKind=smtp\nChannel=email\nSender=alerts@post.test\nFromName=Digital Post æøå\n'
                printf 'BounceDomain=bounce.post.test\n[Smtp]\nPort=%d\nHelo=advisd.test\n' "$port"
                printf '%s\n' "$@"
        } > "$name.conf"
}
good=(Host=localhost "CaFile=$w/ca.pem" User=advisd "PasswordFile=$w/password")
gateway good 2210 "${good[@]}" Sessions=1
gateway wrong-password 2210 Host=localhost CaFile=$w/ca.pem User=advisd PasswordFile=$w/wrong
gateway no-password 2210 Host=localhost CaFile=$w/ca.pem
gateway no-tls 2211 Host=localhost CaFile=$w/ca.pem
gateway wrong-name 2212 "${good[@]}"
gateway untrusted 2210 Host=localhost User=advisd PasswordFile=$w/password
gateway many 2210 "${good[@]}" Sessions=4 SessionMessages=1
gateway plain 2213 Host=127.0.0.1 Tls=none Sessions=2
gateway no-name 2210 Host=relay.post.test ConnectTimeout=6s CaFile=$w/ca.pem

printf 'Hej\n\nDu har fået ny Digital Post.\n.\n..prik\nFrom linjens start\nsidste blank \n%s\n' \
        "$(printf 'æøå%.0s' $(seq 60))" > text
printf '<html lang="da"><p>Du har fået ny Digital Post.</p></html>\n' > html
subject='Påmindelse: Ulæst Digital Post i en postkasse, du har adgang til'
send() { # GATEWAY RUN TO…: outcomes in GATEWAY.out
        local name=$1 run=$2
        shift 2
        timeout 60 "$driver" "$name.conf" "$run" "$subject" text html "$@" > "$name.out" 2> "$name.err"
}
outcome_of() { awk -v to="$2" '$1 == to { $1 = $2 = ""; print substr($0, 3); exit }' "$1.out"; }
reference_of() { awk -v to="$2" '$1 == to { print $2; exit }' "$1.out"; }
n_mails() { find "boxes/$1" -type f -path '*/new/*' -o -type f -path '*/cur/*' 2> /dev/null | wc -l; }
# shellcheck disable=SC2317 # called by until_true
has_mails() { [ "$(n_mails "$1")" -ge "$2" ]; }
imap() { curl -s --user "$1:$1" "imap://127.0.0.1:2143/INBOX;MAILINDEX=$2"; }
part() { /usr/bin/python3 -I "$here/read.py" "$@"; }

# --- to two mailboxes, one of them at an IDN domain, and to nobody
promise "the driver ends" send good aaaa jens@borger.test anne@blåbær.test ukendt@borger.test jens@borger.test
want "a mailbox takes it" "handed 250 2.0.0 accepted" "$(outcome_of good jens@borger.test)"
want "one at an IDN domain does" "handed 250 2.0.0 accepted" "$(outcome_of good anne@blåbær.test)"
want "nobody's does not" "permanent 550 5.1.1 no-such-user" "$(outcome_of good ukendt@borger.test)"
promise "it is delivered" until_true 10 has_mails jens 2
promise "to the IDN domain, too" until_true 10 has_mails anne 1
imap jens 1 > jens.eml
imap anne 1 > anne.eml
for box in jens anne; do
        promise "$box: the parser finds no defect" part plain < $box.eml
        promise "$box: the text is what was sent" cmp text <(part plain < $box.eml)
        promise "$box: so is the HTML" cmp html <(part html < $box.eml)
        want "$box: the subject" "$subject" "$(part Subject < $box.eml)"
        want "$box: the sender" "Digital Post æøå / alerts@post.test" "$(part From < $box.eml)"
        want "$box: lines are short and ASCII" True "$(part wire < $box.eml)"
        want "$box: no answer is wanted" "auto-generated All" \
                "$(part Auto-Submitted X-Auto-Response-Suppress < $box.eml | xargs)"
        want "$box: the language" da "$(part Content-Language < $box.eml)"
done
reference=$(reference_of good jens@borger.test)
want "the envelope's sender is VERP" "<bounce+$reference@bounce.post.test>" "$(part Return-Path < jens.eml)"
want "the Message-ID is the reference" "<$reference@post.test>" "$(part Message-ID < jens.eml)"
want "the recipient's domain is an A-label" "anne@xn--blbr-roah.test" "$(part To < anne.eml)"
promise "the date is now, at Copenhagen's offset" sh -c \
        "/usr/bin/python3 -c 'import sys,email.utils as u,time; d = u.parsedate_to_datetime(sys.argv[1])
sys.exit(not (abs(d.timestamp() - time.time()) < 60 and d.utcoffset().seconds in (3600, 7200)))' '$(part Date < jens.eml)'"
promise "under TLS 1.3 and logged in" grep -Eq 'with ESMTPSA' jens.eml
promise "Postfix says how: one session, chunks, a polite end" until_true 5 grep -Eq \
        'disconnect from .* ehlo=2 starttls=1 auth=1 mail=4 rcpt=3/4 bdat=9/12 (rset=1 )?quit=1' pf.log
promise "no password is in any log" sh -c "! grep -rq s3cret pf.log dovecot.log good.out good.err"

# --- who is not to be trusted gets nothing
before=$(n_mails jens)
send wrong-password aaab jens@borger.test
want "a wrong password stops the gateway" "stop 535 5.7.8 auth-refused" "$(outcome_of wrong-password jens@borger.test)"
send no-password aaac jens@borger.test
want "a relay that does not know us: back off" "transient 554 5.7.1 refused-by-policy" \
        "$(outcome_of no-password jens@borger.test)"
send no-tls aaad jens@borger.test
want "no TLS is offered: nothing is sent" "transient 0 - tls-not-offered" "$(outcome_of no-tls jens@borger.test)"
send wrong-name aaae jens@borger.test
want "another's certificate" "transient 0 - certificate-wrong-name" "$(outcome_of wrong-name jens@borger.test)"
send untrusted aaaf jens@borger.test
want "a certificate nobody vouches for" "transient 0 - certificate-untrusted" "$(outcome_of untrusted jens@borger.test)"
sleep 0.5
want "nothing of these was delivered" "$before" "$(n_mails jens)"

# --- TLS 1.3 with the machine busy: each of 40 alerts in a session of its own, none stands still
for _ in 1 2 3; do background timeout 20 sh -c 'while :; do :; done'; done
begin=$EPOCHREALTIME
# shellcheck disable=SC2046 # many words
send many aaag $(for i in $(seq 40); do echo "jens+$i@borger.test"; done)
took=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a < 15 ? "soon" : b - a " s" }')
for pid in "${background_pids[@]}"; do kill "$pid" 2> /dev/null; done
want "forty sessions under load all end well" 40 "$(grep -c ' handed 250 ' many.out)"
want "and soon" soon "$took"
promise "each with a handshake of its own" sh -c "[ \$(grep -c 'TLSv1.3' pf.log) -ge 40 ]"

# --- a relay on this machine, without TLS
send plain aaah jens@borger.test
want "loopback without TLS" "handed 250 2.0.0 accepted" "$(outcome_of plain jens@borger.test)"

# --- a resolver that never answers
cat > silence.py << 'PY'
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.9", 53))
print("up", flush=True)
time.sleep(60)
PY
background /usr/bin/python3 silence.py > silence.out
until_true 5 grep -q up silence.out
echo 'nameserver 127.0.0.9' > resolv.conf
echo 'hosts: files dns' > nsswitch.conf
mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)" 2> /dev/null || cp resolv.conf /run/
mount --bind nsswitch.conf /etc/nsswitch.conf
begin=$EPOCHREALTIME
send no-name aaaj jens@borger.test
want "a resolver that never answers is given up" "transient 0 - dns-no-answer" "$(outcome_of no-name jens@borger.test)"
promise "within its bound" awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { exit b - a > 10 }'

[ $promises_broken -eq 0 ] || tail -n 40 pf.log dovecot.log ./*.err
postfix -c $w/pf abort > /dev/null 2>&1
doveadm -c $w/dc/dovecot.conf stop > /dev/null 2>&1
cd / || exit 1
done_with_promises
