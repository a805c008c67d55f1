#!/usr/bin/env bash
# Every test of the project, on a machine that has cargo: format, lints, benches that compile, unit and
# documentation tests, and the program on the messages under tests/data.
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
