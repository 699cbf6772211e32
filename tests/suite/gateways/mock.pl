#!/usr/bin/perl
# Nine gateways in one process, as their documents describe them: what they ask of a request, what they answer, and how
# they report. Written from the documents (shared with nobody: conf/gateways.d/examples is not read), so that both must agree.
#
#       mock.pl LEDGER REPORTS MODE
#
# Prints "listening PORT". A request that breaks a documented rule gets the documented error and a line "WRONG …" on stderr.
# LEDGER gets a line for each SMS taken: gateway, reference, number. REPORTS gets gateway, reference, state, status answered.
# MODE is a file whose words are looked at for each request: "poor" = no money, "stranger" = the credentials are not known.
# The last two digits of a number say what happens to it:
#       01 taken, reported delivered    02 taken, reported failed    03 refused for good
#       04 throttled at the first try   05 the connection is dropped at the first try, after it was taken
use strict;
use warnings;
use Digest::SHA qw(sha256_hex hmac_sha256 hmac_sha256_hex hmac_sha1);
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;

my ($ledger, $reports, $mode_file) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my %seen;    # of numbers: how often they were asked for
my $next_id = 1000;

sub slurp { my ($f) = @_; open(my $h, '<', $f) or return ''; local $/; my $t = <$h>; close $h; return $t // '' }
sub append { my ($f, $line) = @_; open(my $h, '>>', $f) or die; print $h "$line\n"; close $h }
sub mode { my ($word) = @_; return slurp($mode_file) =~ /\b$word\b/ }
sub unescape { my ($s) = @_; $s =~ tr/+/ /; $s =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; return $s }
sub escape { my ($s) = @_; $s =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge; return $s }
sub form { my ($s) = @_; my %f; for (split /&/, $s) { my ($k, $v) = split /=/, $_, 2; $f{unescape($k)} = unescape($v // '') } return \%f }
sub wrong { my ($why) = @_; print STDERR "WRONG $why\n"; return 0 }
sub scenario { my ($to) = @_; return substr($to, -2) }
# the first time only, for what is over at the second try
sub first_time { my ($what) = @_; return !$seen{$what}++ }

sub basic {
        my ($q, $user, $password) = @_;
        return 0 if mode('stranger');
        return ($q->{h}{authorization} // '') eq 'Basic ' . encode_base64("$user:$password", '');
}
sub is_gsm_text { my ($s) = @_; return $s !~ /[^\x00-\x7fæøåÆØÅéÉüÜöÖäÄñÑ]/ }

# ---- reports ----

sub b64url { my ($s) = @_; my $t = encode_base64($s, ''); $t =~ tr,+/,-_,; $t =~ s/=+$//; return $t }

sub call {
        my ($method, $url, $type, $body, %more) = @_;
        my ($host, $path) = $url =~ m,^http://([^/]+)(/.*)$, or return 'no-url';
        my $s = IO::Socket::INET->new(PeerAddr => $host, Timeout => 10) or return 'refused';
        my $head = "$method $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n";
        $head .= "Content-Type: $type\r\n" if $type;
        $head .= "Content-Length: " . length($body) . "\r\n" if $method eq 'POST';
        $head .= "$_: $more{$_}\r\n" for sort keys %more;
        print $s "$head\r\n$body";
        my $line = <$s> // '';
        return $line =~ m,^HTTP/1.1 (\d+), ? $1 : 'nothing';
}

# Sends what make() gives, as long as it is not taken: a gateway tries again.
sub report_later {
        my ($gateway, $reference, $state, $make) = @_;
        return if fork;
        close STDIN;
        for my $try (1 .. 20) {
                select undef, undef, undef, 0.2;
                my $status = call($make->());
                append($reports, "$gateway $reference $state $status");
                last if $status =~ /^2/;
        }
        exit 0;
}

sub take {
        my ($gateway, $reference, $to) = @_;
        append($ledger, "$gateway $reference $to");
}

# ---- the gateways: each gets a request and gives status, type, body; undef = the connection is dropped ----

sub ok { return (200, 'application/json', $json->encode($_[0])) }
sub answer { return ($_[0], 'application/json', $json->encode($_[1])) }

# GatewayAPI classic: docs/rest.rst, docs/errors.rst
sub gatewayapi {
        my ($q) = @_;
        return answer(401, {code => '0x0210', message => 'Unauthorized'}) unless basic($q, 'gwtoken', '');
        return answer(403, {code => '0x0216', message => 'Insufficient credit'}) if mode('poor');
        my $list = eval { $json->decode($q->{body}) } // [];
        my @ids;
        for my $m (@$list) {
                my $to = $m->{recipients}[0]{msisdn};
                return answer(400, {code => '0x0308'}) unless
                        @{$m->{recipients}} == 1 && $to =~ /^[0-9]{8,15}$/ && length($m->{sender}) <= 11 && $m->{validity_period} >= 60
                        && $m->{encoding} =~ /^(UTF8|UCS2)$/ && $m->{userref} =~ /^[a-z2-7]{28}$/ && $m->{callback_url} =~ /^http/
                        or wrong("gatewayapi: $q->{body}");
                return answer(403, {code => '0x0215', message => 'The number %1 is blacklisted', variables => ["$to"]}) if scenario($to) eq '03';
                return answer(429, {code => undef, message => 'Too many requests'}) if scenario($to) eq '04' && first_time($to);
        }
        for my $m (@$list) {
                my ($to, $id) = ($m->{recipients}[0]{msisdn}, $next_id++);
                push @ids, $id;
                take('gatewayapi', $m->{userref}, $to);
                my $state = scenario($to) eq '02' ? 'UNDELIVERABLE' : 'DELIVERED';
                report_later('gatewayapi', $m->{userref}, $state, sub {
                        my $body = $json->encode({id => $id, msisdn => $to, time => time, status => $state, error => undef, code => undef, userref => $m->{userref}});
                        my $signed = b64url($json->encode({alg => 'HS256', typ => 'JWT'})) . '.' . b64url($body);
                        return ('POST', $m->{callback_url}, 'application/json', $body, 'X-Gwapi-Signature' => $signed . '.' . b64url(hmac_sha256($signed, 'gwsecret')));
                });
        }
        return ok({ids => \@ids, usage => {countries => {DK => scalar @ids}, currency => 'DKK', total_cost => 0.3}});
}

# GatewayAPI Mobile Message: docs/message/overview
sub gatewayapi_mobile {
        my ($q) = @_;
        return answer(401, {}) if mode('stranger') || ($q->{h}{authorization} // '') ne 'Token mobiletoken';
        my $m = eval { $json->decode($q->{body}) } // {};
        my $to = $m->{recipient} // '';
        return answer(422, {}) unless $to =~ /^[0-9]{8,15}$/ && length($m->{sender}) <= 11 && $m->{expiration} =~ /^PT[0-9]+S$/ && length $m->{message}
                or wrong("gatewayapi-mobile: $q->{body}");
        return answer(422, {}) if scenario($to) eq '03';
        return answer(429, {}) if scenario($to) eq '04' && first_time($to);
        take('gatewayapi-mobile', $m->{reference}, $to);
        return ok({msg_id => '01JN' . $next_id++, recipient => $to + 0, reference => $m->{reference}});
}

# CPSMS: api.cpsms.dk/documentation
sub cpsms {
        my ($q) = @_;
        return answer(401, {error => {code => 401, message => 'Unauthorized'}}) unless basic($q, 'ACCOUNT', 'cpskey');
        return answer(402, {error => {code => 402, message => 'Insufficient credits'}}) if mode('poor');
        my $m = eval { $json->decode($q->{body}) } // {};
        my @to = ref $m->{to} ? @{$m->{to}} : ($m->{to});
        my (@good, @bad);
        return answer(400, {error => {code => 400, message => 'Bad Request'}}) unless
                (grep { !/^[0-9]{8,15}$/ } @to) == 0 && length($m->{message}) <= 1530 && length($m->{from}) <= 11 && $m->{format} =~ /^(GSM|UNICODE)$/
                && length($m->{reference} // '') <= 32 or wrong("cpsms: $q->{body}");
        my $which = ref $m->{to} ? 'cpsms-batch' : 'cpsms';
        for my $to (@to) {
                return answer(429, {error => {code => 429, message => 'Too Many Requests'}}) if scenario($to) eq '04' && first_time("$which$to");
        }
        for my $to (@to) {
                if (scenario($to) eq '03') { push @bad, {code => 400, message => 'Invalid number', to => $to}; next }
                push @good, {to => $to, cost => 1};
                take($which, $m->{reference} // '-', $to);
                next if ref $m->{to};
                my $state = scenario($to) eq '02' ? 2 : 1;
                report_later('cpsms', $m->{reference}, $state, sub {
                        return ('GET', "$m->{dlr_url}&status=$state&receiver=$to", '', '');
                });
        }
        return @bad ? answer(207, {success => \@good, error => \@bad}) : ok({success => \@good});
}

# inMobile v4: inMobile-.NET-API-Client, SmsOutgoing
sub inmobile {
        my ($q) = @_;
        return answer(401, {errorMessage => 'Unauthorized', details => []}) unless basic($q, '_', 'inkey');
        my $list = (eval { $json->decode($q->{body}) } // {})->{messages} // [];
        return answer(400, {errorMessage => 'Bad request', details => ['messages']}) unless @$list >= 1 && @$list <= 250 or wrong("inmobile: $q->{body}");
        my (@results, $drop);
        for my $m (@$list) {
                return answer(400, {errorMessage => 'Bad request', details => [$m->{messageId}]}) unless
                        $m->{from} =~ /^([A-Za-z0-9 ]{3,11}|[0-9]{1,14})$/ && length($m->{messageId}) <= 50 && $m->{encoding} =~ /^(gsm7|ucs2|auto)$/
                        && $m->{validityPeriodInSeconds} >= 60 && $m->{validityPeriodInSeconds} <= 172800 && JSON::PP::is_bool($m->{respectBlacklist})
                        or wrong("inmobile: $q->{body}");
                return answer(429, {errorMessage => 'Too many requests', details => []}) if scenario($m->{to}) eq '04' && first_time($m->{to});
        }
        for my $m (@$list) {
                my $good = scenario($m->{to}) ne '03';
                push @results, {numberDetails => {countryCode => '49', phoneNumber => '20', rawMsisdn => $m->{to}, msisdn => $m->{to},
                        isValidMsisdn => $good ? JSON::PP::true : JSON::PP::false}, text => $m->{text}, from => $m->{from}, smsCount => 1,
                        messageId => $m->{messageId}, encoding => 'gsm7'};
                next unless $good;
                take('inmobile', $m->{messageId}, $m->{to});
                if (scenario($m->{to}) eq '05' && first_time($m->{to})) { $drop = 1; next }
                my $state = scenario($m->{to}) eq '02' ? -1 : 1;
                report_later('inmobile', $m->{messageId}, $state, sub {
                        return ('POST', $m->{statusCallbackUrl}, 'application/json', $json->encode({reports => [{messageId => $m->{messageId},
                                numberDetails => {}, deliveryInfo => {stateCode => $state, stateDescription => '', sendTime => '2026-11-23T10:00:00Z',
                                doneTime => '2026-11-23T10:00:01Z', errorCode => undef, errorDescription => undef}, chargeInfo => {isCharged => JSON::PP::true}}]}));
                });
        }
        return $drop ? undef : ok({results => \@results});
}

# LINK DK: LINK Mobility DK Rest API v2
sub link_dk {
        my ($q) = @_;
        return answer(401, {status => 401, message => 'Unauthorized'}) if mode('stranger') || ($q->{query}{apikey} // '') ne 'linkkey';
        return answer(402, {status => 402, message => 'Insufficient credits'}) if mode('poor');
        my $m = (eval { $json->decode($q->{body}) } // {})->{message} // {};
        my $to = $m->{recipients} // '';
        return answer(400, {status => 400}) unless $to =~ /^\+[0-9]{8,15}$/ && length($m->{sender}) <= 11 && $m->{format} =~ /^(GSM|UNICODE)$/ && $m->{validity} >= 1
                && JSON::PP::is_bool($m->{status}) or wrong("link-dk: $q->{body}");
        return answer(400, {status => 400, message => 'Invalid recipient'}) if scenario($to) eq '03';
        return answer(429, {status => 429}) if scenario($to) eq '04' && first_time($to);
        take('link-dk', $m->{returndata}, $to);
        my $state = scenario($to) eq '02' ? 'rejected' : 'received';
        report_later('link-dk', $m->{returndata}, $state, sub {
                return ('GET', "$m->{statusurl}?status=$state&receivetime=" . time . "&msgid=7&to=" . escape($to) . "&statuscode=1&returndata=$m->{returndata}&batchid=1", '', '');
        });
        return answer(201, {status => 201, details => {batchid => $next_id++}});
}

# LINK Common: docs/openapi/link-api-v1.json
sub link_common {
        my ($q) = @_;
        return answer(401, {status => 401, description => 'Unauthorized', transaltedDescription => ''}) unless basic($q, 'ACCOUNT', 'linkpassword');
        my $m = eval { $json->decode($q->{body}) } // {};
        my $to = $m->{destination} // '';
        return answer(400, {status => 400}) unless $to =~ /^\+[0-9]{8,15}$/ && $m->{sourceTON} eq 'ALPHANUMERIC' && $m->{destinationTON} eq 'MSISDN' && $m->{relativeValidityTime} >= 1000
                or wrong("link-common: $q->{body}");
        return answer(400, {status => 400, description => 'Invalid destination', transaltedDescription => ''}) if scenario($to) eq '03';
        return answer(429, {status => 429}) if scenario($to) eq '04' && first_time($to);
        take('link-common', $m->{refId}, $to);
        return ok({messageId => 'Dcshuhod' . $next_id++, resultCode => 1005, description => 'Queued', smsCount => 1});
}

# Twilio: twilio_api_v2010.json; webhooks.js
sub twilio {
        my ($q) = @_;
        return answer(401, {code => 20003, message => 'Authenticate', status => 401}) unless basic($q, 'ACCOUNT-SID', 'twtoken');
        return answer(400, {code => 30002, message => 'Account suspended', status => 400}) if mode('poor');
        my $f = form($q->{body});
        my ($to, $ref) = ($f->{To} // '', ($f->{StatusCallback} // '') =~ /[?&]ref=([a-z2-7]+)/);
        return answer(400, {code => 21211, message => "Invalid 'To' Phone Number", status => 400}) unless $to =~ /^\+[0-9]{8,15}$/ && scenario($to) ne '03';
        return answer(400, {code => 21605, status => 400}) unless length($f->{Body}) <= 1600 && $f->{ValidityPeriod} >= 1 && $f->{ValidityPeriod} <= 36000 && $ref
                or wrong("twilio: $q->{body}");
        return answer(429, {code => 20429, message => 'Too Many Requests', status => 429}) if scenario($to) eq '04' && first_time($to);
        take('twilio', $ref, $to);
        my ($sid, $state) = ('SM' . $next_id++, scenario($to) eq '02' ? 'undelivered' : 'delivered');
        report_later('twilio', $ref, $state, sub {
                my %p = (MessageSid => $sid, MessageStatus => $state, To => $to, From => $f->{From}, AccountSid => 'ACCOUNT-SID');
                $p{ErrorCode} = '30005' if $state eq 'undelivered';
                my $signature = encode_base64(hmac_sha1($f->{StatusCallback} . join('', map { $_ . $p{$_} } sort keys %p), 'twtoken'), '');
                return ('POST', $f->{StatusCallback}, 'application/x-www-form-urlencoded', join('&', map { "$_=" . escape($p{$_}) } sort keys %p), 'X-Twilio-Signature' => $signature);
        });
        return answer(201, {sid => $sid, status => 'queued', num_segments => '1', error_code => undef});
}

# Vonage: definitions/sms.yml; auth.py
sub vonage {
        my ($q) = @_;
        my $f = form($q->{body});
        my $to = $f->{to} // '';
        my $says = sub { return ok({'message-count' => '1', messages => [{status => "$_[0]", 'error-text' => 'no'}]}) };
        return $says->(4) unless basic($q, 'API-KEY', 'vosecret');
        return $says->(9) if mode('poor');
        return $says->(3) unless $to =~ /^[0-9]{7,15}$/ && $f->{ttl} >= 20000 && $f->{ttl} <= 604800000 && $f->{type} =~ /^(text|unicode)$/ && length($f->{'client-ref'}) <= 40
                or wrong("vonage: $q->{body}");
        return $says->(7) if scenario($to) eq '03';
        return $says->(1) if scenario($to) eq '04' && first_time($to);
        my ($ref, $id, $state) = ($f->{'client-ref'}, 'V' . $next_id++, scenario($to) eq '02' ? 'rejected' : 'delivered');
        take('vonage', $ref, $to);
        report_later('vonage', $ref, $state, sub {
                my %p = (msisdn => $to, to => $f->{from}, messageId => $id, status => $state, 'err-code' => $state eq 'delivered' ? 0 : 6, scts => '2611231000', price => '0.1',
                        'network-code' => '23801', 'api-key' => 'API-KEY', 'client-ref' => $ref, 'message-timestamp' => '2026-11-23 10:00:00', timestamp => time, nonce => 'n');
                my $text = join '', map { my $v = $p{$_}; $v =~ tr/&=/__/; "&$_=$v" } sort keys %p;
                $p{sig} = hmac_sha256_hex($text, 'vosign');
                return ('POST', $f->{callback}, 'application/x-www-form-urlencoded', join('&', map { "$_=" . escape($p{$_}) } sort keys %p));
        });
        return ok({'message-count' => '1', messages => [{to => $to, 'message-id' => $id, status => '0', 'remaining-balance' => '3.14', 'message-price' => '0.03', network => '23801'}]});
}

# Amazon SNS: service-2.json; "Signature Version 4 signing process"
sub is_signed {
        my ($q) = @_;
        my ($id, $date, $region, $service, $headers, $signature) = ($q->{h}{authorization} // '') =~
                m!^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$! or return 0;
        return 0 if mode('stranger') || $id ne 'ACCESS-KEY-ID' || "$region/$service" ne 'eu-west-1/sns' || $headers !~ /\bhost\b/ || $headers !~ /\bx-amz-date\b/;
        return wrong("aws-sns: signs a header that is not there: $headers") if grep { !defined $q->{h}{$_} } split /;/, $headers;
        my $request = join("\n", $q->{method}, $q->{path}, '', (map { "$_:$q->{h}{$_}" } split /;/, $headers), '', $headers, sha256_hex($q->{body}));
        my $text = join("\n", 'AWS4-HMAC-SHA256', $q->{h}{'x-amz-date'}, "$date/$region/$service/aws4_request", sha256_hex($request));
        my $key = hmac_sha256('aws4_request', hmac_sha256($service, hmac_sha256($region, hmac_sha256($date, 'AWS4awssecret'))));
        return hmac_sha256_hex($text, $key) eq $signature;
}
sub sns_error { my ($status, $code) = @_; return ($status, 'text/xml', "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>$code</Code>\n    <Message>no</Message>\n  </Error>\n</ErrorResponse>\n") }
sub aws_sns {
        my ($q) = @_;
        return sns_error(403, 'SignatureDoesNotMatch') unless is_signed($q);
        my $f = form($q->{body});
        my $to = $f->{PhoneNumber} // '';
        return sns_error(400, 'InvalidParameter') unless $f->{Action} eq 'Publish' && $f->{Version} eq '2010-03-31' && $to =~ /^\+[0-9]{8,15}$/ && length $f->{Message}
                && $f->{'MessageAttributes.entry.1.Value.StringValue'} =~ /^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/ or wrong("aws-sns: $q->{body}");
        return sns_error(400, 'InvalidParameter') if scenario($to) eq '03';
        return sns_error(429, 'Throttled') if scenario($to) eq '04' && first_time($to);
        take('aws-sns', '-', $to);
        return (200, 'text/xml', '<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>');
}

my %door = ('/rest/mtsms' => \&gatewayapi, '/mobile/single' => \&gatewayapi_mobile, '/v2/send' => \&cpsms, '/v4/sms/outgoing' => \&inmobile, '/v2/message.json' => \&link_dk,
        '/sms/send' => \&link_common, '/2010-04-01/Accounts/ACCOUNT-SID/Messages.json' => \&twilio, '/sms/json' => \&vonage, '/' => \&aws_sns);

# ---- the server: one request after the other, a connection for each ----

sub read_request {
        my ($s) = @_;
        my $line = <$s> // return;
        my ($method, $target) = $line =~ m,^([A-Z]+) (\S+) HTTP/1\.1\r\n$, or return;
        my %h;
        while (defined(my $l = <$s>)) { last if $l eq "\r\n"; my ($k, $v) = $l =~ /^([^:]+):\s*(.*?)\r\n$/ or return; $h{lc $k} = $v }
        my $body = '';
        read($s, $body, $h{'content-length'} // 0);
        my ($path, $query) = split /\?/, $target, 2;
        return {method => $method, path => $path, query => form($query // ''), h => \%h, body => $body};
}

$SIG{CHLD} = 'IGNORE';
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64, ReuseAddr => 1) or die;
$| = 1;
print 'listening ', $listen->sockport, "\n";
while (1) {
        my $s = $listen->accept or next;
        my $q = read_request($s);
        if ($q) {
                my $door = $door{$q->{path}};
                my ($status, $type, $body) = $door && $q->{method} eq 'POST' ? $door->($q) : (404, 'text/plain', 'no such door');
                print $s "HTTP/1.1 $status Word\r\nContent-Type: $type\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body" if defined $status;
        }
        close $s;
}
