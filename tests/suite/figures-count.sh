#!/bin/bash
# The figures, twice: by intake, store and stats (tests/figures/store-figures.c), and by a program that shares nothing
# with them and reads the event files (tests/figures/count.pl); over a synthetic Denmark (tests/demo) that promises
# what must come out. The same with the daemon and advisctl: tests/suite/figures.sh.
# shellcheck disable=SC2317 # functions are called by promise
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1

build_parts "$B/tests/demo/denmark" "$B/tests/figures/store-figures" || exit 1
denmark=$B/tests/demo/denmark

# columns NAME…  : these columns of a CSV on stdin, found by their headings, without the heading, sorted
columns() {
        awk -F, -v want="$*" '
                NR == 1 { n = split(want, w, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
                { for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? "," : "\n" }' | LC_ALL=C sort
}
all="area age sex population residents enrolled voluntary automatic not_said exempt neither none unknown enrolled_pct exempt_pct neither_pct"
bys="country region municipality age sex municipality,age,sex region,age,sex"

# count NAME DATE FILE… and store NAME DATES FILE… : both write NAME-DATE/WHAT.csv and NAME-DATE/apart.json
count() {
        local dir=$TMPDIR/$1-$2 date=$2 by=() b
        shift 2
        mkdir -p "$dir"
        for b in $bys; do by+=(--by "$b"); done
        tests/figures/count.pl --date "$date" --municipalities "$dk/figures/municipalities.csv" \
                --population "$dk/figures/population.csv" "${by[@]}" --out "$dir" "$@"
}
store() {
        local name=$1 dates=$2 by d
        shift 2
        read -ra by <<< "$bys"
        rm -rf "$TMPDIR/work" && mkdir -p "$TMPDIR/work" || return
        for d in ${dates//,/ }; do mkdir -p "$TMPDIR/$name-$d"; done
        "$B/tests/figures/store-figures" "$TMPDIR/work" "$dates" "$dk/figures/municipalities.csv" \
                "$dk/figures/population.csv" "$TMPDIR/$name" "${by[@]}" -- "$@"
}
# same DIR DIR : every cell of every table, and those apart
same() {
        local b
        for b in $bys; do
                diff <(columns "$all" < "$1/$b.csv") <(columns "$all" < "$2/$b.csv") || return
        done
        diff "$1/apart.json" "$2/apart.json"
}

# --- what the generator promises -------------------------------------------------------------------

dk=$TMPDIR/dk
promise "one in a hundred of Denmark" "$denmark" --out "$dk" --scale 100 --messages 500 --traps 200
events=("$dk"/register/*.ndjson)
day=2014-08-24
promise "the second program counts it" count count $day "${events[@]}"
want "week 34: 52.6 % enrolled, 6.1 % exempt, 41.3 % neither" "0000,15+,all,46754,46754,24593,2852,52.6,6.1,41.3" \
        "$(columns area age sex population residents enrolled exempt enrolled_pct exempt_pct neither_pct < "$TMPDIR/count-$day/country.csv")"
# without Christiansø, which has no line in a table of municipalities
promise "every municipality, age and sex holds whom it was promised, to the person" diff \
        <(columns area age sex population enrolled exempt < "$dk/truth.csv" | grep -v ^0411,) \
        <(columns area age sex population enrolled exempt < "$TMPDIR/count-$day/municipality,age,sex.csv" | grep -v ^0000,)
want "the population is whole: 99 areas, five-year groups, both sexes, both quarters" 8316 "$(grep -c '^[0-9]' "$dk/figures/population.csv")"
want "every number is of the safe shape" "" "$(cat "${events[@]}" "$dk"/mailing/* | LC_ALL=C grep -aoE '"(cpr|mailbox|from|to)":"[0-9]*"|recipientID>[0-9]{10}<' | grep -vE '[":>][6-9][0-9]{9}[<"]')"
# of the enrolled residents; the enrolled abroad have an access, too
contact() {
        perl -ne 'if (/"cpr":"(\d+)".*"status":"abroad"/) { $away{$1} = 1 }
                elsif (($who) = /"type":"access","mailbox":"(\d+)"/ and !/"reader"/ && !$away{$who}) {
                        $mail{$who} = 1 if /"address":"[^"]*","verified":"/;
                        $sms{$who} = 1 if /"number":"\d+","verified":"/ }
                END { print keys(%mail) + 0, " ", keys(%sms) + 0, "\n" }' "$dk"/register/[14]-*.ndjson "$dk/register/3-accesses.ndjson"
}
want "of 24593 enrolled 87 % gave an e-mail address and 73 % a mobile number" "21396 17953" "$(contact)"
want "messages are as many as asked for" 500 "$(grep -c '"type":"message"' "$dk/mailing/messages.ndjson")"
promise "the same seed" "$denmark" --out "$TMPDIR/again" --scale 100 --messages 500 --traps 200
promise "writes the same bytes" diff -r "$dk" "$TMPDIR/again"
promise "another seed" "$denmark" --out "$TMPDIR/other" --scale 100 --messages 500 --seed 2
promise "keeps the promises" cmp "$dk/truth.csv" "$TMPDIR/other/truth.csv"
want "with other people" different "$(cmp -s "$dk/register/1-citizens.ndjson" "$TMPDIR/other/register/1-citizens.ndjson" || echo different)"

# --- two programs, one truth -----------------------------------------------------------------------

# week 34, a day within the contradictions, before and after a change of clocks, at the register's beginning, days ahead:
# week 39, the eve of the law's day, and that day
days="$day 2014-08-01 2014-03-29 2014-03-30 2012-02-29 2011-11-28 2014-09-28 2014-10-31 2014-11-01"
promise "intake and store take it all" store store "${days// /,}" "${events[@]}"
for d in $days; do
        [ "$d" = $day ] || promise "count $d" count count "$d" "${events[@]}"
        promise "all cells of $d are equal" same "$TMPDIR/count-$d" "$TMPDIR/store-$d"
done
cat "${events[@]}" | shuf --random-source=<(yes) > "$TMPDIR/shuffled.ndjson"
promise "in any order of arrival" store shuffled 2014-08-01 "$TMPDIR/shuffled.ndjson"
promise "the same bytes come out" diff -r "$TMPDIR/store-2014-08-01" "$TMPDIR/shuffled-2014-08-01"
promise "and from the second program" count again 2014-08-01 "$TMPDIR/shuffled.ndjson"
promise "the same bytes, too" diff -r "$TMPDIR/count-2014-08-01" "$TMPDIR/again-2014-08-01"

# --- at the edges ----------------------------------------------------------------------------------

# few people, and every one of them at an edge: birthdays around the days that are counted, midnights, late, repeated,
# corrected, moved, dead, numbers that change; the seed stands in the file's first line
seed=${FIGURES_SEED:-$RANDOM}
edge_days=2014-08-24,2014-09-28,2014-10-31,2014-11-01
echo "edges of seed $seed: again with FIGURES_SEED=$seed"
promise "people at the edges" tests/figures/edges.pl --seed "$seed" --days "$edge_days" --municipalities "$dk/figures/municipalities.csv" \
        --persons 3000 --out "$TMPDIR/edges.ndjson"
promise "are taken" store edges "$edge_days" "$TMPDIR/edges.ndjson"
for d in ${edge_days//,/ }; do
        promise "counted $d" count edges-count "$d" "$TMPDIR/edges.ndjson"
        promise "and all cells are equal" same "$TMPDIR/edges-count-$d" "$TMPDIR/edges-$d"
done
for i in 1 2 3 4 5 6 7 8 9 10; do
        shuf --random-source=<(yes "$i") "$TMPDIR/edges.ndjson" > "$TMPDIR/edges-$i.ndjson"
        promise "shuffle $i" store "edges$i" "$edge_days" "$TMPDIR/edges-$i.ndjson"
        for d in ${edge_days//,/ }; do
                promise "$d: the same bytes" diff -r "$TMPDIR/edges-$d" "$TMPDIR/edges$i-$d"
        done
done

done_with_promises
