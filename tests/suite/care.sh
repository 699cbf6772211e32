#!/bin/bash
# The care of data, with a real daemon under load: a copy of the store and what is restored from it, with the right key, with
# none, with another; a person that is forgotten; a master key that is left behind. All persons are synthetic.
# shellcheck disable=SC2317 # functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl"

PEOPLE=2000
mkdir backups
outbox_sandbox

awk -v n=$PEOPLE 'BEGIN { for (i = 0; i < n; i++) {
        cpr = sprintf("6102%02d%04d", 10 + int(i / 3000), 1000 + i % 3000)
        printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0561\",\"status\":\"resident\",\"at\":\"2014-08-01T00:00:00Z\"}\n", cpr
        printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"2014-08-20T00:00:00Z\"}\n", cpr
        printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"2%07d\",\"verified\":\"2014-08-01T00:00:00Z\"},\"language\":\"da\",\"at\":\"2014-08-01T00:00:00Z\"}\n", cpr, 1000000 + i
} }' > register.ndjson

ctl() { "$B/advisctl" --config conf "$@"; }
said() {
        "$@" 2> errors
        echo "exit $?"
}
has() { grep -qF -- "$1" <<< "$2"; }
up() {
        background "$B/advisd" --config conf 2>> log
        daemon=$!
        until_true 20 sh -c "'$B/advisctl' --config conf --json status | grep -q '\"running\": true'"
}
down() {
        kill -TERM "$daemon"
        wait "$daemon"
}
admitted() { ctl --json status | jq '[.messages[]] | add'; }
# Files of messages into the spool, until told to stop
load() {
        local n=0
        while [ ! -e enough ]; do
                awk -v n=$n -v people=$PEOPLE 'BEGIN { for (i = 0; i < 100; i++) {
                        k = n * 100 + i
                        printf "{\"type\":\"message\",\"id\":\"8f14e45f-ceea-467f-a0e6-%012d\",\"cpr\":\"6102%02d%04d\",\"kind\":\"digitalpost\",\"sender\":{\"cvr\":\"12345678\"},\"available\":\"2014-08-24T07:59:58Z\"}\n",
                                k, 10 + int(k % people / 3000), 1000 + k % people % 3000
                } }' > "spool/tmp/load-$n.ndjson"
                mv "spool/tmp/load-$n.ndjson" spool/new/
                n=$((n + 1))
                sleep 0.02
        done
}

up
promise "people are loaded" ctl import register.ndjson
load &
loader=$!
until_true 20 sh -c "[ \$('$B/advisctl' --config conf --json status | jq '[.messages[]] | add') -gt 300 ]"
out=$(said ctl backup backups/one.db)
promise "a copy is made under load" has "exit 0" "$out"
promise "it has been counted again" has "everything agrees" "$out"
promise "and names the key that it needs" grep -qE "the master key [0-9a-f]{8}: without" <<< "$out"
want "it is its owner's alone" 600 "$(stat -c %a backups/one.db)"
want "nothing else is left there" one.db "$(ls -A backups)"
want "nor beside the store" "" "$(find state -name '*.copy*' -o -name '*.backup*')"
sum=$(md5sum < backups/one.db)
want "nothing is written over" "exit 1" "$(said ctl backup backups/one.db)"
promise "that is said" grep -q "is there already" errors
want "it is as it was" "$sum" "$(md5sum < backups/one.db)"
want "a folder that is not there is told" "exit 1" "$(said ctl backup nowhere/one.db)"
want "a reason with a person's number is refused" "exit 2" "$(said ctl backup --reason "for 6102101000" backups/two.db)"
mkdir nightly
touch nightly/advisd-2014-01-0{1,2,3}T000000Z.db nightly/other.db
promise "one for each night is kept, the youngest" ctl backup --keep 2 --reason nightly nightly
want "so many, and nothing else is touched" "advisd-2014-01-03T000000Z.db advisd-2014-08-24T*Z.db other.db" \
        "$(cd nightly && echo * | sed -E 's/(2014-08-24T)[0-9]{6}/\1*/')"
want "it is written down" "nightly" "$(ctl --json audit | jq -r '[.audit[] | select(.verb == "backup")][0].reason')"
other=/dev/shm
if [ -w $other ] && [ "$(stat -c %d $other)" != "$(stat -c %d .)" ]; then
        promise "to another disk, too" ctl backup $other/advisd-$$.db
        want "for its owner alone" 600 "$(stat -c %a $other/advisd-$$.db)"
        rm -f $other/advisd-$$.db
fi
touch enough
wait $loader
until_true 20 sh -c "[ -z \"\$(ls spool/new)\" ]"
all=$(admitted)
down

# No key is in it, as bytes or digits
digits=$(tr -d '\n' < conf/master-key)
want "the key is not in it" 0 "$(xxd -p backups/one.db | tr -d '\n' | grep -c "$digits")"
want "nor its digits" 0 "$(grep -c "$digits" backups/one.db)"

# Another key, none, and the right one
rm -f state/advisd.db*
install -m 600 backups/one.db state/advisd.db
id=$(ctl --json verify > /dev/null && grep -oE 'key [0-9a-f]{8}' <<< "$out" | cut -d' ' -f2)
mv conf/master-key right-key
"$B/advisd" --new-key conf/master-key
want "with another key it does not start" 1 "$("$B/advisd" --config conf > said 2>&1; echo $?)"
promise "and names the key that it needs" grep -q "needs the master key $id" said
rm -f conf/master-key
"$B/advisd" --config conf > said 2>&1
promise "without any, it says what is missing" grep -q "master-key" said
mv right-key conf/master-key
promise "with the right one it is whole" ctl verify
want "a hold can be laid before the start" "exit 0" "$(said ctl hold all --reason restored | tail -n 1)"
up
sent=$(find outbox -type f | wc -l)
some=$(admitted)
promise "it is the store of that hour" [ "$some" -ge 300 -a "$some" -lt "$all" ]
promise "and works on" ctl submit - << MSG
{"type":"message","id":"8f14e45f-ceea-467f-a0e6-2b1c3d4e5f60","cpr":"6102101000","kind":"digitalpost","sender":{"cvr":"12345678"},"available":"2014-08-24T07:59:58Z"}
MSG
want "nothing leaves before it is released" "$sent" "$(find outbox -type f | wc -l)"
promise "then it does" ctl release all --reason "seen through"
until_true 20 sh -c "[ \$(find outbox -type f | wc -l) -gt $sent ]"
promise "something did" [ "$(find outbox -type f | wc -l)" -gt "$sent" ]
promise "the laws hold" ctl verify

# One of them is forgotten
one=6102101007
want "what would go is told" "would be forgotten" "$(ctl citizen forget --dry-run --reason "case 7" <<< $one | grep -o "would be forgotten")"
promise "a person is forgotten" ctl citizen forget --reason "case 7" <<< $one
want "and unknown then" "exit 1" "$(said ctl citizen show --reason "case 7" <<< $one)"
want "without a reason nobody is" "exit 2" "$(said ctl citizen forget <<< 6102101008)"
want "nor by an argument" "exit 2" "$(said ctl citizen forget --reason "case 7" 6102101008)"
promise "the laws hold, and all sums agree" ctl verify
down

# A new master key, under load, killed in the middle
rm -f enough
"$B/advisd" --new-key conf/second-key
old=$(jq -r '.keys[0].id' <<< "$(ctl --json keys)")
up
echo "MasterKeyFile=$TMPDIR/conf/second-key $TMPDIR/conf/master-key" > key-line
sed -i "/^\[Service\]/r key-line" conf/advisd.conf
load &
loader=$!
promise "a new key comes by a reload" ctl reload
until_true 20 sh -c "'$B/advisctl' --config conf --json keys | jq -e '.keys | length == 2'"
kill -KILL "$daemon"
wait "$daemon" 2> /dev/null
up
until_true 60 sh -c "'$B/advisctl' --config conf --json keys | jq -e '.keys[0].state == \"removable\"'"
want "after a kill the rotation goes on to its end" "removable current" "$(ctl --json keys | jq -r '[.keys[].state] | join(" ")')"
want "nothing could not be opened" 0 "$(ctl --json keys | jq .unreadable)"
promise "it is written down" jq -e '[.audit[] | select(.verb == "rotate")] | length == 1' <<< "$(ctl --json audit)"
touch enough
wait $loader
until_true 20 sh -c "[ -z \"\$(ls spool/new)\" ]"
down
sed -i "s|^MasterKeyFile=.*|MasterKeyFile=$TMPDIR/conf/second-key|" conf/advisd.conf
rm -f conf/master-key
up
promise "then the old one is needed no more" ctl status
want "a person is found" 104 "$(ctl --json citizen show --reason test <<< 6102101009 | jq .age)"
promise "the laws hold, and all sums agree" ctl verify
promise "a copy needs the new one alone" ctl backup backups/four.db
want "which is another" 1 "$(ctl --json keys | jq --arg old "$old" '[.keys[] | select(.state == "current" and .id != $old)] | length')"
down

# A stopped daemon's store
want "a stopped daemon's store is copied by advisctl" "exit 0" "$(said ctl backup backups/three.db | tail -n 1)"

# Everything as lines, and a store out of them
promise "a stopped store is dumped" ctl dump one.ndjson
want "for its owner alone" 600 "$(stat -c %a one.ndjson)"
want "no number is in it" 0 "$(grep -cE '"6102101[0-9]{3}"|"(\+45)?2100[0-9]{4}"' one.ndjson)"
want "nor is the key" 0 "$(grep -c "$(tr -d '\n' < conf/second-key)" one.ndjson)"
want "nothing is written over" "exit 1" "$(said ctl dump one.ndjson)"
want "nor loaded over a store" "exit 1" "$(said ctl load one.ndjson)"
mkdir old && mv state/advisd.db* old/
head -n -1 one.ndjson > cut.ndjson
want "one that was cut short makes no store" "exit 1" "$(said ctl load cut.ndjson)"
promise "and is told" grep -q "cut short" errors
sed '0,/"state":[5-9]/s/"state":[5-9]/"state":10/' one.ndjson > wrong.ndjson
want "nor does one that does not agree with itself" "exit 1" "$(said ctl load wrong.ndjson)"
promise "and is told, too" grep -q "DIFFERS" errors
want "nothing is left of them" "" "$(find state -name '*.db*' ! -name '*.lock')"
promise "the whole one does" ctl load one.ndjson
promise "the laws hold, and all sums agree" ctl verify
ctl dump - > two.ndjson 2> errors
same() { grep -vE '"table":"(audit|meta)"|^\{"rows"' "$1" | md5sum; }
want "and says the same" "$(same one.ndjson)" "$(same two.ndjson)"
up
promise "a daemon works with it" ctl status
want "a person is found" 104 "$(ctl --json citizen show --reason test <<< 6102101009 | jq .age)"
want "a running one is not loaded over" "exit 1" "$(said ctl load one.ndjson)"
promise "but dumped" ctl dump three.ndjson
down
done_with_promises
