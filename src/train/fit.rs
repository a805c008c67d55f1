//! From counts to a model.

use std::borrow::Borrow;

use rayon::prelude::*;

use crate::counts::{Counts, Pair};
use crate::error::{Error, Result};
use crate::features::is_text;
use crate::label::Label;
use crate::model::{Component, Entry, Info, Model, Thresholds, build};
use crate::score::score;
use crate::train::calibrate::{Aim, Calibration, platt, thresholds};
use crate::train::duplicates::{folds, groups};
use crate::train::estimator::{Algorithm, Parameters, Totals};
use crate::train::linear::Linear;
use crate::train::sample::Sample;

/// How to fit.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// From counts to weights.
    pub algorithm: Algorithm,
    /// The numbers that it is made of.
    pub parameters: Parameters,
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

/// A model, and the log-odds of the mail that it was calibrated with.
pub struct Calibrated {
    /// The model.
    pub model: Model<'static>,
    /// What each held-out message got, with what it is, in no particular order.
    pub held_out: Vec<(f64, Label)>,
}

/// Fits a model with the algorithm's default calibration and thresholds: to counts alone, or also to mail
/// in them, for what needs more than counts. Whoever has mail that is not in the counts does better with
/// [`with_held_out`], and whoever has enough of the mail that is in them with [`calibrated`].
///
/// # Errors
/// [`Error::Data`] if the counts have only one class, [`Error::Parameter`] if the algorithm needs mail
/// and there is none.
pub fn fit(counts: &Counts, mail: &[Sample], options: &Options) -> Result<Model<'static>> {
    if mail.is_empty() {
        needs_only_counts(options.algorithm)?;
    }
    let calibration = Calibration { slope: options.algorithm.slope(), intercept: 0.0 };
    assemble(counts, mail, options, calibration, Thresholds::default(), "default")
}

/// Fits a model to counts, with calibration and thresholds from other mail.
///
/// # Errors
/// [`Error::Data`] if the counts or the held-out mail have only one class, [`Error::Parameter`] if the
/// algorithm needs mail to learn from.
pub fn with_held_out(counts: &Counts, held_out: &[Sample], options: &Options) -> Result<Calibrated> {
    needs_only_counts(options.algorithm)?;
    let model = assemble(counts, NO_MAIL, options, UNCALIBRATED, Thresholds::default(), "none")?;
    let scores = held_out.iter().map(|s| (score(&model, None, &s.features).log_odds, s.label)).collect();
    finish(counts, NO_MAIL, options, scores)
}

/// Fits a model to counts and a sample of the mail in them. What needs more than counts is learned from
/// the sample; and calibration and thresholds come from it: each fifth of the sample is scored by a model
/// that has not seen it or anything like it.
///
/// # Errors
/// [`Error::Data`] if counts or sample have only one class, or the sample is not in the counts.
pub fn calibrated(counts: &Counts, sample: &[Sample], options: &Options) -> Result<Calibrated> {
    both(counts)?;
    let (scores, order) = cross_validated(counts, sample, options)?;
    let bound: f64 = std::env::var("DROP").map_or(f64::INFINITY, |v| v.parse().unwrap());
    let flip = std::env::var("FLIP").is_ok();
    let calibration = platt(&scores)?;
    let mut bad = vec![false; sample.len()];
    for ((score, label), &i) in scores.iter().zip(&order) {
        let against = calibration.log_odds(*score) * if *label == Label::Ham { 1.0 } else { -1.0 };
        bad[i] = against >= bound;
    }
    let mut kept: Vec<Sample> = Vec::new();
    for (one, bad) in sample.iter().zip(&bad) {
        if !bad { kept.push(one.clone()) } else if flip {
            let mut one = one.clone();
            one.label = one.label.other();
            kept.push(one);
        }
    }
    finish(counts, &kept, options, scores)
}

/// How many ham and spam messages there are, none of them none.
fn both(counts: &Counts) -> Result<Pair> {
    match counts.messages() {
        [ham, spam] if ham.min(spam) == 0 => {
            Err(Error::Data(format!("a model needs both ham and spam; there are {ham} ham and {spam} spam")))
        }
        messages => Ok(messages),
    }
}

const NO_MAIL: &[Sample] = &[];

const UNCALIBRATED: Calibration = Calibration { slope: 1.0, intercept: 0.0 };

fn needs_only_counts(algorithm: Algorithm) -> Result<()> {
    match algorithm.is_linear() {
        false => Ok(()),
        true => Err(Error::Parameter {
            name: "algorithm",
            reason: format!("`{}` learns from mail, not from counts", algorithm.name()),
        }),
    }
}

fn finish(
    counts: &Counts,
    mail: &[Sample],
    options: &Options,
    mut scores: Vec<(f64, Label)>,
) -> Result<Calibrated> {
    let calibration = platt(&scores)?;
    let thresholds = thresholds(&calibration, &scores, Aim::default());
    let model = assemble(counts, mail, options, calibration, thresholds, "held-out")?;
    scores.iter_mut().for_each(|(score, _)| *score = calibration.log_odds(*score));
    Ok(Calibrated { model, held_out: scores })
}

/// Uncalibrated scores of a sample by models that were not trained on it.
fn cross_validated(counts: &Counts, sample: &[Sample], options: &Options) -> Result<(Vec<(f64, Label)>, Vec<usize>)> {
    let labels: Vec<Label> = sample.iter().map(|s| s.label).collect();
    let signatures: Vec<_> = sample.iter().map(|s| s.signature.clone()).collect();
    let fold_of = folds(&labels, &groups(&signatures), FOLDS, 1);
    let scores_of = |fold: usize| -> Result<Vec<(f64, Label)>> {
        let side = |inside: bool| {
            let of = sample.iter().zip(&fold_of).filter(move |(_, f)| (**f == fold) == inside);
            of.map(|(sample, _)| sample)
        };
        let mut seen = Counts::new();
        side(true).for_each(|s| {
            seen.learn(&s.features, s.label);
        });
        let mut rest = counts.clone();
        rest.subtract(&seen)?;
        let mail: Vec<&Sample> = side(false).collect();
        let model = assemble(&rest, &mail, options, UNCALIBRATED, Thresholds::default(), "none")?;
        Ok(side(true).map(|s| (score(&model, None, &s.features).log_odds, s.label)).collect())
    };
    let scores: Vec<Vec<(f64, Label)>> = (0..FOLDS).into_par_iter().map(scores_of).collect::<Result<_>>()?;
    let order = (0..FOLDS).flat_map(|fold| (0..sample.len()).filter(|&i| fold_of[i] == fold).collect::<Vec<_>>()).collect();
    Ok((scores.concat(), order))
}

/// A model of counts, and of the mail in them for what needs more.
fn assemble(
    counts: &Counts,
    mail: &[impl Borrow<Sample>],
    options: &Options,
    calibration: Calibration,
    thresholds: Thresholds,
    calibrated_by: &str,
) -> Result<Model<'static>> {
    let messages = both(counts)?;
    let mail = || mail.iter().map(|one| (&one.borrow().features, one.borrow().label));
    let Options { algorithm, parameters, .. } = options;
    let estimator = algorithm.estimator(parameters.bayes);
    let mut linear = algorithm.is_linear().then(|| Linear::new(parameters.descent).trained(mail()));

    let totals = Totals::of(counts);
    let entry = |(hash, seen): (u64, Pair)| {
        let bayes = estimator.iter().map(|estimator| estimator.weight(seen, &totals));
        let weights = bayes.chain(linear.iter().map(|linear| linear.weight(hash))).collect();
        Entry { hash, messages: seen[0].saturating_add(seen[1]), weights, name: String::new() }
    };
    let mut entries: Vec<Entry> = counts.iter().map(entry).collect();
    let bayes = estimator.iter().map(|estimator| Component {
        name: "naive-bayes".into(),
        step: 1.0,
        combine: estimator.combine(),
        bias: estimator.bias(counts, &totals),
        slope: calibration.slope * parameters.bayes_share(*algorithm),
    });
    let mut components: Vec<Component> = bayes.collect();
    components.extend(linear.iter().map(|linear| Component {
        name: "linear".into(),
        step: 1.0,
        combine: parameters.descent.combine(),
        bias: linear.bias(),
        slope: calibration.slope,
    }));

    if let Some(max) = options.max_features.filter(|&max| max < entries.len()) {
        select(&mut entries, max, &components, messages.iter().map(|&n| f64::from(n)).sum());
        if let (Some(linear), Some(component)) = (&mut linear, components.last_mut()) {
            let kept = entries.iter().map(|entry| entry.hash);
            *linear = Linear::only(parameters.descent, kept).trained(mail());
            component.bias = linear.bias();
            for entry in &mut entries {
                entry.weights.pop();
                entry.weights.push(linear.weight(entry.hash));
            }
        }
    }
    let info = Info {
        description: options.description.clone(),
        created: options.created.clone(),
        algorithm: options.algorithm.name().into(),
        sources: options.sources.clone(),
        messages: messages.map(u64::from),
        components,
        intercept: calibration.intercept,
        calibration: calibrated_by.into(),
        thresholds,
    };
    build(info, entries)
}

/// Keeps the features that matter most to the most messages: those with the largest product of pull
/// and root of frequency, and all that are common.
fn select(entries: &mut Vec<Entry>, max: usize, components: &[Component], messages: f64) {
    let worth = |entry: &Entry| {
        let n = f64::from(entry.messages);
        let common = if n > COMMON * messages { 1e6 } else { 0.0 };
        let parts = entry.weights.iter().zip(components);
        let pull: f64 =
            parts.map(|(weight, component)| weight.abs() * component.unit(is_text(entry.hash))).sum();
        common + pull * n.sqrt()
    };
    let mut ranked: Vec<(f64, Entry)> = entries.drain(..).map(|entry| (worth(&entry), entry)).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.hash.cmp(&b.1.hash)));
    entries.extend(ranked.into_iter().take(max).map(|(_, entry)| entry));
}
