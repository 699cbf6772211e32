#!/usr/bin/perl
# A gateway that lies: it drops calls that it took, answers 500, late or in no language, and reports twice, out of order, before
# it has answered, and with wrong signatures. What it took and what it reported it writes down, and that is the truth.
#
#       liar.pl LEDGER REPORTS SECRET DOOR-PORT SEED
#
# Prints "listening PORT". LEDGER: a reference for each SMS taken. REPORTS: "REFERENCE WHAT STATUS" for each report that was
# answered, where WHAT is delivered, failed, pending or forged; and "- begin" and "- end" of each call's life. What becomes of an
# alert it makes out of the reference's part that is the same for all copies, so that copies agree.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex sha1);
use IO::Socket::INET;
use Time::HiRes qw(sleep);

my ($ledger, $reports, $secret, $door, $seed) = @ARGV;
my $key = do { open(my $h, '<', $secret) or die; local $/; my $k = <$h>; $k =~ s/\n$//; $k };

sub append { my ($f, $line) = @_; open(my $h, '>>', $f) or die; syswrite $h, "$line\n"; close $h }

# A number below $n that seed, what it is about and the alert give: the same in each replay.
sub draw { my ($n, @about) = @_; return unpack('N', sha1(join ' ', $seed, @about)) % $n }
# The first 64 bits of a reference are the alert's id, which all copies have.
sub alert { return substr(join('', map { sprintf '%05b', index('abcdefghijklmnopqrstuvwxyz234567', $_) } split //, substr($_[0], 0, 13)), 0, 64) }
sub fate { my $d = draw(100, 'fate', alert($_[0])); return $d < 70 ? 'delivered' : $d < 85 ? 'failed' : '' }

sub post {
        my ($ref, $word, $k) = @_;
        my $body = "{\"ref\":\"$ref\",\"state\":\"$word\"}";
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $door, Timeout => 5) or return '';
        $s->timeout(5);
        print $s "POST /receipts/liar HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nSignature: " . hmac_sha256_hex($body, $k)
                . "\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
        my $line = <$s> // '';
        return $line =~ m,^HTTP/1.1 (\d+), ? $1 : '';
}
# As long as it is not answered for good: a gateway tries again.
sub report {
        my ($ref, $word, $what) = @_;
        for (1 .. 600) {
                my $status = post($ref, $word, $what eq 'forged' ? 'another key' : $key);
                if ($status =~ /^(2|40)/) { append($reports, "$ref $what $status"); return }
                sleep 0.2;
        }
        append($reports, "$ref $what never");
}

sub report_all {
        my ($ref, $n) = @_;
        my $fate = fate($ref);
        sleep draw(500, 'wait', $ref, $n) / 1000;
        report($ref, 'failed', 'forged') if draw(100, 'forged', $ref, $n) < 20;
        report($ref, 'pending', 'pending') if draw(100, 'pending', $ref, $n) < 20;
        return unless $fate;
        report($ref, $fate, $fate);
        report($ref, $fate, $fate) if draw(100, 'twice', $ref, $n) < 30;
        report($ref, 'pending', 'pending') if draw(100, 'after', $ref, $n) < 20;
        report($ref, $fate eq 'failed' ? 'delivered' : 'failed', 'forged') if draw(100, 'late', $ref, $n) < 20;
}

sub answer { my ($s, $status, $more) = @_; print $s "HTTP/1.1 $status Word\r\n" . ($more // '') . "Content-Length: 2\r\nConnection: close\r\n\r\nok"; close $s }

# One call: its number is part of what is drawn, so that a repeat may fare better. A fifth of them fail: with more the breaker
# would rest most of the time, and rightly.
sub serve {
        my ($s, $n) = @_;
        my ($length, $body, $line) = (0, '');
        while (defined($line = <$s>)) { last if $line eq "\r\n"; $length = $1 if $line =~ /^content-length: (\d+)/i }
        read($s, $body, $length) == $length or return;
        my ($ref) = $body =~ /"reference":"([a-z2-7]{28})"/ or return answer($s, 400);
        my $d = draw(100, 'call', $ref, $n);
        return close $s if $d < 4;                              # dropped, and not taken
        return answer($s, 500) if $d < 8;                       # not taken
        return answer($s, 503, "Retry-After: 1\r\n") if $d < 10;
        append($ledger, $ref);
        append($reports, '- begin');
        report_all($ref, $n) if $d < 25;                          # before it has answered
        sleep draw(900, 'late', $ref, $n) / 1000 if $d >= 25 && $d < 45;
        if    ($d >= 50 && $d < 56) { close $s }                # taken, and dropped
        elsif ($d >= 60 && $d < 62) { print $s "no such language\r\n\r\n"; close $s }
        elsif ($d >= 64 && $d < 66) { answer($s, 502) }         # a proxy's word
        else                        { answer($s, 200) }
        report_all($ref, $n) unless $d < 25;
        append($reports, '- end');
}

$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 128, ReuseAddr => 1) or die;
$| = 1;
print 'listening ', $listen->sockport, "\n";
for (my $n = 1;; $n++) {
        my $s = $listen->accept or next;
        if (fork) { close $s; next }
        close $listen;
        serve($s, $n);
        exit 0;
}
