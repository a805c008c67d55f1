//! From features to a verdict, with reasons.
//!
//! No IO, no clock, no randomness, no panic; and the same bits on every platform: weights are summed
//! as integers, and the few floating-point operations after that are single IEEE 754 operations or
//! come from the `libm` crate, never from the platform's library.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::counts::{Counts, Pair};
use crate::features::Features;
use crate::label::Class;
use crate::model::{Combine, Model, Table};

/// One feature's share in a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The feature's name, such as `subject:free`.
    pub feature: String,
    /// What it adds to the log-odds: positive towards spam, negative towards ham.
    pub pull: f64,
}

/// What the classifier says of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The class.
    pub class: Class,
    /// Calibrated probability that the message is spam, 0 to 1.
    pub probability: f64,
    /// Its log-odds (natural logarithm): ln(p / (1 - p)), which does not saturate as `probability` does.
    pub log_odds: f64,
    /// The features that pulled, strongest first; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Scores a message with a model, and with a user's own counts over it if given.
///
/// ```
/// use tamis::{Extractor, Model, score};
/// let message = Extractor::default().extract(b"Subject: hello\r\n\r\nSee you at noon.");
/// let verdict = score(&Model::embedded(), None, &message);
/// assert!((0.0..=1.0).contains(&verdict.probability));
/// ```
pub fn score(model: &Model<'_>, personal: Option<&Counts>, message: &Features) -> Verdict {
    Scorer::new(model, personal, message).verdict()
}

/// [`score`], with up to `limit` features that pulled hardest as [`Verdict::evidence`].
///
/// The pulls of all features and the model's intercept add up to the log-odds. Names come from the
/// message's features where they were [extracted with names](crate::Extractor::extract_named).
pub fn explain(model: &Model<'_>, personal: Option<&Counts>, message: &Features, limit: usize) -> Verdict {
    let scorer = Scorer::new(model, personal, message);
    let mut verdict = scorer.verdict();
    let mut pulls: Vec<(f64, usize)> = scorer.pulls().filter(|pull| pull.0 != 0.0).collect();
    pulls.sort_unstable_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
    pulls.truncate(limit);
    let evidence = pulls.into_iter().map(|(pull, i)| Evidence { feature: message.name(i), pull });
    verdict.evidence = evidence.collect();
    verdict
}

/// How many of a message's personal pulls count, at most: as with the strongest-k naive Bayes, the
/// many weak ones would only repeat each other.
const PERSONAL_STRONGEST: usize = 150;

/// Messages of each class that a feature's personal counts are taken to have besides: few enough for a
/// correction to count, enough for one not to turn all mail that has something in common with it.
const PERSONAL_SMOOTHING: f64 = 2.0;

/// A feature that this share of the model's training mail has is half as personal as one that none has.
const COMMON: f64 = 0.02;

/// How far beyond what the model says the personal sum never reaches, in log-odds: one correction is enough
/// against the surest model, and a hundred say no more than that it is certain.
const PERSONAL_LIMIT: f64 = 50.0;

/// Personal pulls are summed as integers of this many to one unit of log-odds.
const FIXED: f64 = (1u64 << 20) as f64;

/// A component's sum over one message.
struct Part {
    column: usize,
    /// That of the features that are not text, and that of the text.
    halves: [Half; 2],
}

/// A sum over the text, or over the other features.
struct Half {
    /// Which weights count.
    cut: Cut,
    /// Log-odds of one unit of weight, for this message.
    unit: f64,
    /// The sum of the weights that count, in units.
    sum: f64,
}

/// Where the strongest weights end.
#[derive(Clone, Copy)]
struct Cut {
    /// Weights of smaller magnitude do not count.
    floor: u8,
    /// Of this magnitude there may be more than places left: they share them, each counting this much.
    share: f64,
}

impl Cut {
    const ALL: Cut = Cut { floor: 0, share: 1.0 };

    /// How much of a weight counts.
    fn kept(&self, weight: i8) -> f64 {
        match weight.unsigned_abs().cmp(&self.floor) {
            Ordering::Less => 0.0,
            Ordering::Equal => self.share,
            Ordering::Greater => 1.0,
        }
    }
}

struct Scorer<'a> {
    model: &'a Model<'a>,
    /// How many features are not text: these come first.
    others: usize,
    /// The table's row of each feature.
    rows: Vec<Option<usize>>,
    parts: Vec<Part>,
    /// What the model says, in log-odds.
    shared: f64,
    /// Personal pulls in fixed point, one a feature; empty without a personal layer.
    personal: Vec<i64>,
}

impl<'a> Scorer<'a> {
    fn new(model: &'a Model<'a>, personal: Option<&Counts>, message: &'a Features) -> Self {
        let table = model.table();
        let rows: Vec<_> = message.hashes().iter().map(|&hash| table.find(hash)).collect();
        let others = message.others();
        let info = model.info();
        let parts: Vec<Part> =
            (0..info.components.len()).map(|c| part(model, &table, c, &rows, others)).collect();
        let mut shared = info.intercept;
        for (part, component) in parts.iter().zip(&info.components) {
            shared += component.slope * component.bias;
            let [other, text] = &part.halves;
            shared += other.unit * other.sum + text.unit * text.sum;
        }
        let personal = match personal {
            Some(counts) if !counts.is_empty() => {
                let mut pulls = personal_pulls(model, &table, counts, message, &rows);
                limit(&mut pulls, PERSONAL_LIMIT + shared.abs());
                pulls
            }
            _ => Vec::new(),
        };
        Self { model, others, rows, parts, shared, personal }
    }

    fn verdict(&self) -> Verdict {
        let log_odds = self.shared + self.personal.iter().sum::<i64>() as f64 / FIXED;
        let probability = 1.0 / (1.0 + libm::exp(-log_odds));
        let class = self.model.info().thresholds.class(probability);
        Verdict { class, probability, log_odds, evidence: Vec::new() }
    }

    /// Each feature's pull and its index in the message.
    fn pulls(&self) -> impl Iterator<Item = (f64, usize)> + '_ {
        let table = self.model.table();
        self.rows.iter().enumerate().map(move |(i, row)| {
            let shared = row.map_or(0.0, |row| {
                let side = usize::from(i >= self.others);
                let pull = |part: &Part| {
                    let weight = table.weight(row, part.column);
                    let half = &part.halves[side];
                    half.unit * half.cut.kept(weight) * f64::from(weight)
                };
                self.parts.iter().map(pull).sum()
            });
            let personal = self.personal.get(i).map_or(0.0, |&pull| pull as f64 / FIXED);
            (shared + personal, i)
        })
    }
}

fn part<'a>(
    model: &Model<'_>,
    table: &Table<'_>,
    column: usize,
    rows: &'a [Option<usize>],
    others: usize,
) -> Part {
    let component = &model.info().components[column];
    let (other, text) = rows.split_at(others);
    let scales = component.combine.scales(other.len(), text.len());
    let weights = |rows: &'a [Option<usize>]| rows.iter().flatten().map(|&row| table.weight(row, column));
    let cuts = match component.combine {
        Combine::Sum | Combine::Normalised { .. } => [Cut::ALL; 2],
        Combine::Strongest(k) => [strongest(weights(rows), k); 2],
        Combine::StrongestOfEach(k) => [strongest(weights(other), k), strongest(weights(text), k)],
    };
    let half = |side: usize, rows: &'a [Option<usize>]| {
        let (cut, mut above, mut at) = (cuts[side], 0i64, 0i64);
        for weight in weights(rows) {
            match weight.unsigned_abs().cmp(&cut.floor) {
                Ordering::Less => {}
                Ordering::Equal => at += i64::from(weight),
                Ordering::Greater => above += i64::from(weight),
            }
        }
        let sum = above as f64 + cut.share * at as f64;
        Half { cut, unit: component.slope * component.step * scales[side], sum }
    };
    Part { column, halves: [half(0, other), half(1, text)] }
}

/// Where the `k` strongest weights end. A histogram finds it without sorting.
fn strongest(weights: impl Iterator<Item = i8>, k: u32) -> Cut {
    let mut histogram = [0u32; 129];
    for weight in weights {
        histogram[usize::from(weight.unsigned_abs())] += 1;
    }
    let mut left = k;
    for magnitude in (1..=128u8).rev() {
        let here = histogram[usize::from(magnitude)];
        if here >= left {
            return Cut { floor: magnitude, share: f64::from(left) / f64::from(here.max(1)) };
        }
        left -= here;
    }
    Cut::ALL
}

/// What the user's own mail says of each feature, in fixed point.
///
/// The pull is the smoothed log-ratio of the shares of the user's spam and ham that have the feature, as if
/// there were as many of the one as of the other: no more than of the class with fewer, so that much
/// mail of one class, learned before any of the other, does not turn everything. A message that counts
/// more than once adds to the shares of its features and takes nothing from those of other messages. The pull
/// is damped for features that are common in the model's training mail, and for messages of which the
/// user's mail knows little: one correction must move the message and those like it, and not all mail
/// that has a Date field.
fn personal_pulls(
    model: &Model<'_>,
    table: &Table<'_>,
    counts: &Counts,
    message: &Features,
    rows: &[Option<usize>],
) -> Vec<i64> {
    let trained = model.info().messages.iter().sum::<u64>().max(1) as f64;
    let known = message.hashes().iter().filter(|&&hash| counts.get(hash) != [0, 0]).count();
    let coverage = known as f64 / rows.len().max(1) as f64;
    let learned = counts.distinct();
    let size = f64::from(learned[0].min(learned[1])) + 1.0;
    let log_ratio = |seen: Pair| {
        let [ham, spam] = [0, 1].map(|i| {
            let share = f64::from(seen[i]) / f64::from(learned[i].max(1));
            share * size + PERSONAL_SMOOTHING
        });
        libm::log(spam / ham)
    };
    let mut pulls: Vec<i64> = (message.hashes().iter().zip(rows))
        .map(|(&hash, row)| {
            let seen = counts.get(hash);
            if seen == [0, 0] {
                return 0;
            }
            let share = row.map_or(0.0, |row| libm::exp2(f64::from(table.frequency(row)) / 8.0) / trained);
            let damping = coverage / (1.0 + share / COMMON);
            libm::rint(FIXED * damping * log_ratio(seen)) as i64
        })
        .collect();
    if pulls.len() > PERSONAL_STRONGEST {
        let mut magnitudes: Vec<u64> = pulls.iter().map(|pull| pull.unsigned_abs()).collect();
        magnitudes.sort_unstable();
        let floor = magnitudes[magnitudes.len() - PERSONAL_STRONGEST];
        pulls.iter_mut().filter(|pull| pull.unsigned_abs() < floor).for_each(|pull| *pull = 0);
    }
    pulls
}

/// Scales pulls so that their sum stays below a limit, and is as it was where it is far from it.
fn limit(pulls: &mut [i64], limit: f64) {
    let sum = pulls.iter().sum::<i64>() as f64 / FIXED;
    let scale = limit / (limit + sum.abs());
    pulls.iter_mut().for_each(|pull| *pull = libm::rint(*pull as f64 * scale) as i64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;
    use crate::model::{Component, Entry, Info, Thresholds, build};

    /// A model in which the feature with hash `(i + 1) << 40` has the i-th weight.
    fn model(weights: &[f64], combine: Combine) -> Model<'static> {
        let component = Component { name: "test".into(), step: 1.0, combine, bias: 0.25, slope: 0.5 };
        let info = Info {
            description: String::new(),
            created: None,
            algorithm: "test".into(),
            sources: Vec::new(),
            messages: [100, 100],
            components: vec![component],
            intercept: -0.125,
            calibration: "none".into(),
            thresholds: Thresholds { ham: 0.3, spam: 0.7 },
        };
        let entry = |(i, &weight): (usize, &f64)| Entry {
            hash: (i as u64 + 1) << 40,
            messages: 1,
            weights: vec![weight],
            name: String::new(),
        };
        build(info, weights.iter().enumerate().map(entry).collect()).unwrap()
    }

    fn message(features: impl IntoIterator<Item = u64>) -> Features {
        Features::from_hashes(features.into_iter().map(|i| (i + 1) << 40).collect())
    }

    const NORMALISED: Combine = Combine::Normalised { text: 0.5, other: 1.0 };

    #[test]
    fn text_is_weighed_apart() {
        // Of 24 features of text and 30 others, the model knows the first two of each.
        let hash = |i: u64, text: bool| (i + 1) << 40 | u64::from(text) << 63;
        let features = (0..24).map(|i| hash(100 + i, true)).chain((0..30).map(|i| hash(i, false)));
        let message = Features::from_hashes(features.collect());
        let component =
            Component { name: "test".into(), step: 1.0, combine: NORMALISED, bias: 0.0, slope: 1.0 };
        for (combine, expected) in [
            (NORMALISED, (127.0 + 8.0) / 24f64.sqrt() + (-16.0 + 4.0) * 200f64.sqrt() / 30.0),
            (Combine::StrongestOfEach(1), 127.0 - 16.0),
            (Combine::Strongest(2), 127.0 - 16.0),
            (Combine::Strongest(3), 127.0 - 16.0 + 8.0),
        ] {
            let weights = [(100, true, 127.0), (101, true, 8.0), (0, false, -16.0), (1, false, 4.0)];
            let entry = |(i, text, weight)| Entry {
                hash: hash(i, text),
                messages: 1,
                weights: vec![weight],
                name: String::new(),
            };
            let mut info = model(&[1.0], combine).info().clone();
            info.components = vec![Component { combine, ..component.clone() }];
            info.intercept = 0.0;
            let model = build(info, weights.into_iter().map(entry).collect()).unwrap();
            let found = score(&model, None, &message).log_odds;
            assert!((found - expected).abs() < 1e-9, "{combine:?}: {found} {expected}");
        }
    }

    #[test]
    fn weights_are_combined_as_the_model_says() {
        let weights = [127.0, -64.0, 32.0, 32.0, 2.0];
        for (combine, sum) in [
            (Combine::Sum, 129.0),
            (Combine::Strongest(2), 63.0),
            // The two that tie for the third place share it.
            (Combine::Strongest(3), 95.0),
            (Combine::Strongest(9), 129.0),
            (Combine::Normalised { text: 2.0, other: 0.5 }, 129.0 / 20f64.sqrt()),
        ] {
            let verdict = score(&model(&weights, combine), None, &message(0..6));
            let expected = -0.125 + 0.5 * (0.25 + sum);
            assert!((verdict.log_odds - expected).abs() < 1e-9, "{combine:?}: {}", verdict.log_odds);
        }
    }

    #[test]
    fn pulls_add_up_to_the_log_odds() {
        let mut personal = Counts::new();
        personal.learn(&message(2..9), Label::Ham);
        for combine in [Combine::Sum, Combine::Strongest(3), Combine::StrongestOfEach(2), NORMALISED] {
            let verdict =
                explain(&model(&[9.0, -5.0, 3.0, 3.0, 1.0], combine), Some(&personal), &message(0..9), 99);
            let pulls: f64 = verdict.evidence.iter().map(|e| e.pull).sum();
            assert!((pulls - 0.125 + 0.125 - verdict.log_odds).abs() < 1e-9, "{combine:?}");
            assert!(verdict.evidence.windows(2).all(|w| w[0].pull.abs() >= w[1].pull.abs()));
        }
    }

    #[test]
    fn personal_pulls_have_a_limit_and_no_message_takes_from_another() {
        let model = model(&[1.0], Combine::Sum);
        let log_odds = |counts: &Counts, m: &Features| score(&model, Some(counts), m).log_odds;
        let (one, other) = (message(100..400), message(500..800));
        let mut personal = Counts::new();
        personal.learn(&one, Label::Spam);
        // 300 features of the only message, each ln(3 / 2), before they near the limit.
        let sum = 300.0 * 1.5f64.ln();
        let once = log_odds(&personal, &one);
        assert!((once - 50.0 * sum / (50.0 + sum)).abs() < 1e-3, "{once}");
        personal.learn(&other, Label::Spam);
        let before = log_odds(&personal, &one);
        personal.add(&other, Label::Spam, 60);
        assert_eq!(log_odds(&personal, &one), before);
        // What counts again and again says more, up to the limit.
        let often = log_odds(&personal, &other);
        assert!(often > once + 5.0 && often < 50.0, "{once} {often}");
        (0..60).for_each(|i| _ = personal.learn(&message(1000 + i..1010 + i), Label::Ham));
        assert!(log_odds(&personal, &other) > once && log_odds(&personal, &other) < 50.0);
    }

    #[test]
    fn a_score_is_the_same_to_the_last_bit() {
        let model = model(&[3.7, -1.1, 0.4, 2.2], Combine::Strongest(3));
        let mut personal = Counts::new();
        personal.learn(&message(1..4), Label::Spam);
        let verdict = score(&model, Some(&personal), &message(0..4));
        assert_eq!(
            (verdict.log_odds.to_bits(), verdict.probability.to_bits()),
            (4_614_215_592_731_453_263, 4_606_802_729_038_807_045)
        );
    }

    #[test]
    fn nothing_known_and_nothing_there_still_get_a_verdict() {
        let model = model(&[1.0], Combine::Strongest(5));
        for empty in [message([]), message([77])] {
            let verdict = score(&model, None, &empty);
            assert_eq!((verdict.log_odds, verdict.class), (0.0, Class::Unsure));
        }
    }
}
