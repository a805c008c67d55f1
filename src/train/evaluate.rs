//! Protocols of the TREC Spam Track: in which order a filter sees mail and learns what it was.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::str::FromStr;

use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::label::{Class, Label};
use crate::model::Model;
use crate::score::{Evidence, explain, score};
use crate::train::duplicates::{folds, groups};
use crate::train::fit::{Options, calibrated, fit};
use crate::train::metrics::Judged;
use crate::train::online::Online;
use crate::train::sample::Sample;

/// Which messages are learned from before which are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Each message is scored, then learned with its true label, in order.
    Immediate,
    /// As immediate, but only the first so many are learned.
    Delayed(usize),
    /// As immediate, but only so many may be learned, and the filter chooses which when it scores them
    /// (on-line active learning, Cormack 2007, "TREC 2007 Spam Track Overview"): see [`Allowance`].
    Active(usize),
    /// The first so many are learned, the others scored.
    Batch(usize),
    /// So many folds, each scored by a model trained on the others, near-duplicates in one fold; and which of the
    /// random splits into folds, 1 if nothing is said.
    KFold(usize, u64),
    /// All are scored by a model trained on other mail.
    Cross,
}

impl Protocol {
    /// Whether the order of the judgements is the order in which the mail came.
    pub fn is_stream(self) -> bool {
        !matches!(self, Protocol::KFold(..))
    }

    /// How many of the first messages are only learned from.
    pub fn unjudged(self) -> usize {
        if let Protocol::Batch(n) = self { n } else { 0 }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protocol::Immediate => f.write_str("immediate"),
            Protocol::Delayed(n) => write!(f, "delayed:{n}"),
            Protocol::Active(n) => write!(f, "active:{n}"),
            Protocol::Batch(n) => write!(f, "batch:{n}"),
            Protocol::KFold(k, 1) => write!(f, "kfold:{k}"),
            Protocol::KFold(k, split) => write!(f, "kfold:{k}:{split}"),
            Protocol::Cross => f.write_str("cross"),
        }
    }
}

impl FromStr for Protocol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::Parameter {
            name: "protocol",
            reason: format!(
                "`{text}` is none of immediate, delayed:N, active:N, batch:N, kfold:K or kfold:K:SPLIT (K >= 2), cross"
            ),
        };
        let (name, number) = text.split_once(':').map_or((text, None), |(name, n)| (name, Some(n)));
        let (number, split) = match number.and_then(|number| number.split_once(':')) {
            Some((number, split)) => (Some(number), Some(split.parse::<u64>().map_err(|_| bad())?)),
            None => (number, None),
        };
        let number = number.map(str::parse::<usize>).transpose().map_err(|_| bad())?;
        match (name, number) {
            ("kfold", Some(k)) if k >= 2 => Ok(Protocol::KFold(k, split.unwrap_or(1))),
            _ if split.is_some() => Err(bad()),
            ("immediate", None) => Ok(Protocol::Immediate),
            ("cross", None) => Ok(Protocol::Cross),
            ("delayed", Some(n)) => Ok(Protocol::Delayed(n)),
            ("active", Some(n)) => Ok(Protocol::Active(n)),
            ("batch", Some(n)) => Ok(Protocol::Batch(n)),
            _ => Err(bad()),
        }
    }
}

/// How many features a mistake is explained with: those that pulled it to the wrong side, and those that
/// pulled it back.
const EVIDENCE: [usize; 2] = [8, 4];

/// Runs a protocol and returns one judgement for each message that was scored, in the order of the mail.
/// Scores are log-odds; features in the evidence of mistakes have the names that `samples` have.
///
/// `train` is the mail to learn from in the protocol [`Protocol::Cross`], and not looked at in others.
///
/// # Errors
/// [`Error::Data`] if some mail to learn from has only one class, there is none to score, or there are more
/// folds than messages that are no near-duplicates.
pub fn run(
    protocol: Protocol,
    samples: &[Sample],
    train: &[Sample],
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Judged>> {
    match protocol {
        Protocol::Immediate => Ok(online(samples, options, progress, |_, _| true)),
        Protocol::Delayed(n) => Ok(online(samples, options, progress, |i, _| i < n)),
        Protocol::Active(n) => {
            let mut allowance = Allowance::new(n, samples.len());
            Ok(online(samples, options, progress, |_, score| allowance.ask(score)))
        }
        Protocol::Batch(n) => {
            let (first, rest) = samples.split_at(n.min(samples.len()));
            judge_all(&all(first), &all(rest), options, &mut progress)
        }
        Protocol::Cross => judge_all(&all(train), &all(samples), options, &mut progress),
        Protocol::KFold(k, split) => {
            let labels: Vec<Label> = samples.iter().map(|s| s.label).collect();
            let signatures: Vec<_> = samples.iter().map(|s| s.signature.clone()).collect();
            let groups = groups(&signatures);
            let different = groups.iter().collect::<HashSet<_>>().len();
            if different < k {
                return Err(Error::Data(format!(
                    "{k} folds need as many messages that are no near-duplicates; there are {different}"
                )));
            }
            let fold_of = folds(&labels, &groups, k, split);
            let mut judged = Vec::with_capacity(samples.len());
            for fold in 0..k {
                let (inside, outside): (Vec<_>, Vec<_>) =
                    samples.iter().enumerate().partition(|(i, _)| fold_of[*i] == fold);
                let sample = |(_, sample)| sample;
                let train: Vec<&Sample> = outside.into_iter().map(sample).collect();
                let test: Vec<&Sample> = inside.iter().copied().map(sample).collect();
                let found = judge_all(&train, &test, options, &mut progress)?;
                judged.extend(inside.iter().map(|(i, _)| *i).zip(found));
            }
            judged.sort_by_key(|(i, _)| *i);
            Ok(judged.into_iter().map(|(_, judged)| judged).collect())
        }
    }
}

fn all(samples: &[Sample]) -> Vec<&Sample> {
    samples.iter().collect()
}

/// A model of all the mail that a protocol learns from, trained at once: after a stream too, whose own filter
/// learned it message by message. None if that mail has only one class. `judged` is what [`run`] returned.
///
/// # Errors
/// Those of [`calibrated`].
pub fn model(
    protocol: Protocol,
    samples: &[Sample],
    train: &[Sample],
    judged: &[Judged],
    options: &Options,
) -> Result<Option<Model<'static>>> {
    let learned = match protocol {
        Protocol::Cross => all(train),
        Protocol::Batch(n) | Protocol::Delayed(n) => all(&samples[..n.min(samples.len())]),
        Protocol::Active(n) => {
            let mut allowance = Allowance::new(n, samples.len());
            samples.iter().zip(judged).filter(|(_, one)| allowance.ask(one.score)).map(|(s, _)| s).collect()
        }
        Protocol::Immediate | Protocol::KFold(..) => all(samples),
    };
    let has = |label| learned.iter().any(|sample| sample.label == label);
    if has(Label::Ham) && has(Label::Spam) { trained(&learned, options).map(Some) } else { Ok(None) }
}

/// Labels that a filter may still ask for, and its rule: uncertainty sampling. The first tenth goes to
/// the first messages, so that there is something to be certain with. Then it asks for a message if of
/// the last 500 no larger share was less certain than it can afford: four times the labels left over the
/// messages left, since early labels teach more than late ones.
///
/// TREC 2007 tells filters both numbers with each message. Asking for the least certain is Lewis and
/// Gale's rule (1994, "A Sequential Algorithm for Training Text Classifiers"), brought to a stream of spam
/// as a margin around one half by Sculley (2007, "Online Active Learning Methods for Fast Label-Efficient
/// Spam Filtering"). The margin here follows the filter's own recent scores, so that no scale is assumed.
#[derive(Debug)]
pub struct Allowance {
    labels: usize,
    messages: usize,
    /// Labels that are left once the first messages have theirs.
    reserved: usize,
    /// Magnitudes of the latest scores.
    recent: VecDeque<f64>,
}

const RECENT: usize = 500;

const EAGER: f64 = 4.0;

impl Allowance {
    /// `labels` labels for `messages` messages.
    pub fn new(labels: usize, messages: usize) -> Self {
        Self { labels, messages, reserved: labels - labels / 10, recent: VecDeque::with_capacity(RECENT) }
    }

    /// Whether to ask for the label of a message with this score (log-odds), which counts as asking.
    pub fn ask(&mut self, score: f64) -> bool {
        let certainty = score.abs();
        let affordable = EAGER * self.labels as f64 / self.messages.max(1) as f64;
        let less_certain = self.recent.iter().filter(|recent| **recent < certainty).count() as f64;
        let uncertain = less_certain <= affordable * self.recent.len() as f64;
        let asks = self.labels > 0 && (self.labels > self.reserved || uncertain);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(certainty);
        self.messages = self.messages.saturating_sub(1);
        self.labels -= usize::from(asks);
        asks
    }
}

/// Scores messages in order, and learns those that `learns` says, given position and score.
fn online(
    samples: &[Sample],
    options: &Options,
    mut progress: impl FnMut(usize),
    mut learns: impl FnMut(usize, f64) -> bool,
) -> Vec<Judged> {
    let mut filter = Online::new(options.algorithm, &options.parameters);
    let mut judged = Vec::with_capacity(samples.len());
    for (i, sample) in samples.iter().enumerate() {
        let (score, class) = filter.score(&sample.features);
        judged.push(judgement(sample, score, class, || filter.evidence(&sample.features)));
        if learns(i, score) {
            filter.learn(&sample.features, sample.label);
        }
        progress(1);
    }
    judged
}

/// A judgement, with evidence, strongest first, if it is a mistake.
fn judgement(sample: &Sample, score: f64, class: Class, evidence: impl FnOnce() -> Vec<Evidence>) -> Judged {
    let mut judged =
        Judged { path: sample.path.clone(), label: sample.label, class, score, evidence: Vec::new() };
    if judged.is_mistake() {
        let (wrong, right): (Vec<_>, Vec<_>) =
            evidence().into_iter().partition(|one| (one.pull >= 0.0) == judged.is_spam());
        judged.evidence =
            [wrong, right].into_iter().zip(EVIDENCE).flat_map(|(of, n)| of.into_iter().take(n)).collect();
    }
    judged
}

/// Trains a model of some mail as `tamis train` does, but of all features if the options name no number of them:
/// uncalibrated, if there is too little to calibrate with.
fn trained(train: &[&Sample], options: &Options) -> Result<Model<'static>> {
    let mut counts = Counts::new();
    let mut learned = Vec::new();
    for sample in train {
        if counts.times(&sample.features) == [0, 0] {
            counts.learn(&sample.features, sample.label);
            learned.push((*sample).clone());
        }
    }
    match calibrated(&counts, &learned, options) {
        Err(Error::Data(_)) if !counts.messages().contains(&0) => fit(&counts, &learned, options),
        other => Ok(other?.model),
    }
}

/// Scores mail with the model of other mail.
fn judge_all(
    train: &[&Sample],
    test: &[&Sample],
    options: &Options,
    progress: &mut impl FnMut(usize),
) -> Result<Vec<Judged>> {
    if test.is_empty() {
        return Err(Error::Data("no messages are left to score".into()));
    }
    let model = trained(train, options)?;
    let judged = test.iter().map(|sample| {
        let verdict = score(&model, None, &sample.features);
        let evidence = || explain(&model, None, &sample.features, usize::MAX).evidence;
        judgement(sample, verdict.log_odds, verdict.class, evidence)
    });
    let judged = judged.collect();
    progress(test.len());
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Features;
    use crate::train::duplicates::Signature;

    #[test]
    fn protocols_by_name() {
        for (text, expected) in [
            ("immediate", Some(Protocol::Immediate)),
            ("delayed:10", Some(Protocol::Delayed(10))),
            ("active:0", Some(Protocol::Active(0))),
            ("batch:10", Some(Protocol::Batch(10))),
            ("kfold:5", Some(Protocol::KFold(5, 1))),
            ("kfold:2:7", Some(Protocol::KFold(2, 7))),
            ("kfold:2:x", None),
            ("batch:2:7", None),
            ("cross", Some(Protocol::Cross)),
            ("kfold:1", None),
            ("batch", None),
            ("batch:x", None),
            ("batch:-1", None),
            ("immediate:1", None),
            ("cross:", None),
        ] {
            assert_eq!(text.parse::<Protocol>().ok(), expected, "{text}");
            assert!(expected.is_none_or(|protocol| protocol.to_string() == text));
        }
    }

    /// The table tells hashes apart by their high bits.
    fn message(features: [u64; 3]) -> Features {
        Features::from_hashes(features.map(|feature| feature << 40).to_vec())
    }

    /// Mail of which each class has a feature of its own, and all have one in common.
    fn samples(labels: &[Label]) -> Vec<Sample> {
        let sample = |(i, &label): (usize, &Label)| {
            let features = message([1, 2 + label.index() as u64, 100 + i as u64]);
            let signature = Signature::of(&[i as u64]);
            Sample { path: format!("m{i}"), label, features, signature, verdict_headers: 0 }
        };
        labels.iter().enumerate().map(sample).collect()
    }

    fn scores(protocol: Protocol, samples: &[Sample]) -> Vec<f64> {
        let judged = run(protocol, samples, &[], &Options::default(), |_| ()).unwrap();
        assert!(judged.iter().zip(samples).all(|(judged, sample)| judged.path == sample.path));
        judged.iter().map(|judged| judged.score).collect()
    }

    #[test]
    fn feedback_ends_where_the_protocol_says() {
        use Label::{Ham, Spam};
        let mail = samples(&[Spam, Ham, Spam, Ham, Spam, Ham]);
        let immediate = scores(Protocol::Immediate, &mail);
        assert_eq!(scores(Protocol::Delayed(6), &mail), immediate);
        assert_eq!(scores(Protocol::Active(6), &mail), immediate);
        assert!(scores(Protocol::Delayed(0), &mail).iter().all(|score| *score == 0.0));
        assert!(scores(Protocol::Active(0), &mail).iter().all(|score| *score == 0.0));
        let delayed = scores(Protocol::Delayed(2), &mail);
        assert_eq!(delayed[..3], immediate[..3]);
        assert!(delayed[2] == delayed[4] && delayed[3] == delayed[5], "{delayed:?}");
        assert!(immediate[4] != immediate[2], "{immediate:?}");
    }

    #[test]
    fn no_message_is_judged_by_a_model_that_knows_its_label() {
        let labels: Vec<Label> = (0..60).map(|i| if i % 3 == 0 { Label::Spam } else { Label::Ham }).collect();
        let (mail, options) = (samples(&labels), Options::default());
        let mut flipped = mail.clone();
        flipped[50].label = flipped[50].label.other();
        let score = |protocol, mail: &[Sample], train: &[Sample]| {
            let judged = run(protocol, mail, train, &options, |_| ()).unwrap();
            judged.iter().find(|one| one.path == "m50").unwrap().score
        };
        let batch = Protocol::Batch(40);
        assert_eq!(score(batch, &mail, &[]), score(batch, &flipped, &[]));
        let [cross, other] = [&mail, &flipped].map(|mail| score(Protocol::Cross, &mail[40..], &mail[..40]));
        assert_eq!(cross, other);
    }

    #[test]
    fn no_fold_is_judged_by_a_model_that_knows_near_duplicates() {
        // Twenty pairs, of which each has a feature that no other has: whoever knows one of a pair knows the other.
        let labels: Vec<Label> =
            (0..40).map(|i| if i / 2 % 2 == 0 { Label::Spam } else { Label::Ham }).collect();
        let mut mail = samples(&labels);
        for (i, sample) in mail.iter_mut().enumerate() {
            sample.features = message([1, 2, 100 + i as u64 / 2]);
        }
        let distinct = |mail: &[Sample]| {
            let scores = scores(Protocol::KFold(2, 1), mail);
            scores.iter().map(|score| score.to_bits()).collect::<HashSet<_>>().len()
        };
        assert!(distinct(&mail) > 2);
        for i in 0..20 {
            mail[2 * i + 1].signature = mail[2 * i].signature.clone();
        }
        // One for each fold.
        assert!(distinct(&mail) <= 2);
    }

    #[test]
    fn more_folds_than_different_messages_are_an_error() {
        let mut mail = samples(&[Label::Spam, Label::Ham, Label::Spam, Label::Ham, Label::Ham]);
        mail[4].signature = mail[3].signature.clone();
        for k in [5, usize::MAX] {
            let error = run(Protocol::KFold(k, 1), &mail, &[], &Options::default(), |_| ()).unwrap_err();
            let expected =
                format!("{k} folds need as many messages that are no near-duplicates; there are 4");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn the_model_of_a_run_is_of_what_the_run_learned() {
        let labels: Vec<Label> = (0..40).map(|i| if i % 2 == 0 { Label::Spam } else { Label::Ham }).collect();
        let mail = samples(&labels);
        let messages = |protocol: Protocol| {
            let judged = run(protocol, &mail, &[], &Options::default(), |_| ()).unwrap();
            let model = model(protocol, &mail, &[], &judged, &Options::default()).unwrap();
            model.map(|model| model.info().messages.iter().sum::<u64>())
        };
        assert_eq!(messages(Protocol::Immediate), Some(40));
        assert_eq!(messages(Protocol::Delayed(12)), Some(12));
        assert!((20..=30).contains(&messages(Protocol::Active(30)).unwrap()));
        assert_eq!(messages(Protocol::Active(40)), Some(40));
        assert_eq!((messages(Protocol::Active(0)), messages(Protocol::Delayed(1))), (None, None));
    }

    #[test]
    fn folds_are_judged_in_the_order_of_the_mail_and_only_mistakes_have_evidence() {
        let labels: Vec<Label> = (0..60).map(|i| if i % 3 == 0 { Label::Spam } else { Label::Ham }).collect();
        let mut mail = samples(&labels);
        // One message has the other class's feature.
        mail[7].features = message([1, 3, 107]);
        let judged = run(Protocol::KFold(3, 1), &mail, &[], &Options::default(), |_| ()).unwrap();
        assert!(judged.iter().zip(&mail).all(|(judged, sample)| judged.path == sample.path));
        let wrong: Vec<usize> = (0..60).filter(|&i| !judged[i].evidence.is_empty()).collect();
        assert_eq!(wrong, [7]);
        assert_ne!(scores(Protocol::KFold(3, 2), &mail), scores(Protocol::KFold(3, 1), &mail));
        assert_eq!(judged[7].evidence[0].feature, "#0000030000000000");
        assert!(judged[7].evidence[0].pull > 0.0);
    }

    #[test]
    fn labels_go_to_the_least_certain() {
        // Every tenth message is unsure. The first is met as the tenth; until then none is less certain
        // than another. After it, four times ten labels over 990 messages, a share of 0.04, is less than
        // the tenth that is unsure: only those are asked for.
        let mut allowance = Allowance::new(20, 1000);
        let asked = (0..1000).filter(|i| allowance.ask(if i % 10 == 9 { 0.1 } else { -5.0 }));
        assert_eq!(asked.collect::<Vec<_>>(), (0..10).chain((19..110).step_by(10)).collect::<Vec<_>>());
        assert!(!Allowance::new(0, 10).ask(0.0));
    }
}
