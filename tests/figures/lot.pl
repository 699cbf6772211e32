#!/usr/bin/perl
# lot.pl FILE : draws again what a published file of `advisctl competition draw` says was drawn, by the rule in advisctl(1)
# alone; shares nothing with src/stats/lot.c. Prints the chosen lines, and fails when the file says others.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Math::BigInt;

local $/;
open my $in, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $text = <$in>;
my ($digest) = $text =~ /"pool_sha256": "([0-9a-f]{64})"/;
my ($title)  = $text =~ /"title_id": "([^"]+)"/;
my ($value)  = $text =~ /"value": "((?:[^"\\]|\\.)*)"/;
my ($prizes) = $text =~ /"prizes": (\d+)/;
my ($size)   = $text =~ /"pool_size": (\d+)/;
my @said = ($text =~ /"chosen": \[([^\]]*)\]/)[0] =~ /"([0-9a-f]+)"/g;
my @pool = ($text =~ /"pool": \[([^\]]*)\]/)[0] =~ /"([0-9a-f]+)"/g;
$value =~ s/\\(.)/$1/g;
die "not sorted\n" if "@pool" ne join ' ', sort @pool;
die "size\n"   if @pool != $size;
die "digest\n" if sha256_hex(join '', map { "$_\n" } @pool) ne $digest;
my @chosen;
for my $k (1 .. $prizes) {
        last unless @pool;
        my $number = Math::BigInt->from_hex(sha256_hex("$k/$title/$digest/$value/$k"))->bmod(scalar @pool)->numify;
        push @chosen, splice @pool, $number, 1;
}
print "$_\n" for @chosen;
die "chosen otherwise\n" if "@chosen" ne "@said";
