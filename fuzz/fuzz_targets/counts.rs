#![no_main]

use libfuzzer_sys::fuzz_target;
use tamis::features::TOKENIZER_VERSION;
use tamis::{Counts, Features, Label};
use twox_hash::XxHash3_64;

fuzz_target!(|raw: &[u8]| {
    let _ = Counts::from_bytes(raw);
    let mut bytes = b"\x89TAMISC\n".to_vec();
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(TOKENIZER_VERSION.to_le_bytes());
    let body = raw.get(24..).filter(|_| raw.starts_with(b"\x89TAMISC\n")).unwrap_or(raw);
    bytes.extend(XxHash3_64::oneshot(body).to_le_bytes());
    bytes.extend(body);
    let Ok(counts) = Counts::from_bytes(&bytes) else { return };

    let written = counts.to_bytes();
    assert_eq!(Counts::from_bytes(&written).expect("what was written is read"), counts);
    let mut sum = counts.clone();
    let message = Features::from_hashes(counts.iter().map(|(hash, _)| hash).take(50).collect());
    sum.learn(&message, Label::Spam);
    sum.forget(&message);
    sum.merge(&counts);
    let _ = sum.subtract(&counts);
    sum.prune(3);
    assert!(sum.len() <= 3);
    let _ = sum.to_bytes();
});
