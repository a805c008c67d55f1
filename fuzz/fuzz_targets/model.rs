#![no_main]

use libfuzzer_sys::fuzz_target;
use tamis::features::TOKENIZER_VERSION;
use tamis::{Features, Model, explain, model};
use twox_hash::XxHash3_64;

fuzz_target!(|raw: &[u8]| {
    let _ = Model::from_bytes(raw);
    let mut bytes = b"\x89TAMISM\n".to_vec();
    bytes.extend(model::VERSION.to_le_bytes());
    bytes.extend(TOKENIZER_VERSION.to_le_bytes());
    // What comes after the frame of a real file, so that those can be seeds; or all, so that it may be short.
    let body = raw.get(24..).filter(|_| raw.starts_with(b"\x89TAMISM\n")).unwrap_or(raw);
    bytes.extend(XxHash3_64::oneshot(body).to_le_bytes());
    bytes.extend(body);
    let Ok(model) = Model::from_bytes(&bytes[..]) else { return };

    let known = model.table().rows().take(300).map(|row| row.hash);
    let features = Features::from_hashes(known.chain([0, 1, u64::MAX]).collect());
    let verdict = explain(&model, None, &features, 10);
    assert!(verdict.log_odds.is_finite() && (0.0..=1.0).contains(&verdict.probability));
    for row in 0..model.len() {
        model.name(row);
    }
    if let Ok(bare) = model.without_names() {
        assert_eq!(explain(&bare, None, &features, 10), verdict);
    }
});
