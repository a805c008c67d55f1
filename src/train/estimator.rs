//! Naive Bayes, from counts of a feature to its weight; and the ways to learn by name.

use crate::counts::{Counts, Pair};
use crate::error::{Error, Result};
use crate::model::Combine;
use crate::train::linear::Descent;

/// What an estimator needs to know of all the mail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// Ham and spam messages.
    pub messages: [f64; 2],
    /// Features seen in all ham and all spam messages: the sums of the counts.
    pub occurrences: [f64; 2],
    /// Distinct features.
    pub vocabulary: f64,
}

impl Totals {
    /// The totals of `counts`.
    pub fn of(counts: &Counts) -> Self {
        let mut occurrences = [0u64; 2];
        for (_, seen) in counts.iter() {
            occurrences[0] += u64::from(seen[0]);
            occurrences[1] += u64::from(seen[1]);
        }
        Self {
            messages: counts.messages().map(f64::from),
            occurrences: occurrences.map(|n| n as f64),
            vocabulary: counts.len() as f64,
        }
    }
}

/// A naive Bayes classifier over binary features: log-odds of spam as a sum over features.
pub trait Estimator {
    /// The log-odds that a feature seen in `seen` ham and spam messages adds.
    fn weight(&self, seen: Pair, totals: &Totals) -> f64;

    /// The log-odds of a message without any feature. Constant for the estimators that look only at
    /// what a message has.
    fn bias(&self, counts: &Counts, totals: &Totals) -> f64 {
        let _ = (counts, totals);
        0.0
    }

    /// Which weights of a message are summed.
    fn combine(&self) -> Combine {
        Combine::Sum
    }
}

/// The multinomial model: each class draws features from one distribution, with Lidstone smoothing
/// (Manning, Raghavan and Schütze 2008, section 13.2). The prior is the classes' share of the mail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multinomial {
    /// Added to each count; 1 is Laplace's rule.
    pub alpha: f64,
}

impl Estimator for Multinomial {
    fn weight(&self, seen: Pair, totals: &Totals) -> f64 {
        let share = |i: usize| {
            (f64::from(seen[i]) + self.alpha) / (totals.occurrences[i] + self.alpha * totals.vocabulary)
        };
        libm::log(share(1) / share(0))
    }

    fn bias(&self, _: &Counts, totals: &Totals) -> f64 {
        libm::log(totals.messages[1] / totals.messages[0])
    }
}

/// The Bernoulli model: each feature is present or absent, and absence is evidence too (ibid.,
/// section 13.3). The sum over absent features is one constant, the bias, from which a present
/// feature's weight takes its own share back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bernoulli {
    /// Added to each count of messages, with and without the feature.
    pub alpha: f64,
}

impl Bernoulli {
    fn share(&self, seen: Pair, totals: &Totals, i: usize) -> f64 {
        (f64::from(seen[i]) + self.alpha) / (totals.messages[i] + 2.0 * self.alpha)
    }
}

impl Estimator for Bernoulli {
    fn weight(&self, seen: Pair, totals: &Totals) -> f64 {
        let odds = |i: usize| {
            let share = self.share(seen, totals, i);
            share / (1.0 - share)
        };
        libm::log(odds(1) / odds(0))
    }

    fn bias(&self, counts: &Counts, totals: &Totals) -> f64 {
        // Grouped by counts, so that the sum does not depend on the order of features.
        let mut alike = std::collections::BTreeMap::<Pair, u64>::new();
        counts.iter().for_each(|(_, seen)| *alike.entry(seen).or_default() += 1);
        let absent = alike.iter().map(|(&seen, &features)| {
            let ratio = (1.0 - self.share(seen, totals, 1)) / (1.0 - self.share(seen, totals, 0));
            features as f64 * libm::log(ratio)
        });
        libm::log(totals.messages[1] / totals.messages[0]) + absent.sum::<f64>()
    }
}

/// Robinson's document-frequency estimate f(w) = (s x + n p(w)) / (s + n) with x = 1/2, where p(w) is
/// the share of spam among the messages with the feature if both classes were equally large, and n
/// their number (Robinson 2003, "A Statistical Approach to the Spam Problem", Linux Journal 107). The
/// log-odds of f(w) are summed over the strongest features only: the many weak ones of a long message
/// are not independent of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robinson {
    /// Strength s of the prior: how many messages it is worth.
    pub strength: f64,
    /// How many features of a message count.
    pub strongest: u32,
}

impl Default for Robinson {
    fn default() -> Self {
        Self { strength: 0.1, strongest: 75 }
    }
}

impl Estimator for Robinson {
    fn weight(&self, seen: Pair, totals: &Totals) -> f64 {
        let rate = |i: usize| f64::from(seen[i]) / totals.messages[i].max(1.0);
        let (ham, spam) = (rate(0), rate(1));
        let n = f64::from(seen[0]) + f64::from(seen[1]);
        // f / (1 - f) with s x + n p over s x + n (1 - p), multiplied by the sum of rates.
        let prior = self.strength / 2.0 * (ham + spam);
        libm::log((prior + n * spam) / (prior + n * ham))
    }

    fn combine(&self) -> Combine {
        Combine::Strongest(self.strongest)
    }
}

/// The product's naive Bayes: the log-ratio of the shares of spam and ham that have the feature, with
/// Lidstone smoothing, damped for features seen in few messages as the confidence factors of OSBF do
/// (Assis 2006, "OSBF-Lua"); and of a message's features only the strongest few of the text, and of the
/// others. It is the Bernoulli model without what absent features say, cut to the evidence that is least
/// repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NaiveBayes {
    /// Added to each count of messages.
    pub alpha: f64,
    /// A feature seen in n messages counts n / (n + doubt).
    pub doubt: f64,
    /// How many features of a message's text count, and how many of the others.
    pub strongest: u32,
}

impl Default for NaiveBayes {
    fn default() -> Self {
        Self { alpha: 0.02, doubt: 0.5, strongest: 25 }
    }
}

impl Estimator for NaiveBayes {
    fn weight(&self, seen: Pair, totals: &Totals) -> f64 {
        let share = |i: usize| (f64::from(seen[i]) + self.alpha) / (totals.messages[i] + 2.0 * self.alpha);
        let n = f64::from(seen[0]) + f64::from(seen[1]);
        libm::log(share(1) / share(0)) * n / (n + self.doubt)
    }

    fn combine(&self) -> Combine {
        Combine::StrongestOfEach(self.strongest)
    }
}

/// The numbers that learners are made of. `docs/experiments.md` says how the defaults were found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Those of naive Bayes.
    pub bayes: NaiveBayes,
    /// Those of the linear model.
    pub descent: Descent,
    /// What naive Bayes's score is multiplied by in a blend, before the linear model's is added: little, since
    /// naive Bayes is far too sure of itself, the more so on mail of other servers.
    pub share: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { bayes: NaiveBayes::default(), descent: Descent::default(), share: 0.005 }
    }
}

/// Smoothing that is as good as none: with less, what only one class has would weigh more than a model file
/// can say.
const LEAST_ALPHA: f64 = 1e-12;

impl Parameters {
    /// The names that [`set`](Self::set) knows.
    pub const NAMES: &str = "alpha, doubt, strongest, share, rate, start, margin, epochs, orders, text, other, \
                             text-length, other-length, views";

    /// Sets a number by its name, as in `alpha=0.1`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no number of this name or the value is not one for it.
    pub fn set(&mut self, setting: &str) -> Result<()> {
        let bad = |reason: &str| Error::Parameter { name: "set", reason: format!("`{setting}`: {reason}") };
        let (name, value) = setting.split_once('=').ok_or_else(|| bad("expected NAME=VALUE"))?;
        let value: f64 = value.parse().map_err(|_| bad("the value is not a number"))?;
        if !(0.0..=1e6).contains(&value) {
            return Err(bad("the value is below 0 or above 1,000,000"));
        }
        if ["strongest", "epochs", "orders"].contains(&name) && value.fract() != 0.0 {
            return Err(bad("the value is not a whole number"));
        }
        match name {
            "alpha" => self.bayes.alpha = value.max(LEAST_ALPHA),
            "doubt" => self.bayes.doubt = value,
            "strongest" => self.bayes.strongest = value as u32,
            "share" => self.share = value,
            "rate" => self.descent.rate = value,
            "start" => self.descent.start = value,
            "margin" => self.descent.margin = value,
            "epochs" => self.descent.epochs = value as usize,
            "orders" => self.descent.orders = value as usize,
            "text" => self.descent.text = value,
            "other" => self.descent.other = value,
            "text-length" if value <= 2.0 => self.descent.text_length = value,
            "other-length" if value <= 2.0 => self.descent.other_length = value,
            "text-length" | "other-length" => return Err(bad("a power is at most 2")),
            "views" if value <= 1.0 => self.descent.views = value,
            "views" => return Err(bad("a share is at most 1")),
            _ => return Err(bad(&format!("the names are {}", Self::NAMES))),
        }
        Ok(())
    }

    /// What an algorithm's naive Bayes counts in its score.
    pub fn bayes_share(&self, algorithm: Algorithm) -> f64 {
        if algorithm == Algorithm::Blend { self.share } else { 1.0 }
    }
}

/// The ways to learn, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// The sum of [`NaiveBayes`] and [`Linear`](crate::train::linear::Linear).
    #[default]
    Blend,
    /// [`NaiveBayes`].
    NaiveBayes,
    /// [`Linear`](crate::train::linear::Linear).
    Linear,
    /// [`Robinson`].
    Robinson,
    /// [`Multinomial`] with Laplace smoothing.
    Multinomial,
    /// [`Bernoulli`] with Laplace smoothing.
    Bernoulli,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 6] = [
        Algorithm::Blend,
        Algorithm::NaiveBayes,
        Algorithm::Linear,
        Algorithm::Robinson,
        Algorithm::Multinomial,
        Algorithm::Bernoulli,
    ];

    /// The name that `tamis train --algorithm` takes.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Blend => "blend",
            Algorithm::NaiveBayes => "naive-bayes",
            Algorithm::Linear => "linear",
            Algorithm::Robinson => "robinson",
            Algorithm::Multinomial => "multinomial",
            Algorithm::Bernoulli => "bernoulli",
        }
    }

    /// Its naive Bayes, if it has one, with these numbers where they are its own.
    pub fn estimator(self, bayes: NaiveBayes) -> Option<Box<dyn Estimator + Send + Sync>> {
        match self {
            Algorithm::Blend | Algorithm::NaiveBayes => Some(Box::new(bayes)),
            Algorithm::Linear => None,
            Algorithm::Robinson => Some(Box::new(Robinson::default())),
            Algorithm::Multinomial => Some(Box::new(Multinomial { alpha: 1.0 })),
            Algorithm::Bernoulli => Some(Box::new(Bernoulli { alpha: 1.0 })),
        }
    }

    /// Whether it has the linear model, which is trained from mail in its order: counts are not enough.
    pub fn is_linear(self) -> bool {
        matches!(self, Algorithm::Blend | Algorithm::Linear)
    }

    /// About how many log-odds one unit of its score is worth.
    pub fn slope(self) -> f64 {
        match self {
            Algorithm::Blend | Algorithm::Linear => 1.0,
            Algorithm::NaiveBayes => 0.07,
            Algorithm::Robinson => 0.06,
            Algorithm::Multinomial | Algorithm::Bernoulli => 0.03,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Features;
    use crate::label::Label;

    #[test]
    fn robinsons_f_by_hand() {
        // 3 of 10 ham, 1 of 20 spam: p = 0.05 / 0.35, n = 4, s = 0.1, x = 0.5.
        let totals = Totals { messages: [10.0, 20.0], occurrences: [0.0; 2], vocabulary: 0.0 };
        let f = (0.1 * 0.5 + 4.0 * (0.05 / 0.35)) / 4.1;
        let expected = f64::ln(f / (1.0 - f));
        assert!((Robinson::default().weight([3, 1], &totals) - expected).abs() < 1e-12);
    }

    #[test]
    fn naive_bayes_by_hand() {
        // 3 of 10 ham, 1 of 20 spam: shares 3.02 / 10.04 and 1.02 / 20.04, four messages against half a doubt.
        let totals = Totals { messages: [10.0, 20.0], occurrences: [0.0; 2], vocabulary: 0.0 };
        let expected = f64::ln((1.02 / 20.04) / (3.02 / 10.04)) * 4.0 / 4.5;
        assert!((NaiveBayes::default().weight([3, 1], &totals) - expected).abs() < 1e-12);
    }

    #[test]
    fn numbers_are_set_by_name() {
        let mut parameters = Parameters::default();
        for setting in ["alpha=0.5", "strongest=7", "share=0", "text=1e-1"] {
            parameters.set(setting).unwrap();
        }
        assert_eq!((parameters.bayes.alpha, parameters.bayes.strongest), (0.5, 7));
        assert_eq!((parameters.share, parameters.descent.text), (0.0, 0.1));
        for setting in ["alpha", "beta=1", "rate=x", "rate=-1", "rate=NaN", "epochs=0.9"] {
            assert!(parameters.set(setting).is_err(), "{setting}");
        }
        for name in Parameters::NAMES.split(", ") {
            parameters.set(&format!("{name}=1")).unwrap();
        }
    }

    #[test]
    fn every_estimator_points_the_right_way_and_is_finite() {
        let mut counts = Counts::new();
        for i in 0..30u64 {
            let label = if i % 3 == 0 { Label::Spam } else { Label::Ham };
            counts.add(&Features::from_hashes(vec![label.index() as u64, 2 + i % 4]), label, 1);
        }
        let totals = Totals::of(&counts);
        for estimator in Algorithm::ALL.into_iter().filter_map(|a| a.estimator(NaiveBayes::default())) {
            assert!(estimator.weight([0, 9], &totals) > 0.0 && estimator.weight([19, 0], &totals) < 0.0);
            assert!(estimator.bias(&counts, &totals).is_finite());
        }
    }
}
