#!/bin/bash
# The journal as an operator reads it: a real daemon under a real systemd says what happens to it, and then every query of
# advisd(8) is asked. All persons are synthetic.
# shellcheck disable=SC2016,SC2317 # jq and awk have dollars of their own; functions are called by promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
. tests/lab/service.sh
if ! why=$($lab may 2>&1); then skip_all "$why"; fi
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl" "$B/tests/sinks/httpsink"

promise "make install brings it" "${MAKE:-make}" --no-print-directory -s B="${B#"$TOP"/}" DESTDIR="$TMPDIR/root" install
cat > "$TMPDIR/setup" << 'END'
cp -a "$TMPDIR/root/." "$R/"
install -m 755 "$B/tests/sinks/httpsink" "$R/usr/local/bin/httpsink"
rm -rf "$R/var/lib/advisd" "$R/var/spool/advisd"
END
export TMPDIR B
promise "a machine boots" $lab start "$box" "$TMPDIR/setup"
sd sh -c 'systemd-sysusers; systemd-tmpfiles --create advisd.conf; useradd -G advisd-spool producer
        journalctl --update-catalog; systemctl daemon-reload; mkdir -p /etc/advisd/advisd.conf.d
        advisd --new-key /etc/advisd/master-key' > "$TMPDIR/made" 2>&1

# --- what happens ----------------------------------------------------------------------------------

# A gateway that takes most, refuses some, fails now and then, and once in a while takes one and does not say so.
put /etc/advisd/gateways.d/kannel.conf << 'END'
[Gateway]
Kind=http
Channel=sms
OnUncertain=stop
[Http]
Url=http://127.0.0.1:22491/send
Body={"reference": "{{reference}}"}
Reply=200 -> handed
Reply=404 -> permanent unknown-subscriber
Reply=503 -> transient busy
[Receipt]
Verify=reference
Reference=ref
State=type
Code=code
Report=1 -> delivered
Report=2 -> failed not-delivered
END
conf << 'END'
[Service]
Sandbox=yes
ReceiptsListen=/run/advisd/receipts
[Plan]
SmsWindow=any
END
sd systemd-run -q --unit=sink httpsink -p 22491 -l /run/ledger -s 7 -F status:404:0.15 -F status:503:0.15 -F lost:0:0.1
promise "it starts" sh -c "'$lab' run '$box' systemctl start advisd || { '$lab' run '$box' journalctl -u advisd -n 20 --no-pager; exit 1; }"
n=60
for i in $(seq $n); do
        cpr=$(printf '61%02d70%04d' $((i % 12 + 1)) $((1000 + i)))
        printf '{"type":"citizen","cpr":"%s","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"enrolment","cpr":"%s","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"access","mailbox":"%s","sms":{"number":"201234%02d","verified":"2014-08-01T00:00:00Z"},"at":"2014-08-01T00:00:00Z"}\n' \
                "$cpr" "$i"
        printf '{"type":"message","id":"%08d-0000-4000-8000-000000000000","cpr":"%s","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
                "$i" "$cpr" "$(date -u +%FT%TZ)"
done | spool persons.ndjson
of_event() { journal ADVISD_EVENT="$1" "${@:2}"; }
has_event() { of_event "$@" | grep -q .; }
taken() { [ "$(sd sh -c 'wc -l < /run/ledger')" -ge 20 ]; }
promise "alerts leave" until_true 30 taken
promise "some are tried again" until_true 20 has_event ALERT_RETRY
promise "of some nobody knows" until_true 20 has_event ALERT_UNCERTAIN
promise "some end badly" until_true 20 has_event ALERT_DONE ADVISD_STATE=rejected
report() { # of one that is handed, whichever it is
        sd sh -c 'while read -r ref; do curl -s -o /dev/null --unix-socket /run/advisd/receipts "http://post/receipts/kannel?ref=$ref&type=1&code=0"; done < /run/ledger'
        has_event ALERT_DONE ADVISD_STATE=delivered
}
promise "reports come" until_true 20 report
sd advisctl hold all --reason test > /dev/null
sd advisctl release all --reason test > /dev/null
sd advisctl gateway pause kannel > /dev/null
promise "a reload" sd systemctl reload advisd

# A storm: many files, each with more bad lines than are told of one.
told=20 files=40
sd mkdir /run/bad
yes '{"type":"message"}' | head -n $((told + 5)) | put /run/bad/lines
sd sh -c "chown -R producer:advisd-spool /run/bad; cd /run/bad; for i in \$(seq $files); do
        runuser -u producer -- cp lines /var/spool/advisd/tmp/bad\$i.ndjson; runuser -u producer -- mv /var/spool/advisd/tmp/bad\$i.ndjson /var/spool/advisd/new/; done"
all_taken() { [ "$(of_event FILE_ADMITTED -o json | grep -c '"ADVISD_FILE":"bad')" = "$files" ]; }
promise "$files bad files are taken" until_true 30 all_taken
# a storm that is not over is told at the end; or by a timer, when nothing of its kind follows
counted() { of_event STORM -o json ADVISD_STORM_EVENT=LINE_REJECTED | jq -s 'map(.ADVISD_STORM_COUNT | tonumber) | add // 0'; }
entries() { of_event LINE_REJECTED -o json | wc -l; }
is_whole() { [ $(($(counted) + $(entries))) = $((told * files)) ]; }
promise "what was not said was counted, and the count is told without another" until_true 30 is_whole
promise "it is short: $(entries) entries of $((told * files)) faults" [ "$(entries)" -lt $((told * files / 2)) ]
promise "it stops" sd systemctl stop advisd

# --- every entry -----------------------------------------------------------------------------------

journal -o json SYSLOG_IDENTIFIER=advisd > "$TMPDIR/all.json"
# what each id promises, as log-ids.h says it: NAME MESSAGE_ID FIELDS…
sed -n 's/^        X(\([A-Z_]*\),[^"]*"\([0-9a-f]*\)", "[^"]*", "\([^"]*\)").*/\1 \2 \3/p' include/base/log-ids.h > "$TMPDIR/ids"
want "all ids are read" "$(grep -c '^        X(' include/base/log-ids.h)" "$(wc -l < "$TMPDIR/ids")"
jq -Rn '[inputs | split(" ") | {key: .[0], value: {id: .[1], fields: (.[2:] | map(select(. != "")))}}] | from_entries' "$TMPDIR/ids" > "$TMPDIR/ids.json"
want "every entry of info and above has its MESSAGE_ID" "" "$(jq -r --slurpfile ids "$TMPDIR/ids.json" '
        select((.PRIORITY | tonumber) <= 6) | select(.MESSAGE_ID == null or .MESSAGE_ID != $ids[0][.ADVISD_EVENT].id) | .MESSAGE' "$TMPDIR/all.json")"
want "and every field that is promised" "" "$(jq -r --slurpfile ids "$TMPDIR/ids.json" '
        select((.PRIORITY | tonumber) <= 6) | . as $e | $ids[0][.ADVISD_EVENT].fields[] | select($e["ADVISD_" + .] == null) | $e.ADVISD_EVENT + " lacks " + .' \
        "$TMPDIR/all.json" | sort -u)"
want "delays are numbers" "" "$(jq -r 'to_entries[] | select(.key | test("^ADVISD_DELAY_._USEC$")) | .value | select(test("^[0-9]+$") | not)' "$TMPDIR/all.json" | sort -u)"
want "what was reported has the fifth" "" "$(jq -r 'select(.ADVISD_OUTCOME == "delivered") | select(.ADVISD_DELAY_E_USEC == null) | .MESSAGE' "$TMPDIR/all.json")"
want "no field stands unfilled" "" "$(sd journalctl -u advisd -x --no-pager | grep -oE '(^| )ADVISD_[A-Z]+( |$)' | sort -u)"
want "nobody is named" "" "$(grep -aoE '61[01][0-9]70[0-9]{4}|201234[0-9]{2}' "$TMPDIR/all.json" | head -n 3)"

# --- every query of the manual ---------------------------------------------------------------------

sed -n '/^\.Sh JOURNAL/,/^\.Sh METRICS/p' systemd/advisd.8 | grep '^journalctl ' > "$TMPDIR/queries"
promise "the manual has queries: $(wc -l < "$TMPDIR/queries")" [ "$(wc -l < "$TMPDIR/queries")" -ge 8 ]
while read -r query; do
        query=${query//\\e/\\}
        out=$(sd sh -c "$query" 2>&1 < /dev/null) && ! grep -q -- '-- No entries --' <<< "$out"
        want "$query" "0 yes" "$? $([ -n "$out" ] && echo yes)"
done < "$TMPDIR/queries"

done_with_promises
