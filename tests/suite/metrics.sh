#!/bin/bash
# /metrics of a real daemon, as curl, promtool and a real Prometheus see it; /healthz and /readyz. All persons are synthetic.
# shellcheck disable=SC2016,SC2317 # awk has dollars of its own; functions are called through promise and until_true
. "$(dirname "$0")/lib.sh"
cd "$TMPDIR" || exit 1
sink=$B/tests/sinks/httpsink
promise "the programs are built" build_parts "$B/advisd" "$B/advisctl" "$sink"

mkdir -p conf/gateways.d state spool
cp -r "$TOP/conf/templates" "$TOP/conf/figures" conf/
background "$sink" -l sms.ledger > sms.out
sink_pid=$!
until_true 10 test -s sms.out
sink_port=$(sed -n 's/^listening //p' sms.out)
# two ports that nobody listens at; both are given back before they are used
read -r port prometheus_port < <(python3 -c 'import socket
s = [socket.socket() for i in range(2)]
for one in s: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in s))')
door=http://127.0.0.1:$port

cat > conf/advisd.conf << CONF
[Service]
StateDirectory=$TMPDIR/state
ControlSocket=$TMPDIR/control
ReceiptsListen=$TMPDIR/receipts
MetricsListen=127.0.0.1:$port
Sandbox=yes
[Intake]
SpoolDirectory=$TMPDIR/spool
[Plan]
SmsWindow=any
CONF
(umask 077; echo sesame > password; touch -d '2020-01-01T00:00:00Z' password)
cat > conf/gateways.d/good.conf << CONF
[Gateway]
Kind=http
Channel=sms
DailyLimit=1000
[Http]
Url=http://127.0.0.1:$sink_port/send
User=advisd
PasswordFile=$TMPDIR/password
Body={"reference": "{{reference}}", "to": "{{to}}"}
Reply=200 -> handed
[Receipt]
Verify=reference
Reference=ref
State=type
Report=1 -> delivered
CONF
cat > conf/gateways.d/paused.conf << CONF
[Gateway]
Kind=http
Channel=email
Sender=post@example.dk
Receipts=none
[Http]
Url=http://127.0.0.1:$sink_port/mail
Body={"to": "{{to}}"}
Reply=200 -> handed
CONF
cat > prometheus.yml << CONF
global:
  scrape_interval: 1s
rule_files: [$TOP/conf/prometheus-rules.yml]
scrape_configs:
  - job_name: advisd
    static_configs: [{targets: ['127.0.0.1:$port']}]
CONF
"$B/advisd" --new-key conf/master-key
background "$B/advisd" --config conf 2> log
advisd_pid=$!
ctl() { "$B/advisctl" --config conf "$@"; }
promise "the daemon is up" until_true 20 curl -sf "$door/readyz"
promise "a real Prometheus takes the example's rules" promtool check config prometheus.yml
background prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --web.listen-address="127.0.0.1:$prometheus_port" \
        --log.level=error 2> prometheus.log

# --- what there is to count ------------------------------------------------------------------------

n=8
promise "one gateway is paused" ctl gateway pause paused
for i in $(seq $n); do
        cpr=$(printf '61%02d70%04d' $((i % 12 + 1)) $((1000 + i)))
        printf '{"type":"citizen","cpr":"%s","municipality":"0101","status":"resident","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"enrolment","cpr":"%s","state":"enrolled","basis":"voluntary","at":"2014-08-01T00:00:00Z"}\n' "$cpr"
        printf '{"type":"access","mailbox":"%s","sms":{"number":"201234%02d","verified":"2014-08-01T00:00:00Z"},"emails":[{"address":"a%d@example.dk","verified":"2014-08-01T00:00:00Z"}],"at":"2014-08-01T00:00:00Z"}\n' \
                "$cpr" "$i" "$i"
        printf '{"type":"message","id":"%08d-0000-4000-8000-000000000000","cpr":"%s","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
                "$i" "$cpr" "$(date -u +%FT%TZ)"
done > persons.ndjson
echo '{"type":"message"}' >> persons.ndjson
ctl submit --anyway persons.ndjson > submit.out 2>&1
all_left() { [ "$(wc -l < sms.ledger)" -ge "$n" ]; }
promise "the SMS left" until_true 30 all_left
reported() {
        curl -s -o /dev/null --unix-socket receipts "http://post/receipts/good?ref=$(head -n 1 sms.ledger)&type=1"
        value 'advisd_gateway_reports_total{gateway="good"}' | grep -qv '^0'
}
page() { curl -sf -H 'Accept: application/openmetrics-text; version=1.0.0' "$door/metrics"; }
value() { page | awk -v name="$1" 'index($0, name " ") == 1 { print $2 }'; }
is() { [ "$(value "$1")" = "$2" ]; }
promise "all of them are counted" until_true 20 is 'advisd_gateway_attempts_total{gateway="good",outcome="handed"}' "$n"
promise "a report is taken" until_true 20 reported

# --- the page --------------------------------------------------------------------------------------

want "who asks for OpenMetrics gets it" "application/openmetrics-text; version=1.0.0; charset=utf-8" \
        "$(curl -sfo page.om -w '%{content_type}' -H 'Accept: application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1' "$door/metrics")"
want "everybody else the text format" "text/plain; version=0.0.4; charset=utf-8" \
        "$(curl -sfo page.text -w '%{content_type}' "$door/metrics")"
want "promtool finds nothing to mend" "" "$(promtool check metrics < page.text 2>&1)"
want "its end is marked" "# EOF" "$(tail -n 1 page.om)"
want "once" 1 "$(grep -c '^# EOF' page.om)"
want "the other's is not" 0 "$(grep -c 'EOF\|_created' page.text)"
want "both have the same series, but for what only one can say" "" \
        "$(diff <(grep -v '^#\|_created' page.om | sed 's/ [^ ]*$//; s/le="\([0-9]*\)\.0"/le="\1"/; s/le="1e+06"/le="1000000"/' | sort) \
                <(grep -v '^#' page.text | sed 's/ [^ ]*$//' | sort))"
start=$(sed -n 's/^process_start_time_seconds //p' page.om)
want "what the daemon counts began with it" "$start" "$(sed -n 's/^advisd_intake_items_created //p' page.om)"
created=$(sed -n 's/^advisd_gateway_attempts_created{gateway="good",outcome="handed"} //p' page.om)
promise "and what a gateway does, when it came: $created" awk -v a="$start" -v b="$created" 'BEGIN { exit !(b >= a && b < a + 30) }'
want "what the store counts is of its whole life, and has none" 0 "$(grep -c '^advisd_alerts_filed_created' page.om)"
want "it tells of nobody" "" "$(grep -E '61[01][0-9]70|201234|example' page.om)"

# --- values ----------------------------------------------------------------------------------------

of() { sed -n "s/^$1 //p" page.om; }
want "messages" $n "$(of advisd_messages_admitted_total)"
want "alerts, two each" $((2 * n)) "$(of advisd_alerts_filed_total)"
want "items, with the one that was rejected" $((4 * n + 1)) "$(of advisd_intake_items_total)"
want "which waits for a decision" 1 "$(of advisd_rejected_kept)"
want "a histogram has every alert, once a stage" "$n $n $n $n $n" \
        "$(for s in admit decide wait queue carry; do of "advisd_delay_seconds_count{channel=\"sms\",stage=\"$s\"}"; done | paste -sd ' ')"
want "nobody waited for an hour of its own" $n "$(of 'advisd_delay_seconds_bucket{channel="sms",stage="wait",le="0.005"}')"
want "all were handed within the quarter of an hour" $n "$(of 'advisd_handed_delay_seconds_bucket{channel="sms",le="900.0"}')"
want "the gateway answered all" $n "$(of 'advisd_gateway_answer_seconds_count{gateway="good"}')"
want "one report ended an alert" 1 "$(of 'advisd_gateway_report_delay_seconds_count{gateway="good"}')"
want "reports that are outstanding" $((n - 1)) "$(of 'advisd_alerts{channel="sms",state="handed"}')"
want "only the one is to report" "1 0" "$(of 'advisd_gateway_reports_expected{gateway="good"}') $(of 'advisd_gateway_reports_expected{gateway="paused"}')"
want "its bill of the day" "$n 1000" "$(of 'advisd_gateway_spent_segments{gateway="good"}') $(of 'advisd_gateway_limit_segments{gateway="good"}')"
want "the paused one is not up" "1 0" "$(of 'advisd_gateway_paused{gateway="paused"}') $(of 'advisd_gateway_up{gateway="paused"}')"
want "what waits for it is ready" $n "$(of 'advisd_backlog_ready{channel="email",lane="normal"}')"
promise "and grows old" awk -v s="$(of 'advisd_backlog_oldest_seconds{channel="email",lane="normal"}')" 'BEGIN { exit !(s > 0 && s < 600) }'
want "the pause is a hold" "0 0 1 0" "$(for s in all channel gateway sender; do of "advisd_holds{scope=\"$s\"}"; done | paste -sd ' ')"
want "the laws hold" "1 1 1 1" "$(for l in M A T C; do of "advisd_law_holds{law=\"$l\"}"; done | paste -sd ' ')"
want "one master key" "1 0 0" "$(for s in current leaving removable; do of "advisd_master_keys{state=\"$s\"}"; done | paste -sd ' ')"
promise "that is new" awk -v t="$(of advisd_master_key_timestamp_seconds)" -v now="$(date +%s)" 'BEGIN { exit !(t > now - 600 && t <= now + 2) }'
want "its password is as old as the file" 1577836800 "$(of 'advisd_gateway_credential_timestamp_seconds{gateway="good"}')"
want "who has none has no age" "" "$(of 'advisd_gateway_credential_timestamp_seconds{gateway="paused"}')"
want "without TLS there is no certificate" 0 "$(grep -c '^advisd_gateway_certificate' page.om)"
echo sesame2 > password
ctl reload > reload.out 2>&1
promise "a new password is new" awk -v t="$(value 'advisd_gateway_credential_timestamp_seconds{gateway="good"}')" -v now="$(date +%s)" 'BEGIN { exit !(t > now - 600) }'
promise "memory, processor, descriptors, disk are there" awk '
        /^process_(resident_memory_bytes|open_fds|max_fds|cpu_seconds_total) / && $2 > 0 { n++ }
        /^advisd_disk_free_bytes/ && $2 > 0 { n++ }
        /^advisd_store_size_bytes\{file="database"\}/ && $2 > 0 { n++ }
        END { exit n != 7 }' page.om

# --- Prometheus ------------------------------------------------------------------------------------

ask() { curl -sf -G --data-urlencode "query=$1" "http://127.0.0.1:$prometheus_port/api/v1/query" | jq -r '.data.result | map(.value[1]) | join(" ")'; }
gives() { [ "$(ask "$1")" = "$2" ]; }
promise "Prometheus finds the daemon up" until_true 30 gives 'up{job="advisd"}' 1
promise "it read what was handed" until_true 20 gives 'advisd_gateway_attempts_total{outcome="handed",gateway="good"}' $n
promise "and knows how many were handed within 15 minutes" until_true 20 gives 'advisd_handed_delay_seconds_bucket{le="900.0",channel="sms"}' $n
want "it took every series of the page" "$(grep -vc '^#' page.om)" "$(ask 'scrape_samples_scraped{job="advisd"}')"
targets() { curl -sf "http://127.0.0.1:$prometheus_port/api/v1/targets" | jq -r '.data.activeTargets[0].lastError'; }
want "without an error" "" "$(targets)"
meta() { curl -sf "http://127.0.0.1:$prometheus_port/api/v1/metadata?metric=$1" | jq -r ".data.$1[0] | .type + \" \" + .unit"; }
want "type and unit came along" "histogram seconds" "$(meta advisd_delay_seconds)"
rules() { curl -sf "http://127.0.0.1:$prometheus_port/api/v1/rules" | jq -r '[.data.groups[].rules[] | select(.lastError != null and .lastError != "")] | length'; }
want "no rule of the example fails on real series" 0 "$(rules)"

# --- health ----------------------------------------------------------------------------------------

health() { curl -s -w ' %{http_code}' "$door/$1" | tr -d '\n'; }
want "it is healthy" "ok 200" "$(health healthz)"
want "and ready" "ok 200" "$(health readyz)"
want "no other path is answered" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$door/v1/status")"

# an alert is under way to a gateway that has fallen silent: the drain waits for it
kill -STOP $sink_pid
printf '{"type":"message","id":"%08d-0000-4000-8000-000000000000","cpr":"%s","kind":"digitalpost","sender":{"cvr":"12345674"},"available":"%s"}\n' \
        99 "$cpr" "$(date -u +%FT%TZ)" > one.ndjson
ctl submit one.ndjson > submit.out 2>&1
promise "one is under way" until_true 20 is 'advisd_gateway_in_flight{gateway="good"}' 1
kill -TERM $advisd_pid
draining() { [ "$(health readyz)" = "draining 503" ]; }
promise "while it drains it is not ready" until_true 20 draining
want "but healthy" "ok 200" "$(health healthz)"
want "and measured" 1 "$(value advisd_draining)"
kill -CONT $sink_pid
promise "it ends" until_true 30 sh -c "! kill -0 $advisd_pid"
promise "and Prometheus sees it" until_true 20 gives 'up{job="advisd"}' 0

done_with_promises
