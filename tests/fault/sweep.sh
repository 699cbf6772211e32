#!/bin/bash
# The fault sweep: a small mailing, from files in the spool to the gateways' ledgers, run again and again; in each run the
# n-th call of one kind fails, once or from there on. Then the daemon is started whole, and must come to the same end:
# nothing admitted is lost, nothing comes twice that was not in doubt, the laws hold.
#
#   tests/fault/sweep.sh              every case, every n
#   SAMPLE=3 SEED=7 tests/fault/sweep.sh "disk:once:5" …     three n of each case named, drawn by the seed
#   AT=17 tests/fault/sweep.sh "disk:once:5"                 that one again
#   JOBS=8 STEP=1 tests/fault/sweep.sh memory:once:12        eight worlds side by side, each with its share of the n: a run
#                                                            mostly waits
#   FROM=1 TO=2000 STEP=1 tests/fault/sweep.sh memory:once:12  only these n
#
# A case is GROUP:once|ever:ERROR, as tests/lab/faultat.c has it. Memory has tens of thousands of calls: of these every
# STEP-th (default 61, a prime) is swept.
# shellcheck disable=SC2317 # functions are called by until_true
. "$(dirname "$0")/../suite/lib.sh"
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
faultat=$B/tests/lab/faultat.so
W=$TMPDIR
cd "$W" || exit 1
RANDOM=${SEED:=$RANDOM}

# 5 EIO, 28 ENOSPC, 9999 short, 104 ECONNRESET, 12 ENOMEM; SQLite: 10 IOERR, 13 FULL, 7 NOMEM
all=(disk:once:5 disk:once:28 disk:once:9999 disk:ever:5 disk:ever:28 net:once:104 net:ever:104 sqlite:once:10 sqlite:once:13
        sqlite:once:7 sqlite:ever:10 curl:once:0 curl:ever:0 smtp:once:0 smtp:ever:0 memory:once:12 memory:ever:12)
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=("${all[@]}")
share=0 shares=1
[ -z "${SHARE:-}" ] || share=${SHARE%/*} shares=${SHARE#*/}

# Side by side: this one only starts the others and adds up what they found.
if [ "${JOBS:-1}" -gt 1 ]; then
        jobs=$JOBS
        build_parts "$faultat" "$B/advisd" "$B/advisctl" "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink" || exit 1
        for ((k = 0; k < JOBS; k++)); do
                mkdir "w$k"
                TMPDIR=$W/w$k JOBS=1 SHARE=$k/$jobs "$TOP/tests/fault/sweep.sh" "${cases[@]}" > "share$k" 2>&1 &
        done
        wait
        grep -hE ' AT=[0-9]+' share*
        awk '$1 ~ /:.*:/ && NF == 5 { calls[$1] = calls[$1] > $2 ? calls[$1] : $2; runs[$1] += $3; wrong[$1] += $4; doubts[$1] += $5; n[$1]++ }
                END { for (c in n) print c, calls[c], runs[c], wrong[c], doubts[c], n[c] }' share* | sort > sums
        printf '%-18s %8s %6s %6s %12s\n' case calls runs wrong "twice, in doubt"
        while read -r case calls runs n_wrong doubts n; do
                printf '%-18s %8s %6d %6d %12d\n' "$case" "$calls" "$runs" "$n_wrong" "$doubts"
                want "$case: every share came to its end" "$JOBS" "$n"
                want "$case: the same end" 0 "$n_wrong"
        done < sums
        want "every case was swept" ${#cases[@]} "$(wc -l < sums)"
        done_with_promises
        exit
fi

build_parts "$faultat" || exit 1
. "$TOP/tests/fault/world.sh"

# at CASE N: one run; false = the n-th call never came
at() {
        local group=${1%%:*} rest=${1#*:} wrong status_of_fault status
        rm -rf run
        cp -r template run
        : > sms.ledger
        : > email.ledger
        : > fault.log
        life "${FAULT_SECONDS:-2}" LD_PRELOAD="$faultat" FAULT="$group:$2:$rest" FAULT_LOG="$W/fault.log" 2> /dev/null
        status_of_fault=$status
        grep -q ^struck fault.log || return 1
        # one that died before it touched anything leaves what every run begins with
        if [ "$status_of_fault" -lt 128 ] && cmp -s sms.ledger /dev/null && cmp -s email.ledger /dev/null &&
                diff -r -x journal template run > /dev/null; then
                runs=$((runs + 1))
                return 0
        fi
        life 30 2> /dev/null
        wrong=$(verdict /dev/null)
        # Without memory OpenSSL cannot seal, and the daemon gives up at once (134); libesmtp does not look at all that malloc()
        # gives it, nor does libcrypto at its start, and faultat says that they were there: what counts is that nothing is lost.
        case $group:$status_of_fault:$(grep -cE '^lib(esmtp|crypto)' fault.log) in
        memory:134:* | memory:139:[1-9]*) ;;
        *:132:* | *:134:* | *:135:* | *:136:* | *:139:*) wrong="$wrong; it died of signal $((status_of_fault - 128))" ;;
        esac
        runs=$((runs + 1))
        doubts=$((doubts + $(uniq -d copies | wc -l)))
        # 143: it was told to stop before it could listen, because there was nothing left to do
        case $status in 0 | 143) ;; *) wrong="$wrong; the whole daemon ended with $status" ;; esac
        [ -z "$wrong" ] && return 0
        n_wrong=$((n_wrong + 1))
        echo "$1 AT=$2: ${wrong//$'\n'/; }"
        if [ -n "${KEEP:-}" ]; then cp -r run "$KEEP/$group-$2"; fi
        return 0
}

# count_of CASE: how often its calls come when none fails
count_of() {
        rm -rf run
        cp -r template run
        : > fault.log
        life 30 LD_PRELOAD="$faultat" FAULT="${1%%:*}:0:${1#*:}" FAULT_LOG="$W/fault.log" 2> /dev/null
        sed -n 's/^count //p' fault.log
}

printf '%-18s %8s %6s %6s %12s\n' case calls runs wrong "twice, in doubt"
for case in "${cases[@]}"; do
        runs=0 n_wrong=0 doubts=0
        n=$(count_of "$case")
        if [ -n "${AT:-}" ]; then
                at "$case" "$AT" || echo "$case AT=$AT: there is no such call"
        elif [ -n "${SAMPLE:-}" ]; then
                for _ in $(seq "$SAMPLE"); do at "$case" $(((RANDOM * 32768 + RANDOM) % n + 1)); done
        else
                step=1
                [ "${case%%:*}" != memory ] || step=${STEP:-61}
                for ((i = ${FROM:-1} + share * step; i <= ${TO:-n + n / 4}; i += step * shares)); do at "$case" "$i" || [ "$i" -le "$n" ] || break; done
        fi
        printf '%-18s %8s %6d %6d %12d\n' "$case" "$n" $runs $n_wrong $doubts
        want "$case: the same end" 0 $n_wrong
done
echo "seed $SEED"
done_with_promises
