//! Whether one filter errs less than another on the same mail, or whether that was luck.

use std::collections::HashMap;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::label::{Class, Label};
use crate::train::bootstrap::{Bootstrap, Interval};
use crate::train::metrics::{Judged, Ranking};

/// The result of one filter: what it is called, and what it said of each message.
pub type Named = (String, Vec<Judged>);

/// The measures that only need an order of the messages and a decision on each, so that every filter has
/// them. Percentages.
pub const MEASURES: [&str; 6] = ["1-ROCA%", "sm% at hm 0.1 %", "sm% at hm 0.5 %", "hm%", "sm%", "LAM%"];

/// A filter among others.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What it is called.
    pub name: String,
    /// Its [`MEASURES`].
    pub figures: Vec<Interval>,
    /// What each measure is more than the first filter's; of the first filter itself nothing.
    pub differences: Vec<Difference>,
}

/// A difference between two filters on the same mail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// With its 95 % interval.
    #[serde(flatten)]
    pub interval: Interval,
    /// How often mail like this would show so large a difference, either way, if there were none.
    pub p: f64,
}

/// Compares filters on the same mail, each with the first. Messages are matched by path, and the decision
/// on a message is its class: unsure is not spam. Mail is resampled in the order of the first result.
///
/// Differences of 1-ROCA% are tested as DeLong, DeLong and Clarke-Pearson do (1988, "Comparing the Areas
/// under Two or More Correlated Receiver Operating Characteristic Curves: A Nonparametric Approach"),
/// differences of the others by the paired bootstrap (Efron and Tibshirani 1993, chapter 16).
///
/// # Errors
/// [`Error::Data`] that names the message if one is not in every result, is twice in one, or has another
/// label in another; and if a class is missing or a score is not a number.
pub fn compare(results: Vec<Named>) -> Result<Vec<Compared>> {
    let mut results = results.into_iter();
    let Some((first_name, first)) = results.next() else { return Ok(Vec::new()) };
    unique(&first_name, &first)?;
    let bootstrap = Bootstrap::new(&first);
    let base = Measured::of(&first)?;
    let mut compared = vec![Compared {
        name: first_name.clone(),
        figures: bootstrap.intervals(|weights| base.measures(weights)).to_vec(),
        differences: Vec::new(),
    }];
    for (name, judged) in results {
        unique(&name, &judged)?;
        let other = Measured::of(&paired((&first_name, &first), (&name, judged))?)?;
        let figures = bootstrap.intervals(|weights| other.measures(weights)).to_vec();
        let mut differences = by_bootstrap(&bootstrap, &base, &other);
        differences[0] = by_delong(&first, &base, &other);
        differences.iter_mut().for_each(|difference| difference.p = difference.p.max(least_p(first.len())));
        compared.push(Compared { name, figures, differences });
    }
    Ok(compared)
}

fn unique(name: &str, judged: &[Judged]) -> Result<()> {
    let mut paths = std::collections::HashSet::new();
    match judged.iter().find(|one| !paths.insert(one.path.as_str())) {
        Some(twice) => Err(Error::Data(format!("{name}: {} is there twice", twice.path))),
        None => Ok(()),
    }
}

/// The judgements of `other` in the order of `first`.
fn paired(first: (&str, &[Judged]), other: (&str, Vec<Judged>)) -> Result<Vec<Judged>> {
    let only = |path: &str, there: &str, missing: &str| {
        Error::Data(format!("{path}: this message is in {there}, but not in {missing}"))
    };
    let mut by_path: HashMap<String, Judged> =
        other.1.into_iter().map(|one| (one.path.clone(), one)).collect();
    let mut found = Vec::with_capacity(first.1.len());
    for one in first.1 {
        let Some(theirs) = by_path.remove(&one.path) else { return Err(only(&one.path, first.0, other.0)) };
        if theirs.label != one.label {
            let (path, a, b) = (&one.path, one.label, theirs.label);
            return Err(Error::Data(format!(
                "{path}: this message is {a} in {}, but {b} in {}",
                first.0, other.0
            )));
        }
        found.push(theirs);
    }
    match by_path.into_keys().min() {
        Some(path) => Err(only(&path, other.0, first.0)),
        None => Ok(found),
    }
}

/// A filter's messages, ranked.
struct Measured(Ranking);

impl Measured {
    fn of(judged: &[Judged]) -> Result<Self> {
        Ranking::new(judged, |one| one.class == Class::Spam).map(Self)
    }

    fn measures(&self, weights: &[u32]) -> [f64; MEASURES.len()] {
        let [area, sm_01, sm_05, hm, sm, lam, ..] = self.0.measures(weights);
        [area, sm_01, sm_05, hm, sm, lam]
    }
}

/// What so few messages can show at most: that all of them differ the same way by chance, two-sided (the sign
/// test). Variances and resamples of a handful promise more.
fn least_p(messages: usize) -> f64 {
    2.0 * libm::exp2(-(messages as f64))
}

/// Two-sided: twice the share of resamples on the rarer side of no difference.
fn by_bootstrap(bootstrap: &Bootstrap, base: &Measured, other: &Measured) -> Vec<Difference> {
    let difference = |weights: &[u32]| {
        let (theirs, ours) = (base.measures(weights), other.measures(weights));
        std::array::from_fn(|i| ours[i] - theirs[i])
    };
    let intervals: [Interval; MEASURES.len()] = bootstrap.intervals(difference);
    let resampled = bootstrap.resampled(difference);
    let p = |i: usize| {
        let share = |holds: &dyn Fn(f64) -> bool| {
            let of = resampled.iter().filter(|row: &&[f64; MEASURES.len()]| holds(row[i])).count();
            (of + 1) as f64 / (resampled.len() + 1) as f64
        };
        (2.0 * share(&|d| d <= 0.0).min(share(&|d| d >= 0.0))).min(1.0)
    };
    intervals.into_iter().enumerate().map(|(i, interval)| Difference { interval, p: p(i) }).collect()
}

/// The 97.5th percentile of the normal distribution.
const TWO_SIDED_95: f64 = 1.959_963_984_540_054;

/// The variance of the difference is that of the differences of placements, over the messages of each
/// class.
fn by_delong(judged: &[Judged], base: &Measured, other: &Measured) -> Difference {
    let (theirs, ours) = (base.0.placements(), other.0.placements());
    let of = |label: Label| {
        let pairs = judged.iter().zip(theirs.iter().zip(&ours)).filter(|(one, _)| one.label == label);
        pairs.map(|(_, (theirs, ours))| theirs - ours).collect::<Vec<f64>>()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance = |values: &[f64]| {
        let mean = mean(values);
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        squares / (values.len().max(2) - 1) as f64 / values.len() as f64
    };
    let (ham, spam) = (of(Label::Ham), of(Label::Spam));
    let difference = mean(&spam);
    let deviation = (variance(&ham) + variance(&spam)).sqrt();
    let p = if deviation > 0.0 {
        libm::erfc(difference.abs() / deviation / std::f64::consts::SQRT_2)
    } else if difference == 0.0 {
        1.0
    } else {
        0.0
    };
    let (value, half) = (100.0 * difference, 100.0 * TWO_SIDED_95 * deviation);
    Difference { interval: Interval { value, low: value - half, high: value + half }, p }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metrics::SplitMix;
    use Label::{Ham, Spam};

    fn result(name: &str, scores: &[(f64, Label)]) -> Named {
        let one = |(i, &(score, label)): (usize, &(f64, Label))| Judged {
            path: format!("m{i}"),
            label,
            class: if score >= 0.5 { Class::Spam } else { Class::Ham },
            score,
            evidence: Vec::new(),
        };
        (name.into(), scores.iter().enumerate().map(one).collect())
    }

    #[test]
    fn delong_by_hand() {
        // Two ham, two spam. The first filter has all pairs right: all placements are 1. The second puts
        // one spam (score 1) under both ham... placements of spam 1 and 0, of both ham 1/2. Differences
        // of spam 0 and 1: mean 1/2, variance 1/2 over 2 messages; of ham 1/2 and 1/2: variance 0.
        let first = result("a", &[(1.0, Ham), (2.0, Ham), (3.0, Spam), (4.0, Spam)]);
        let second = result("b", &[(2.0, Ham), (3.0, Ham), (1.0, Spam), (4.0, Spam)]);
        let found = compare(vec![first, second]).unwrap();
        assert_eq!((found[0].figures[0].value, found[1].figures[0].value), (0.0, 50.0));
        let difference = found[1].differences[0];
        assert_eq!(difference.interval.value, 50.0);
        assert!((difference.interval.high - (50.0 + 50.0 * TWO_SIDED_95)).abs() < 1e-9);
        // z = 1: p = 0.3173.
        assert!((difference.p - 0.317_310_507_862_914).abs() < 1e-9, "{}", difference.p);
    }

    #[test]
    fn a_handful_of_messages_shows_nothing() {
        let found = |messages: &[Label]| {
            let of = |right: f64| {
                let score = |&label: &Label| (if label == Spam { right } else { 1.0 - right }, label);
                messages.iter().map(score).collect::<Vec<_>>()
            };
            let found = compare(vec![result("right", &of(1.0)), result("wrong", &of(0.0))]).unwrap();
            assert_eq!(found[1].differences[0].interval.value, 100.0);
            found[1].differences.iter().map(|difference| difference.p).fold(1.0, f64::min)
        };
        assert_eq!(found(&[Ham, Spam]), 0.5);
        assert_eq!(found(&[Ham, Spam, Ham, Spam]), 0.125);
        assert!(found(&[Ham, Spam].repeat(20)) < 0.001);
    }

    #[test]
    fn unsure_is_not_spam() {
        let mut unsure = result("unsure", &[(0.1, Ham), (0.2, Ham), (0.9, Spam), (0.8, Spam)]);
        unsure.1[1].class = Class::Unsure;
        unsure.1[2].class = Class::Unsure;
        let [.., hm, sm, _] = compare(vec![unsure]).unwrap()[0].figures[..] else { panic!() };
        assert_eq!((hm.value, sm.value), (0.0, 50.0));
    }

    #[test]
    fn the_same_filter_differs_from_itself_by_nothing() {
        let scores = [(0.1, Ham), (0.9, Ham), (0.2, Spam), (0.8, Spam), (0.7, Spam)];
        let mut shuffled = result("b", &scores);
        shuffled.1.reverse();
        let found = compare(vec![result("a", &scores), shuffled]).unwrap();
        assert_eq!(found[0].figures, found[1].figures);
        for difference in &found[1].differences {
            assert_eq!((difference.interval.value, difference.p), (0.0, 1.0));
        }
        assert!(found[0].differences.is_empty());
    }

    #[test]
    fn a_much_better_filter_is_told_from_a_worse_one_and_luck_is_not() {
        let mut random = SplitMix(5);
        let mut noisy = |distance: f64| -> Vec<(f64, Label)> {
            let mut noise = || (0..4).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>() / 2.0 - 1.0;
            (0..400)
                .map(|i| {
                    let label = if i % 2 == 0 { Spam } else { Ham };
                    (0.5 + noise() + if label == Spam { distance } else { -distance }, label)
                })
                .collect()
        };
        let (good, alike, bad) = (noisy(0.8), noisy(0.8), noisy(0.3));
        let found =
            compare(vec![result("good", &good), result("alike", &alike), result("bad", &bad)]).unwrap();
        let p = |which: usize, measure: usize| found[which].differences[measure].p;
        for measure in [0, 5] {
            assert!(p(1, measure) > 0.05 && p(2, measure) < 0.01, "{} {}", p(1, measure), p(2, measure));
            let difference = found[2].differences[measure].interval;
            assert!(difference.low > 0.0 && difference.low < difference.value);
        }
    }

    #[test]
    fn a_message_that_is_not_in_both_is_named() {
        let one = |scores| result("a", scores);
        let both = [(0.0, Ham), (1.0, Spam)];
        let three = [(0.0, Ham), (1.0, Spam), (1.0, Spam)];
        let other = [(0.0, Ham), (1.0, Ham), (1.0, Spam)];
        let error = |first: Named, mut second: Named| {
            second.0 = "b".into();
            compare(vec![first, second]).unwrap_err().to_string()
        };
        assert_eq!(error(one(&both), one(&three)), "m2: this message is in b, but not in a");
        assert_eq!(error(one(&three), one(&both)), "m2: this message is in a, but not in b");
        assert_eq!(error(one(&three), one(&other)), "m1: this message is spam in a, but ham in b");
        let mut twice = one(&both);
        twice.1[1].path = "m0".into();
        assert_eq!(error(one(&both), twice), "b: m0 is there twice");
    }
}
