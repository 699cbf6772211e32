#!/bin/bash
# Several gateways on the real daemon: one dies in the middle, one hangs, one asks for a pause, one fails, one relay
# refuses connections. Every alert ends by the way that is left, and the ledgers of the gateways agree.
. "$(dirname "$0")/lib.sh"
n=${MESSAGES:-400}
advisd=$B/advisd
advisctl=$B/advisctl
W=$TMPDIR
cd "$W" || exit 1
want "the parts are built" 0 "$(make -s -C "$TOP" B="$B" "$B/tests/sinks/httpsink" "$B/tests/sinks/smtpsink" > make.log 2>&1; echo $?)"

port_of() { until_true 10 grep -q '^listening' "$1" && sed -n 's/^listening //p' "$1"; }
sms_sink() { # NAME OPTIONS…
        local name=$1
        shift
        : > "$name.ledger"
        background "$B/tests/sinks/httpsink" -l "$W/$name.ledger" "$@" > "$name.out"
        pid_of[$name]=$!
        port[$name]=$(port_of "$name.out")
}
declare -A pid_of port
sms_sink dies -D 5
sms_sink hangs -F silent:0:1
sms_sink asks -F status:429:1 -A 600
sms_sink fails -F status:500:1
sms_sink good
: > mail.ledger
background "$B/tests/sinks/smtpsink" -C -l "$W/mail.ledger" > mail.out
mail_port=$(port_of mail.out)

mkdir -p conf/gateways.d state spool/tmp spool/new
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
cat > conf/advisd.conf <<C
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
RetryMost=1s
C
gateway_sms() { # NAME PRIORITY
        cat > "conf/gateways.d/$1.conf" <<C
[Gateway]
Kind=http
Channel=sms
Priority=$2
Receipts=none
OnUncertain=retry
SlowAfter=1s
Timeout=3s
[Http]
Url=http://127.0.0.1:${port[$1]}/sms
Body={"reference":"{{reference}}","to":"{{msisdn}}","text":"{{text}}"}
Reply=2xx -> handed
C
}
gateway_mail() { # NAME PRIORITY PORT
        cat > "conf/gateways.d/$1.conf" <<C
[Gateway]
Kind=smtp
Channel=email
Priority=$2
Sender=noreply@advisd.test
Receipts=none
[Smtp]
Host=127.0.0.1
Port=$3
Tls=none
Sessions=4
C
}
for g in dies hangs asks fails; do gateway_sms $g 10; done
gateway_sms good 20
gateway_mail refuses 10 1
gateway_mail relay 20 "$mail_port"
sed -i 's/^\[Intake\]/&\nCountries=45 46/' conf/advisd.conf
sed -i 's/^Channel=sms/&\nCountries=45/' conf/gateways.d/*.conf
want "a country that no gateway serves is refused" 1 "$("$advisd" --config conf --check 2>&1 | grep -c 'Countries: 46: no gateway for sms serves it')"
sed -i '/^Countries=45 46/d' conf/advisd.conf
"$advisd" --new-key conf/master-key
promise "the configuration is good" "$advisd" --config conf --check

# Letters from number $1 to $2, to as many citizens with a telephone and an e-mail address each.
write_letters() {
        awk -v from="$1" -v to="$2" -v people="$3" 'BEGIN {
                at = "2014-08-01T00:00:00+02:00"
                for (i = from; i < to; i++) {
                        cpr = sprintf("%02d%02d%02d%04d", 61 + i % 28, 1 + int(i / 28) % 12, 60 + int(i / 336) % 39, 1000 + i)
                        if (people) {
                                printf "{\"type\":\"citizen\",\"cpr\":\"%s\",\"municipality\":\"0101\",\"status\":\"resident\",\"at\":\"%s\"}\n", cpr, at
                                printf "{\"type\":\"enrolment\",\"cpr\":\"%s\",\"state\":\"enrolled\",\"basis\":\"voluntary\",\"at\":\"%s\"}\n", cpr, at
                                printf "{\"type\":\"access\",\"mailbox\":\"%s\",\"sms\":{\"number\":\"2%07d\",\"verified\":\"%s\"},\"emails\":[{\"address\":\"u%d@example.dk\",\"verified\":\"%s\"}],\"at\":\"%s\"}\n", cpr, i, at, i, at, at
                        } else
                                printf "{\"type\":\"message\",\"id\":\"%08x-0000-4000-8000-%012x\",\"cpr\":\"%s\",\"kind\":\"digitalpost\",\"available\":\"2014-08-24T10:00:00+02:00\"}\n", i, i, cpr
                }
        }' > "$4"
}
drop() { cp "$1" "spool/tmp/$1" && mv "spool/tmp/$1" "spool/new/$1"; }
sql() { sqlite3 -readonly state/advisd.db "$1"; }
lines() { wc -l < "$1"; }
count_is() { [ "$(sql "$1")" = "$2" ]; }
has_lines() { [ "$(lines "$1")" -ge "$2" ]; }
all_ended() { count_is 'SELECT count(*) FROM alert WHERE state = 6' "$1"; }
state_of() { "$advisctl" --config conf --json gateway list | jq -r ".gateways[] | select(.name == \"$1\") | .state"; }
now_ms() { date +%s%3N; }

write_letters 0 $((n + 50)) 1 register.ndjson
write_letters 0 "$n" 0 letters-1.ndjson
write_letters "$n" $((n + 50)) 0 letters-2.ndjson
background "$advisd" --config conf > journal 2>&1
daemon=$!
drop register.ndjson
promise "the register is in" until_true 60 count_is 'SELECT count(*) FROM citizen' $((n + 50))

drop letters-1.ndjson
promise "the one that will die takes some" until_true 30 has_lines dies.ledger 15
kill -KILL "${pid_of[dies]}"
begin=$(now_ms)
promise "the one that is left takes over" until_true 30 has_lines good.ledger 1
took_over=$(($(now_ms) - begin))
promise "every alert comes to its end, by SMS and by e-mail" until_true 60 all_ended $((2 * n))
all_done=$(($(now_ms) - begin))
want "the one that asks for a pause is left alone and is not down" "up true" \
        "$("$advisctl" --config conf --json gateway list | jq -r '.gateways[] | select(.name == "asks") | "\(.state) \(.asked_until != null)"')"
for g in dies hangs fails; do
        promise "$g: known to be ill ($(state_of $g))" test "$(state_of $g)" != up
done
for g in dies fails refuses; do
        promise "$g: said once that it fails" sh -c "grep -q 'gateway $g fails; it is tried again' journal"
done
promise "hangs: said that it does not answer" grep -q 'gateway hangs does not answer' journal
promise "asks: said once that it asks for a pause" sh -c "[ \$(grep -c 'gateway asks asks for a pause (429' journal) = 1 ]"
tries() { sql "SELECT count(*) FROM attempt a JOIN gateway g ON g.id = a.gateway WHERE g.name = '$1'"; }
for g in asks fails refuses; do
        promise "$g: few were wasted on it ($(tries $g))" test "$(tries $g)" -le "$n"
done

# A relay that refuses connections and no other: nothing leaves, and nothing spins.
"$advisctl" --config conf gateway pause relay > /dev/null
before=$(sql 'SELECT sum(lease) FROM alert')
drop letters-2.ndjson
promise "the telephones are told all the same" until_true 60 count_is \
        "SELECT count(*) FROM alert a JOIN address d ON d.id = a.address WHERE d.channel = 0 AND a.state = 6" $((n + 50))
sleep 2
leases=$(($(sql 'SELECT sum(lease) FROM alert') - before))
promise "e-mails are not leased again and again ($leases leases)" test "$leases" -le 400
"$advisctl" --config conf gateway resume relay > /dev/null
promise "and leave when the relay may" until_true 60 all_ended $((2 * (n + 50)))
promise "the laws hold" "$advisctl" --config conf verify
kill -TERM $daemon
wait $daemon
want "advisd ends in order" 0 $?

# The ledgers: who took what, as alert ids.
ids() {
        perl -ne 'chomp; my $bits = ""; for (split //, lc) { my $v = index("abcdefghijklmnopqrstuvwxyz234567", $_); $bits .= sprintf "%05b", $v if $v >= 0 }
                print oct("0b" . substr($bits, 0, 64)), "\n"'
}
sed 's/^<\{0,1\}\([a-z2-7]*\).*/\1/' ./*.ledger | ids | sort > taken
sort -u taken > taken.once
sql 'SELECT id FROM alert' | sort > alerts
sql 'SELECT DISTINCT alert FROM attempt WHERE outcome = 5' | sort > doubted
want "lost: alerts that no gateway has" 0 "$(comm -23 alerts taken.once | wc -l)"
want "taken, and not an alert of ours" 0 "$(comm -13 alerts taken.once | wc -l)"
want "twice, and never in doubt" 0 "$(uniq -d taken | comm -23 - doubted | wc -l)"
printf '%s alerts; the way left took over after %s ms, all had ended after %s ms; %s in doubt, %s of those twice\n' "$(lines alerts)" \
        "$took_over" "$all_done" "$(lines doubted)" "$(uniq -d taken | wc -l)"
done_with_promises
