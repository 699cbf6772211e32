#!/bin/bash
# What one SMS over HTTP costs: wrk and our channel against the same sink, in turn, medians of ROUNDS (3).
#   tests/bench/http.sh [ROUNDS]
# wrk sends one prepared request over and over; the channel fills a template for each, reads the answer as JSON, maps
# it to an outcome and gives that back. Both have one thread, the sink another.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
rounds=${1:-3}
make -s B="$B" "$B/tests/sinks/httpsink" "$B/tests/suite/carry-driver"
command -v wrk > /dev/null || { echo "http.sh: needs the package wrk" >&2; exit 1; }
W=$(mktemp -d)
"$B/tests/sinks/httpsink" -b > "$W/sink" &
sink=$!
trap 'kill $sink; rm -rf "$W"' EXIT
until grep -q listening "$W/sink"; do sleep 0.05; done
url=http://127.0.0.1:$(sed -n 's/^listening //p' "$W/sink")/sms
text=$(printf 'x%.0s' {1..130})
item='{"to":"{{to}}","from":"{{sender}}","reference":"{{reference}}","text":"{{text}}"}'

cat > "$W/post.lua" << LUA
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"to":"+4520123456","from":"DigitalPost","reference":"aaaaaaaaaaaaaaaaaaaaaaaaaaaa","text":"$text"}'
LUA
gateway() { # NAME LINES…
        local name=$1
        shift
        printf '%s\n' '[Gateway]' 'Kind=http' 'Channel=sms' 'InFlight=256' '[Http]' "Url=$url" "$@" > "$W/$name.conf"
}
gateway single "Body=$item" 'Id=results.0.id' 'Reply=200 results.0.status taken -> handed'
for n in 10 100; do
        gateway "batch$n" "Batch=$n" 'Body={"messages":[{{items}}]}' "Item=$item" 'Results=results' 'Match=reference' \
                'Id=id' 'Reply=200 status taken -> handed'
done
sed -i 's/InFlight=256/InFlight=4096/' "$W/batch100.conf"

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }
drive() { # NAME CARRIES
        "$B/tests/suite/carry-driver" -n "$2" -t "$text" "$W/$1.conf" > "$W/out"
        number per_s < "$W/out" >> "$W/$1.rate"
        number cpu_us < "$W/out" >> "$W/$1.cpu"
}
for _ in $(seq "$rounds"); do
        wrk -t1 -c16 -d2 -s "$W/post.lua" "$url" | awk '/Requests\/sec/ { printf "%d\n", $2 }' >> "$W/wrk.rate"
        drive single 60000
        drive batch10 300000
        drive batch100 600000
done
wrk_rate=$(median "$W/wrk.rate")
printf '%-28s %9s %14s\n' '' 'SMS/s' 'CPU us each'
printf '%-28s %9d\n' 'wrk, 16 connections' "$wrk_rate"
for name in single batch10 batch100; do
        printf '%-28s %9d %14.1f\n' "channel, $name" "$(median "$W/$name.rate")" "$(median "$W/$name.cpu")"
done
awk -v a="$(median "$W/single.rate")" -v b="$wrk_rate" 'BEGIN { printf "single / wrk %.2f\n", a / b }'
