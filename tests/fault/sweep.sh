#!/bin/bash
# The fault sweep: a small mailing, from files in the spool to the gateways' ledgers, run again and again; in each run the
# n-th call of one kind fails, once or from there on. Then the daemon is started whole, and must come to the same end:
# nothing admitted is lost, nothing comes twice that was not in doubt, the laws hold.
#
#   tests/fault/sweep.sh              every case, every n
#   SAMPLE=3 SEED=7 tests/fault/sweep.sh "disk:once:5" …     three n of each case named, drawn by the seed
#   AT=17 tests/fault/sweep.sh "disk:once:5"                 that one again
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

build_parts "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink" "$faultat" "$B/advisd" "$B/advisctl" || exit 1
port_of() { until_true 30 grep -q '^listening' "$1" && sed -n 's/^listening //p' "$1"; }
: > sms.ledger; : > email.ledger
background "$B/tests/sinks/httpsink" -l "$W/sms.ledger" > http.out
background "$B/tests/sinks/smtpsink" -C -l "$W/email.ledger" > smtp.out

# --- what every run begins with
people=3 messages=5
template() {
        mkdir -p template/conf/gateways.d template/state template/spool/{tmp,new,done,receipts}
        cp -r "$TOP/conf/templates" "$TOP/conf/figures" template/conf/
        cat > template/conf/advisd.conf << C
[Service]
StateDirectory=../state
MasterKeyFile=master-key
ControlSocket=../control
Sandbox=yes
SandboxClock=2014-08-24T10:00:00+02:00
[Intake]
SpoolDirectory=../spool
[Delivery]
RetryFirst=100ms
RetryMost=500ms
C
        cat > template/conf/gateways.d/sms.conf << C
[Gateway]
Kind=http
Channel=sms
Receipts=none
OnUncertain=retry
[Http]
Url=http://127.0.0.1:$(port_of http.out)/sms
Content=json
Body={"reference":"{{reference}}","to":"{{msisdn}}","text":"{{text}}"}
Reply=2xx -> handed
Reply=5xx -> transient gateway-fault
C
        cat > template/conf/gateways.d/email.conf << C
[Gateway]
Kind=smtp
Channel=email
Sender=noreply@advisd.test
Receipts=none
OnUncertain=retry
[Smtp]
Host=127.0.0.1
Port=$(port_of smtp.out)
Tls=none
Sessions=2
C
        "$advisd" --new-key template/conf/master-key
        awk -v people=$people -v n=$messages 'BEGIN {
                at = "2014-08-01T00:00:00+02:00"
                for (i = 0; i < people; i++) {
                        cpr = sprintf("6%d01601%03d", i + 1, 100 + i)
                        printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"%s\"}\n", cpr, at
                        printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"%s\"}\n", cpr, at
                        printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"2%07d\",\"verified\":\"%s\"},\"emails\":[{\"address\":\"u%d@example.dk\",\"verified\":\"%s\"}],\"at\":\"%s\"}\n", cpr, i, at, i, at, at
                }
                for (i = 0; i < n; i++)
                        printf "{\"type\":\"message\",\"id\":\"%08x-0000-4000-8000-%012x\",\"cpr\":\"6%d01601%03d\",\"kind\":\"digitalpost\",\"available\":\"2014-08-24T10:00:00+02:00\"}\n", i, i, i % people + 1, 100 + i % people
        }' > template/spool/new/mailing.ndjson
        promise "the configuration is good" "$advisd" --config template/conf --check
}

sql() { sqlite3 -readonly run/state/advisd.db "$1" 2> /dev/null; }
is_over() {
        [ -z "$(ls run/spool/new)" ] &&
                [ "$(sql 'SELECT (SELECT count(*) FROM message WHERE disposition = 5) || " " || (SELECT count(*) FROM alert WHERE state IN (1, 2, 4))')" = "$messages 0" ]
}

# life SECONDS [FAULT]: one life of the daemon, until all is over, it died, or so long; its exit status in $status
life() {
        local pid
        : > fault.log
        env ${2:+LD_PRELOAD="$faultat" FAULT="$2" FAULT_LOG="$W/fault.log"} "$advisd" --config run/conf >> run/journal 2>&1 &
        pid=$!
        over_or_dead() { ! kill -0 "$pid" 2> /dev/null || is_over; }
        until_true "$1" over_or_dead
        # one that cannot come to its end is killed: a crash beside the fault
        if is_over; then kill -TERM $pid 2> /dev/null; else kill -KILL $pid 2> /dev/null; fi
        ended() { ! kill -0 "$pid" 2> /dev/null; }
        until_true 2 ended || kill -KILL $pid
        wait $pid 2> /dev/null
        status=$?
}

# ids: the ledgers' references as alert ids, one a copy
ids() {
        sed 's/^<\{0,1\}\([a-z2-7]*\).*/\1/' sms.ledger email.ledger | perl -ne 'chomp; my $bits = "";
                for (split //, lc) { my $v = index("abcdefghijklmnopqrstuvwxyz234567", $_); $bits .= sprintf "%05b", $v if $v >= 0 }
                print oct("0b" . substr($bits, 0, 64)), " $_\n"' | sort
}

# verdict: what is wrong after a run, in words; nothing = all is well
verdict() {
        local said
        # Without memory OpenSSL cannot seal, and the daemon gives up at once (134): what counts is that nothing is lost.
        case $1:$status_of_fault in
        memory:134) ;;
        *:132 | *:134 | *:135 | *:136 | *:139) echo "it died of signal $((status_of_fault - 128))" ;;
        esac
        is_over || echo "it does not come to an end"
        [ "$(sql 'SELECT count(*), count(DISTINCT uuid) FROM message')" = "$messages|$messages" ] || echo "messages are lost"
        said=$("$advisctl" --config run/conf verify 2>&1) || echo "verify: $(tail -n 2 <<< "$said" | tr '\n' ' ')"
        [ "$(sqlite3 -readonly run/state/advisd.db 'PRAGMA integrity_check')" = ok ] || echo "the database is broken"
        ids > taken
        sql 'SELECT id FROM alert WHERE state = 6' | sort > accepted
        sql 'SELECT DISTINCT alert FROM attempt WHERE outcome = 5' | sort > doubted
        cut -d' ' -f1 taken | sort > copies
        lost=$(sort -u copies | comm -23 accepted - | wc -l)
        twice=$(uniq -d copies | comm -23 - doubted | wc -l)
        [ "$lost" = 0 ] || echo "$lost alerts are called taken and no gateway has them"
        [ "$twice" = 0 ] || echo "$twice alerts came twice and were never in doubt"
        [ "$(sort -u taken | cut -d' ' -f1 | uniq -d | wc -l)" = 0 ] || echo "a copy has another reference"
        [ "$(wc -l < accepted)" -ge $((2 * people)) ] || echo "$(wc -l < accepted) alerts were accepted: too few"
}

# at CASE N: one run; false = the n-th call never came
at() {
        local group=${1%%:*} rest=${1#*:} wrong status_of_fault status
        rm -rf run
        cp -r template run
        : > sms.ledger
        : > email.ledger
        life "${FAULT_SECONDS:-2}" "$group:$2:$rest" 2> /dev/null
        status_of_fault=$status
        grep -q ^struck fault.log || return 1
        life 30 2> /dev/null
        wrong=$(verdict "$group")
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
        life 30 "${1%%:*}:0:${1#*:}" 2> /dev/null
        sed -n 's/^count //p' fault.log
}

template
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
                for ((i = 1; i <= n + n / 4; i += step)); do at "$case" "$i" || [ "$i" -le "$n" ] || break; done
        fi
        printf '%-18s %8s %6d %6d %12d\n' "$case" "$n" $runs $n_wrong $doubts
        want "$case: the same end" 0 $n_wrong
done
echo "seed $SEED"
done_with_promises
