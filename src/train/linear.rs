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
    /// The share of what was learned from the text alone and from the other features alone.
    pub views: f64,
    /// What was tried and not kept.
    pub tried: Tried,
}

/// Numbers of what was tried and not kept; each is without effect where it is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// The share of a message's features that are hidden at random each time that it is learned from.
    pub hide: f64,
    /// The share of messages that are learned from without their text.
    pub hide_text: f64,
    /// The share of messages that are learned from with their text alone.
    pub hide_other: f64,
    /// Of how many parts of the mail each order leaves out one, chosen at random; 0 for none.
    pub leave: usize,
    /// The same, with the parts as the mail comes, each class by itself.
    pub leave_block: usize,
    /// What the gradient of ham counts.
    pub ham: f64,
    /// The model is the mean over all steps from this epoch on; 0 for the last step alone.
    pub average: usize,
    /// A weight learned from n messages counts n / (n + rare).
    pub rare: f64,
    /// Features of fewer messages have no weight.
    pub seen: f64,
    /// Whether it is FTRL-proximal (McMahan et al. 2013) in place of AdaGrad, with the root of `start` for beta.
    pub ftrl: bool,
    /// Its penalty on sizes.
    pub l1: f64,
    /// Its penalty on squares.
    pub l2: f64,
    /// How often a message of a stream is learned.
    pub again: usize,
    /// How many earlier messages of a stream one is learned anew from with each message.
    pub replay: usize,
    /// What the text's part counts in the sum of the views.
    pub twice: f64,
    /// Whether the other features learn from what the text leaves.
    pub residual: bool,
}

impl Default for Tried {
    fn default() -> Self {
        Self {
            hide: 0.0,
            hide_text: 0.0,
            hide_other: 0.0,
            leave: 0,
            leave_block: 0,
            ham: 1.0,
            average: 0,
            rare: 0.0,
            seen: 0.0,
            ftrl: false,
            l1: 0.0,
            l2: 0.0,
            again: 1,
            replay: 0,
            twice: 1.0,
            residual: false,
        }
    }
}

impl Tried {
    /// Sets a number by its name; false if there is none of this name.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        match name {
            "hide" => self.hide = value,
            "hide-text" => self.hide_text = value,
            "hide-other" => self.hide_other = value,
            "leave" => self.leave = value as usize,
            "leave-block" => self.leave_block = value as usize,
            "ham" => self.ham = value,
            "average" => self.average = value as usize,
            "rare" => self.rare = value,
            "seen" => self.seen = value,
            "ftrl" => self.ftrl = value > 0.0,
            "l1" => self.l1 = value,
            "l2" => self.l2 = value,
            "again" => self.again = value as usize,
            "replay" => self.replay = value as usize,
            "twice" => self.twice = value,
            "residual" => self.residual = value > 0.0,
            _ => return false,
        }
        true
    }
}

impl Default for Descent {
    fn default() -> Self {
        Self {
            rate: 1.0,
            start: 3e-5,
            margin: 0.02,
            epochs: 3,
            orders: 5,
            text: 0.5,
            other: 0.8,
            views: 0.5,
            tried: Tried::default(),
        }
    }
}

/// How a message's features are scaled.
pub const COMBINE: Combine = Combine::Normalised { text: 1.0, other: 1.0 };

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
/// "Reducing Weight Undertraining in Structured Discriminative Learning").
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
#[derive(Debug, Clone)]
pub struct Linear {
    joint: Logistic,
    /// Of the features that are not text, of the text, and of what `TRIED_THIRD` takes from the former.
    views: [Logistic; 3],
    descent: Descent,
    random: SplitMix,
}

impl Default for Linear {
    fn default() -> Self {
        Self::new(Descent::default())
    }
}

impl Linear {
    /// A model that knows nothing and learns with these numbers.
    pub fn new(descent: Descent) -> Self {
        Self { descent, joint: Logistic::default(), views: Default::default(), random: SplitMix(1) }
    }

    /// As [`new`](Self::new), for no other features than these: the others' work is shared among them.
    pub fn only(descent: Descent, features: impl Iterator<Item = u64>) -> Self {
        let all: Vec<u64> = features.collect();
        let of = |part: usize| Logistic::only(all.iter().filter(|&&hash| part_of(hash) == part));
        Self { joint: Logistic::only(&all), views: [of(0), of(1), of(2)], descent, random: SplitMix(1) }
    }

    /// Learns labelled mail: the mean of models that each went through it a few times in random orders, which
    /// are the same every time. What one order happens to end with weighs less in the mean.
    pub fn trained<'a>(self, mail: impl Iterator<Item = (&'a Features, Label)>) -> Self {
        let mail: Vec<_> = mail.collect();
        let orders: Vec<u64> = (1..=self.descent.orders.max(1) as u64).collect();
        let tried = self.descent.tried;
        let in_order = |&order: &u64| {
            let (mut mail, mut linear, mut random) =
                (left(&mail, &tried, order), self.clone(), SplitMix(order));
            linear.random = SplitMix(1000 + order);
            for epoch in 0..self.descent.epochs {
                random.shuffle(&mut mail);
                if tried.average > 0 && epoch == tried.average {
                    linear.logistics().for_each(Logistic::start_mean);
                }
                mail.iter().for_each(|(message, label)| linear.learn(message, *label));
            }
            if tried.average > 0 {
                linear.logistics().for_each(Logistic::take_mean);
            }
            if tried.ftrl {
                let descent = self.descent;
                linear.logistics().for_each(|logistic| logistic.settle(&descent));
            }
            linear
        };
        let settled = Tried { ftrl: false, ..tried };
        let mut mean = Self::new(Descent { tried: settled, ..self.descent });
        // No more of them in memory than can be worked on at once.
        for some in orders.chunks(rayon::current_num_threads()) {
            let models: Vec<Self> = some.par_iter().map(in_order).collect();
            models.into_iter().for_each(|model| mean.add(model));
        }
        mean.logistics().for_each(|logistic| logistic.divide(orders.len() as f32));
        if tried.rare > 0.0 || tried.seen > 0.0 {
            let mut seen = HashMap::<u64, f64>::new();
            let all = mail.iter().flat_map(|(message, _)| message.hashes());
            all.for_each(|&hash| *seen.entry(hash).or_default() += 1.0);
            for (hash, slot) in mean.logistics().flat_map(|logistic| &mut logistic.slots) {
                let n = seen.get(hash).copied().unwrap_or_default();
                let kept = if n < tried.seen { 0.0 } else { n / (n + tried.rare) };
                slot.weight *= kept as f32;
            }
        }
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
        let split = split(message);
        let parts = parts(&split);
        let of_views =
            || (0..views()).map(|i| self.counts(i) * self.views[i].score(&[parts[i]], &self.descent)).sum();
        let joint = || self.joint.score(&self.jointly(parts), &self.descent);
        self.mean(joint, of_views)
    }

    fn counts(&self, part: usize) -> f64 {
        if part == 1 { self.descent.tried.twice } else { 1.0 }
    }

    /// Moves the weights of a message's features towards its label, if they are not there.
    pub fn learn(&mut self, message: &Features, label: Label) {
        let tried = self.descent.tried;
        let mut split = split(message);
        if tried.hide > 0.0 {
            let random = &mut self.random;
            split.iter_mut().for_each(|part| part.retain(|_| random.share() >= tried.hide));
        }
        if tried.hide_text > 0.0 || tried.hide_other > 0.0 {
            let drawn = self.random.share();
            if drawn < tried.hide_text {
                split[1].clear();
            } else if drawn < tried.hide_text + tried.hide_other {
                split[0].clear();
                split[2].clear();
            }
        }
        let parts = parts(&split);
        if self.descent.views < 1.0 {
            self.joint.learn(&self.jointly(parts), label, &self.descent, 0.0);
        }
        if self.descent.views > 0.0 {
            let text = self.views[1].score(&[parts[1]], &self.descent);
            for (i, (view, part)) in self.views.iter_mut().zip(parts).take(views()).enumerate() {
                let from = if tried.residual && i != 1 { text } else { 0.0 };
                view.learn(&[part], label, &self.descent, from);
            }
        }
    }

    /// The weight of a feature, 0 if it is not known.
    pub fn weight(&self, hash: u64) -> f64 {
        let factor = if is_text(hash) { self.descent.text } else { self.descent.other };
        let part = part_of(hash);
        let view = || self.counts(part) * self.views[part].weight(hash, &self.descent);
        self.mean(|| factor * self.joint.weight(hash, &self.descent), view)
    }

    /// The log-odds of a message without any known feature.
    pub fn bias(&self) -> f64 {
        let of_views =
            || (0..views()).map(|i| self.counts(i) * self.views[i].bias.weight(&self.descent)).sum();
        self.mean(|| self.joint.bias.weight(&self.descent), of_views)
    }

    fn mean(&self, joint: impl Fn() -> f64, views: impl Fn() -> f64) -> f64 {
        (1.0 - self.descent.views) * joint() + self.descent.views * views()
    }

    /// The same as parts of one message.
    fn jointly<'a>(&self, [other, text, third]: [Part<'a>; 3]) -> [Part<'a>; 3] {
        let Descent { text: of_text, other: of_other, .. } = self.descent;
        let scaled = |part: Part<'a>, by: f64| Part { scale: by * part.scale, ..part };
        [scaled(other, of_other), scaled(text, of_text), scaled(third, of_other)]
    }
}

/// The mail without what an order leaves out.
fn left<'a>(mail: &[(&'a Features, Label)], tried: &Tried, order: u64) -> Vec<(&'a Features, Label)> {
    let parts = tried.leave.max(tried.leave_block);
    if parts == 0 {
        return mail.to_vec();
    }
    let mut kept = Vec::new();
    for label in [Label::Ham, Label::Spam] {
        let mut some: Vec<_> = mail.iter().filter(|one| one.1 == label).copied().collect();
        if tried.leave > 0 {
            SplitMix(99).shuffle(&mut some);
        }
        let part = (order as usize - 1) % parts;
        let out = part * some.len() / parts..(part + 1) * some.len() / parts;
        kept.extend(some.into_iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|one| one.1));
    }
    kept
}

/// Features, and what each counts.
#[derive(Clone, Copy)]
struct Part<'a> {
    hashes: &'a [u64],
    scale: f64,
}

/// How many parts there are.
fn views() -> usize {
    2 + usize::from(crate::features::has_third())
}

fn part_of(hash: u64) -> usize {
    if is_text(hash) {
        1
    } else if crate::features::is_third(hash) {
        2
    } else {
        0
    }
}

fn split(message: &Features) -> [Vec<u64>; 3] {
    let mut split: [Vec<u64>; 3] = Default::default();
    message.hashes().iter().for_each(|&hash| split[part_of(hash)].push(hash));
    split
}

/// What is not text of a message, what is, and the third part; the scale of the first and the last is that of both.
fn parts([other, text, third]: &[Vec<u64>; 3]) -> [Part<'_>; 3] {
    let [of_other, of_text] = COMBINE.scales(other.len() + third.len(), text.len());
    [
        Part { hashes: other, scale: of_other },
        Part { hashes: text, scale: of_text },
        Part { hashes: third, scale: of_other },
    ]
}

/// One logistic regression.
#[derive(Debug, Clone, Default)]
struct Logistic {
    slots: HashMap<u64, Slot, BuildHasherDefault<Identity>>,
    bias: Slot,
    /// Whether features that have no slot yet are passed over.
    closed: bool,
    /// Messages since the mean began.
    time: f32,
}

impl Logistic {
    fn only<'a>(features: impl IntoIterator<Item = &'a u64>) -> Self {
        let slots = features.into_iter().map(|&hash| (hash, Slot::default())).collect();
        Self { slots, closed: true, ..Self::default() }
    }

    fn score(&self, parts: &[Part], descent: &Descent) -> f64 {
        let sum = |part: &Part| part.hashes.iter().map(|&hash| self.weight(hash, descent)).sum::<f64>();
        self.bias.weight(descent) + parts.iter().map(|part| part.scale * sum(part)).sum::<f64>()
    }

    fn learn(&mut self, parts: &[Part], label: Label, descent: &Descent, from: f64) {
        self.time += 1.0;
        let time = self.time;
        let probability = 1.0 / (1.0 + libm::exp(-from - self.score(parts, descent)));
        let mut error = probability - label.index() as f64;
        if error.abs() < descent.margin {
            return;
        }
        if label == Label::Ham {
            error *= descent.tried.ham;
        }
        for Part { hashes, scale } in parts {
            for &hash in *hashes {
                let slot = match self.closed {
                    true => self.slots.get_mut(&hash),
                    false => Some(self.slots.entry(hash).or_default()),
                };
                slot.into_iter().for_each(|slot| slot.descend(error * scale, descent, time));
            }
        }
        self.bias.descend(error, &Descent { rate: BIAS_RATE * descent.rate, ..*descent }, time);
    }

    fn weight(&self, hash: u64, descent: &Descent) -> f64 {
        self.slots.get(&hash).map_or(0.0, |slot| slot.weight(descent))
    }

    fn settle(&mut self, descent: &Descent) {
        let slots = self.slots.values_mut().chain([&mut self.bias]);
        slots.for_each(|slot| slot.weight = slot.proximal(descent) as f32);
    }

    fn start_mean(&mut self) {
        self.time = 0.0;
        self.slots.values_mut().chain([&mut self.bias]).for_each(|slot| slot.late = 0.0);
    }

    fn take_mean(&mut self) {
        let time = self.time;
        self.slots.values_mut().chain([&mut self.bias]).for_each(|slot| slot.weight -= slot.late / time);
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
    /// For FTRL the sum from which the weight follows.
    weight: f32,
    squares: f32,
    /// The sum of its steps, each by its time.
    late: f32,
}

impl Slot {
    fn weight(&self, descent: &Descent) -> f64 {
        if descent.tried.ftrl { self.proximal(descent) } else { f64::from(self.weight) }
    }

    fn proximal(&self, descent: &Descent) -> f64 {
        let z = f64::from(self.weight);
        if z.abs() <= descent.tried.l1 {
            return 0.0;
        }
        let inverse =
            (descent.start.sqrt() + f64::from(self.squares).sqrt()) / descent.rate + descent.tried.l2;
        -(z - descent.tried.l1 * z.signum()) / inverse
    }

    fn descend(&mut self, gradient: f64, descent: &Descent, time: f32) {
        if descent.tried.ftrl {
            let before = f64::from(self.squares);
            let after = before + gradient * gradient;
            let sigma = (after.sqrt() - before.sqrt()) / descent.rate;
            self.weight += (gradient - sigma * self.proximal(descent)) as f32;
            self.squares = after as f32;
            return;
        }
        self.squares += (gradient * gradient) as f32;
        let squares = descent.start + f64::from(self.squares);
        // A sum that rounds to nothing is that of a gradient that does.
        if squares > 0.0 {
            let step = (descent.rate * gradient / squares.sqrt()) as f32;
            self.weight -= step;
            self.late -= time * step;
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
