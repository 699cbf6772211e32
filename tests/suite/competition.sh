#!/bin/bash
# The competition, whole: event files through the spool of a running advisd, standings out of `advisctl competition`, with
# ties, a municipality that wins twice, one without growth, one that doubles from 2 to 4; the same bytes in any order.
# shellcheck disable=SC2317 # functions are called by promise
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1
build_parts "$B/advisd" "$B/advisctl" || exit 1
advisd=${ADVISD:-$B/advisd} advisctl=${ADVISCTL:-$B/advisctl}
conf=$TMPDIR/figures
mkdir -p "$conf"

cat > "$conf/municipalities.csv" << END
code,name,region_code,region_name,municipality
0101,København,1084,Hovedstaden,yes
0147,Frederiksberg,1084,Hovedstaden,yes
0151,Ballerup,1084,Hovedstaden,yes
0411,Christiansø,1084,Hovedstaden,no
0825,Læsø,1081,Nordjylland,yes
0851,Aalborg,1081,Nordjylland,yes
0860,Hjørring,1081,Nordjylland,yes
END
# 40 residents each, 10 of them men aged 15 to 24, but for Læsø: 80.
perl -e 'print "area,sex,age,quarter,persons\n";
        for my $a (qw(0101 0147 0151 0411 0825 0851 0860)) { for my $s (qw(M K)) { for my $b (qw(15-24 25-34 35-44 45-54 55-64 65-74 75+)) {
                my $n = $s eq "M" && $b eq "15-24" ? 10 : $s eq "M" && $b eq "45-54" ? ($a eq "0825" ? 70 : 30) : 0;
                print "$a,$s,$b,2014Q4,$n\n" } } }' > "$conf/population.csv"

# people AREA FIRST N AT [YOUNG] : N men come to live there, born in 1964 or, the young, in 1995; and enrol AT
cat > "$TMPDIR/people.pl" << 'END'
my ($area, $first, $n, $at, $young) = @ARGV;
for my $i ($first .. $first + $n - 1) {
        my $cpr = sprintf "%02d%02d%02d%d%02d1", 61 + $i % 28, 1 + $i / 28 % 9, $young ? 95 : 64, $area % 3, $area / 10;
        print qq({"type":"citizen","cpr":"$cpr","municipality":"$area","status":"resident","at":"2010-01-01T00:00:00+01:00"}\n);
        next if $at eq "never";
        print qq({"type":"enrolment","cpr":"$cpr","state":"enrolled","basis":"voluntary","at":"${at}T12:00:00+02:00"}\n);
}
END
people() { perl "$TMPDIR/people.pl" "$@"; }
before=2014-09-08 within=2014-10-01 last=2014-10-24 after=2014-10-25
{
        people 0851 0 10 $before; people 0851 10 12 $within; people 0851 0 8 $before young # 10 + 8 before: 30 of 40
        people 0860 0 12 $before; people 0860 12 3 $last; people 0860 20 5 $after          # 12 before: 15 of 40
        people 0825 0 2 $before; people 0825 2 2 $within                                   # doubles from 2 to 4, of 80
        people 0101 0 20 $before; people 0101 0 4 $within young                            # 24 of 40
        people 0147 0 20 $before; people 0147 20 4 $within; people 0147 0 4 never young    # 24 of 40: as København
        people 0151 0 39 $within                                                           # takes no part
        people 0411 0 40 $before                                                           # is no municipality
} > "$TMPDIR/events.ndjson"
# What comes late: one of Aalborg had left, and one more of København had enrolled.
{
        people 0101 30 1 2014-10-20
        head -n 1 "$TMPDIR/events.ndjson" | sed 's/"0851"/"0860"/; s/2010-01-01/2014-10-02/'
} > "$TMPDIR/late.ndjson"

# instance NAME CLOCK
instance() {
        local dir=$TMPDIR/$1
        mkdir -p "$dir/conf/gateways.d" "$dir/state" "$dir/spool"
        "$advisd" --new-key "$dir/key"
        cp conf/competition.conf "$dir/conf/"
        cat > "$dir/conf/advisd.conf" << END
[Service]
StateDirectory=$dir/state
MasterKeyFile=$dir/key
ControlSocket=$dir/control
Sandbox=yes
SandboxClock=$2
[Intake]
SpoolDirectory=$dir/spool
[Texts]
TemplateDirectory=$TOP/conf/templates
[Figures]
PopulationFile=$conf/population.csv
MunicipalitiesFile=$conf/municipalities.csv
END
        mkdir -p "$dir/conf/advisd.conf.d"
        printf '[Competition]\nParticipants=0101 0147 0825 0851 0860\n' > "$dir/conf/advisd.conf.d/participants.conf"
}
ctl() {
        local name=$1
        shift
        "$advisctl" --config "$TMPDIR/$name/conf" "$@"
}
is_up() { ctl "$1" status; }
launch() {
        background "$advisd" --config "$TMPDIR/$1/conf" > "$TMPDIR/$1/log" 2>&1
        pid=$!
        promise "$1 starts" until_true 30 is_up "$1"
}
stop() {
        kill -TERM "$1"
        wait "$1"
        want "it stops" 0 $?
}
is_drained() { [ -z "$(ls "$TMPDIR/$1/spool/new")" ]; }
spool() {
        cp "$2" "$TMPDIR/$1/spool/tmp/" && mv "$TMPDIR/$1/spool/tmp/${2##*/}" "$TMPDIR/$1/spool/new/" && until_true 100 is_drained "$1"
}
# places NAME OPTION… : "category/scope rank[=][*] name numerator/denominator pct", one a line
places() {
        ctl "$1" competition --format csv --locale C "${@:2}" | awk -F, 'NR > 1 { print $2 "/" $3, $4 ($5 ? "=" : "") ($6 ? "*" : ""), $9, $11 "/" $12, $13, $7 }'
}

instance one 2014-10-25T10:00:00+02:00
printf '[Competition]\n\nParticipants=0101 \\\n 0411 0999\n' > "$TMPDIR/one/conf/advisd.conf.d/zz.conf"
want "--check refuses who is no municipality, with file, line and remedy" "1
zz.conf:3: Participants: 0411 is no municipality; correct it to a code of $conf/municipalities.csv, or remove it
zz.conf:3: Participants: 0999 is no municipality; correct it to a code of $conf/municipalities.csv, or remove it" \
        "$("$advisd" --config "$TMPDIR/one/conf" --check > "$TMPDIR/check" 2>&1; echo $?; grep -o 'zz.conf.*' "$TMPDIR/check")"
rm "$TMPDIR/one/conf/advisd.conf.d/zz.conf"
launch one
promise "it takes the events" spool one "$TMPDIR/events.ndjson"
want "the most digital, and the tie in Danish order" "1/0000 1* Aalborg 30/40 75.0 ranked
1/0000 2= Frederiksberg 24/40 60.0 ranked
1/0000 2= København 24/40 60.0 ranked
1/0000 4 Hjørring 15/40 37.5 ranked
1/0000 5 Læsø 4/80 5.0 ranked
1/0000  Ballerup 39/40 97.5 outside" "$(places one --date 2014-10-24 --category 1 | grep ^1/0000)"
want "it wins its region, too; where two are equal both have won" "1/1084 1=* Frederiksberg
1/1084 1=* København
1/1081 1* Aalborg" "$(places one --category 1 | grep '^1/1.*\*' | cut -d ' ' -f 1-3)"
want "the greatest rise: 2 to 4; no growth; the day before it opened" "2/0000 1* Læsø 4/2 100.0 ranked
2/0000 2 Aalborg 30/18 66.7 ranked
2/0000 3 Hjørring 15/12 25.0 ranked
2/0000 4= Frederiksberg 24/20 20.0 ranked
2/0000 4= København 24/20 20.0 ranked
2/0000  Ballerup 39/0  outside" "$(places one --category 2)"
want "the young" "3/0000 1* Aalborg 8/10 80.0 ranked
3/0000 2 København 4/10 40.0 ranked" "$(places one --category 3 | head -n 2)"
want "any day before can be asked" "1/0000 4 Hjørring 12/40 30.0 ranked" "$(places one --date 2014-10-23 --category 1 | grep '0000.*Hjørring')"
want "and has no winners" "" "$(places one --date 2014-10-23 | grep '\*')"
want "a region alone, by its name" 3 "$(places one --category 3 --region "Region Nordjylland" | wc -l)"
ctl one competition winners > "$TMPDIR/winners.txt"
want "winners with what they won by" "1 Aalborg 30 40 75,0" "$(awk '/^1 .*Aalborg/ { print $1, $2, $4, $5, $6; exit }' "$TMPDIR/winners.txt")"
ctl one competition --publish --format csv > "$TMPDIR/published.csv"
want "before its day nothing that is published names them" 0 "$(grep -c ';[0-9]*;[^;]*;ja;\|;[0-9]\+,[0-9];' "$TMPDIR/published.csv")"
want "nor is a category before the last day" "2/0000 1 Læsø / 100.0 ranked" "$(places one --publish --date 2014-10-23 --category 2 | head -n 1)"
want "who would name a category that there is not is told" 2 "$(ctl one competition --category 4 > /dev/null 2>&1; echo $?)"
promise "late events come" spool one "$TMPDIR/late.ndjson"
want "and change what was" "1/0000 1* Aalborg 29/40 72.5 ranked
1/0000 2 København 25/40 62.5 ranked" "$(places one --category 1 | head -n 2)"
ctl one competition --format csv > "$TMPDIR/one.csv"
ctl one competition --format json > "$TMPDIR/one.json"
promise "the sums are what the rows say" ctl one verify
first=$pid

instance two 2014-11-01T10:00:00+01:00
launch two
cat "$TMPDIR/events.ndjson" "$TMPDIR/late.ndjson" | shuf --random-source=<(yes) > "$TMPDIR/shuffled.ndjson"
promise "the same events in another order" spool two "$TMPDIR/shuffled.ndjson"
ctl two competition --format csv > "$TMPDIR/two.csv"
promise "give the same bytes" cmp "$TMPDIR/one.csv" "$TMPDIR/two.csv"
promise "also from a kept head count" ctl two figures snapshot --date 2014-10-24
ctl two competition --format csv > "$TMPDIR/kept.csv"
promise "the same bytes" cmp "$TMPDIR/one.csv" "$TMPDIR/kept.csv"
want "on its day winners are published, small counts are not" "2/0000 1* Læsø / 100.0 ranked" "$(places two --publish --category 2 | head -n 1)"

page() { ctl "$1" figures --week 2014-W43 --format html "${@:2}" | sed 's/<[^>]*>/|/g; s/|\{2,\}/|/g'; }
page one --publish > "$TMPDIR/before.txt"
want "the page names no winner before" 0 "$(grep -c '^|[A-Z][a-zæøå]*|1=*|' "$TMPDIR/before.txt")"
promise "and says when" grep -q 'Vinderne offentliggøres 2014-11-01' "$TMPDIR/before.txt"
page two > "$TMPDIR/page.txt"
want "on the day it does, with its numbers" "|Aalborg|1|29|40|72,5|" "$(grep '^|Aalborg|1|' "$TMPDIR/page.txt" | head -n 1)"
want "and the firsts of the regions" "|København, Region Hovedstaden|25|40|62,5|" "$(grep '^|København, Region' "$TMPDIR/page.txt")"
page two --publish > "$TMPDIR/page.txt"
want "published, small counts are two dots" "|Læsø|1|..|..|100,0|" "$(grep '^|Læsø|1|' "$TMPDIR/page.txt")"
mkdir "$TMPDIR/www"
promise "a week is published with all places" ctl two figures publish --week 2014-W43 "$TMPDIR/www"
want "as CSV, too" "$(ctl two competition --publish --date 2014-10-24 --format csv --locale C | sha256sum)" "$(sha256sum < "$TMPDIR/www/latest/competition.csv")"
promise "the page in it is that one" grep -q '>Aalborg</th>' "$TMPDIR/www/2014-W43/index.html"
promise "a week before it opened has none" ctl two figures publish --week 2014-W34 "$TMPDIR/www"
want "nothing at all" 0 "$(find "$TMPDIR/www/2014-W34" -name 'competition*' | wc -l)"

# The draw: Aalborg has won three titles, the twelve who enrolled within may be drawn, and nobody twice.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMPDIR/kommune.key" -out "$TMPDIR/kommune.pem" -subj "/CN=Aalborg Kommune" -days 2 2> "$TMPDIR/openssl.log"
draw() { ctl "$1" competition draw "${@:2}" --reason "the draw of the competition"; }
# drawn CATEGORY OPTION… VALUE NAME : a title's draw from its commitment to its winners
drawn() {
        local name=${*: -1} value=${*: -2:1} title=(--category "${@:1:$#-2}")
        draw two "${title[@]}" --commit --source "Lotto 2014-11-08" > "$TMPDIR/$name.commitment" &&
                draw two "${title[@]}" --value "$value" > "$TMPDIR/$name.draw" &&
                draw two "${title[@]}" --winners "$TMPDIR/kommune.pem" > "$TMPDIR/$name.sealed" &&
                openssl cms -decrypt -inform PEM -in "$TMPDIR/$name.sealed" -inkey "$TMPDIR/kommune.key" -out "$TMPDIR/$name.winners"
}
of() { grep -o "\"$1\": [^,]*" "$2" | cut -d ' ' -f 2- | tr -d '"'; }
want "nothing is drawn that was not committed to" 1 "$(draw two --category 1 --value 7 > /dev/null 2>&1; echo $?)"
promise "the title of the country is drawn" drawn 1 "3 7 12 19 28 33 36" country
want "the pool was told before" "$(of pool_sha256 "$TMPDIR/country.commitment")" "$(of pool_sha256 "$TMPDIR/country.draw")"
want "and nothing else" 0 "$(grep -c '"pool"\|"chosen"\|"value"' "$TMPDIR/country.commitment")"
want "its members are those who enrolled within" 12 "$(of pool_size "$TMPDIR/country.draw")"
want "two of them win" 2 "$(grep -c '^[12],' "$TMPDIR/country.winners")"
want "a second commitment is refused" "1 advisctl: this title has a draw: its pool was committed to" \
        "$(draw two --category 1 --commit --source X 2> "$TMPDIR/refused" > /dev/null; echo "$? $(head -n 1 "$TMPDIR/refused" | sed 's/ at .*//')")"
want "so is a second value" 1 "$(draw two --category 1 --value 8 > /dev/null 2>&1; echo $?)"
promise "the title of the region" drawn 1 --region Nordjylland "0x5eed" region
want "without those who won before" 10 "$(of pool_size "$TMPDIR/region.draw")"
promise "the title of the region's sharers" drawn 1 --region Hovedstaden --municipality København "1 2 3" shared
promise "a draw can be printed again" cmp "$TMPDIR/country.draw" <(ctl two competition draw --category 1)
want "those who share a title are asked for one by one" 1 "$(draw two --category 1 --region Hovedstaden --commit --source X > /dev/null 2>&1; echo $?)"
want "a title that there is not" 2 "$(draw two --category 2 --region 1081 --commit --source X > /dev/null 2>&1; echo $?)"
for name in country region shared; do
        promise "$name: the published file draws again" ctl two competition draw --verify "$TMPDIR/$name.draw"
        promise "$name: so does another program" tests/figures/lot.pl "$TMPDIR/$name.draw"
done
want "a commitment has nothing to check" 1 "$(ctl two competition draw --verify "$TMPDIR/country.commitment" > /dev/null; echo $?)"
for wrong in 's/"value": "3 /"value": "4 /' 's/"prizes": 2/"prizes": 1/' 's/"title_id": "1/"title_id": "2/' 's/"pool_size": 12/"pool_size": 13/' \
        's/"pool_sha256": "./"pool_sha256": "g/' '0,/^    "[0-9a-f]*",$/s/^    "./    "g/'; do
        sed "$wrong" "$TMPDIR/country.draw" > "$TMPDIR/wrong.draw"
        want "one that was tampered with does not ($wrong)" 1 "$(ctl two competition draw --verify "$TMPDIR/wrong.draw" > /dev/null 2>&1; echo $?)"
done
want "nobody is drawn twice" "" "$(sed -n 's/^[0-9]*,//p' "$TMPDIR"/*.winners | grep -v cpr | sort | uniq -d)"
want "all winners enrolled within" 6 "$(sed -n 's/^[0-9]*,//p' "$TMPDIR"/*.winners | grep -v cpr |
        while read -r cpr; do grep "$cpr" "$TMPDIR/events.ndjson" "$TMPDIR/late.ndjson" | grep -c "enrolment.*2014-10-"; done | grep -c '^1$')"
want "no line stands in two files" "" "$(grep -hoE '"[0-9a-f]{32}"' "$TMPDIR"/{country,region,shared}.draw | sort | uniq -c | awk '$1 > 2')"
sed -n 's/.*"cpr":"\([0-9]*\)".*/\1/p' "$TMPDIR/events.ndjson" | sort -u > "$TMPDIR/numbers"
want "no CPR number in what is published, sealed or logged" "" \
        "$(grep -lFf "$TMPDIR/numbers" "$TMPDIR"/*.draw "$TMPDIR"/*.commitment "$TMPDIR"/*.sealed "$TMPDIR/two/log")"
want "nor in the store" "" "$(grep -lFf "$TMPDIR/numbers" "$TMPDIR/two/state/"*)"
want "every step is in the audit log, each opened number too" "3 3 6" \
        "$(ctl two audit > "$TMPDIR/audit"; echo "$(grep -c draw-commit "$TMPDIR/audit") $(grep -c draw-value "$TMPDIR/audit") $(grep -c draw-winners "$TMPDIR/audit")")"
promise "the sums are still what the rows say" ctl two verify
stop "$pid"
stop "$first"
ctl one competition --format json > "$TMPDIR/offline.json"
promise "without the daemon the same" cmp "$TMPDIR/one.json" "$TMPDIR/offline.json"

done_with_promises
