# shellcheck shell=bash
# Sourced by suites that work on advisd as a service in a machine of tests/lab/sdboot.sh: what they all say of it.
#
# Wants $TMPDIR and the functions of tests/suite/lib.sh. Gives: $lab, $box, a synthetic person, and a clean end.
lab=tests/lab/sdboot.sh
box=$TMPDIR/sd
CPR=6101011234 PHONE=20123456 ADDRESS=jens@borger.test # a synthetic person: day of birth + 60
export CPR PHONE ADDRESS

sd() { $lab run "$box" "$@"; }
as() { sd runuser -u "$@"; }            # as USER -- COMMAND…
put() { sd tee "$1" > /dev/null; }      # put PATH < TEXT
journal() {
        sd journalctl --sync
        sd journalctl -u advisd --no-pager -o cat "$@"
}
of_unit() { sd systemctl show advisd -p "$1" --value; }
is_of_unit() { [ "$(of_unit "$1")" = "$2" ]; }
# What was said since mark(), by the id of the entry.
mark() { mark=$(sd date '+%F %T.%6N'); }
said() { journal --since "$mark" ADVISD_EVENT="$1" | grep -q "${2:-.}"; }
alerts() { sd find /var/lib/advisd/outbox -name '*.sms' | wc -l; }
has_alerts() { [ "$(alerts)" -ge "$1" ]; }
conf() { put /etc/advisd/advisd.conf.d/50-test.conf; }

# event_person: the lines that make the person known, with both addresses
event_person() {
        echo "{\"type\":\"citizen\",\"cpr\":\"$CPR\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"2014-01-01T00:00:00Z\"}"
        echo "{\"type\":\"enrolment\",\"cpr\":\"$CPR\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"2014-01-01T00:00:00Z\"}"
        printf '{"type":"access","mailbox":"%s","sms":{"number":"%s","verified":"2014-01-01T00:00:00Z"},' $CPR $PHONE
        printf '"emails":[{"address":"%s","verified":"2014-01-01T00:00:00Z"}],"at":"2014-01-01T00:00:00Z"}\n' $ADDRESS
}
# event_message N: one line, for that person
event_message() {
        printf '{"type":"message","id":"7b1f2c8e-1111-4222-8333-%012d","cpr":"%s","kind":"digitalpost",' "$1" $CPR
        printf '"sender":{"cvr":"34051178","label":"SKAT"},"available":"%s"}\n' "$(date -u '+%FT%TZ')"
}
# spool NAME < EVENTS: as a producer does it
spool() {
        as producer -- sh -c "cat > /var/spool/advisd/tmp/$1 && mv /var/spool/advisd/tmp/$1 /var/spool/advisd/new/$1"
}

service_cleanup() {
        [ ! -e "$box.pid" ] || $lab stop "$box"
        lib_cleanup
}
trap service_cleanup EXIT
