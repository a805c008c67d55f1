#!/usr/bin/env bash
# Writes references.txt beside this script from the names in the html5gum crate, which tests compare the two
# by. A line has all names of a code point, in ascending order of both; before them stands by how much the code
# point is above that of the line before, if not by 1. A name ends in `?` if it needs no semicolon, and in `+`
# and a code point in hexadecimal if it is of two characters.
set -euo pipefail
cd "$(dirname "$0")"

manifest=$(cargo metadata --format-version 1 --locked | grep -o '"manifest_path":"[^"]*/html5gum-[0-9][^"]*"' | cut -d'"' -f4)
export LC_ALL=C
grep -oE "fn branch_.|'.' => &\[|\(\"[A-Za-z0-9]*;?\", \"[^\"]+\"\)" "$(dirname "$manifest")/src/entities.rs" |
    awk -F'"' '
        function number(hexadecimal,    i, n) {
            for (i = 1; i <= length(hexadecimal); i++)
                n = n * 16 + index("0123456789abcdef", substr(hexadecimal, i, 1)) - 1
            return n
        }
        /^fn/  { first = substr($0, length($0)); next }
        /=>/   { second = substr($0, 2, 1); next }
               { name = first second $2 }
        !/;"/  { short[name] = "?"; next }
               { split($4, characters, /[^0-9a-f]+u?[{]?/)
                 at[substr(name, 1, length(name) - 1)] = characters[2] "," characters[3] }
        END    { for (name in at) {
                     split(at[name], characters, ",")
                     print number(characters[1]) "\t" number(characters[2]) + 0 "\t" \
                         name short[name] (characters[2] ? "+" characters[2] : "")
                 } }' |
    sort -t"$(printf '\t')" -k1,1n -k2,2n -k3,3 |
    awk -F'\t' '
        NR > 1 && $1 == last { printf " %s", $3; next }
                             { printf("%s%s%s", NR > 1 ? "\n" : "", $1 == last + 1 ? "" : $1 - last " ", $3); last = $1 }
        END                  { print "" }' >references.txt
