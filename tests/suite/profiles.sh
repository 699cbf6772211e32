#!/bin/bash
# The shipped files of nine gateways, through one daemon, against a mock of each that answers as its documents say
# (gateways/mock.pl): only addresses and countries are changed, so that each has alerts of its own. All persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"

# gateway and the country whose numbers it gets
countries=(gatewayapi 45 gatewayapi-mobile 46 cpsms 47 cpsms-batch 358 inmobile 49 link-dk 44 link-common 33 twilio 39 vonage 34 aws-sns 31)
: > mode
: > ledger
: > reports
background perl "$TOP/tests/suite/gateways/mock.pl" ledger reports mode > mock.out 2> mock.err
door_port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
until_true 10 grep -q '^listening' mock.out
mock=$(sed -n 's/^listening //p' mock.out)

mkdir -p conf/gateways.d state in credentials
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
for ((i = 0; i < ${#countries[@]}; i += 2)); do
        sed -e "s|^Url=https://[^/]*|Url=http://127.0.0.1:$mock|" -e "s|^\[Gateway\]|&\nCountries=${countries[i + 1]}|" \
                "$TOP/conf/gateways.d/examples/${countries[i]}.conf" > "conf/gateways.d/${countries[i]}.conf"
done
sed -i 's/^\[Gateway\]/&\nUncertainWait=1s/' conf/gateways.d/inmobile.conf
credential() { (umask 077; printf '%s\n' "$2" > "credentials/$1"); }
credential gatewayapi-token gwtoken
credential gatewayapi-report-secret gwsecret
credential gatewayapi-mobile-token mobiletoken
credential cpsms-key cpskey
credential cpsms-report-token cpsword0123456789
credential inmobile-key inkey
credential inmobile-report-token inword0123456789
credential link-dk-key linkkey
credential link-common-password linkpassword
credential twilio-token twtoken
credential vonage-secret vosecret
credential vonage-signature vosign
credential aws-secret awssecret
cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
ReceiptsListen=127.0.0.1:$door_port
PublicUrl=http://127.0.0.1:$door_port
[Intake]
SpoolDirectory=$TMPDIR/in
Countries=45 46 47 358 49 44 33 39 34 31
[Plan]
SmsWindow=any
[Delivery]
RetryFirst=1s
RetryMost=2s
CONF
"$B/advisd" --new-key conf/master-key
export CREDENTIALS_DIRECTORY=$TMPDIR/credentials
promise "the files have no fault" "$B/advisd" --config conf --check
background "$B/advisd" --config conf 2> log
ctl() { "$B/advisctl" --config conf "$@"; }
up() { ctl --json status | grep -q '"running": true'; }
promise "the daemon is up" until_true 20 up

# people SCENARIO…: for each gateway and scenario somebody, and a letter; its id tells both
people() {
        local i c s n cpr
        for ((i = 0; i < ${#countries[@]}; i += 2)); do
                c=${countries[i + 1]}
                for s; do
                        n=$((i * 5 + 10#$s))
                        cpr=$(printf '%02d%02d70%04d' $((61 + n % 28)) $((1 + n / 28)) $((1000 + n)))
                        printf '{"type":"citizen","cpr":"%s","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
                        printf '{"type":"enrolment","cpr":"%s","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
                        printf '{"type":"access","mailbox":"%s","sms":{"number":"+%s200000%s","verified":"2014-08-01T00:00:00Z"},"at":"2014-08-01T00:00:00Z"}\n' "$cpr" "$c" "$s"
                        printf '{"type":"message","id":"%08d-0000-4000-8000-0000000000%s","cpr":"%s","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
                                "$c" "$s" "$cpr" "$(date -u +%FT%TZ)"
                done
        done
}
uuid() { printf '%08d-0000-4000-8000-0000000000%s' "$1" "$2"; } # COUNTRY SCENARIO
story() { ctl show "$(uuid "$1" "$2")"; }
state() { ctl --json show "$(uuid "$1" "$2")" | jq -r '[.alerts[].state] | join(" ")'; }
is() { [ "$(state "$1" "$2")" = "$3" ]; }
tells() { story "$1" "$2" | grep -q -- "$3"; }

people 01 02 03 04 > first.ndjson
promise "letters come for all of them" ctl submit first.ndjson
[ $promises_broken -eq 0 ] || done_with_promises # nothing would come of it

# WHAT SCENARIO STATE GATEWAY… : the alert of that scenario comes to be in that state at each
each() {
        local what=$1 scenario=$2 want=$3 i
        shift 3
        for g; do
                for ((i = 0; i < ${#countries[@]}; i += 2)); do
                        [ "${countries[i]}" != "$g" ] || promise "$g: $what" until_true 30 is "${countries[i + 1]}" "$scenario" "$want"
                done
        done
}
with_reports=(gatewayapi cpsms inmobile link-dk twilio vonage)
without=(gatewayapi-mobile cpsms-batch link-common aws-sns)
each "what it takes and reports as delivered is DELIVERED" 01 delivered "${with_reports[@]}"
each "what it reports as failed is REJECTED" 02 rejected "${with_reports[@]}"
each "what it takes is ACCEPTED, where no report comes" 01 accepted "${without[@]}"
each "what it refuses for good is REJECTED" 03 rejected "${with_reports[@]}" "${without[@]}"
each "what it throttles leaves later" 04 delivered "${with_reports[@]}"
each "what it throttles leaves later" 04 accepted "${without[@]}"
for ((i = 0; i < ${#countries[@]}; i += 2)); do
        promise "${countries[i]}: it was asked to wait, and that is known" tells "${countries[i + 1]}" 04 throttled
done
people 05 > dropped.ndjson
promise "more letters come" ctl submit dropped.ndjson
promise "inmobile: what may have been taken is repeated" until_true 30 is 49 05 delivered
want "inmobile: with the same messageId" "2 1" \
        "$(awk '$1 == "inmobile" && $3 ~ /05$/ { n++; seen[$2] = 1 } END { print n, length(seen) }' ledger)"
want "cpsms-batch: one request of which some was refused (207)" "rejected accepted" "$(state 358 03) $(state 358 01)"
promise "a number that does not exist is not asked again: inmobile" tells 49 03 number-not-valid
promise "and twilio" tells 39 03 number-not-valid
promise "and vonage, which says 200 and a failing status" tells 34 03 number-barred
promise "and gatewayapi, which refused the whole batch for it" tells 45 03 number-blocked
promise "twilio: a number that is out of service is suppressed by its report" tells 39 02 unknown-subscriber
want "every report was taken" "" "$(awk '$4 !~ /^2/ && $4 != 503' reports)"
want "no request broke a rule of the documents" "" "$(cat mock.err)"
twice() { awk '$3 !~ /05$/ { n[$1 " " $3]++ } END { for (k in n) if (n[k] > 1) print k }' ledger; }
want "nothing was sent twice, but what was in doubt" "" "$(twice)"

# --- money and credentials: the channel stops, and somebody is called ------------------------------

stopped() { ctl --json gateway list | jq -e --arg g "$1" --arg why "$2" '.gateways[] | select(.name == $g and .state == "stopped" and (.cause | contains($why)))'; }
echo poor > mode
people 06 > poor.ndjson
promise "more letters come" ctl submit poor.ndjson
for g in gatewayapi cpsms cpsms-batch link-dk vonage; do promise "$g: without money it stops" until_true 20 stopped "$g" no-credit; done
promise "twilio: suspended, it stops" until_true 20 stopped twilio account-suspended
promise "somebody is called" grep -q '^ALERT gateway cpsms ' log
each "what it was not paid for waits" 06 waiting gatewayapi cpsms cpsms-batch link-dk vonage twilio
each "the others go on" 06 delivered inmobile
each "the others go on" 06 accepted gatewayapi-mobile link-common aws-sns
: > mode
for g in gatewayapi cpsms cpsms-batch link-dk vonage twilio; do ctl gateway resume "$g" > /dev/null; done
each "resumed, it goes on" 06 delivered gatewayapi cpsms link-dk vonage twilio
each "resumed, it goes on" 06 accepted cpsms-batch
echo stranger > mode
people 07 > stranger.ndjson
promise "more letters come" ctl submit stranger.ndjson
for ((i = 0; i < ${#countries[@]}; i += 2)); do promise "${countries[i]}: with wrong credentials it stops" until_true 20 stopped "${countries[i]}" credentials-refused; done

# --- a test message tells whether the cause is gone, before the gateway is resumed ------------------

refused() { ! "$@" > /dev/null 2>&1; }
tried() { printf '+%s20000001\n' "$2" | ctl gateway test "$1"; }
for ((i = 0; i < ${#countries[@]}; i += 2)); do promise "${countries[i]}: a test through it is refused, too" refused tried "${countries[i]}" "${countries[i + 1]}"; done
: > mode
for ((i = 0; i < ${#countries[@]}; i += 2)); do promise "${countries[i]}: with its credentials a test is taken" tried "${countries[i]}" "${countries[i + 1]}"; done
promise "which resumes nothing by itself" stopped cpsms credentials-refused
promise "what is no number is refused" refused tried cpsms "not a number"
want "a number as an argument is refused" "2 0" "$(ctl gateway test cpsms +4720000001 < /dev/null > tried.out 2>&1; echo "$?" "$(grep -c 20000001 tried.out)")"
promise "the journal tells of it" grep -q '^NOTICE gateway cpsms was tested by user .*handed' log
want "no number, password or token stands in the journal" "" \
        "$(grep -aE 'gwtoken|cpskey|inkey|linkkey|twtoken|vosecret|vosign|awssecret|word0123456789|200000[0-9]{2}' log | head -n 3)"
done_with_promises
