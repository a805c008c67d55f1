//! How sure a figure is: intervals from resampled mail (Efron and Tibshirani 1993, "An Introduction to
//! the Bootstrap", chapters 13 and 16).

use rayon::prelude::*;
use serde::Serialize;

use crate::train::metrics::{Judged, SplitMix};

/// A figure with its 95 % bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On the mail as it is.
    pub value: f64,
    /// 2.5th percentile over resamples.
    pub low: f64,
    /// 97.5th percentile over resamples.
    pub high: f64,
}

/// Resamples of one run.
const RESAMPLES: u64 = 1000;

/// Resamples messages within each class, so that every resample has as many ham and spam as the mail. The
/// same mail in the same order is always resampled in the same way, on any number of cores.
pub(super) struct Bootstrap {
    /// Positions of ham and spam.
    classes: [Vec<u32>; 2],
}

impl Bootstrap {
    pub fn new(judged: &[Judged]) -> Self {
        let mut classes = [Vec::new(), Vec::new()];
        for (i, one) in judged.iter().enumerate() {
            classes[one.label.index()].push(i as u32);
        }
        Self { classes }
    }

    /// Ham and spam messages.
    pub fn messages(&self) -> [usize; 2] {
        [self.classes[0].len(), self.classes[1].len()]
    }

    /// Figures of the mail as it is, with intervals. `figures` is given how often each message is there.
    pub fn intervals<const N: usize>(&self, figures: impl Fn(&[u32]) -> [f64; N] + Sync) -> [Interval; N] {
        let values = figures(&vec![1; self.messages().iter().sum()]);
        let resampled = self.resampled(figures);
        std::array::from_fn(|i| {
            let mut column: Vec<f64> = resampled.iter().map(|row| row[i]).collect();
            column.sort_by(f64::total_cmp);
            let at = |share: f64| column[((column.len() - 1) as f64 * share).round() as usize];
            Interval { value: values[i], low: at(0.025), high: at(0.975) }
        })
    }

    /// Figures of each resample.
    pub fn resampled<const N: usize>(&self, figures: impl Fn(&[u32]) -> [f64; N] + Sync) -> Vec<[f64; N]> {
        let messages = self.messages().iter().sum();
        let one = |weights: &mut Vec<u32>, seed: u64| {
            weights.fill(0);
            let mut random = SplitMix(SplitMix(seed).next_u64());
            for class in &self.classes {
                for _ in class {
                    weights[class[random.below(class.len())] as usize] += 1;
                }
            }
            figures(weights)
        };
        (0..RESAMPLES).into_par_iter().map_init(|| vec![0; messages], one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Class, Label};

    fn judged(labels: &[Label]) -> Vec<Judged> {
        let one = |&label: &Label| Judged {
            path: String::new(),
            label,
            class: Class::Ham,
            score: 0.0,
            evidence: Vec::new(),
        };
        labels.iter().map(one).collect()
    }

    #[test]
    fn each_class_keeps_its_size_and_every_run_is_the_same() {
        use Label::{Ham, Spam};
        let bootstrap = Bootstrap::new(&judged(&[Ham, Spam, Ham, Spam, Ham]));
        assert_eq!(bootstrap.messages(), [3, 2]);
        let sums = |weights: &[u32]| {
            [f64::from(weights[0] + weights[2] + weights[4]), f64::from(weights[1] + weights[3])]
        };
        assert!(bootstrap.resampled(sums).iter().all(|sums| *sums == [3.0, 2.0]));
        let first = |weights: &[u32]| [f64::from(weights[0])];
        assert_eq!(bootstrap.resampled(first), bootstrap.resampled(first));
    }

    #[test]
    fn an_interval_is_as_wide_as_the_binomial_one() {
        // 100 of 400: the share of a resample has standard deviation sqrt(.25 * .75 / 400) = 0.02165.
        let labels = vec![Label::Ham; 400];
        let share = |weights: &[u32]| [f64::from(weights[..100].iter().sum::<u32>()) / 400.0];
        let [found] = Bootstrap::new(&judged(&labels)).intervals(share);
        assert_eq!(found.value, 0.25);
        assert!((found.low - 0.2076).abs() < 0.006 && (found.high - 0.2924).abs() < 0.006, "{found:?}");
    }
}
