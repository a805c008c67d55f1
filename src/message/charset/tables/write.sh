#!/usr/bin/env bash
# Writes the tables beside this script, but the labels, from the crate encoding_rs, which tests compare them with.
set -euo pipefail
cd "$(dirname "$0")/../../../.."

TAMIS_WRITE_TABLES=1 cargo test --quiet --locked --no-default-features --lib are_those_of_the_crate
cargo test --quiet --locked --no-default-features --lib charset::
