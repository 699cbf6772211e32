#!/bin/bash
# A relay and mailboxes of a test's own: start.sh DIR makes certificates and starts Postfix and Dovecot below DIR (a
# short path: sockets lie there). Ports and passwords: main.cf.in, master.cf, dovecot.conf.in; jens@borger.test is there.
set -eu
w=$1
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin
mkdir -p "$w"/pf "$w"/queue "$w"/data "$w"/dc
cd "$w"
chown postfix data
install -d -o mail -g mail boxes
# one certificate for localhost, one for somebody else
{
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
                -subj "/CN=test CA"
        for name in localhost other.test; do
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr \
                        -subj /CN=$name
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $name.pem \
                        -extfile <(echo "subjectAltName=DNS:$name")
        done
} > openssl.log 2>&1
sed "s|@W@|$w|g" "$here/main.cf.in" > pf/main.cf
sed "s|@W@|$w|g" "$here/master.cf" > pf/master.cf
sed "s|@W@|$w|g" "$here/dovecot.conf.in" > dc/dovecot.conf
printf 'advisd:{PLAIN}s3cret æøå\njens:{PLAIN}jens\nanne:{PLAIN}anne\n' > dc/users
( umask 077; echo 's3cret æøå' > password; echo wrong > wrong )
postfix -c "$w/pf" start > postfix.out 2>&1 &
dovecot -c "$w/dc/dovecot.conf" > dovecot.out 2>&1
wait
