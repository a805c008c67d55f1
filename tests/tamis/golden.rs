//! Scores of all messages under `tests/data`, to the last bit, on every platform.

use std::collections::BTreeMap;

use serde_json::Value;
use tamis::model::build;
use tamis::train::duplicates::Signature;
use tamis::train::estimator::Algorithm;
use tamis::train::fit::{Options, fit};
use tamis::train::sample::Sample;
use tamis::{Counts, Extractor, Features, Label, Model, explain, score};

use crate::program::{data, messages};

/// Features, and the bits of the log-odds by each algorithm and with a personal layer.
fn scores() -> BTreeMap<String, Value> {
    let mut extractor = Extractor::default();
    let extracted: Vec<(String, Features)> = ["ham", "spam", "rfc", "malformed"]
        .into_iter()
        .flat_map(messages)
        .map(|(name, raw)| (name, extractor.extract_named(&raw)))
        .collect();
    let labelled = extracted.iter().filter_map(|(name, features)| {
        let label = name.split('/').next().and_then(|folder| folder.parse().ok())?;
        Some(sample(features, label))
    });
    let labelled: Vec<Sample> = labelled.collect();
    let mut counts = Counts::new();
    for one in &labelled {
        counts.learn(&one.features, one.label);
    }
    let mut personal = Counts::new();
    for (name, label) in [("spam/seo-offer.eml", Label::Ham), ("ham/newsletter.eml", Label::Spam)] {
        let (_, features) = extracted.iter().find(|(file, _)| file == name).unwrap();
        personal.learn(features, label);
    }
    let models: Vec<(&str, Model<'static>)> = (Algorithm::ALL.into_iter())
        .map(|algorithm| {
            (algorithm.name(), fit(&counts, &labelled, &Options { algorithm, ..Options::default() }).unwrap())
        })
        .collect();

    let bits = |number: f64| Value::from(format!("{:016x}", number.to_bits()));
    let row = |features: &Features| {
        let mut row = serde_json::Map::new();
        row.insert("features".into(), features.hashes().len().into());
        row.insert("digest".into(), format!("{:016x}", features.digest()).into());
        for (name, model) in &models {
            row.insert((*name).into(), bits(score(model, None, features).log_odds));
        }
        let verdict = explain(&models[0].1, Some(&personal), features, usize::MAX);
        row.insert("personal".into(), bits(verdict.log_odds));
        row.insert("probability".into(), bits(verdict.probability));
        row.insert("pulls".into(), bits(verdict.evidence.iter().map(|evidence| evidence.pull).sum()));
        Value::Object(row)
    };
    extracted.iter().map(|(name, features)| (name.clone(), row(features))).collect()
}

/// What there is to learn from features that have names.
fn sample(features: &Features, label: Label) -> Sample {
    let signature = Signature::of(features.hashes());
    Sample {
        path: String::new(),
        label,
        features: features.of_fields(|_| true),
        signature,
        verdict_headers: 0,
    }
}

#[test]
fn a_model_scores_the_same_after_it_was_written_again() {
    let mut extractor = Extractor::default();
    let (mut counts, mut labelled) = (Counts::new(), Vec::new());
    for (folder, label) in [("ham", Label::Ham), ("spam", Label::Spam)] {
        for (_, raw) in messages(folder) {
            let features = extractor.extract_named(&raw);
            counts.learn(&features, label);
            labelled.push(sample(&features, label));
        }
    }
    let model = fit(&counts, &labelled, &Options::default()).unwrap();
    let mut info = model.info().clone();
    // Numbers of all lengths, which the metadata has as decimal text.
    for i in 1..2000u32 {
        let awkward = f64::from(i.wrapping_mul(2_654_435_761)) / 3e9;
        info.intercept = awkward;
        info.components[0].slope = awkward / 7.0;
        let written = build(info.clone(), Vec::new()).unwrap();
        let again = written.without_names().unwrap();
        for (one, made) in info.components.iter_mut().zip(&written.info().components) {
            one.step = made.step;
        }
        assert_eq!((written.info(), again.info()), (&info, &info));
    }
    let names = vec!["name"; model.len()];
    for (name, raw) in messages("spam") {
        let features = extractor.extract(&raw);
        let bits = |model: &Model<'_>| score(model, None, &features).log_odds.to_bits();
        assert_eq!(bits(&model), bits(&model.with_names(&names).unwrap().without_names().unwrap()), "{name}");
    }
}

#[test]
fn golden_scores_are_the_same_to_the_last_bit() {
    let path = data("golden.json");
    let found = scores();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let mut text = String::from("{\n");
        for (i, (name, row)) in found.iter().enumerate() {
            let comma = if i + 1 < found.len() { "," } else { "" };
            text += &format!("{}: {row}{comma}\n", Value::from(name.as_str()));
        }
        std::fs::write(&path, text + "}\n").unwrap();
    }
    let golden: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let names = |rows: &BTreeMap<String, Value>| rows.keys().cloned().collect::<Vec<_>>();
    let how = "if this is meant, run: UPDATE_GOLDEN=1 cargo test --test tamis golden";
    assert_eq!(names(&found), names(&golden), "{how}");
    for (name, row) in &found {
        assert_eq!(row, &golden[name], "{name}; {how}");
    }
}
