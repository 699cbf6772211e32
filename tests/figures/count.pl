#!/usr/bin/perl
# count.pl: the second opinion on the figures.
#
#   count.pl --date 2014-08-24 --municipalities FILE --population FILE --by WORDS [--by WORDS]… [--out DIR] FILE.ndjson…
#
# Reads the event files themselves (not advisd's database), counts a day, and writes what `advisctl figures --by WORDS
# --format csv --locale C` must say, in those of its columns that are counts or shares; into DIR/WORDS.csv, or to stdout
# for a single --by. DIR/apart.json is the end of `--format json`: people abroad and those whom nobody counts.
#
# It shares no code and no data with advisd: a CPR number, a calendar, an order of events and a rounding of its own, after
# the same public rules (design, domain facts, advisd-events(5)). Perl, because a fresh Debian with git has it; no module
# that perl-base lacks. A million citizens take about a gigabyte and half a minute.
#
# The rules, once more:
#   - Of the events of one kind about one person the greatest (at, rev, canonical bytes) before the end of the day holds.
#   - The canonical bytes are sorted compact JSON of what is said, in our own words.
#   - A number that changed makes one person of two; the last number says when he or she was born, and the sex.
#   - Who had not been told of by then, neither of a residence nor of an enrolment, was not there.
#   - A day ends at the next midnight in Copenhagen. Ages are completed years; 29 February completes on 1 March.
use strict;
use warnings;
use Getopt::Long;

my ($date, $municipalities, $population, @by, $out);
GetOptions('date=s' => \$date, 'municipalities=s' => \$municipalities, 'population=s' => \$population,
        'by=s' => \@by, 'out=s' => \$out)
    or exit 2;
die "count.pl: --date, --municipalities, --population, --by and files\n"
    unless $date && $municipalities && $population && @by && @ARGV;
die "count.pl: more than one --by needs --out\n" if @by > 1 && !$out;

#--- calendar --------------------------------------------------------------------------------------

# Days since 1970-01-01, by counting: years, months, days.
my @before_month = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334);
sub is_leap { my $y = shift; return $y % 4 == 0 && ($y % 100 != 0 || $y % 400 == 0); }
sub days {
        my ($y, $m, $d) = @_;
        my $past = $y - 1;
        return $past * 365 + int($past / 4) - int($past / 100) + int($past / 400) - 719162
            + $before_month[$m - 1] + ($m > 2 && is_leap($y) ? 1 : 0) + $d - 1;
}

sub is_date {
        my ($y, $m, $d) = @_;
        return 0 if $m < 1 || $m > 12 || $d < 1;
        my $last = $m == 2 ? (is_leap($y) ? 29 : 28) : $m == 4 || $m == 6 || $m == 9 || $m == 11 ? 30 : 31;
        return $d <= $last;
}

# The last Sunday of a month with 31 days; day 0, 1970-01-01, was a Thursday.
sub last_sunday { my ($y, $m) = @_; my $last = days($y, $m, 31); return $last - ($last + 4) % 7; }

# Midnight that begins a day in Copenhagen, in µs UTC. Summer time by the rule of the European Union since 1996.
sub midnight {
        my ($y, $day) = @_;
        die "count.pl: summer time before 1996 was another\n" if $y < 1996;
        my $is_summer = $day > last_sunday($y, 3) && $day <= last_sunday($y, 10);
        return ($day * 86400 - 3600 * ($is_summer ? 2 : 1)) * 1_000_000;
}

$date =~ /^(\d{4})-(\d\d)-(\d\d)$/ && is_date($1, $2, $3) or die "count.pl: --date: as 2014-08-24\n";
my ($year, $month, $dom) = ($1 + 0, $2 + 0, $3 + 0);
my $quarter = sprintf '%04dQ%d', $year, int(($month + 2) / 3);
my $tomorrow = days($year, $month, $dom) + 1;
my $end = midnight($month == 12 && $dom == 31 ? $year + 1 : $year, $tomorrow);

my %day_cache;
sub instant {
        my $text = shift;
        my ($day, $h, $min, $s, $fraction, $zone) =
            $text =~ /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[-+]\d\d:\d\d)$/
            or die "no time: $text\n";
        my $midnight = $day_cache{$day} //= 86400 * days(split /-/, $day);
        my $t = $midnight + $h * 3600 + $min * 60 + $s;
        if ($zone =~ /^([-+])(\d\d):(\d\d)$/) {
                my $ahead = $2 * 3600 + $3 * 60;
                $t += $1 eq '+' ? -$ahead : $ahead;
        }
        return $t * 1_000_000 + (defined $fraction ? substr($fraction . '000000', 0, 6) : 0);
}

#--- reading ---------------------------------------------------------------------------------------

my %word = (    # state: (ours, basis, reason)
        enrolled => ['enrolled', '', ''],
        exempt => ['exempt', '', ''],
        none => ['none', '', ''],
        REGISTERED => ['enrolled', '', ''],
        EXEMPT => ['exempt', '', ''],
        VOLUNTARY_REGISTRATION => ['enrolled', 'voluntary', ''],
        AUTOMATIC_REGISTRATION => ['enrolled', 'automatic', ''],
);
$word{$_} = ['exempt', '', $_] for qw(EXEMPT_LEFT_THE_COUNTRY EXEMPT_OTHER_REASON);
$word{$_} = ['none', '', $_] for qw(BEFORE_UNCONFIRMED_REGISTRATION UNCONFIRMED_REGISTRATION CREATED_AWAITING_REGISTRATION
        CLOSED UNKNOWN);

my (%home, %post);      # number => the greatest (at, rev, canonical bytes) so far
my (%changed, %edge);   # number => [ [at, rev, to], … ]; what was told before

# One line whose object has no objects in it; undef for a type that no figure needs.
sub fields {
        my $line = shift;
        $line =~ /"type"\s*:\s*"(citizen|enrolment|cpr-changed)"/ or return undef;
        die "an escape, which this program does not read\n" if index($line, '\\') >= 0;
        my %f;
        $f{$1} = defined $2 ? $2 : $3 while $line =~ /"([^"]*)"\s*:\s*(?:"([^"]*)"|([^",{}\[\]\s]+))/g;
        for (keys %f) { delete $f{$_} if $f{$_} eq 'null' && $line =~ /"$_"\s*:\s*null/ }
        return \%f;
}

sub number { my $n = shift; $n =~ s/^(\d{6})-(\d{4})$/$1$2/; $n =~ /^\d{10}$/ or die "no CPR number\n"; return $n; }

sub keep {
        my ($where, $f, $said) = @_;
        my ($cpr, $at) = (number($f->{cpr}), instant($f->{at}));
        $home{$cpr} //= '';    # known, whatever was told by then
        return if $at >= $end;
        my $key = pack('Q>N', $at, $f->{rev} // 0) . $said;
        $where->{$cpr} = $key if !defined $where->{$cpr} || $key gt $where->{$cpr};
}

sub take {
        my $f = shift;
        if ($f->{type} eq 'citizen') {
                keep(\%home, $f, sprintf '{"municipality":"%04d","status":"%s"}', $f->{municipality} // 0, $f->{status});
        } elsif ($f->{type} eq 'enrolment') {
                my $w = $word{ $f->{state} } or die "state: no word that is known\n";
                my $basis = $w->[1] || $f->{basis} || '';
                my $given = $f->{reason} // '';
                my $reason = $w->[2] || ($given eq '' || $word{$given} && $word{$given}[2] ? $given : 'other');
                keep(\%post, $f, qq({"basis":"$basis","reason":"$reason","state":"$w->[0]"}));
        } else {
                my ($from, $to) = (number($f->{from}), number($f->{to}));
                my ($at, $rev) = (instant($f->{at}), $f->{rev} // 0);
                return if $edge{"$from $at $rev"}++;
                push @{ $changed{$from} }, [$at, $rev, $to];
        }
}

for my $file (@ARGV) {
        open my $in, '<', $file or die "count.pl: $file: $!\n";
        while (my $line = <$in>) {
                my $f = fields($line) or next;
                eval { take($f); 1 } or die "count.pl: $file:$.: $@";
        }
        close $in;
}

#--- one person, one number ------------------------------------------------------------------------

# Where a number leads: the end of its chain of changes.
sub current {
        my $cpr = shift;
        my %seen;
        while (my $next = $changed{$cpr}) {
                die "count.pl: numbers that change in a ring\n" if $seen{$cpr}++;
                my ($last) = sort { $b->[0] <=> $a->[0] || $b->[1] <=> $a->[1] } @$next;
                $cpr = $last->[2];
        }
        return $cpr;
}

for my $old (keys %changed) {
        my $now = current($old);
        for my $where (\%home, \%post) {
                my $key = delete $where->{$old};
                next unless defined $key;
                $where->{$now} = $key if !defined $where->{$now} || $key gt $where->{$now};
        }
        $home{$now} //= '';
}

#--- counting --------------------------------------------------------------------------------------

# cpr.dk: the century by digit 7 and the year.
sub age {
        my $cpr = shift;
        my ($d, $m, $yy, $seventh) = $cpr =~ /^(\d\d)(\d\d)(\d\d)(\d)/;
        my $century = $seventh <= 3 ? 1900
            : $seventh == 4 || $seventh == 9 ? ($yy <= 36 ? 2000 : 1900)
            : ($yy <= 57 ? 2000 : 1800);
        $d -= 60 if $d > 60;    # a replacement number
        my $y = $century + $yy;
        die "count.pl: a number that is no date\n" unless is_date($y, $m, $d);
        my $years = $year - $y;
        $years-- if $month < $m || ($month == $m && $dom < $d);
        return $years;
}

my (%region, %is_municipality, %people);
my @bands = qw(15-24 25-34 35-44 45-54 55-64 65-74 75+);
sub band { my $i = int((shift() - 15) / 10); return $bands[$i > 6 ? 6 : $i]; }

sub table {
        my ($file, $columns, $take) = @_;
        open my $in, '<', $file or die "count.pl: $file: $!\n";
        my $head;
        while (<$in>) {
                s/\s+$//;
                next if /^#/ || $_ eq '';
                if (!defined $head) { $head = $_; die "count.pl: $file: not $columns\n" if $head ne $columns; next }
                $take->(split /,/);
        }
        close $in;
}

table($municipalities, 'code,name,region_code,region_name,municipality', sub {
        my ($code, undef, $region, undef, $is) = @_;
        $region{ $code + 0 } = $region + 0;
        $is_municipality{ $code + 0 } = $is eq 'yes';
});

# The quarter of the day; else the last before it; else the first.
my %quarters;
table($population, 'area,sex,age,quarter,persons', sub {
        my ($area, $sex, $age, $q, $n) = @_;
        $q =~ tr/K/Q/;
        $quarters{$q} = 1;
        $age =~ /^(\d+)/;
        $people{$q}{ $area + 0 }{ band($1) }{$sex} += $n if $1 >= 15 && $region{ $area + 0 };
});
my @known = sort keys %quarters;
my ($used) = reverse grep { $_ le $quarter } @known;
$used //= $known[0];

my @states = qw(unknown none exempt not_said voluntary automatic);
my (%count, %abroad, %apart);
$apart{$_} = 0 for qw(child dead missing not_told elsewhere);
$abroad{$_} = 0 for @states;
for my $cpr (keys %home) {
        my ($municipality, $status) =
            $home{$cpr} eq '' ? (0, '') : substr($home{$cpr}, 12) =~ /"municipality":"(\d+)","status":"(\w+)"/;
        my $key = $post{$cpr};
        next if $status eq '' && !defined $key;    # nothing was told by then
        my $state = 'unknown';
        if (defined $key) {
                my ($basis, $word) = substr($key, 12) =~ /"basis":"(\w*)".*"state":"(\w+)"/;
                $state = $word ne 'enrolled' ? $word : $basis eq '' ? 'not_said' : $basis;
        }
        if ($status eq '') { $apart{not_told}++ }
        elsif ($status eq 'dead' || $status eq 'missing') { $apart{$status}++ }
        elsif ((my $age = age($cpr)) < 15) { $apart{child}++ }
        elsif ($status eq 'abroad') { $abroad{$state}++ }
        elsif (!$region{ $municipality + 0 }) { $apart{elsewhere}++ }
        else { $count{ $municipality + 0 }{ band($age) }{ $cpr =~ /[13579]$/ ? 'M' : 'K' }{$state}++ }
}

#--- figures ---------------------------------------------------------------------------------------

# Tenths of a percent, halves up; floor division, so that it holds below zero, too.
sub share {
        my ($part, $whole) = @_;
        return '' if $whole == 0;
        my ($n, $d) = (2000 * $part + $whole, 2 * $whole);
        my $tenths = ($n - $n % $d) / $d;
        return sprintf '%s%d.%d', $tenths < 0 ? '-' : '', int(abs($tenths) / 10), abs($tenths) % 10;
}

sub row {
        my ($area, $codes, $band, $sex) = @_;
        my %n = map { $_ => 0 } @states;
        my $people = 0;
        for my $code (@$codes) {
                for my $b ($band eq '15+' ? @bands : $band) {
                        for my $s ($sex eq 'all' ? qw(M K) : $sex) {
                                $people += $people{$used}{$code}{$b}{$s} // 0;
                                $n{$_} += $count{$code}{$b}{$s}{$_} // 0 for @states;
                        }
                }
        }
        my $enrolled = $n{voluntary} + $n{automatic} + $n{not_said};
        my $residents = $enrolled + $n{exempt} + $n{none} + $n{unknown};
        my $neither = $people - $enrolled - $n{exempt};
        return join(',', sprintf('%04d', $area), $band, $sex, $people, $residents, $enrolled, $n{voluntary}, $n{automatic},
                $n{not_said}, $n{exempt}, $neither, $n{none}, $n{unknown}, share($enrolled, $people),
                share($n{exempt}, $people), share($neither, $people)) . "\n";
}

sub figures {
        my %by = map { $_ => 1 } split /,/, shift;
        my @all = sort { $a <=> $b } keys %region;
        my %areas;
        if ($by{municipality}) { $areas{$_} = [$_] for grep { $is_municipality{$_} } @all }
        elsif ($by{region}) { push @{ $areas{ $region{$_} } }, $_ for @all }
        else { $areas{0} = \@all }
        my $text = "area,age,sex,population,residents,enrolled,voluntary,automatic,not_said,exempt,neither,none,unknown,"
            . "enrolled_pct,exempt_pct,neither_pct\n";
        for my $area (sort { $a <=> $b } keys %areas) {
                for my $band ($by{age} ? @bands : '15+') {
                        $text .= row($area, $areas{$area}, $band, $_) for $by{sex} ? qw(M K) : 'all';
                }
        }
        $text .= row(0, \@all, '15+', 'all') if $by{municipality} || $by{region} || $by{age} || $by{sex};
        return $text;
}

sub apart {
        my $enrolled = $abroad{voluntary} + $abroad{automatic} + $abroad{not_said};
        my $persons = $enrolled + $abroad{exempt} + $abroad{none} + $abroad{unknown};
        return qq("abroad":{"persons":$persons,"enrolled":$enrolled,"voluntary":$abroad{voluntary},)
            . qq("automatic":$abroad{automatic},"not_said":$abroad{not_said},"exempt":$abroad{exempt},)
            . qq("none":$abroad{none},"unknown":$abroad{unknown}},"apart":{)
            . join(',', map { qq("$_":$apart{$_}) } qw(child dead missing not_told elsewhere)) . "}}\n";
}

if (!$out) { print figures($by[0]); exit 0 }
sub put { my ($name, $text) = @_; open my $f, '>', "$out/$name" or die "count.pl: $out/$name: $!\n"; print $f $text; close $f or die "$!\n" }
put("$_.csv", figures($_)) for @by;
put('apart.json', apart());
