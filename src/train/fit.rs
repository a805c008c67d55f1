//! From counts to a model.

use crate::counts::{Counts, Pair};
use crate::error::{Error, Result};
use crate::label::Label;
use crate::model::{Component, Entry, Info, Model, Thresholds, build};
use crate::score::score;
use crate::train::calibrate::{Aim, Calibration, platt, thresholds};
use crate::train::duplicates::{folds, groups};
use crate::train::estimator::{Algorithm, Totals};
use crate::train::sample::Sample;

/// How to fit.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// From counts to weights.
    pub algorithm: Algorithm,
    /// Features that the model may have; all if `None`.
    pub max_features: Option<usize>,
    /// One line for people.
    pub description: String,
    /// When it is made, for the metadata.
    pub created: Option<String>,
    /// What it is made from, for the metadata.
    pub sources: Vec<String>,
}

/// Shares of the mail that held-out scores are made of, in turn.
const FOLDS: usize = 5;

/// A feature in more of the mail than this is kept even if it says nothing, so that the personal layer
/// knows that it is common.
const COMMON: f64 = 0.01;

/// Calibrations of models that nobody held mail out for: rounded from those of the SpamAssassin corpus.
fn default_calibration(algorithm: Algorithm) -> Calibration {
    match algorithm {
        Algorithm::NaiveBayes => Calibration { slope: 0.07, intercept: 0.0 },
        Algorithm::Robinson => Calibration { slope: 0.06, intercept: 0.0 },
        Algorithm::Multinomial | Algorithm::Bernoulli => Calibration { slope: 0.03, intercept: 0.0 },
    }
}

/// A model, and the log-odds of the mail that it was calibrated with.
pub struct Calibrated {
    /// The model.
    pub model: Model<'static>,
    /// What each held-out message got, with what it is, in no particular order.
    pub held_out: Vec<(f64, Label)>,
}

/// Fits a model to counts alone, with the algorithm's default calibration and thresholds. Whoever has
/// mail that is not in the counts does better with [`with_held_out`], and whoever has the mail that is
/// in them with [`calibrated`].
///
/// # Errors
/// [`Error::Data`] if the counts have only one class.
pub fn fit(counts: &Counts, options: &Options) -> Result<Model<'static>> {
    assemble(counts, options, default_calibration(options.algorithm), Thresholds::default(), "default")
}

/// Fits a model to counts, with calibration and thresholds from other mail.
///
/// # Errors
/// [`Error::Data`] if the counts or the held-out mail have only one class.
pub fn with_held_out(counts: &Counts, held_out: &[Sample], options: &Options) -> Result<Calibrated> {
    let model = assemble(counts, options, UNCALIBRATED, Thresholds::default(), "none")?;
    finish(
        counts,
        options,
        held_out.iter().map(|s| (score(&model, None, &s.features).log_odds, s.label)).collect(),
    )
}

/// Fits a model to counts, with calibration and thresholds from a sample of the mail in them: each fifth
/// of the sample is scored by a model that has not seen it or anything like it.
///
/// # Errors
/// [`Error::Data`] if counts or sample have only one class, or the sample is not in the counts.
pub fn calibrated(counts: &Counts, sample: &[Sample], options: &Options) -> Result<Calibrated> {
    finish(counts, options, cross_validated(counts, sample, options)?)
}

const UNCALIBRATED: Calibration = Calibration { slope: 1.0, intercept: 0.0 };

fn finish(counts: &Counts, options: &Options, mut scores: Vec<(f64, Label)>) -> Result<Calibrated> {
    let calibration = platt(&scores)?;
    let thresholds = thresholds(&calibration, &scores, Aim::default());
    let model = assemble(counts, options, calibration, thresholds, "held-out")?;
    scores.iter_mut().for_each(|(score, _)| *score = calibration.log_odds(*score));
    Ok(Calibrated { model, held_out: scores })
}

/// Uncalibrated scores of a sample by models that were not trained on it.
fn cross_validated(counts: &Counts, sample: &[Sample], options: &Options) -> Result<Vec<(f64, Label)>> {
    let labels: Vec<Label> = sample.iter().map(|s| s.label).collect();
    let signatures: Vec<_> = sample.iter().map(|s| s.signature.clone()).collect();
    let fold_of = folds(&labels, &groups(&signatures), FOLDS, 1);
    let mut scores = Vec::with_capacity(sample.len());
    for fold in 0..FOLDS {
        let held: Vec<&Sample> =
            sample.iter().zip(&fold_of).filter(|(_, f)| **f == fold).map(|(s, _)| s).collect();
        let mut seen = Counts::new();
        held.iter().for_each(|s| {
            seen.learn(&s.features, s.label);
        });
        let mut rest = counts.clone();
        rest.subtract(&seen)?;
        let model = assemble(&rest, options, UNCALIBRATED, Thresholds::default(), "none")?;
        scores.extend(held.iter().map(|s| (score(&model, None, &s.features).log_odds, s.label)));
    }
    Ok(scores)
}

fn assemble(
    counts: &Counts,
    options: &Options,
    calibration: Calibration,
    thresholds: Thresholds,
    calibrated_by: &str,
) -> Result<Model<'static>> {
    let messages = counts.messages();
    if messages.contains(&0) {
        let [ham, spam] = messages;
        return Err(Error::Data(format!(
            "a model needs both ham and spam; there are {ham} ham and {spam} spam"
        )));
    }
    let estimator = options.algorithm.estimator();
    let totals = Totals::of(counts);
    let mut weighed: Vec<(u64, Pair, f64)> =
        counts.iter().map(|(hash, seen)| (hash, seen, estimator.weight(seen, &totals))).collect();
    if let Some(max) = options.max_features {
        select(&mut weighed, max, &totals);
    }
    let entries = (weighed.into_iter())
        .map(|(hash, seen, weight)| Entry {
            hash,
            messages: seen[0].saturating_add(seen[1]),
            weights: vec![weight],
            name: String::new(),
        })
        .collect();
    let component = Component {
        name: options.algorithm.name().into(),
        step: 1.0,
        combine: estimator.combine(),
        bias: estimator.bias(counts, &totals),
        slope: calibration.slope,
    };
    let info = Info {
        description: options.description.clone(),
        created: options.created.clone(),
        algorithm: options.algorithm.name().into(),
        sources: options.sources.clone(),
        messages: messages.map(u64::from),
        components: vec![component],
        intercept: calibration.intercept,
        calibration: calibrated_by.into(),
        thresholds,
    };
    build(info, entries)
}

/// Keeps the features that matter most to the most messages: those with the largest product of weight
/// and root of frequency, and all that are common.
fn select(weighed: &mut Vec<(u64, Pair, f64)>, max: usize, totals: &Totals) {
    if weighed.len() <= max {
        return;
    }
    let all = totals.messages[0] + totals.messages[1];
    let worth = |&(_, seen, weight): &(u64, Pair, f64)| {
        let n = f64::from(seen[0]) + f64::from(seen[1]);
        let common = if n > COMMON * all { 1e6 } else { 0.0 };
        common + weight.abs() * n.sqrt()
    };
    weighed.sort_by(|a, b| worth(b).total_cmp(&worth(a)).then(a.0.cmp(&b.0)));
    weighed.truncate(max);
}
