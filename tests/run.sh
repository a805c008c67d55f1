#!/usr/bin/env bash
# Every test of the project, on a machine that has cargo, node and npm: format, lints, benches that compile,
# unit, integration and documentation tests; then the npm package in five runtimes, the web page in Chromium,
# and the examples. What is missing is installed: the Wasm tools below target/, runtimes from npm, and
# Chromium and Thunderbird from the system's packages, which needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

for component in rustfmt clippy; do
    cargo "${component/rust/}" --version >/dev/null 2>&1 || rustup component add "$component"
done
cargo fmt --check
rustfmt --check --edition 2024 fuzz/fuzz_targets/*.rs
cargo clippy --all-targets --locked -- -D warnings
# The library alone is what goes into other hosts: no trainer, no program.
cargo check --locked --no-default-features
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
cargo test --locked
# The scores are the native ones in every runtime, on the SpamAssassin corpus too.
node www/test/run.mjs --corpus
node www/page/test/run.mjs
node examples/test.mjs
