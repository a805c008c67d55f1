#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tamis::{Counts, Extractor, Label, Model, Trust, correct, explain, limits, score};

thread_local! {
    static STATE: RefCell<(Extractor, Model<'static>)> = RefCell::new((
        Extractor::new(Trust::default().authserv_id("mx1.fernbrook.example").host(".fernbrook.example")),
        Model::embedded(),
    ));
}

fuzz_target!(|raw: &[u8]| {
    STATE.with_borrow_mut(|(extractor, model)| {
        let features = extractor.extract(raw);
        let named = extractor.extract_named(raw);
        assert_eq!(features.hashes(), named.hashes());
        assert!(features.hashes().len() <= limits::FEATURES);
        assert!(named.names().all(|name| name.len() <= 2 * limits::NAME_BYTES));

        let verdict = score(model, None, &features);
        assert!(verdict.log_odds.is_finite() && (0.0..=1.0).contains(&verdict.probability));
        let explained = explain(model, None, &named, usize::MAX);
        assert_eq!(explained.log_odds.to_bits(), verdict.log_odds.to_bits());

        let mut personal = Counts::new();
        correct(model, &mut personal, &features, Label::Ham);
        correct(model, &mut personal, &features, Label::Spam);
        assert!(personal.forget(&features));
        assert_eq!(personal, Counts::new());
    });
});
