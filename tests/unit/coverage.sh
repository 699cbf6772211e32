#!/bin/bash
# Which lines the unit tests and the corpora reach, by gcov: one line a file, the least covered first.
set -eu
B=build-coverage
export B
make() { command "${MAKE:-make}" --no-print-directory -s -j"$(nproc)" B=$B OPT="-O0 -g" SAN=--coverage "$@"; }
make unit > $B.log 2>&1 || tail -n 1 $B.log
make corpora > $B.log 2>&1 || tail -n 1 $B.log
rm -f $B.log
cd $B
find src -name '*.gcda' -print0 | xargs -0 gcov --relative-only --source-prefix "$PWD/.." > gcov.log 2>&1 || true
# "File 'src/base/buf.c'", then "Lines executed:97.37% of 76"
awk -F"'" '/^File/ { file = $2 }
        /^Lines executed/ && file ~ /^src\/.*\.c$/ {
                split($0, part, /[:% ]+/)
                printf "%6.1f %%  %5d lines  %s\n", part[3], part[5], file
                hit += part[3] * part[5] / 100; all += part[5]; file = ""
        }
        END { if (all) printf "%6.1f %%  %5d lines  all\n", hit * 100 / all, all }' gcov.log | sort -n > index.txt
cat index.txt
