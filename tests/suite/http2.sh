#!/bin/bash
# Http2=yes against nghttpd: many alerts at once over few connections, and every one of them back.
. "$(dirname "$0")/lib.sh"
driver=$B/tests/suite/carry-driver
promise "the parts are built" build_parts "$driver"
promise "nghttpd is installed" command -v nghttpd
cd "$TMPDIR" || exit 1

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 1 \
        -subj /CN=gateway.test -addext subjectAltName=IP:127.0.0.1 2> /dev/null
mkdir root
echo '{"status":"taken","id":"7"}' > root/send
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

gateway() { # NAME LINES…
        local name=$1
        shift
        printf '%s\n' '[Gateway]' 'Kind=http' 'Channel=sms' 'Timeout=10s' '[Http]' "Url=https://127.0.0.1:$port/send" \
                "CaFile=$PWD/cert.pem" 'Body={"reference":"{{reference}}"}' 'Id=id' \
                'Reply=200 status taken -> handed' "$@" > "$name.conf"
}
gateway two 'Http2=yes' 'Connections=2'
gateway stalled 'Http2=yes' 'Connections=1'

background nghttpd -v -a 127.0.0.1 -d root "$port" key.pem cert.pem > nghttpd.out 2>&1
nghttpd=$!
until_true 5 curl -sk "https://127.0.0.1:$port/send"
: > nghttpd.out

promise "every carry comes back exactly once" sh -c "'$driver' -n 5000 -o two.out two.conf > two.json"
cat two.json
want "all are handed" 5000 "$(grep -c ' handed 200 - 7$' two.out)"
# nghttpd's lines begin with the number of the connection: [id=2] [  0.013] recv …
connections() { grep -a 'recv HEADERS' nghttpd.out | cut -d ']' -f 1 | sort -u | wc -l; }
promise "over no more connections than Connections= says" test "$(connections)" -le 2
promise "it was HTTP/2" grep -aq 'recv (stream_id=[0-9]*) :method: POST' nghttpd.out

# A gateway that stops reading: its window fills, and libcurl 7.88 asks again and again whether the socket is writable.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
background "$driver" -n 500000 -t "$(printf 'x%.0s' {1..1000})" -o stalled.out stalled.conf > stalled.json
stalled=$!
sleep 0.2
kill -STOP "$nghttpd"
sleep 1
before=$(ticks $stalled)
sleep 1
promise "trap: a stalled gateway does not keep the processor busy" test $(($(ticks $stalled) - before)) -lt 20
kill -KILL "$stalled" "$nghttpd"

cat > plain.py << 'P'
import http.server, ssl
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_POST(s):
        s.rfile.read(int(s.headers["Content-Length"]))
        body = b'{"status":"taken","id":"7"}'
        s.send_response(200); s.send_header("Content-Length", str(len(body))); s.end_headers(); s.wfile.write(body)
    def log_message(s, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain("cert.pem", "key.pem")
server.socket = c.wrap_socket(server.socket, server_side=True)
print("listening", server.server_address[1], flush=True)
server.serve_forever()
P
background python3 plain.py > plain.out 2>&1
until_true 5 grep -q listening plain.out
port=$(sed -n 's/^listening //p' plain.out)
gateway old 'Http2=yes' 'Connections=2'
promise "a gateway without HTTP/2 is spoken to in HTTP/1.1" sh -c "'$driver' -n 50 -o old.out old.conf"
want "all are handed there" 50 "$(grep -c ' handed 200 - 7$' old.out)"

done_with_promises
