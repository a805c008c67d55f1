#!/usr/bin/env bash
# Writes suffixes.txt beside this script from the Public Suffix List in the psl crate, which tests compare
# the two by: one name a line, sorted by its bytes from the end. A mark before the name says what the rules
# have of it: none the name, `*` all names below it, `+` both, `!` an exception from the rule above.
set -euo pipefail
cd "$(dirname "$0")"

manifest=$(cargo metadata --format-version 1 --locked | grep -o '"manifest_path":"[^"]*/psl-[0-9][^"]*"' | cut -d'"' -f4)
rules=$(dirname "$manifest")/data/rules.txt
export LC_ALL=C
tr -d '\r' <"$rules" | grep -v -e '^//' -e '^$' |
    awk '/^\*\./ { below[substr($0, 3)] = 1; next }
         /^!/    { except[substr($0, 2)] = 1; next }
                 { name[$0] = 1 }
         END     { for (n in below) print ((n in name) ? "+" : "*") "\t" n
                   for (n in except) print "!\t" n
                   for (n in name) if (!(n in below)) print "\t" n }' |
    awk -F'\t' '{ n = ""; for (i = length($2); i > 0; i--) n = n substr($2, i, 1); print n "\t" $1 $2 }' |
    sort -t"$(printf '\t')" -k1,1 | cut -f2 >suffixes.txt
