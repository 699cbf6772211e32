#!/usr/bin/perl
# edges.pl: people for whom everything happens where a count can go wrong.
#
#   edges.pl --seed N --days 2014-08-24,2014-11-01 --municipalities FILE --persons 3000 --out FILE
#
# Writes only events. Birthdays lie around the 15th (25th, 75th) on the days that are counted: the day itself, a day before
# and after, 29 February, every century digit; enrolments, moves, deaths and departures at the last second of such a day, at
# the midnight after it and on both sides of the autumn's change of clocks; some said again, some put right by a revision,
# some contradicted under the same revision, some told long after; numbers change, and the old one told another birthday.
# The same seed writes the same bytes. It shares nothing with advisd or with count.pl but advisd-events(5).
use strict;
use warnings;
use Getopt::Long;
use POSIX ();

my ($seed, $days, $municipalities, $persons, $out) = (1, '', '', 3000, '');
GetOptions('seed=i' => \$seed, 'days=s' => \$days, 'municipalities=s' => \$municipalities, 'persons=i' => \$persons,
        'out=s' => \$out)
    && $days && $municipalities && $out
    or die "edges.pl: --seed, --days, --municipalities, --persons, --out\n";

# An own generator (Lehmer, modulus 2^31 - 1): perl's differs between builds.
my $x = $seed % 2147483646 + 1;
sub below { my $n = shift; $x = $x * 48271 % 2147483647; return $x % $n; }
sub one_of { return $_[below(scalar @_)]; }

open my $in, '<', $municipalities or die "edges.pl: $municipalities: $!\n";
my @code = map { /^(\d{4}),/ ? $1 : () } <$in>;
close $in;

# Days since 1970 through the calendar of POSIX, at noon in UTC.
$ENV{TZ} = 'UTC';
sub day_of { my ($y, $m, $d) = @_; return POSIX::floor(POSIX::mktime(0, 0, 12, $d, $m - 1, $y - 1900) / 86400); }
sub date_of { my @t = gmtime(shift() * 86400 + 43200); return ($t[5] + 1900, $t[4] + 1, $t[3]); }

my @day = map { day_of(split /-/) } split /,/, $days;
my %taken;

# A number of the safe shape: 60 added to the day; the seventh digit says the century (cpr.dk).
sub number {
        my ($y, $m, $d, $is_male) = @_;
        my @seventh = $y < 1900 ? (5 .. 8) : $y < 1937 ? (0 .. 3) : $y < 2000 ? (0 .. 4, 9) : $y < 2037 ? (4 .. 9) : (5 .. 8);
        for (1 .. 10000) {
                my $n = sprintf '%02d%02d%02d%d%02d%d', $d + 60, $m, $y % 100, one_of(@seventh), below(100),
                    2 * below(5) + ($is_male ? 1 : 0);
                return $n unless $taken{$n}++;
        }
        die "edges.pl: no number is left\n";
}

sub birthday {
        my ($y, $m, $d) = date_of(one_of(@day) + one_of(-2, -1, 0, 0, 0, 1, 2, below(730) - 365));
        $y -= one_of(14, 15, 15, 15, 16, 25, 35, 64, 65, 75, 95, 100, 113);
        ($m, $d) = one_of([2, 28], [3, 1], [2, 29]) ->@* if below(8) == 0;
        my $is_leap = $y % 4 == 0 && ($y % 100 != 0 || $y % 400 == 0);
        $d = 28 if $m == 2 && $d == 29 && !$is_leap;
        return ($y, $m, $d);
}

# An instant beside a midnight in Copenhagen, or anywhere in the year before.
sub moment {
        my $day = one_of(@day);
        my ($y, $m, $d) = date_of($day);
        return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', (date_of($day - below(300)))[0 .. 2], below(24), below(60), below(60)
            if below(3) == 0;
        my $is_summer = $day < day_of($y, 10, 26);    # 2014: from the last Sunday of March to that of October
        my $zone = $is_summer ? '+02:00' : '+01:00';
        return sprintf '%04d-%02d-%02dT%s%s', $y, $m, $d, one_of('23:59:59', '23:59:59.999999', '00:00:00', '12:00:00'), $zone
            if below(4);
        return one_of("2014-10-25T23:59:59+02:00", "2014-10-26T02:30:00+02:00", "2014-10-26T02:30:00+01:00",
                sprintf('%04d-%02d-%02dT%02d:00:00Z', (date_of($day))[0 .. 2], $is_summer ? 22 : 23));
}

my @line;
sub say_home {
        my ($cpr, $status, $at, $rev) = @_;
        my $where = $status eq 'abroad' ? '' : sprintf ',"municipality":"%s"', one_of(@code);
        push @line, qq({"type":"citizen","cpr":"$cpr"$where,"status":"$status","at":"$at") . ($rev ? qq(,"rev":$rev}) : '}');
}

sub say_post {
        my ($cpr, $at, $rev) = @_;
        my $state = one_of('"enrolled","basis":"voluntary"', '"enrolled","basis":"automatic"', '"enrolled"', '"exempt"', '"none"',
                '"AUTOMATIC_REGISTRATION"', '"VOLUNTARY_REGISTRATION"', '"EXEMPT_OTHER_REASON"');
        push @line, qq({"type":"enrolment","cpr":"$cpr","state":$state,"at":"$at") . ($rev ? qq(,"rev":$rev}) : '}');
}

for (1 .. $persons) {
        my $is_male = below(2);
        my @born = birthday();
        my $cpr = number(@born, $is_male);
        my $told = $cpr;
        if (below(20) == 0) {
                my ($y, $m, $d) = below(2) ? @born : birthday();
                $told = number($y, $m, $d, below(5) ? $is_male : !$is_male);
                push @line, sprintf '{"type":"cpr-changed","from":"%s","to":"%s","at":"%s"}', $told, $cpr, moment();
        }
        my $first = '2012-01-01T00:00:00+01:00';
        say_home($told, 'resident', $first, 0) if below(30);
        say_home(one_of($told, $cpr), one_of(qw(resident resident resident abroad missing dead)), moment(), below(4) ? 0 : below(5))
            for 1 .. below(4);
        say_post(one_of($told, $cpr), moment(), below(4) ? 0 : below(5)) for 1 .. below(5);
        push @line, $line[-1] if below(15) == 0;                             # said again
        if (below(10) == 0) {                                                # contradicted, or put right
                my $at = moment();
                say_post($cpr, $at, 0);
                say_post($cpr, $at, below(2));
        }
}
open my $to, '>', $out or die "edges.pl: $out: $!\n";
print $to "$_\n" for @line;
close $to or die "edges.pl: $out: $!\n";
printf "seed %d: %d events of %d persons\n", $seed, scalar @line, $persons;
