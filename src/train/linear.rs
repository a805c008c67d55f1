//! A linear model of the log-odds, trained on or near error.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rayon::prelude::*;

use crate::counts::Identity;
use crate::features::{Features, is_text};
use crate::label::Label;
use crate::model::Combine;
use crate::train::metrics::SplitMix;

/// The numbers that a linear model is trained with. `docs/experiments.md` says how the defaults were found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// Step size of AdaGrad.
    pub rate: f64,
    /// What its sum of squares starts with: the first steps of a feature are shorter the larger it is, those of
    /// features with small gradients above all.
    pub start: f64,
    /// A message that is given its label with a smaller error of the probability is not learned from.
    pub margin: f64,
    /// How often a whole corpus is gone through.
    pub epochs: usize,
    /// In how many orders: the model is the mean of as many models.
    pub orders: usize,
    /// What a message's text counts where it is learned together with its other features.
    pub text: f64,
    /// What its other features count there.
    pub other: f64,
    /// The power of the number of its features that what a text counts is divided by.
    pub text_length: f64,
    /// The same for the other features.
    pub other_length: f64,
    /// The share of what was learned from the text alone and from the other features alone.
    pub views: f64,
}

impl Default for Descent {
    fn default() -> Self {
        Self {
            rate: 1.0,
            start: 3e-5,
            margin: 0.02,
            epochs: 1,
            orders: 10,
            text: 0.5,
            other: 0.8,
            text_length: 0.7,
            other_length: 1.0,
            views: 0.7,
        }
    }
}

impl Descent {
    /// How a message's features are scaled.
    pub fn combine(&self) -> Combine {
        Combine::Normalised { text: self.text_length, other: self.other_length }
    }
}

/// Step size of the bias, as a part of the others': every message would move it.
const BIAS_RATE: f64 = 0.3;

/// Logistic regression over binary features, by stochastic gradient descent with a step size for each
/// feature (AdaGrad: Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods"), learning only from
/// messages that are wrong or nearly so (Goodman and Yih 2006, "Online Discriminative Spam Filter
/// Training"). It finds out which features repeat each other, which naive Bayes cannot; but it is the
/// mail in its order that makes it, so that it cannot be merged or unlearned as counts can.
///
/// Where some features tell the classes apart, others are left with less weight than they could have, and
/// are missed on mail without the former: header fields of one server hide what words say. Therefore the
/// log-odds are the mean of two: those of a model of all features, and the sum of those of two models, of
/// which one knows the text alone and one the other features alone (Sutton, Sindelar and McCallum 2006,
/// "Reducing Weight Undertraining in Structured Discriminative Learning"). To whom and over which list a message
/// was delivered is known to the model of all features only: it tells much about the mail of one mailbox, and
/// little about another's.
///
/// ```
/// use tamis::train::linear::Linear;
/// use tamis::{Extractor, Label};
/// let mut extractor = Extractor::default();
/// let spam = extractor.extract(b"Subject: cheap watches\r\n\r\nBuy now");
/// let mut linear = Linear::default();
/// linear.learn(&spam, Label::Spam);
/// assert!(linear.score(&spam) > 0.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Linear {
    joint: Logistic,
    /// Of a message's own features that are not text, and of its text.
    views: [Logistic; 2],
    descent: Descent,
}

impl Linear {
    /// A model that knows nothing and learns with these numbers.
    pub fn new(descent: Descent) -> Self {
        Self { descent, ..Self::default() }
    }

    /// As [`new`](Self::new), for no other features than these: the others' work is shared among them.
    pub fn only(descent: Descent, features: impl Iterator<Item = u64>) -> Self {
        let (text, other): (Vec<u64>, Vec<u64>) = features.partition(|&hash| is_text(hash));
        let joint = Logistic::only(text.iter().chain(&other));
        Self { joint, views: [Logistic::only(&other), Logistic::only(&text)], descent }
    }

    /// The same without what it learned.
    pub(crate) fn blank(self) -> Self {
        Self::new(self.descent)
    }

    /// Learns labelled mail: the mean of models that each went through it a few times in random orders, which
    /// are the same every time. What one order happens to end with weighs less in the mean.
    pub fn trained<'a>(self, mail: impl Iterator<Item = (&'a Features, Label)>) -> Self {
        let mail: Vec<_> = mail.collect();
        let orders: Vec<u64> = (1..=self.descent.orders.max(1) as u64).collect();
        let in_order = |&order: &u64| {
            let (mut mail, mut linear, mut random) = (mail.clone(), self.clone(), SplitMix(order));
            for _ in 0..self.descent.epochs {
                random.shuffle(&mut mail);
                mail.iter().for_each(|(message, label)| linear.learn(message, *label));
            }
            linear
        };
        let mut mean = Self::new(self.descent);
        // No more of them in memory than can be worked on at once.
        for some in orders.chunks(rayon::current_num_threads()) {
            let models: Vec<Self> = some.par_iter().map(in_order).collect();
            models.into_iter().for_each(|model| mean.add(model));
        }
        mean.logistics().for_each(|logistic| logistic.divide(orders.len() as f32));
        mean
    }

    fn logistics(&mut self) -> impl Iterator<Item = &mut Logistic> {
        self.views.iter_mut().chain([&mut self.joint])
    }

    fn add(&mut self, mut other: Self) {
        self.logistics().zip(other.logistics()).for_each(|(to, from)| to.add(std::mem::take(from)));
    }

    /// The log-odds of spam.
    pub fn score(&self, message: &Features) -> f64 {
        let [other, text] = self.parts(message);
        let views = || self.views[0].score(&[other]) + self.views[1].score(&[text]);
        let joint = || self.joint.score(&self.jointly([other, text]));
        self.mean(joint, views)
    }

    /// Moves the weights of a message's features towards its label, if they are not there.
    pub fn learn(&mut self, message: &Features, label: Label) {
        let parts = self.parts(message);
        if self.descent.views < 1.0 {
            self.joint.learn(&self.jointly(parts), label, &self.descent);
        }
        if self.descent.views > 0.0 {
            let [other, text] = parts;
            let own: Vec<u64> = message.own().collect();
            let views = self.views.iter_mut().zip([Part { hashes: &own, ..other }, text]);
            views.for_each(|(view, part)| view.learn(&[part], label, &self.descent));
        }
    }

    /// The weight of a feature, 0 if it is not known.
    pub fn weight(&self, hash: u64) -> f64 {
        let text = is_text(hash);
        let factor = if text { self.descent.text } else { self.descent.other };
        self.mean(|| factor * self.joint.weight(hash), || self.views[usize::from(text)].weight(hash))
    }

    /// What the weights are multiplied by in this message: those of features that are not text, and those of text.
    pub fn scales(&self, message: &Features) -> [f64; 2] {
        let others = message.others();
        self.descent.combine().scales(others, message.hashes().len() - others)
    }

    /// The log-odds of a message without any known feature.
    pub fn bias(&self) -> f64 {
        self.mean(|| self.joint.bias.weight(), || self.views.iter().map(|view| view.bias.weight()).sum())
    }

    fn mean(&self, joint: impl Fn() -> f64, views: impl Fn() -> f64) -> f64 {
        (1.0 - self.descent.views) * joint() + self.descent.views * views()
    }

    /// What is not text of a message, and what is.
    fn parts<'a>(&self, message: &'a Features) -> [Part<'a>; 2] {
        let (other, text) = message.hashes().split_at(message.others());
        let [of_other, of_text] = self.scales(message);
        [Part { hashes: other, scale: of_other }, Part { hashes: text, scale: of_text }]
    }

    /// The same as parts of one message.
    fn jointly<'a>(&self, [other, text]: [Part<'a>; 2]) -> [Part<'a>; 2] {
        let Descent { text: of_text, other: of_other, .. } = self.descent;
        [Part { scale: of_other * other.scale, ..other }, Part { scale: of_text * text.scale, ..text }]
    }
}

/// The environment variable `AROW`: for an experiment.
fn arow() -> Option<f64> {
    static AROW: std::sync::OnceLock<Option<f64>> = std::sync::OnceLock::new();
    *AROW.get_or_init(|| std::env::var("AROW").ok()?.parse().ok())
}

/// Features, and what each counts.
#[derive(Clone, Copy)]
struct Part<'a> {
    hashes: &'a [u64],
    scale: f64,
}

/// One logistic regression.
#[derive(Debug, Clone, Default)]
struct Logistic {
    slots: HashMap<u64, Slot, BuildHasherDefault<Identity>>,
    bias: Slot,
    /// Whether features that have no slot yet are passed over.
    closed: bool,
}

impl Logistic {
    fn only<'a>(features: impl IntoIterator<Item = &'a u64>) -> Self {
        let slots = features.into_iter().map(|&hash| (hash, Slot::default())).collect();
        Self { slots, closed: true, ..Self::default() }
    }

    fn score(&self, parts: &[Part]) -> f64 {
        let sum = |part: &Part| part.hashes.iter().map(|&hash| self.weight(hash)).sum::<f64>();
        self.bias.weight() + parts.iter().map(|part| part.scale * sum(part)).sum::<f64>()
    }

    fn learn(&mut self, parts: &[Part], label: Label, descent: &Descent) {
        if let Some(regularisation) = arow() {
            return self.learn_with_confidence(parts, label, regularisation);
        }
        let probability = 1.0 / (1.0 + libm::exp(-self.score(parts)));
        let error = probability - label.index() as f64;
        if error.abs() < descent.margin {
            return;
        }
        for Part { hashes, scale } in parts {
            for &hash in *hashes {
                let slot = match self.closed {
                    true => self.slots.get_mut(&hash),
                    false => Some(self.slots.entry(hash).or_default()),
                };
                slot.into_iter().for_each(|slot| slot.descend(error * scale, descent));
            }
        }
        self.bias.descend(error, &Descent { rate: BIAS_RATE * descent.rate, ..*descent });
    }

    /// Adaptive regularisation of weights (Crammer, Kulesza and Dredze 2009): `squares` is what the variance of a
    /// weight has lost of one.
    fn learn_with_confidence(&mut self, parts: &[Part], label: Label, regularisation: f64) {
        let sign = if label == Label::Spam { 1.0 } else { -1.0 };
        let margin = sign * self.score(parts);
        if margin >= 1.0 {
            return;
        }
        let unknown = if self.closed { 0.0 } else { 1.0 };
        let variance = |hash: &u64| self.slots.get(hash).map_or(unknown, Slot::variance);
        let of_part = |part: &Part| part.scale * part.scale * part.hashes.iter().map(variance).sum::<f64>();
        let of_bias = BIAS_RATE * BIAS_RATE * self.bias.variance();
        let beta = 1.0 / (of_bias + parts.iter().map(of_part).sum::<f64>() + regularisation);
        let alpha = sign * beta * (1.0 - margin);
        for Part { hashes, scale } in parts {
            for &hash in *hashes {
                let slot = match self.closed {
                    true => self.slots.get_mut(&hash),
                    false => Some(self.slots.entry(hash).or_default()),
                };
                slot.into_iter().for_each(|slot| slot.correct(*scale, alpha, beta));
            }
        }
        self.bias.correct(BIAS_RATE, alpha, beta);
    }

    fn weight(&self, hash: u64) -> f64 {
        self.slots.get(&hash).map_or(0.0, Slot::weight)
    }

    /// Adds another model's weights; a feature that one of them does not have is 0 there.
    fn add(&mut self, other: Self) {
        self.closed = other.closed;
        self.bias.add(other.bias);
        other.slots.into_iter().for_each(|(hash, slot)| self.slots.entry(hash).or_default().add(slot));
    }

    fn divide(&mut self, by: f32) {
        self.slots.values_mut().chain([&mut self.bias]).for_each(|slot| slot.divide(by));
    }
}

/// A weight, and the sum of the squares of its gradients.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    weight: f32,
    squares: f32,
}

impl Slot {
    fn weight(&self) -> f64 {
        f64::from(self.weight)
    }

    fn variance(&self) -> f64 {
        1.0 - f64::from(self.squares)
    }

    fn correct(&mut self, scale: f64, alpha: f64, beta: f64) {
        let variance = self.variance();
        self.weight += (alpha * variance * scale) as f32;
        self.squares += (beta * variance * variance * scale * scale) as f32;
    }

    fn descend(&mut self, gradient: f64, descent: &Descent) {
        self.squares += (gradient * gradient) as f32;
        let squares = descent.start + f64::from(self.squares);
        // A sum that rounds to nothing is that of a gradient that does.
        if squares > 0.0 {
            self.weight -= (descent.rate * gradient / squares.sqrt()) as f32;
        }
    }

    fn add(&mut self, other: Slot) {
        self.weight += other.weight;
        self.squares += other.squares;
    }

    fn divide(&mut self, by: f32) {
        self.weight /= by;
        self.squares /= by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extractor;
    use crate::features::hash;

    fn message(hashes: &[u64]) -> Features {
        Features::from_hashes(hashes.to_vec())
    }

    #[test]
    fn the_first_step_by_hand() {
        // One feature of text and one other, from nothing: the error is -1/2, times the scale of each kind. From
        // a sum of squares of nothing the first step of AdaGrad is as long as the rate whatever the gradient.
        let m = message(&[2, 1 << 63]);
        let learned = |start, views| {
            let mut linear = Linear::new(Descent { start, views, ..Descent::default() });
            linear.learn(&m, Label::Spam);
            linear
        };
        let (rate, bias) = (1.0, f64::from(0.3f32));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{a} {b}");
        let joint = learned(0.0, 0.0);
        close(joint.weight(2), 0.8 * rate);
        close(joint.weight(1 << 63), 0.5 * rate);
        // The least that a number of features counts as is 20, in the place of the usual 200.
        let [other, text] = [10.0, 10f64.powf(0.7)].map(|power| power / 200f64.sqrt());
        close(joint.score(&m), bias + (0.8 * other + 0.5 * text) * rate);
        let views = learned(0.0, 1.0);
        close(views.weight(2), rate);
        close(views.weight(1 << 63), rate);
        close(views.score(&m), 2.0 * bias + (other + text) * rate);
        let both = learned(0.0, 0.25);
        close(both.bias(), 0.75 * joint.bias() + 0.25 * views.bias());
        close(both.weight(2), 0.75 * joint.weight(2) + 0.25 * views.weight(2));
        close(both.score(&m), 0.75 * joint.score(&m) + 0.25 * views.score(&m));
        let gradient = 0.5 * 0.5 * text;
        close(learned(0.25, 0.0).weight(1 << 63), 0.5 * gradient / (0.25 + gradient * gradient).sqrt());
    }

    #[test]
    fn words_count_though_a_header_field_tells_the_classes_apart() {
        // Five features are in all spam, and so is a word; in ham none is.
        let word = 1 << 63 | 2;
        let mail: Vec<(Features, Label)> = (0..200)
            .map(|i| match i % 2 {
                0 => (message(&[2, 4, 6, 8, 10, word, 1000 + i]), Label::Spam),
                _ => (message(&[1000 + i]), Label::Ham),
            })
            .collect();
        let word_alone = |views| {
            let linear = Linear::new(Descent { views, ..Descent::default() });
            let linear = linear.trained(mail.iter().map(|(message, label)| (message, *label)));
            linear.score(&message(&[word])) - linear.bias()
        };
        let (joint, mean) = (word_alone(0.0), word_alone(0.5));
        assert!(mean > 2.0 * joint && joint > 0.0, "{joint} {mean}");
    }

    #[test]
    fn to_whom_a_message_was_delivered_only_the_model_of_all_features_knows() {
        let named = Extractor::default().extract_named(b"To: a@b.example\r\nSubject: Hi\r\n\r\nBuy");
        let learned = |message: &Features, views| {
            let mut linear = Linear::new(Descent { views, ..Descent::default() });
            linear.learn(message, Label::Spam);
            ["to:a@b.example", "subject:hi", "body:buy"].map(|name| linear.weight(hash(name)) > 0.0)
        };
        let known = named.of_fields(|_| true);
        assert_eq!(learned(&known, 1.0), [false, true, true]);
        assert_eq!(learned(&known, 0.0), [true; 3]);
        assert_eq!(learned(&named, 1.0), [true; 3]);
    }

    #[test]
    fn what_is_known_well_is_not_learned_again() {
        let mut linear = Linear::default();
        let m = message(&[2, 3]);
        (0..1000).for_each(|_| linear.learn(&m, Label::Spam));
        let before = linear.score(&m);
        assert!(before > libm::log(0.98 / 0.02), "{before}");
        linear.learn(&m, Label::Spam);
        assert_eq!(linear.score(&m), before);
    }

    #[test]
    fn words_that_repeat_each_other_share_their_weight() {
        // Features 10 and 12 always stand together; naive Bayes would count them twice.
        let mail: Vec<(Features, Label)> = (0..200)
            .map(|i| match i % 4 {
                0 => (message(&[10, 12, 1000 + 2 * i]), Label::Spam),
                1 => (message(&[20, 1000 + 2 * i]), Label::Spam),
                _ => (message(&[30, 1000 + 2 * i]), Label::Ham),
            })
            .collect();
        let labelled = || mail.iter().map(|(message, label)| (message, *label));
        let linear = Linear::default().trained(labelled());
        assert!(linear.weight(10) > 0.0 && linear.weight(10) == linear.weight(12));
        assert!(linear.weight(20) > linear.weight(10), "{} {}", linear.weight(20), linear.weight(10));
        assert!(linear.weight(30) < 0.0 && linear.weight(40) == 0.0);
        let few = Linear::only(Descent::default(), [20, 30].into_iter()).trained(labelled());
        assert_eq!(few.weight(10), 0.0);
        assert!(few.weight(20) > 0.0 && few.weight(30) < 0.0);
        let again = Linear::default().trained(labelled());
        assert_eq!(again.weight(20), linear.weight(20));
    }

    #[test]
    fn a_model_of_several_orders_is_the_mean_of_theirs() {
        let slot = |weight, squares| Slot { weight, squares };
        let model = |slots: &[(u64, Slot)], bias| Logistic {
            slots: slots.iter().copied().collect(),
            bias,
            ..Logistic::default()
        };
        let mut mean = model(&[(2, slot(1.0, 4.0)), (3, slot(-2.0, 1.0))], slot(0.5, 1.0));
        mean.add(model(&[(2, slot(2.0, 2.0))], slot(-1.5, 3.0)));
        mean.divide(2.0);
        assert_eq!((mean.weight(2), mean.weight(3), mean.bias.weight()), (1.5, -1.0, -0.5));
        assert_eq!(mean.slots[&2].squares, 3.0);
        // Two orders of the same mail are not one.
        let mail: Vec<(Features, Label)> = (0..40u64)
            .map(|i| (message(&[i % 7, 7 + i % 5]), if i % 3 == 0 { Label::Spam } else { Label::Ham }))
            .collect();
        let of = |orders| {
            let linear = Linear::new(Descent { orders, ..Descent::default() });
            linear.trained(mail.iter().map(|(message, label)| (message, *label))).weight(3)
        };
        assert_ne!(of(1), of(2));
    }
}
