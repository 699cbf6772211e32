#!/bin/bash
# Lets libFuzzer look for new inputs, beginning with the corpus; what crashes is left in build-fuzz/crash/.
# An input worth keeping goes into tests/data/fuzz/NAME/ under a name that says what it is.
#   FUZZ_SECONDS=60 tests/fuzz/explore.sh NAME…
set -euo pipefail
B=build-fuzz
export B
tests/deps.sh deep
for name; do
        ${MAKE:-make} --no-print-directory -s -j"$(nproc)" CC=clang B=$B \
                SAN="-fsanitize=fuzzer-no-link,address,undefined" "$B/tests/explore/fuzz-$name"
        mkdir -p "$B/found/$name" "$B/crash"
        echo "== $name: ${FUZZ_SECONDS:-60} s"
        "$B/tests/explore/fuzz-$name" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=65536 -print_final_stats=1 \
                -artifact_prefix="$B/crash/$name-" "$B/found/$name" "tests/data/fuzz/$name" 2>&1 | tail -n 12
done
