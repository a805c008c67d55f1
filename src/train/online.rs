//! A filter that learns from one message at a time.

use std::collections::HashMap;

use crate::counts::{Counts, Pair};
use crate::features::{Features, is_text};
use crate::label::{Class, Label};
use crate::model::{Combine, Thresholds};
use crate::score::Evidence;
use crate::train::estimator::{Algorithm, Estimator, Parameters, Totals};
use crate::train::linear::Linear;

/// What a stream may do, by environment variables: `GROW`, from how many times the mail (after `FIRST` messages) the
/// linear model is trained anew, on no more than the latest `WINDOW`; `MIX`, how much of it learns each message once
/// only; `K` models that learn each message with probability `P` and see `R` earlier ones again; `CAL=1` for a
/// calibration that follows the scores.
///
/// Naive Bayes straight from the counts, the linear model, or both, with a calibration that follows the
/// scores that messages had before they were learned.
pub struct Online {
    /// What naive Bayes counts in the score.
    share: f64,
    bayes: Option<Bayes>,
    linear: Option<Linear>,
    single: Linear,
    members: Vec<(Linear, crate::train::metrics::SplitMix)>,
    history: Vec<(Features, Label)>,
    next: f64,
    parameters: Parameters,
    calibration: Calibration,
}

impl Online {
    /// A filter that knows nothing.
    pub fn new(algorithm: Algorithm, parameters: &Parameters) -> Self {
        Self {
            share: parameters.bayes_share(algorithm),
            bayes: algorithm.estimator(parameters.bayes).map(Bayes::new),
            linear: algorithm.is_linear().then(|| Linear::new(parameters.descent)),
            single: Linear::new(parameters.descent),
            members: (0..env("K", 0.0) as u64)
                .map(|k| (Linear::new(parameters.descent), crate::train::metrics::SplitMix(k + 1)))
                .collect(),
            history: Vec::new(),
            next: env("FIRST", 100.0),
            parameters: *parameters,
            calibration: Calibration::new(algorithm),
        }
    }

    /// The log-odds of spam, and what a message with these is called.
    pub fn score(&self, message: &Features) -> (f64, Class) {
        let score = self.calibration.log_odds(self.raw(message));
        (score, Thresholds::default().class(1.0 / (1.0 + libm::exp(-score))))
    }

    /// Learns what a message is.
    pub fn learn(&mut self, message: &Features, label: Label) {
        if env("CAL", 0.0) > 0.0 {
            self.calibration.learn(self.raw(message), label);
        }
        if let Some(bayes) = &mut self.bayes {
            bayes.learn(message, label);
        }
        if let Some(linear) = &mut self.linear {
            linear.learn(message, label);
        }
        if env("MIX", 0.0) > 0.0 {
            self.single.learn(message, label);
        }
        let (replays, p) = (env("R", 1.0), env("P", 1.0));
        let growth = env("GROW", 0.0);
        if self.members.is_empty() && growth == 0.0 {
            return;
        }
        for (member, random) in &mut self.members {
            let mut r = || random.next_u64() as f64 / 1.8446744073709552e19;
            if r() < p {
                member.learn(message, label);
            }
            if !self.history.is_empty() {
                let mut n = replays;
                while n > 0.0 && r() < n {
                    let i = (r() * self.history.len() as f64) as usize;
                    member.learn(&self.history[i].0, self.history[i].1);
                    n -= 1.0;
                }
            }
        }
        self.history.push((message.clone(), label));
        if growth > 0.0 && self.history.len() as f64 >= self.next {
            self.next *= growth;
            let window = env("WINDOW", 1e9) as usize;
            let from = self.history.len().saturating_sub(window);
            self.linear = Some(
                Linear::new(self.parameters.descent)
                    .trained(self.history[from..].iter().map(|(f, l)| (f, *l))),
            );
        }
    }

    /// What each feature pulls, strongest first, as [`explain`](crate::explain) gives it.
    pub fn evidence(&self, message: &Features) -> Vec<Evidence> {
        let bayes: HashMap<u64, f64> = match &self.bayes {
            Some(bayes) => bayes.counting(message).into_iter().collect(),
            None => HashMap::new(),
        };
        let scales = self.linear.as_ref().map_or([0.0; 2], |linear| linear.scales(message));
        let pull = |hash: u64| {
            let bayes = bayes.get(&hash).copied().unwrap_or_default();
            let linear = self.linear.as_ref().map_or(0.0, |linear| linear.weight(hash));
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
        let alone = self.linear.as_ref().map_or(0.0, |l| l.score(message));

        let linear = match self.members.len() {
            0 => alone,
            n => self.members.iter().map(|(m, _)| m.score(message)).sum::<f64>() / n as f64,
        };
        let mix = env("MIX", 0.0);
        let linear = if mix > 0.0 { (1.0 - mix) * linear + mix * self.single.score(message) } else { linear };
        self.share * bayes + linear
    }
}

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
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
