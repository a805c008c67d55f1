//! Protocols of the TREC Spam Track: in which order a filter sees mail and learns what it was.

use std::str::FromStr;

use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::label::Label;
use crate::score::score;
use crate::train::duplicates::{folds, groups};
use crate::train::estimator::Algorithm;
use crate::train::fit::{Options, calibrated};
use crate::train::metrics::Judged;
use crate::train::online::Online;
use crate::train::sample::Sample;

/// Which messages are learned from before which are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Each message is scored, then learned with its true label, in order.
    Immediate,
    /// The first so many are learned, the others scored.
    Batch(usize),
    /// So many folds, each scored by a model trained on the others, near-duplicates in one fold.
    KFold(usize),
    /// All are scored by a model trained on other mail.
    Cross,
}

impl FromStr for Protocol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::Parameter {
            name: "protocol",
            reason: format!("`{text}` is none of immediate, batch:N, kfold:K (K >= 2), cross"),
        };
        let number = |text: &str| text.parse::<usize>().map_err(|_| bad());
        match text.split_once(':') {
            None if text == "immediate" => Ok(Protocol::Immediate),
            None if text == "cross" => Ok(Protocol::Cross),
            Some(("batch", n)) => number(n).map(Protocol::Batch),
            Some(("kfold", k)) => {
                number(k).and_then(|k| if k >= 2 { Ok(Protocol::KFold(k)) } else { Err(bad()) })
            }
            _ => Err(bad()),
        }
    }
}

/// Runs a protocol and returns one judgement for each message that was scored. Scores are log-odds.
///
/// `train` is the mail to learn from in the protocol [`Protocol::Cross`], and not looked at in others.
///
/// # Errors
/// [`Error::Data`] if some mail to learn from has only one class, or there is none to score.
pub fn run(
    protocol: Protocol,
    samples: &[Sample],
    train: &[Sample],
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Judged>> {
    match protocol {
        Protocol::Immediate => Ok(immediate(samples, options.algorithm, progress)),
        Protocol::Batch(n) => {
            let (first, rest) = samples.split_at(n.min(samples.len()));
            judge_all(
                &first.iter().collect::<Vec<_>>(),
                &rest.iter().collect::<Vec<_>>(),
                options,
                &mut progress,
            )
        }
        Protocol::Cross => judge_all(
            &train.iter().collect::<Vec<_>>(),
            &samples.iter().collect::<Vec<_>>(),
            options,
            &mut progress,
        ),
        Protocol::KFold(k) => {
            let labels: Vec<Label> = samples.iter().map(|s| s.label).collect();
            let signatures: Vec<_> = samples.iter().map(|s| s.signature.clone()).collect();
            let fold_of = folds(&labels, &groups(&signatures), k, 1);
            let mut judged = Vec::with_capacity(samples.len());
            for fold in 0..k {
                let side = |inside: bool| {
                    let of = samples.iter().zip(&fold_of).filter(move |(_, f)| (**f == fold) == inside);
                    of.map(|(sample, _)| sample).collect::<Vec<_>>()
                };
                judged.extend(judge_all(&side(false), &side(true), options, &mut progress)?);
            }
            Ok(judged)
        }
    }
}

/// Trains the model that `tamis train` would make of some mail, and scores other mail with it.
fn judge_all(
    train: &[&Sample],
    test: &[&Sample],
    options: &Options,
    progress: &mut impl FnMut(usize),
) -> Result<Vec<Judged>> {
    if test.is_empty() {
        return Err(Error::Data("no messages are left to score".into()));
    }
    let mut counts = Counts::new();
    let mut learned = Vec::new();
    for sample in train {
        if counts.times(&sample.features) == [0, 0] {
            counts.learn(&sample.features, sample.label);
            learned.push((*sample).clone());
        }
    }
    let model = calibrated(&counts, &learned, options)?.model;
    let judged = test.iter().map(|sample| {
        let verdict = score(&model, None, &sample.features);
        Judged {
            path: sample.path.clone(),
            label: sample.label,
            class: verdict.class,
            score: verdict.log_odds,
        }
    });
    let judged = judged.collect();
    progress(test.len());
    Ok(judged)
}

fn immediate(samples: &[Sample], algorithm: Algorithm, mut progress: impl FnMut(usize)) -> Vec<Judged> {
    let mut filter = Online::new(algorithm);
    let judge = |sample: &Sample| {
        let (score, class) = filter.score(&sample.features);
        filter.learn(&sample.features, sample.label);
        progress(1);
        Judged { path: sample.path.clone(), label: sample.label, class, score }
    };
    samples.iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_by_name() {
        for (text, expected) in [
            ("immediate", Some(Protocol::Immediate)),
            ("batch:10", Some(Protocol::Batch(10))),
            ("kfold:5", Some(Protocol::KFold(5))),
            ("cross", Some(Protocol::Cross)),
            ("kfold:1", None),
            ("batch", None),
            ("batch:x", None),
        ] {
            assert_eq!(text.parse::<Protocol>().ok(), expected, "{text}");
        }
    }
}
