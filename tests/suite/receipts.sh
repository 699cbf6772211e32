#!/bin/bash
# The receipts door of a real daemon, with curl as every gateway: each way to prove a report, good and forged; repeated, late,
# out of order, by the gateway's own id before its answer; answered when it is committed. All persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
sink=$B/tests/sinks/httpsink
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl" "$sink"

secret=sesame-0123456789
mkdir -p conf/gateways.d state spool
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
(umask 077; printf %s "$secret" > secret)

port_of() { sed -n 's/^listening //p' "$1"; }
background "$sink" -l sms.ledger -r '{"id":"unused"}' > sms.out
background "$sink" -k to -l mail.ledger -r '{"id":"gw-77"}' > mail.out
until_true 10 test -s sms.out
until_true 10 test -s mail.out

cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
ReceiptsListen=$TMPDIR/receipts
PublicUrl=https://post.example.dk/advisd
TrustedProxies=unix
Sandbox=yes
[Intake]
SpoolDirectory=$TMPDIR/spool
[Plan]
SmsWindow=any
CONF

# Every SMS goes through "query"; the others prove themselves otherwise, and report on the same references.
gateway() { # NAME CHANNEL PRIORITY PORT HTTP-LINES RECEIPT-LINES
        cat > "conf/gateways.d/$1.conf" << CONF
[Gateway]
Kind=http
Channel=$2
Priority=$3
$([ "$2" = sms ] || echo Sender=post@example.dk)
[Http]
Url=http://127.0.0.1:$4/send
Body={"reference": "{{reference}}", "to": "{{to}}"}
$5
Reply=200 -> handed
[Receipt]
Report=delivered,DELIVERED,1 -> delivered
Report=failed 27 -> bad-address unknown-subscriber
Report=failed,2 -> failed not-delivered
Report=later -> transient busy
Report=buffered -> pending
$6
CONF
}
sms=$(port_of sms.out)
gateway query sms 1 "$sms" "" $'Verify=reference\nReference=ref\nState=type\nCode=code'
gateway path sms 50 "$sms" "" "$(printf '%s\n' Verify=path-token SecretFile="$TMPDIR/secret" List=reports Reference=ref State=state Code=code)"
gateway hmac sms 50 "$sms" "" "$(printf '%s\n' Verify=hmac-sha256 SecretFile="$TMPDIR/secret" SignatureHeader=Signature SignaturePrefix=v1= Reference=ref State=state)"
gateway jwt sms 50 "$sms" "" "$(printf '%s\n' Verify=jwt-hs256 SecretFile="$TMPDIR/secret" Reference=userref State=status)"
gateway twilio sms 50 "$sms" "" "$(printf '%s\n' Verify=twilio SecretFile="$TMPDIR/secret" Reference=ref State=MessageStatus)"
gateway vonage sms 50 "$sms" "" "$(printf '%s\n' Verify=vonage-sha256 SecretFile="$TMPDIR/secret" Reference=client-ref State=status)"
gateway own-id email 1 "$(port_of mail.out)" Id=id "$(printf '%s\n' Verify=path-token SecretFile="$TMPDIR/secret" Id=id State=state)"
"$B/advisd" --new-key conf/master-key
promise "the configuration has no fault" "$B/advisd" --config conf --check

ctl() { "$B/advisctl" --config conf "$@"; }
# call PATH CURL-ARGUMENTS… : the status that the door answers
call() { curl -s -o answer -w '%{http_code}' --unix-socket receipts "http://post/receipts/$1" "${@:2}"; }
state_of() { ctl --json show "$1" | sed -n 's/^  "state": "\(.*\)",$/\1/p'; }
story_of() { ctl show "$1"; }
is() { [ "$(state_of "$1")" = "$2" ]; }
has() { grep -qF -- "$1" <<< "$2"; }
metric() {
        curl -s --unix-socket control http://localhost/v1/metrics | jq -r .text |
                awk -v name="$1" '$1 == name { print $2 }'
}

background "$B/advisd" --config conf 2> >(cat >> log) # a pipe: below, the daemon may not let files grow
advisd_pid=$!
until_true 20 test -S receipts
promise "the daemon is up" until_true 20 ctl status
want "the socket is for user and group only" "srw-rw----" "$(stat -c %A receipts)"

n_persons=12
for i in $(seq $n_persons); do
        cpr=$(printf '61%02d70%04d' $((i % 12 + 1)) $((1000 + i)))
        printf '{"type":"citizen","cpr":"%s","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"enrolment","cpr":"%s","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"access","mailbox":"%s","sms":{"number":"201234%02d","verified":"2014-08-01T00:00:00Z"},"at":"2014-08-01T00:00:00Z"}\n' \
                "$cpr" "$i"
        printf '{"type":"message","id":"%08d-0000-4000-8000-000000000000","cpr":"%s","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
                "$i" "$cpr" "$(date -u +%FT%TZ)"
done > persons.ndjson
ctl submit persons.ndjson > submit.out
all_left() { [ "$(wc -l < sms.ledger)" -ge "$n_persons" ]; }
promise "all alerts left" until_true 30 all_left
mapfile -t ref < sms.ledger
want "a reference is 28 letters" 28 ${#ref[0]}
promise "and handed" until_true 10 is "${ref[0]}" handed

other=${ref[1]:0:27}$([ "${ref[1]:27}" = a ] && echo b || echo a)

# Our own reference in the URL, as Kannel is told
want "a report of ours is taken" 200 "$(call "query?ref=${ref[0]}&type=1")"
want "and committed when it is answered" delivered "$(state_of "${ref[0]}")"
want "the same again is taken" 200 "$(call "query?ref=${ref[0]}&type=1")"
want "another reference than ours is not believed" 403 \
        "$(call "query?ref=$other&type=2" -H 'X-Forwarded-For: 198.51.100.1, 203.0.113.9')"
want "and changes nothing" handed "$(state_of "${ref[1]}")"
want "what is under way still is taken" 200 "$(call "query?ref=${ref[1]}&type=buffered")"
want "a call without a state is told so" 400 "$(call "query?ref=${ref[1]}")"
want "an unknown gateway has no door" 404 "$(call "nobody?ref=${ref[1]}&type=1")"
want "nor has another method" 405 "$(call query -X DELETE)"
want "a body over its bound is refused" 413 "$(head -c 600000 /dev/zero | call query --data-binary @-)"

# A secret path, and many reports in one call
printf '{"reports":[{"ref":"%s","state":"delivered"},{"ref":"%s","state":"failed","code":27},{"ref":"%s","state":"buffered"}]}' \
        "${ref[1]}" "${ref[2]}" "${ref[3]}" > bulk
want "with a wrong secret nobody is believed" 403 "$(call path/sesame -H 'Content-Type: application/json' --data-binary @bulk)"
want "nor without one" 403 "$(call path -H 'Content-Type: application/json' --data-binary @bulk)"
want "nothing has changed" handed "$(state_of "${ref[1]}")"
want "with the right one all are taken" 200 "$(call "path/$secret" -H 'Content-Type: application/json' --data-binary @bulk)"
want "the first" delivered "$(state_of "${ref[1]}")"
want "the second" rejected "$(state_of "${ref[2]}")"
want "the third is under way still" handed "$(state_of "${ref[3]}")"
promise "its address is suppressed, and why" has "unknown-subscriber" "$(story_of "${ref[2]}")"
printf '{"reports":[{"ref":"%s","state":"delivered"},{"state":"delivered"}]}' "${ref[3]}" > half
want "half a call is none" 400 "$(call "path/$secret" -H 'Content-Type: application/json' --data-binary @half)"
want "and nothing of it is taken" handed "$(state_of "${ref[3]}")"

# Signatures
b64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
mac() { openssl dgst "-$1" -hmac "$secret" -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
# sign SCHEME REFERENCE [SECONDS AGO] : $body and $signature
sign() {
        local token url fields
        case $1 in
        hmac)
                body="{\"ref\":\"$2\",\"state\":\"delivered\"}"
                signature=v1=$(printf %s "$body" | mac sha256 | hex)
                ;;
        jwt)
                body="{\"id\":1,\"status\":\"DELIVERED\",\"userref\":\"$2\"}"
                token=$(printf '{"typ":"JWT","alg":"HS256"}' | b64url).$(printf %s "$body" | b64url)
                signature=$token.$(printf %s "$token" | mac sha256 | b64url)
                ;;
        twilio)
                url="https://post.example.dk/advisd/receipts/twilio?ref=$2"
                body="MessageStatus=delivered&MessageSid=SM1"
                signature=$(printf %s "${url}MessageSidSM1MessageStatusdelivered" | mac sha1 | base64)
                ;;
        vonage)
                fields="client-ref=$2&price=0.03&status=delivered&timestamp=$(($(date +%s) - $3))"
                body="$fields&sig=$(printf %s "&$fields" | mac sha256 | hex)"
                ;;
        esac
}

sign hmac "${ref[3]}"
want "a body that nobody signed is not believed" 403 "$(call hmac -H 'Content-Type: application/json' -d "$body")"
want "nor under another's signature" 403 "$(call hmac -H "Signature: $signature" -d "${body/deliver/believ}")"
want "a signed one is" 200 "$(call hmac -H 'Content-Type: application/json' -H "Signature: $signature" -d "$body")"
want "and delivered" delivered "$(state_of "${ref[3]}")"

sign jwt "${ref[4]}"
want "a token with another body is not believed" 403 \
        "$(call jwt -H "X-Gwapi-Signature: $signature" -d "${body/DELIVERED/failed}")"
want "a token is" 200 "$(call jwt -H "X-Gwapi-Signature: $signature" -d "$body")"
want "and its alert delivered" delivered "$(state_of "${ref[4]}")"

sign twilio "${ref[5]}"
want "Twilio's signature over another URL is not believed" 403 \
        "$(call "twilio?ref=${ref[6]}" -H "X-Twilio-Signature: $signature" -d "$body")"
want "over what PublicUrl= says it is" 200 "$(call "twilio?ref=${ref[5]}" -H "X-Twilio-Signature: $signature" -d "$body")"
want "and delivered by it" delivered "$(state_of "${ref[5]}")"

sign vonage "${ref[6]}" 200000
want "a call that was signed two days ago is not believed" 403 "$(call "vonage?$body")"
sign vonage "${ref[6]}" 0
want "nor one with a parameter more" 403 "$(call "vonage?$body&x=y")"
want "one of now is" 200 "$(call "vonage?$body")"
want "and delivered, too" delivered "$(state_of "${ref[6]}")"

# Late, out of order
want "a failure after the delivery is taken" 200 "$(call "query?ref=${ref[6]}&type=failed")"
want "and the end stands" delivered "$(state_of "${ref[6]}")"
promise "the story has both" has "after its end" "$(story_of "${ref[6]}")"
want "it was counted as late" 1 "$(metric advisd_reports_late_total)"

# The gateway's own id, before its answer
want "an id that nobody has yet is kept" 200 "$(call "own-id/$secret?id=gw-77&state=delivered")"
cat > mail.ndjson << CONF
{"type":"citizen","cpr":"6101701299","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}
{"type":"enrolment","cpr":"6101701299","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}
{"type":"access","mailbox":"6101701299","emails":[{"address":"anna@example.dk","verified":"2014-08-01T00:00:00Z"}],"at":"2014-08-01T00:00:00Z"}
{"type":"message","id":"00000099-0000-4000-8000-000000000000","cpr":"6101701299","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"$(date -u +%FT%TZ)"}
CONF
ctl submit mail.ndjson > submit.out
mail_delivered() { ctl show 00000099-0000-4000-8000-000000000000 | grep -q 'reported delivered'; }
promise "and joins when the gateway has answered" until_true 20 mail_delivered
want "a later one finds it" 200 "$(call "own-id/$secret?id=gw-77&state=failed")"

# A store that cannot write: no report is called taken that is not in it, and gateways come again
may_grow() { prlimit --pid "$advisd_pid" --fsize="$1"; }
asks_again() { [ "$(call "query?ref=${ref[11]}&type=1")" = "$1" ]; }
want "one alert has no report yet" handed "$(state_of "${ref[11]}")"
promise "the disk is full" may_grow 1:unlimited
want "a report is not called taken" 503 "$(call "query?ref=${ref[11]}&type=1")"
want "nor the next one" 503 "$(call "query?ref=${ref[11]}&type=1")"
want "nothing of it is in the store" handed "$(state_of "${ref[11]}")"
promise "the journal says once that the store cannot write" test "$(grep -c 'the store cannot write: ' log)" = 1
promise "there is room again" may_grow unlimited:unlimited
promise "the next time it is taken, by itself" until_true 30 asks_again 200
want "and committed" delivered "$(state_of "${ref[11]}")"
promise "which the journal tells, too" until_true 10 grep -q 'the store writes again' log

# What it says of itself
want "forged calls are counted" 9 "$(metric 'advisd_receipt_calls_total{answer="forged"}')"
want "repeated reports, too" 1 "$(metric 'advisd_receipts_total{kind="repeated"}')"
promise "the journal tells of forged ones" grep -q 'is not believed' log
promise "and of who called, as the proxy saw it" grep -q 'from 203.0.113.9 is not believed' log
want "but not of each" 1 "$(grep -c 'is not believed' log)"
promise "no secret and no number is in the journal" test -z "$(grep -e "$secret" -e 201234 log)"

# A reload takes new secrets over
(umask 077; printf another-secret > secret)
ctl reload > reload.out
want "after a reload the old secret opens nothing" 403 "$(call "path/$secret" -H 'Content-Type: application/json' --data-binary @bulk)"
want "and the new one does" 200 "$(call path/another-secret -H 'Content-Type: application/json' --data-binary @bulk)"
rm secret
promise "a secret that is gone refuses the reload" test "$(ctl reload > reload.out 2>&1; echo $?)" = 1
want "and the one in force stays" 200 "$(call path/another-secret -H 'Content-Type: application/json' --data-binary @bulk)"
promise "the laws hold" ctl verify

done_with_promises
