#!/usr/bin/env bash
# Writes the tables beside this script from the crates unicode-normalization, unicode-security and unicode-script,
# which tests compare them with.
set -euo pipefail
cd "$(dirname "$0")/../../.."

write() { TAMIS_WRITE_TABLES=1 cargo test --quiet --locked --no-default-features --lib are_those_of_the_crate; }
# What is confusable depends on how text is normalised: the first time by the tables before.
write && write
cargo test --quiet --locked --no-default-features --lib text::
