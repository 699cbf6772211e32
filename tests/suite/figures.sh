#!/bin/bash
# The figures, twice, whole: event files through the spool of a running advisd and out of `advisctl figures`, and by a
# program that shares nothing with them (count.pl) out of the same files. All cells equal, on several days; and the same
# bytes whatever the order of arrival, and from a store without its daemon.
# shellcheck disable=SC2317 # functions are called by promise
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
build_parts "$B/tests/demo/denmark" || exit 1
scale=${FIGURES_SCALE:-64} # 1/64: 200,000 events
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
dk=$TMPDIR/dk
events=("$dk"/register/{1-citizens,2-enrolments,3-accesses,4-late}.ndjson)
all="area age sex population residents enrolled voluntary automatic not_said exempt neither none unknown enrolled_pct exempt_pct neither_pct"
bys="country region municipality age sex municipality,age,sex region,age,sex"

# columns NAMES : these columns of a CSV on stdin, found by their headings, without the heading, sorted
columns() {
        awk -F, -v want="$*" '
                NR == 1 { n = split(want, w, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
                { for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? "," : "\n" }' | LC_ALL=C sort
}

# instance NAME : a configuration, a key, a spool
instance() {
        local dir=$TMPDIR/$1
        mkdir -p "$dir/conf/gateways.d" "$dir/state" "$dir/spool"
        "$advisd" --new-key "$dir/key"
        for channel in sms email; do
                printf '[Gateway]\nKind=outbox\nChannel=%s\n%s\n[Outbox]\nDirectory=outbox/%s\n' "$channel" \
                        "$([ "$channel" = sms ] || echo Sender=noreply@post.test)" "$channel" > "$dir/conf/gateways.d/$channel.conf"
        done
        cat > "$dir/conf/advisd.conf" << END
[Service]
StateDirectory=$dir/state
MasterKeyFile=$dir/key
ControlSocket=$dir/control
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=$dir/spool
[Texts]
TemplateDirectory=$TOP/conf/templates
[Figures]
PopulationFile=$dk/figures/population.csv
MunicipalitiesFile=$dk/figures/municipalities.csv
END
}
is_up() { "$advisctl" --config "$TMPDIR/$1/conf" status; }
# Not inside a promise: that is a shell of its own, and the daemon must be this one's child.
launch() {
        background "$advisd" --config "$TMPDIR/$1/conf" > "$TMPDIR/$1/log" 2>&1
        pid=$!
}
is_drained() { [ -z "$(ls "$TMPDIR/$1/spool/new")" ]; }
# spool NAME FILE… : as a producer does, and until all is committed
spool() {
        local name=$1 file
        shift
        for file; do
                cp "$file" "$TMPDIR/$name/spool/tmp/" && mv "$TMPDIR/$name/spool/tmp/${file##*/}" "$TMPDIR/$name/spool/new/" || return
        done
        until_true 200 is_drained "$name"
}
# ask NAME DIR DATE
ask() {
        local b
        mkdir -p "$2"
        for b in $bys; do
                "$advisctl" --config "$TMPDIR/$1/conf" figures --date "$3" --by "$b" --format csv --locale C > "$2/$b.csv" || return
        done
        "$advisctl" --config "$TMPDIR/$1/conf" figures --date "$3" --format json | tr -d ' \n' |
                grep -o '"abroad":{[^}]*},"apart":{[^}]*}' > "$2/apart.json"
}
count() {
        local dir=$1 date=$2 by=() b
        shift 2
        mkdir -p "$dir"
        for b in $bys; do by+=(--by "$b"); done
        tests/figures/count.pl --date "$date" --municipalities "$dk/figures/municipalities.csv" \
                --population "$dk/figures/population.csv" "${by[@]}" --out "$dir" "$@" && sed -i 's/}}$/}/' "$dir/apart.json"
}
# same DIR DIR : every cell of every table, and those apart
same() {
        local b
        for b in $bys; do
                diff <(columns "$all" < "$1/$b.csv") <(columns "$all" < "$2/$b.csv") || return
        done
        diff "$1/apart.json" "$2/apart.json"
}

promise "a part of Denmark" "$B/tests/demo/denmark" --out "$dk" --scale "$scale" --messages 0 --traps 200
days="2014-08-24 2014-08-17 2014-08-01 2014-03-30 2012-02-29"
# beside the first one, which is taking them in
(for d in $days; do count "$TMPDIR/count-$d" "$d" "${events[@]}" || exit; done) &
counting=$!

promise "an instance" instance one
launch one
promise "it starts" until_true 20 is_up one
promise "it takes the events" spool one "${events[@]}"
wait "$counting"
want "the second program counts them" 0 $?
for d in $days; do
        promise "advisctl answers for $d" ask one "$TMPDIR/one-$d" "$d"
        promise "all cells of $d are equal" same "$TMPDIR/one-$d" "$TMPDIR/count-$d"
done
want "week 34 in one sentence" "uge 34, 2014: tilmeldt 52,6 pct. · fritaget 6,1 pct. · hverken 41,3 pct." \
        "$("$advisctl" --config "$TMPDIR/one/conf" figures --week 2014-W34 | grep -o 'uge 34, 2014: .*pct\.')"
fyn=Assens,Faaborg-Midtfyn,Kerteminde,Langeland,Middelfart,Nordfyns,Nyborg,Odense,Svendborg,Ærø
"$advisctl" --config "$TMPDIR/one/conf" figures --week 2014-W34 --by municipality --area $fyn --format csv --locale C |
        columns area population enrolled exempt > "$TMPDIR/fyn.csv"
want "ten municipalities of Fyn and their sum" "11 $(awk -F, '$1 != "sum" { p += $2; e += $3; x += $4 } END { print "sum," p "," e "," x }' "$TMPDIR/fyn.csv")" \
        "$(wc -l < "$TMPDIR/fyn.csv") $(grep ^sum "$TMPDIR/fyn.csv")"
# every count, from population to unknown, along both ways
sums() { columns population residents enrolled voluntary automatic not_said exempt neither none unknown |
        awk -F, '{ for (i = 1; i <= NF; i++) n[i] += $i } END { for (i = 1; i in n; i++) printf "%d ", n[i] }'; }
row() { "$advisctl" --config "$TMPDIR/one/conf" figures --week 2014-W34 "$@" --format csv --locale C; }
country=$(row --by country | sums)
want "98 municipalities and Christiansø are the country in every column" "$country" \
        "$({ row --by municipality | grep -v ',0000,'; row --area 0411 | tail -n 1; } | sums)"
want "and so are the five regions" "$country" "$(row --by region | grep -v ',0000,' | sums)"
sed -i "s|^PopulationFile=.*|PopulationFile=$TOP/conf/figures/population.csv|" "$TMPDIR/one/conf/advisd.conf"
promise "with the real population" "$advisctl" --config "$TMPDIR/one/conf" reload
want "Fyn had 407,008 people aged 15 or more in the third quarter and 408,434 in the fourth" "sum,407008 sum,408434" \
        "$(for d in 2014-08-24 2014-10-01; do "$advisctl" --config "$TMPDIR/one/conf" figures --date "$d" --area $fyn --format csv --locale C |
                columns area population | grep ^sum; done | xargs)"
sed -i "s|^PopulationFile=.*|PopulationFile=$dk/figures/population.csv|" "$TMPDIR/one/conf/advisd.conf"
promise "with that of the part again" "$advisctl" --config "$TMPDIR/one/conf" reload
want "every fourth week is enough to be near each" "4 2 2" \
        "$("$advisctl" --config "$TMPDIR/one/conf" figures snapshot --since 2014-W20 --every 4 | grep -c kept) $(
        "$advisctl" --config "$TMPDIR/one/conf" figures snapshot --since 2014-W20 --every 9 > /dev/null 2>&1; echo $?) $(
        "$advisctl" --config "$TMPDIR/one/conf" figures snapshot --every 4 > /dev/null 2>&1; echo $?)"
promise "a day between them" ask one "$TMPDIR/replayed" 2014-08-01
promise "is worked out to the same bytes" diff -r "$TMPDIR/one-2014-08-01" "$TMPDIR/replayed"
promise "a week that is over is counted and kept" "$advisctl" --config "$TMPDIR/one/conf" figures snapshot
promise "its figures come from there" ask one "$TMPDIR/kept" 2014-08-17
promise "and are the same bytes" diff -r "$TMPDIR/one-2014-08-17" "$TMPDIR/kept"
mkdir "$TMPDIR/www"
promise "its figures are published" "$advisctl" --config "$TMPDIR/one/conf" figures publish --week 2014-W33 "$TMPDIR/www"
promise "a page" grep -q '<html lang="da">' "$TMPDIR/www/latest/index.html"
want "a file for each municipality" 98 "$(find "$TMPDIR/www/latest/municipality" -name '*.json' | wc -l)"
want "in which no count is from 1 to 4" 0 "$(cat "$TMPDIR"/www/latest/municipality/*.json "$TMPDIR/www/latest/report.json" |
        grep -cE '"(enrolled|voluntary|automatic|not_said|exempt|none|unknown|residents|neither|sms_only|both|proven|post)": [1-4],?$')"
want "a day that is not over is not kept" 1 "$("$advisctl" --config "$TMPDIR/one/conf" figures snapshot --date 2014-08-24 > /dev/null 2>&1; echo $?)"
promise "the sums are what the rows say" "$advisctl" --config "$TMPDIR/one/conf" verify
kill -TERM "$pid"
wait "$pid"
want "it stops" 0 $?
promise "without the daemon" ask one "$TMPDIR/offline" 2014-08-01
promise "the same bytes" diff -r "$TMPDIR/one-2014-08-01" "$TMPDIR/offline"

cat "${events[@]}" | shuf --random-source=<(yes) > "$TMPDIR/shuffled.ndjson"
split -n l/2 --additional-suffix=.ndjson "$TMPDIR/shuffled.ndjson" "$TMPDIR/half-"
promise "another instance" instance two
launch two
promise "starts" until_true 20 is_up two
promise "and takes a half of them in any order" spool two "$TMPDIR/half-aa.ndjson"
for d in 2014-08-01 2014-08-17; do
        promise "it keeps $d" "$advisctl" --config "$TMPDIR/two/conf" figures snapshot --date "$d"
done
"$advisctl" --config "$TMPDIR/two/conf" figures --date 2014-08-01 --by municipality,age --format csv --locale C | columns "$all" > "$TMPDIR/first.csv"
promise "then takes the rest" spool two "$TMPDIR/half-ab.ndjson"
for d in 2014-08-01 2014-08-17; do
        promise "it answers for $d" ask two "$TMPDIR/any-order-$d" "$d"
        promise "the same bytes come out" diff -r "$TMPDIR/one-$d" "$TMPDIR/any-order-$d"
done
"$advisctl" --config "$TMPDIR/two/conf" figures --date 2014-08-01 --by municipality,age --first --format csv --locale C | columns "$all" > "$TMPDIR/as-first.csv"
promise "what it was at first is kept beside" cmp "$TMPDIR/first.csv" "$TMPDIR/as-first.csv"
want "and told to be revised" revised "$("$advisctl" --config "$TMPDIR/two/conf" figures --date 2014-08-01 --json | grep -o 'revised')"
promise "with its causes" grep -q 'enrolments told late' <("$advisctl" --config "$TMPDIR/two/conf" figures snapshots)
promise "the kept counts are what the rows say" "$advisctl" --config "$TMPDIR/two/conf" verify
kill -TERM "$pid"
wait "$pid"
want "it stops, too" 0 $?

done_with_promises
