#!/bin/bash
# Kind=http against a gateway that misbehaves at rates and keeps a ledger of what it took: what we say became of each
# alert is compared with that, one by one.
. "$(dirname "$0")/lib.sh"
driver=$B/tests/suite/carry-driver
sink=$B/tests/sinks/httpsink
promise "the parts are built" build_parts "$driver" "$sink"

port_of() { sed -n 's/^listening //p' "$1"; }

# sink_start NAME OPTIONS…: its port in $port
sink_start() {
        local name=$1
        shift
        : > "$TMPDIR/$name.ledger"
        background "$sink" -l "$TMPDIR/$name.ledger" "$@" > "$TMPDIR/$name.sink"
        until_true 5 grep -q listening "$TMPDIR/$name.sink"
        port=$(port_of "$TMPDIR/$name.sink")
}

# drive NAME CARRIES: through NAME.conf; outcomes in NAME.out, the last line in NAME.json
drive() {
        promise "$1: every carry comes back exactly once" \
                sh -c "'$driver' -n $2 -o '$TMPDIR/$1.out' '$TMPDIR/$1.conf' > '$TMPDIR/$1.json'"
        cat "$TMPDIR/$1.json"
        # shellcheck disable=SC2119
        awk '{ print $1 > FILENAME "." $2 }' "$TMPDIR/$1.out"
        local kind
        for kind in handed transient permanent stop uncertain unsent; do
                touch "$TMPDIR/$1.out.$kind"
                sort -o "$TMPDIR/$1.out.$kind" "$TMPDIR/$1.out.$kind"
        done
        sort "$TMPDIR/$1.ledger" > "$TMPDIR/$1.taken"
}

# Lines of the first that are (not) in the second.
common() { comm -12 "$1" "$2" | wc -l; }
missing() { comm -23 "$1" "$2" | wc -l; }

compare() {
        local o=$TMPDIR/$1.out t=$TMPDIR/$1.taken kind
        want "$1: nothing was taken twice" 0 "$(uniq -d "$t" | wc -l)"
        want "$1: all that is called handed was taken" 0 "$(missing "$o.handed" "$t")"
        for kind in transient permanent stop unsent; do
                want "$1: nothing that is called $kind was taken" 0 "$(common "$o.$kind" "$t")"
        done
        sort "$o.handed" "$o.uncertain" > "$o.may"
        want "$1: all that was taken is called handed or uncertain" 0 "$(missing "$t" "$o.may")"
}

faults=(-F status:503:0.03 -F status:429:0.01 -F status:400:0.02 -F status:401:0.002 -F drop:0:0.01 -F garbage:0:0.005
        -F lost:0:0.01 -F half:0:0.01 -F cut:0:0.01 -F silent:0:0.002 -F delay:20:0.02 -A 1)

head_of() { # CHANNEL-WIDE-LINES
        printf '[Gateway]\nKind=http\nChannel=sms\nTimeout=1s\n[Http]\n'
}

sink_start single "${faults[@]}"
{
        head_of
        echo "Url=http://127.0.0.1:$port/sms"
        echo 'Body={"to":"{{to}}","reference":"{{reference}}","text":"{{text}}"}'
        printf 'Id=id\nReply=200 status taken -> handed\nReply=400 -> permanent refused\n'
} > "$TMPDIR/single.conf"
drive single 20000
compare single
for kind in handed transient permanent stop uncertain; do
        promise "single: some are $kind" test -s "$TMPDIR/single.out.$kind"
done
promise "single: the gateway's ids come back" grep -q ' handed 200 - 1$' "$TMPDIR/single.out"
promise "single: lost answers are uncertain" grep -Eq ' uncertain 0 (closed-unanswered|connection-lost)' "$TMPDIR/single.out"
promise "single: silence is uncertain" grep -q ' uncertain 0 answer-timeout' "$TMPDIR/single.out"
promise "single: half answers are uncertain" grep -q ' uncertain 200 reply-cut-short' "$TMPDIR/single.out"

sink_start query "${faults[@]}"
{
        head_of
        echo "Url=http://127.0.0.1:$port/sms?to={{msisdn}}&reference={{reference}}&text={{text}}"
        printf 'Method=GET\nReply=200 -> handed\nReply=400 -> permanent refused\n'
} > "$TMPDIR/query.conf"
drive query 10000
compare query

sink_start batch -b "${faults[@]}" -F entry:0:0.02 -F missing:0:0.01
{
        head_of
        echo "Url=http://127.0.0.1:$port/sms"
        echo 'Body={"messages":[{{items}}]}'
        echo 'Item={"to":"{{to}}","reference":"{{reference}}","text":"{{text}}"}'
        printf 'Batch=25\nResults=results\nMatch=reference\nId=id\nReply=200 status taken -> handed\n'
        printf 'Reply=200 status refused -> permanent refused\nReply=400 -> permanent refused\n'
} > "$TMPDIR/batch.conf"
drive batch 50000
compare batch
promise "batch: who is refused is permanent" grep -q ' permanent 200 refused' "$TMPDIR/batch.out"
promise "batch: who is left out is uncertain" grep -q ' uncertain 200 no-entry-in-reply' "$TMPDIR/batch.out"
promise "batch: a refused batch is taken apart" \
        awk '/ permanent 400 /{n++} / handed /{h++} END { exit !(n < 200 && h > 40000) }' "$TMPDIR/batch.out"

# A gateway that dies in the middle, and comes back on the same port.
sink_start dying -D 5
{
        head_of
        echo "Url=http://127.0.0.1:$port/sms"
        echo 'Body={"reference":"{{reference}}"}'
        printf 'Reply=200 -> handed\n'
} > "$TMPDIR/dying.conf"
dying=$!
(sleep 1; kill -KILL $dying; sleep 1; exec "$sink" -p "$port" -l "$TMPDIR/dying.ledger" > "$TMPDIR/dying2.sink") &
background_pids+=($!)
drive dying 30000
compare dying
promise "dying: refused connections are transient" grep -q ' transient 0 connect-failed' "$TMPDIR/dying.out"

done_with_promises
