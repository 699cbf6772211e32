#!/bin/bash
# Power cuts: a small mailing runs once with every write, sync and send written down; then the disk is made up as a cut
# at some moment may have left it (power.pl: what was not synced is gone, there, or there in pieces), the daemon starts
# on it, and must come to the same end as if nothing had happened.
#
#   CUTS=1000 SEED=7 tests/fault/power.sh        so many cuts (default 20), over a new run each ten
#   POWER_SECONDS=7200                           or as many as fit
#
# What fails is kept if KEEP= names a folder.
. "$(dirname "$0")/../suite/lib.sh"
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
powerlog=$B/tests/lab/powerlog.so
W=$TMPDIR
cd "$W" || exit 1
SEED=${SEED:-$RANDOM}
build_parts "$powerlog" || exit 1
. "$TOP/tests/fault/world.sh"

# a whole life, written down
record() {
        rm -rf run power.log
        cp -r template run
        : > sms.ledger
        : > email.ledger
        life 60 LD_PRELOAD="$powerlog" POWER_LOG="$W/power.log" POWER_ROOT="$W/run" 2> /dev/null
        [ "$status" = 0 ]
}

# cut_off SEED: one cut, and the life after it
cut_off() {
        local wrong status at
        rm -rf run
        cp -r template run
        find run/state run/spool -type f -delete
        POWER_FROM=$W/template "$TOP/tests/fault/power.pl" power.log "$W/run" "$W/run" "$1" > image || return
        read -r at records < image
        sed 1d image > left
        : > sms.ledger
        : > email.ledger
        life 30 2> /dev/null
        wrong=$(verdict left)
        case $status in 0 | 143) ;; *) wrong="$wrong; the daemon ended with $status" ;; esac
        runs=$((runs + 1))
        doubts=$((doubts + $(uniq -d copies | wc -l)))
        [ -n "$wrong" ] || return 0
        n_wrong=$((n_wrong + 1))
        echo "seed $1, cut after $at of $records: ${wrong//$'\n'/; }"
        if [ -n "${KEEP:-}" ]; then cp -r run power.log "$KEEP/"; fi
}

runs=0 n_wrong=0 doubts=0 recorded=0 n=$SEED
while if [ -n "${POWER_SECONDS:-}" ]; then [ $SECONDS -lt "$POWER_SECONDS" ]; else [ $runs -lt "${CUTS:-20}" ]; fi; do
        if [ $((runs % 10)) -eq 0 ]; then
                if ! record; then
                        promise "a life is written down" false
                        break
                fi
                recorded=$((recorded + 1))
        fi
        cut_off $((n += 1))
done
printf '%s cuts in %s runs of %s records, %s wrong, %s alerts came twice that were in doubt; seed %s\n' $runs $recorded "$records" $n_wrong $doubts "$SEED"
want "after each cut all comes to the same end" 0 $n_wrong
done_with_promises
