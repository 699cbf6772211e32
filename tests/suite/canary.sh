#!/bin/bash
# Known persons go through the whole flow; then every byte that advisd wrote, its journal and what /proc shows of it is searched for
# them. Only the spool's new/ and tmp/, and the gateways' own ledgers, may know them.
# shellcheck disable=SC2317 # functions are called by promise
. "$(dirname "$0")/lib.sh"
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
W=$TMPDIR
cd "$W" || exit 1
promise "the parts are built" build_parts "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink"

mkdir gateways
cp "$B/tests/sinks/httpsink" gateways/sms-gateway; cp "$B/tests/sinks/smtpsink" gateways/email-gateway
background gateways/sms-gateway -l "$W/gateways/sms" > gateways/http.out
background gateways/email-gateway -C -l "$W/gateways/email" > gateways/smtp.out
port_of() { until_true 5 grep -q '^listening' "$1" && sed -n 's/^listening //p' "$1"; }

mkdir -p conf/gateways.d state spool/{tmp,new,done,receipts}
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf << C
[Service]
StateDirectory=../state
MasterKeyFile=master-key
ControlSocket=../control
LogLevel=debug
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=../spool
[Texts]
UseSenderText=12345678
ShowSender=12345678
C
printf '[Gateway]\nKind=http\nChannel=sms\nReceipts=none\n[Http]\nUrl=http://127.0.0.1:%s/sms\nContent=json\nBody={"reference":"{{reference}}","to":"{{msisdn}}","text":"{{text}}"}\nReply=2xx -> handed\nReply=5xx -> transient gateway-fault\n' \
        "$(port_of gateways/http.out)" > conf/gateways.d/sms.conf
printf '[Gateway]\nKind=smtp\nChannel=email\nSender=noreply@advisd.test\nReceipts=none\n[Smtp]\nHost=127.0.0.1\nPort=%s\nTls=none\n' \
        "$(port_of gateways/smtp.out)" > conf/gateways.d/email.conf
"$advisd" --new-key conf/master-key
"$advisd" --config conf > journal 2>&1 &
pid=$!
background_pids+=("$pid")
promise "it starts" until_true 10 "$advisctl" --config conf status

# Each of these must be found nowhere. A digit of the telephone is enough to tell, so all are written without blanks.
canaries=(6105551234 610555-1234 7212601238 8303701239 27654321 4527654321 29876543 kanariefugl@example.dk 'Kanarie Klinikken' 'Tid hos Kanarie' e4d909c290d0fb1ca068ffaddf22cbd0)
at=2014-08-01T00:00:00+02:00
{
        echo '{"type":"citizen","cpr":"6105551234","municipality":"0101","status":"resident","at":"'$at'"}'
        echo '{"type":"enrolment","cpr":"6105551234","state":"enrolled","basis":"voluntary","at":"'$at'"}'
        echo '{"type":"access","mailbox":"6105551234","sms":{"number":"27654321","verified":"'$at'"},"emails":[{"address":"Kanariefugl@example.dk","verified":"'$at'"}],"at":"'$at'"}'
        echo '{"type":"access","mailbox":"6105551234","reader":"7212601238","sms":{"number":"29876543","verified":"'$at'"},"at":"'$at'"}'
        echo '{"type":"nemsms","cpr":"6105551234","number":"27654321","verified":"'$at'","at":"'$at'"}'
        echo '{"type":"cpr-changed","from":"6105551234","to":"8303701239","at":"2014-08-02T00:00:00+02:00"}'
        echo '{"type":"message","id":"00000001-0000-4000-8000-000000000001","cpr":"6105551234","kind":"digitalpost","sender":{"cvr":"12345678","label":"Kanarie Klinikken"},"notification":"Tid hos Kanarie","available":"2014-08-24T09:59:00+02:00"}'
        echo '{"type":"message","id":"00000001-0000-4000-8000-000000000002","cpr":"8303701239","kind":"nemsms","sender":{"cvr":"12345678","label":"Kanarie Klinikken"},"notification":"Tid hos Kanarie","available":"2014-08-24T09:59:00+02:00"}'
        echo '{"type":"citizen","cpr":"6105551234","municipality":"Kanarie Klinikken","at":"27654321"}'
        echo '6105551234 is no JSON at all, nor is kanariefugl@example.dk'
} > 6105551234.ndjson
cp 6105551234.ndjson spool/tmp/ && mv spool/tmp/6105551234.ndjson spool/new/
rm 6105551234.ndjson
sql() { sqlite3 -readonly state/advisd.db "$1"; }
told() { [ "$(sql 'SELECT count(*) FROM alert WHERE state = 6')" -ge 3 ]; }
promise "the persons are told" until_true 20 told
promise "what was no event is kept" test "$(sql 'SELECT count(*) FROM rejected')" -ge 2
printf '8303701239\n' | "$advisctl" --config conf citizen show --reason canary > citizen.out 2>&1
"$advisctl" --config conf rejected > /dev/null 2>&1
for f in cmdline environ status comm; do tr '\0' '\n' < "/proc/$pid/$f" > "proc.$f" 2> /dev/null; done
cat "/proc/$pid/task"/*/comm > proc.threads

clean() { # WHAT FILE… : none of the canaries, in any letter case, in UTF-8 or UTF-16, nor as hex
        local what=$1 c hex found=0
        shift
        for c in "${canaries[@]}"; do
                hex=$(printf %s "$c" | od -An -tx1 | tr -d ' \n')
                grep -aqiF -e "$c" -e "$hex" "$@" && { echo "found: $c" >&2; found=1; }
                grep -aqP "$(printf %s "$c" | sed 's/./&\\x00/g')" "$@" 2> /dev/null && { echo "found in UTF-16: $c" >&2; found=1; }
        done
        want "$what" 0 $found
}
mapfile -t files < <(find state spool/done spool/receipts conf -type f ! -path '*/templates/*')
clean "no byte below state, done, receipts and conf names anybody" "${files[@]}"
clean "no line of the journal does, not even at debug" journal
clean "nothing that /proc shows does" proc.cmdline proc.environ proc.status proc.comm proc.threads
clean "an operator's look at a citizen shows masks only" citizen.out
want "the search itself finds what is there" 1 "$(printf '..6105551234..' > planted; for c in "${canaries[@]}"; do grep -aqiF -e "$c" planted && echo 1 && break; done)"
promise "the gateways were told in clear" grep -qi 'kanariefugl@example.dk' gateways/email
kill -TERM "$pid"
wait "$pid"
mapfile -t files < <(find state -type f)
clean "nor after it has stopped" "${files[@]}"
want "no core may be dumped of it" 0 "$(grep -c 'core dumps could not' journal)"
done_with_promises
