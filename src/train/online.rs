//! A filter that learns from one message at a time.

use std::collections::HashMap;

use crate::counts::{Counts, Pair};
use crate::features::{Features, is_text};
use crate::label::{Class, Label};
use crate::model::{Combine, Thresholds};
use crate::score::Evidence;
use crate::train::estimator::{Algorithm, Estimator, Parameters, Totals};
use crate::train::linear::{Descent, Linear};

/// Naive Bayes straight from the counts, the linear model, or both. The scores of naive Bayes alone are calibrated by
/// a line that follows those that messages had before they were learned. The linear model's are log-odds as they are:
/// such a line would only make early and late ones less alike.
pub struct Online<'a> {
    /// What naive Bayes counts in the score.
    share: f64,
    bayes: Option<Bayes>,
    linear: Option<Growing<'a>>,
    calibration: Calibration,
}

impl<'a> Online<'a> {
    /// A filter that knows nothing.
    pub fn new(algorithm: Algorithm, parameters: &Parameters) -> Self {
        Self {
            share: parameters.bayes_share(algorithm),
            bayes: algorithm.estimator(parameters.bayes).map(Bayes::new),
            linear: algorithm.is_linear().then(|| Growing::new(parameters.descent)),
            calibration: Calibration::new(algorithm),
        }
    }

    /// The log-odds of spam, and what a message with these is called.
    pub fn score(&self, message: &Features) -> (f64, Class) {
        let score = self.calibration.log_odds(self.raw(message));
        (score, Thresholds::default().class(1.0 / (1.0 + libm::exp(-score))))
    }

    /// Learns what a message is.
    pub fn learn(&mut self, message: &'a Features, label: Label) {
        if self.linear.is_none() {
            self.calibration.learn(self.raw(message), label);
        }
        if let Some(bayes) = &mut self.bayes {
            bayes.learn(message, label);
        }
        if let Some(linear) = &mut self.linear {
            linear.learn(message, label);
        }
    }

    /// What each feature pulls, strongest first, as [`explain`](crate::explain) gives it.
    pub fn evidence(&self, message: &Features) -> Vec<Evidence> {
        let bayes: HashMap<u64, f64> = match &self.bayes {
            Some(bayes) => bayes.counting(message).into_iter().collect(),
            None => HashMap::new(),
        };
        let scales = self.linear.as_ref().map_or([0.0; 2], |growing| growing.linear.scales(message));
        let pull = |hash: u64| {
            let bayes = bayes.get(&hash).copied().unwrap_or_default();
            let linear = self.linear.as_ref().map_or(0.0, |growing| growing.linear.weight(hash));
            let scale = scales[usize::from(is_text(hash))];
            self.calibration.slope * (self.share * bayes + scale * linear)
        };
        let pulls = message.hashes().iter().enumerate().map(|(i, &hash)| (i, pull(hash)));
        let mut pulls: Vec<(usize, f64)> = pulls.filter(|pull| pull.1 != 0.0).collect();
        pulls.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        pulls.into_iter().map(|(i, pull)| Evidence { feature: message.name(i), pull }).collect()
    }

    fn raw(&self, message: &Features) -> f64 {
        let bayes = self.bayes.as_ref().map_or(0.0, |bayes| bayes.score(message));
        self.share * bayes + self.linear.as_ref().map_or(0.0, |growing| growing.linear.score(message))
    }
}

/// The linear model of mail that grows. It learns each message as it comes, and each time that there is a quarter more
/// mail it is trained anew on all of it, in several orders: their mean is better than what any one order leaves.
struct Growing<'a> {
    linear: Linear,
    learned: Vec<(&'a Features, Label)>,
    /// With how many messages it is trained anew.
    due: usize,
}

/// With how many messages that begins.
const FIRST: usize = 100;

impl<'a> Growing<'a> {
    fn new(descent: Descent) -> Self {
        Self { linear: Linear::new(descent), learned: Vec::new(), due: FIRST }
    }

    fn learn(&mut self, message: &'a Features, label: Label) {
        self.learned.push((message, label));
        if self.learned.len() < self.due {
            self.linear.learn(message, label);
        } else {
            self.due += self.due / 4;
            // What it was makes room before it is trained.
            let blank = std::mem::take(&mut self.linear).blank();
            self.linear = blank.trained(self.learned.iter().copied());
        }
    }
}

/// Naive Bayes over counts that grow.
pub(super) struct Bayes {
    estimator: Box<dyn Estimator + Send + Sync>,
    counts: Counts,
    totals: Totals,
}

impl Bayes {
    pub fn new(estimator: Box<dyn Estimator + Send + Sync>) -> Self {
        let counts = Counts::new();
        let totals = Totals::of(&counts);
        Self { estimator, counts, totals }
    }

    /// The sum of the weights that count.
    pub fn score(&self, message: &Features) -> f64 {
        let mut weights: Vec<f64> = self.counting(message).into_iter().map(|(_, weight)| weight).collect();
        // In the order of their size, so that the sum does not depend on how they were selected.
        weights.sort_by(f64::total_cmp);
        weights.iter().sum()
    }

    /// The features whose weights count, in no particular order.
    fn counting(&self, message: &Features) -> Vec<(u64, f64)> {
        let weight = |&hash: &u64| {
            let seen = self.counts.get(hash);
            (seen != [0, 0]).then(|| (hash, self.estimator.weight(seen, &self.totals)))
        };
        let known: Vec<(u64, f64)> = message.hashes().iter().filter_map(weight).collect();
        match self.estimator.combine() {
            Combine::Sum | Combine::Normalised { .. } => known,
            Combine::Strongest(k) => strongest(known, k),
            Combine::StrongestOfEach(k) => {
                let (text, other) = known.into_iter().partition(|known| is_text(known.0));
                let mut counting = strongest(text, k);
                counting.extend(strongest(other, k));
                counting
            }
        }
    }

    /// How many ham and spam messages were learned.
    pub fn messages(&self) -> Pair {
        self.counts.messages()
    }

    /// The log-odds of a message without any feature.
    pub fn bias(&self) -> f64 {
        self.estimator.bias(&self.counts, &self.totals)
    }

    pub fn learn(&mut self, message: &Features, label: Label) {
        self.counts.add(message, label, 1);
        self.totals.messages[label.index()] += 1.0;
        self.totals.occurrences[label.index()] += message.hashes().len() as f64;
        self.totals.vocabulary = self.counts.len() as f64;
    }
}

fn strongest(mut known: Vec<(u64, f64)>, k: u32) -> Vec<(u64, f64)> {
    let k = k as usize;
    if known.len() > k {
        known.select_nth_unstable_by(k, |a, b| b.1.abs().total_cmp(&a.1.abs()).then(b.1.total_cmp(&a.1)));
        known.truncate(k);
    }
    known
}

/// Slope and intercept between raw scores and log-odds, by gradient descent (AdaGrad).
struct Calibration {
    /// Raw scores divided by this are of the order of one.
    unit: f64,
    slope: f64,
    intercept: f64,
    squares: [f64; 2],
}

impl Calibration {
    fn new(algorithm: Algorithm) -> Self {
        let slope = algorithm.slope();
        Self { unit: 1.0 / slope, slope, intercept: 0.0, squares: [1.0; 2] }
    }

    fn log_odds(&self, raw: f64) -> f64 {
        self.slope * raw + self.intercept
    }

    fn learn(&mut self, raw: f64, label: Label) {
        let error = 1.0 / (1.0 + libm::exp(-self.log_odds(raw))) - label.index() as f64;
        let gradients = [error * raw / self.unit, error];
        let mut step = |i: usize| {
            self.squares[i] += gradients[i] * gradients[i];
            0.1 * gradients[i] / self.squares[i].sqrt()
        };
        self.slope = (self.slope - step(0) / self.unit).max(0.1 / self.unit);
        self.intercept -= step(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Vec<(Features, Label)> {
        let message = |i: u64| Features::from_hashes(vec![i % 5, 5 + i % 7, 100 + i, 1 << 63 | (i % 3)]);
        let label = |i: u64| if i % 5 < 2 || i % 11 == 1 { Label::Spam } else { Label::Ham };
        (0..130).map(|i| (message(i), label(i))).collect()
    }

    #[test]
    fn the_linear_model_is_trained_anew_with_every_quarter_more() {
        let (mail, parameters) = (mail(), Parameters::default());
        let one_by_one = |linear: Linear, mail: &[(Features, Label)]| {
            mail.iter().fold(linear, |mut linear, (message, label)| {
                linear.learn(message, *label);
                linear
            })
        };
        let trained = |n: usize| {
            Linear::new(parameters.descent)
                .trained(mail[..n].iter().map(|(message, label)| (message, *label)))
        };
        let mut online = Online::new(Algorithm::Linear, &parameters);
        let probe = &mail[129].0;
        for (i, (message, label)) in mail.iter().enumerate() {
            online.learn(message, *label);
            let expected = match i + 1 {
                99 => one_by_one(Linear::new(parameters.descent), &mail[..99]),
                100 => trained(100),
                124 => one_by_one(trained(100), &mail[100..124]),
                125 => trained(125),
                _ => continue,
            };
            // Its log-odds are the score as they are.
            assert_eq!(online.score(probe).0, expected.score(probe), "{}", i + 1);
        }
        let alone = one_by_one(Linear::new(parameters.descent), &mail[..100]);
        assert_ne!(alone.score(probe), trained(100).score(probe));
    }

    #[test]
    fn naive_bayes_is_calibrated_by_the_scores_that_mail_had() {
        let mail = mail();
        let mut online = Online::new(Algorithm::NaiveBayes, &Parameters::default());
        mail.iter().for_each(|(message, label)| online.learn(message, *label));
        let scored =
            mail.iter().map(|(message, label)| (online.score(message).0, online.raw(message), label));
        let loss = |log_odds: f64, label: &Label| {
            let sign = if *label == Label::Spam { -1.0 } else { 1.0 };
            libm::log1p(libm::exp(sign * log_odds))
        };
        let [calibrated, by_default] = scored.fold([0.0; 2], |sums, (score, raw, label)| {
            [sums[0] + loss(score, label), sums[1] + loss(Algorithm::NaiveBayes.slope() * raw, label)]
        });
        assert!(calibrated < by_default, "{calibrated} {by_default}");
    }
}
