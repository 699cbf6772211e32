#!/bin/bash
# Which lines and branches the unit tests and the corpora reach, by gcov: one line a file, the least covered first.
# What gcov calls a branch is each way out of each condition. An assert() has one that ends the process: it is compiled
# out here, the only thing that is. "make coverage FILES='plan/ model/text'" says also which branches are never taken.
set -eu
B=build-coverage
export B
make() { command "${MAKE:-make}" --no-print-directory -s -j"$(nproc)" B=$B OPT="-O0 -g -DNDEBUG -w" SAN=--coverage "$@"; }
if [ -d $B ]; then find $B -name '*.gcda' -delete; fi
make unit > $B.log 2>&1 || tail -n 1 $B.log
make corpora > $B.log 2>&1 || tail -n 1 $B.log
rm -f $B.log
mkdir -p $B/gcov
# "File 'src/base/buf.c'", "Lines executed:97.37% of 76", "Taken at least once:88.10% of 42"
find $B/src -name '*.gcda' | while read -r data; do
        source=${data#"$B/"}
        source=${source%.gcda}.c
        gcov -b -o "${data%/*}" "$data" 2> /dev/null | awk -F"'" -v want="$source" '
                /^File/ { file = $2; lines = n = 0 }
                /^Lines executed/ && file == want { split($0, part, /[:% ]+/); lines = part[3]; n = part[5] }
                /^No branches/ && file == want { printf "%6.1f %%  %6.1f %%  %5d lines      0 branches  %s\n", lines, 100, n, file }
                /^Taken at least/ && file == want {
                        split(substr($0, index($0, ":") + 1), part, /[% ]+/)
                        printf "%6.1f %%  %6.1f %%  %5d lines  %5d branches  %s\n", lines, part[1], n, part[3], file
                }'
        for wanted in ${FILES:-}; do
                case $source in
                src/"$wanted"*)
                        awk -v f="$source" '/^ *[0-9#=-]+\*?: *[0-9]+:/ { split($0, part, ":"); line = part[2] + 0 }
                                /^branch.*(taken 0%|never executed)/ { print f ":" line ": " $0 }' \
                                "$(basename "$source").gcov" >> $B/gcov/untaken.new
                        ;;
                esac
        done
        rm -f ./*.gcov
done > $B/gcov/index
awk '{ hit += $1 * $5 / 100; all += $5; taken += $3 * $7 / 100; ways += $7; print }
        END { if (all) printf "%6.1f %%  %6.1f %%  %5d lines  %5d branches  all\n", hit * 100 / all, taken * 100 / ways, all, ways }' \
        $B/gcov/index | sort -n > $B/index.txt
cat $B/index.txt
if [ -f $B/gcov/untaken.new ]; then sort -u $B/gcov/untaken.new; fi
rm -rf $B/gcov
