//! What a model says of itself: how its weights become a verdict, and where they come from.

use serde::{Deserialize, Serialize};

use crate::label::Class;

/// The model's metadata. The order of the fields is part of the file's format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// One line for people.
    pub description: String,
    /// When it was trained (RFC 3339 date), if the trainer said so.
    pub created: Option<String>,
    /// The algorithm's name, as `tamis train --algorithm` takes it.
    pub algorithm: String,
    /// What it was trained on, in the trainer's words.
    pub sources: Vec<String>,
    /// Ham and spam messages that it was trained on.
    pub messages: [u64; 2],
    /// The sums of weights that make up the log-odds, one for each column of the table.
    pub components: Vec<Component>,
    /// Added to the components: the calibrated log-odds of a message without known features.
    pub intercept: f64,
    /// How slopes and intercept were found: `"held-out"` mail, or the algorithm's `"default"`.
    pub calibration: String,
    /// Where ham ends and spam begins.
    pub thresholds: Thresholds,
}

/// One additive score: the sum of a column's weights over a message's features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// What made the weights (`"naive-bayes"`, `"linear"`).
    pub name: String,
    /// Log-odds that one unit of a stored weight stands for.
    pub step: f64,
    /// Which weights are summed and how.
    pub combine: Combine,
    /// Added to the sum before the slope.
    pub bias: f64,
    /// What the sum is multiplied by to be log-odds (Platt 1999).
    pub slope: f64,
}

/// How a message's weights become a component's score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The sum of all.
    Sum,
    /// The sum of this many with the largest magnitude; those that tie for the last places share them.
    Strongest(u32),
    /// The sum of this many of the [text](crate::features::is_text) with the largest magnitude, and of as
    /// many of the other features.
    StrongestOfEach(u32),
    /// The sum of all, each divided by a power of the number of features that the message has of its kind
    /// (at least [`FEW`]): a text of five hundred words says hardly more than one of fifty, and does not
    /// drown what the header says. With a power of 1 it is their mean.
    Normalised {
        /// Power for the features that are [text](crate::features::is_text), 0 to 2.
        text: f64,
        /// Power for the others, 0 to 2.
        other: f64,
    },
}

/// The smallest number of features that [`Combine::Normalised`] divides by.
pub const FEW: usize = 20;

impl Combine {
    /// What weights are multiplied by in a message with `other` features that are not text and `text`
    /// that are: the factor of these, and of those. In a message of a few hundred features it is about the
    /// same whatever the power, that of a square root.
    pub fn scales(&self, other: usize, text: usize) -> [f64; 2] {
        match *self {
            Combine::Normalised { text: of_text, other: of_other } => {
                let scale = |n: usize, power| {
                    libm::pow(TYPICAL as f64 / n.max(FEW) as f64, power) / (TYPICAL as f64).sqrt()
                };
                [scale(other, of_other), scale(text, of_text)]
            }
            _ => [1.0, 1.0],
        }
    }
}

/// Features of its text that a message has, and others: the order of magnitude.
const TYPICAL: usize = 200;

impl Component {
    /// The log-odds that one unit of weight, not yet divided by `step`, adds for a feature that is text or
    /// is not: exactly so where weights are summed as they are, and in a message of a few hundred features
    /// where it depends on how many it has.
    pub fn unit(&self, text: bool) -> f64 {
        self.slope * self.combine.scales(TYPICAL, TYPICAL)[usize::from(text)]
    }
}

/// Probabilities of spam that separate the classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Below this a message is ham.
    pub ham: f64,
    /// From here on it is spam; between the two it is unsure.
    pub spam: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { ham: 0.2, spam: 0.9 }
    }
}

impl Thresholds {
    /// The class of a message with this probability of spam.
    pub fn class(&self, probability: f64) -> Class {
        match probability {
            p if p < self.ham => Class::Ham,
            p if p < self.spam => Class::Unsure,
            _ => Class::Spam,
        }
    }

    /// Says what is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let Self { ham, spam } = *self;
        if (0.0..=1.0).contains(&ham) && (0.0..=1.0).contains(&spam) && ham <= spam {
            Ok(())
        } else {
            Err("the thresholds are not 0 <= ham <= spam <= 1".into())
        }
    }
}

impl Info {
    /// Says what would make a score meaningless.
    pub(super) fn check(&self) -> Result<(), String> {
        let numbers = self.components.iter().flat_map(|c| [c.step, c.bias, c.slope]).chain([self.intercept]);
        // The bound keeps every sum of weights finite.
        if numbers.into_iter().any(|n| n.is_nan() || n.abs() > 1e9) {
            return Err("a number is none, or larger than 1e9".into());
        }
        let powers = |c: &Component| match c.combine {
            Combine::Normalised { text, other } => [text, other],
            _ => [0.0, 0.0],
        };
        if self.components.iter().flat_map(powers).any(|power| !(0.0..=2.0).contains(&power)) {
            return Err("a power of the number of features is not between 0 and 2".into());
        }
        if !(1..=8).contains(&self.components.len()) {
            return Err(format!("{} components", self.components.len()));
        }
        self.thresholds.check()
    }
}
