#!/usr/bin/perl
# What a power cut may leave on the disk: power.pl LOG BASE OUT SEED [CUT]
#
# LOG is powerlog's (tests/lab/powerlog.c), BASE the folder as it was before, at the path that LOG names; OUT the folder
# as found after the power came back. CUT is the number of records that still happened; drawn by SEED if left out. It
# prints CUT, how many there are, and the references of what had been sent by then.
#
# What was safe (fsync of the file; fsync of the folder for its names; syncfs) is there. Of what was not, one of these,
# by SEED: none of it, all of it, or any part of it, whole writes as well as pieces of 512 bytes; names likewise.
use strict;
use warnings;

my ($log, $base, $out, $seed, $cut) = @ARGV;
srand(($seed * 2654435761) % 4294967291); # neighbours draw nothing alike
rand for 1 .. 5;
my (@records, %sent_at);
open my $in, '<:raw', $log or die "$log: $!";
while (my $line = <$in>) {
    chomp $line;
    my ($op, @rest) = split / /, $line;
    my $data = '';
    my $len = $op eq 'W' ? $rest[2] : $op eq 'N' ? $rest[0] : 0;
    read($in, $data, $len) == $len or last if $len;
    push @records, [$op, \@rest, $data];
}
$cut = int rand(@records + 1) unless defined $cut;
my $way = int rand 3; # 0 nothing unsafe is left, 1 all of it, 2 some of it

# Files by a number of ours: an inode comes again after its file is gone.
my ($next, %file, %of_inode, %now, %safe, @names) = (1);
sub load {
    my ($dir) = @_;
    opendir my $d, $dir or die "$dir: $!";
    for my $e (sort grep { !/^\.\.?$/ } readdir $d) {
        my $path = "$dir/$e";
        if (-d $path) { load($path); next }
        next if $path =~ /-shm$/ or -S $path;
        open my $f, '<:raw', $path or die "$path: $!";
        local $/;
        $file{$next} = {safe => scalar(<$f>) // '', pending => []};
        (my $as = $path) =~ s/^\Q$ENV{POWER_FROM}\E/$base/;
        $now{$as} = $safe{$as} = $next++;
    }
}
load($ENV{POWER_FROM});

sub apply {
    my ($ref, $p) = @_;
    my ($op, $at, $data) = @$p;
    if ($op eq 'T') {
        $$ref = length $$ref > $at ? substr($$ref, 0, $at) : $$ref . "\0" x ($at - length $$ref);
        return;
    }
    $$ref .= "\0" x ($at - length $$ref) if length $$ref < $at;
    substr($$ref, $at, length $data) = $data;
}
sub make_safe {
    my ($f) = @_;
    apply(\$f->{safe}, $_) for @{$f->{pending}};
    $f->{pending} = [];
}
sub dir_of { my ($p) = @_; $p =~ s{/[^/]*$}{}; return $p }
sub apply_name {
    my ($map, $n) = @_;
    my ($op, $a, $b, $id) = @$n;
    if ($op eq 'C') { $map->{$a} = $id }
    elsif ($op eq 'U') { delete $map->{$a} }
    else { delete $map->{$a}; $map->{$b} = $id }
}
sub names_safe {
    my ($dir) = @_;
    my @left;
    for my $n (@names) {
        if (!defined $dir or dir_of($n->[1]) eq $dir or $n->[0] eq 'R' and dir_of($n->[2]) eq $dir) { apply_name(\%safe, $n) }
        else { push @left, $n }
    }
    @names = @left;
}

my $stream = '';
for my $r (@records[0 .. $cut - 1]) {
    my ($op, $a, $data) = @$r;
    if ($op eq 'C') {
        $file{$next} = {safe => '', pending => []};
        $of_inode{$a->[0]} = $now{$a->[1]} = $next;
        push @names, ['C', $a->[1], undef, $next++];
    }
    elsif ($op eq 'O') { $of_inode{$a->[0]} = $now{$a->[1]} // die "$a->[1]: opened and never made" }
    elsif ($op eq 'W') { push @{$file{$of_inode{$a->[0]}}{pending}}, ['W', $a->[1], $data] }
    elsif ($op eq 'T') { push @{$file{$of_inode{$a->[0]}}{pending}}, ['T', $a->[1]] }
    elsif ($op eq 'S') { make_safe($file{$of_inode{$a->[0]}}) if $of_inode{$a->[0]} }
    elsif ($op eq 'D') { names_safe($a->[0]) }
    elsif ($op eq 'Y') { make_safe($_) for values %file; names_safe(undef) }
    elsif ($op eq 'U') { delete $now{$a->[0]}; push @names, ['U', $a->[0]] }
    elsif ($op eq 'R') {
        my $id = delete $now{$a->[0]};
        $now{$a->[1]} = $id;
        push @names, ['R', $a->[0], $a->[1], $id];
    }
    elsif ($op eq 'N') { $stream .= $data }
}

# What the disk made of the rest.
for my $f (map { $file{$_} } sort { $a <=> $b } keys %file) {
    for my $p (@{$f->{pending}}) {
        next if $way == 0 or $way == 2 and rand() < 0.4;
        if ($way == 2 and $p->[0] eq 'W' and rand() < 0.3) { # torn
            for (my $i = 0; $i < length $p->[2]; $i += 512) {
                apply(\$f->{safe}, ['W', $p->[1] + $i, substr($p->[2], $i, 512)]) if rand() < 0.5;
            }
            next;
        }
        apply(\$f->{safe}, $p);
    }
}
for my $n (@names) {
    next if $way == 0 or $way == 2 and rand() < 0.4;
    next if $n->[0] eq 'R' and !exists $safe{$n->[1]}; # its own making was lost
    apply_name(\%safe, $n);
}
for my $path (sort keys %safe) {
    (my $to = $path) =~ s/^\Q$base\E/$out/;
    my $dir = dir_of($to);
    system('mkdir', '-p', $dir) unless -d $dir;
    open my $f, '>:raw', $to or die "$to: $!";
    print $f $file{$safe{$path}}{safe};
    close $f or die "$to: $!";
}
print "$cut ", scalar(@records), "\n";
my %seen;
for my $ref ($stream =~ /(?:"reference":"|Message-ID: <)([a-z2-7]+)/gi) { print lc $ref, "\n" unless $seen{lc $ref}++ }
