#!/bin/bash
# What an e-mail costs: the channel alone into smtpsink, with DATA and with CHUNKING, beside Postfix's smtp-source (which
# knows only DATA) into the same sink. Medians of three; compare them within one run, the machine is shared.
#   tests/bench/smtp.sh [MESSAGES]
. "$(dirname "$0")/../suite/lib.sh"
messages=${1:-20000}
driver=$B/tests/suite/carry-driver
sink=$B/tests/sinks/smtpsink
make -s -C "$TOP" B="$B" "$driver" "$sink" || exit 1
PATH=$PATH:/usr/sbin
cd "$TMPDIR" || exit 1

median() { sort -n | sed -n 2p; }
source_rate() { # SESSIONS BYTES
        local begin=$EPOCHREALTIME
        smtp-source -d -s "$1" -l "$2" -m "$messages" -f a@post.test -t b@post.test "127.0.0.1:$port"
        awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="$messages" 'BEGIN { printf "%.0f\n", n / (b - a) }'
}
driver_rate() { # "per second, CPU µs, RSS KB"
        "$driver" -n "$messages" -t "$text" -o /dev/null relay.conf |
                sed 's/.*"per_s":\([0-9]*\),"cpu_us":\([0-9.]*\),"rss_kb":\([0-9]*\).*/\1 \2 \3/'
}

printf '%-9s %6s %9s %9s %8s %8s\n' way bytes sessions per_s cpu_us rss_kb
for way in DATA CHUNKING; do
        option=()
        [ $way = DATA ] || option=(-C)
        "$sink" "${option[@]}" > sink.out &
        sink_pid=$!
        until_true 5 grep -q listening sink.out
        port=$(sed -n 's/^listening //p' sink.out)
        for bytes in 1024 4096; do
                text=$(head -c $((bytes - 300)) /dev/zero | tr '\0' a | fold -w 60)
                for sessions in 1 4 16; do
                        printf '[Gateway]\nKind=smtp\nChannel=email\nSender=alerts@post.test\n[Smtp]\nHost=127.0.0.1\n' > relay.conf
                        printf 'Port=%d\nTls=none\nHelo=advisd.test\nSessions=%d\n' "$port" $sessions >> relay.conf
                        # shellcheck disable=SC2046 # three words
                        printf '%-9s %6d %9d %9s %8s %8s\n' $way $bytes $sessions \
                                $(for _ in 1 2 3; do driver_rate; done | median)
                        [ $way = CHUNKING ] || printf '%-9s %6d %9d %9s\n' "(source)" $bytes $sessions \
                                "$(for _ in 1 2 3; do source_rate $sessions $bytes; done | median)"
                done
        done
        kill $sink_pid
        wait $sink_pid 2> /dev/null
done
