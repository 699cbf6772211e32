# shellcheck shell=bash
# The small mailing that fault and power tests run again and again, and what must hold at its end. Sourced after
# suite/lib.sh, in an empty folder; needs $advisd, $advisctl. What it leaves in run/ is one life's world.
# shellcheck disable=SC2317,SC2154,SC2034 # functions are called by until_true; the sourcing script has the programs and reads $status
build_parts "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink" "$B/advisd" "$B/advisctl" || exit 1
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

# life SECONDS [VARIABLE=VALUE…]: one life of the daemon, until all is over, it died, or so long; its exit status in $status
life() {
        local pid over='' dead=''
        env "${@:2}" "$advisd" --config run/conf >> run/journal 2>&1 &
        pid=$!
        is_dead() { [[ " $(jobs -pr | tr '\n' ' ')" != *" $pid "* ]]; } # its number may be somebody else's by then
        over_or_dead() { if is_dead; then dead=yes; else is_over && over=yes; fi; }
        until_true "$1" over_or_dead
        # one that cannot come to its end is killed: a crash beside the fault. Asked once: at its second look a reader may
        # meet a store that is busy.
        if [ -n "$over" ]; then kill -TERM $pid 2> /dev/null; elif [ -z "$dead" ]; then kill -KILL $pid 2> /dev/null; fi
        until_true 30 is_dead || kill -KILL $pid
        wait $pid 2> /dev/null
        status=$?
}

# ids [FILE…]: the references of the ledgers, and of other files, as alert ids, one a copy
ids() {
        sed 's/^<\{0,1\}\([a-z2-7]*\).*/\1/' sms.ledger email.ledger "$@" | perl -ne 'chomp; my $bits = "";
                for (split //, lc) { my $v = index("abcdefghijklmnopqrstuvwxyz234567", $_); $bits .= sprintf "%05b", $v if $v >= 0 }
                print oct("0b" . substr($bits, 0, 64)), " $_\n"' | sort
}

# verdict [FILE…]: what is wrong after a run, in words; nothing = all is well. The files: references that left in lives
# that the ledgers do not know of
verdict() {
        local said
        is_over || echo "it does not come to an end"
        [ "$(sql 'SELECT count(*), count(DISTINCT uuid) FROM message')" = "$messages|$messages" ] || echo "messages are lost"
        said=$("$advisctl" --config run/conf verify 2>&1) || echo "verify: $(tail -n 2 <<< "$said" | tr '\n' ' ')"
        [ "$(sqlite3 -readonly run/state/advisd.db 'PRAGMA integrity_check')" = ok ] || echo "the database is broken"
        ids "$@" > taken
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

template
