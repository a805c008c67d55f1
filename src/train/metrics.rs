//! Measures of a spam filter, as the TREC Spam Track defined them (Cormack and Lynam 2005, "TREC 2005
//! Spam Track Overview").

use linfa::dataset::Pr;
use linfa::metrics::BinaryClassification;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::label::{Class, Label};

/// One judged message.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub label: Label,
    /// What the filter called it, at its thresholds.
    pub class: Class,
    /// The log-odds of spam that it gave.
    pub score: f64,
}

impl Judged {
    /// Whether spam is at least as probable as ham: the decision that hm%, sm% and LAM% are about.
    pub fn is_spam(&self) -> bool {
        self.score >= 0.0
    }
}

/// The measures of one run. Percentages are 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Ham messages.
    pub ham: usize,
    /// Spam messages.
    pub spam: usize,
    /// Area above the ROC curve in percent: how often a ham scores above a spam, ties counted half.
    pub one_minus_roca: Interval,
    /// Spam missed in percent when the threshold loses at most 0.1 % of ham.
    pub sm_at_hm_01: Interval,
    /// Spam missed in percent when the threshold loses at most 0.5 % of ham.
    pub sm_at_hm_05: Interval,
    /// Ham misclassification in percent, if all with a probability of one half or more are spam.
    pub hm: Interval,
    /// Spam misclassification in percent, at one half.
    pub sm: Interval,
    /// Logistic average of `hm` and `sm` in percent.
    pub lam: Interval,
    /// Messages on the right side of one half in percent.
    pub accuracy: f64,
    /// Harmonic mean of precision and recall of spam at one half, 0 to 1.
    pub f1: f64,
    /// Share of ham called spam in percent, at the model's thresholds.
    pub ham_called_spam: f64,
    /// Share of spam called ham in percent, at the model's thresholds.
    pub spam_called_ham: f64,
    /// Share of all messages called unsure in percent, at the model's thresholds.
    pub unsure: f64,
    /// Mean squared error of the probability (Brier 1950).
    pub brier: f64,
    /// Expected calibration error in percent, over 15 bins of equal width.
    pub ece: f64,
}

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

/// Bootstrap resamples.
const RESAMPLES: usize = 1000;

/// Bins of the expected calibration error.
const BINS: usize = 15;

impl Summary {
    /// Measures judged messages whose scores are log-odds of spam.
    ///
    /// # Errors
    /// [`Error::Data`] if one class is missing or a score is not a number.
    pub fn of(judged: &[Judged]) -> Result<Self> {
        let mut sorted: Vec<Point> = judged.iter().map(Point::of).collect();
        if let Some(bad) = judged.iter().find(|j| j.score.is_nan()) {
            return Err(Error::Data(format!("{}: the score is not a number", bad.path)));
        }
        sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
        rank(&mut sorted);
        let count = |label| judged.iter().filter(|j| j.label == label).count();
        let (ham, spam) = (count(Label::Ham), count(Label::Spam));
        if ham == 0 || spam == 0 {
            return Err(Error::Data("measuring needs both ham and spam".into()));
        }

        let all = measures(&sorted, &vec![1; sorted.len()]);
        let mut resampled: [Vec<f64>; 6] = Default::default();
        let mut random = SplitMix(1);
        for _ in 0..RESAMPLES {
            let figures = measures(&sorted, &resample(&sorted, &mut random));
            for (column, figure) in resampled.iter_mut().zip(figures) {
                column.push(figure);
            }
        }
        let mut intervals = all.into_iter().zip(&mut resampled).map(|(value, column)| {
            column.sort_by(f64::total_cmp);
            let at = |share: f64| column[((column.len() - 1) as f64 * share).round() as usize];
            Interval { value, low: at(0.025), high: at(0.975) }
        });
        let mut next = || intervals.next().unwrap_or(Interval { value: 0.0, low: 0.0, high: 0.0 });

        let share = |wanted: &dyn Fn(&Judged) -> bool, of: usize| {
            100.0 * judged.iter().filter(|j| wanted(j)).count() as f64 / of as f64
        };
        let caught =
            judged.iter().filter(|j| j.label == Label::Spam && j.class == Class::Spam).count() as f64;
        let called = judged.iter().filter(|j| j.class == Class::Spam).count() as f64;
        Ok(Self {
            ham,
            spam,
            one_minus_roca: next(),
            sm_at_hm_01: next(),
            sm_at_hm_05: next(),
            hm: next(),
            sm: next(),
            lam: next(),
            accuracy: share(&|j| (j.label == Label::Spam) == j.is_spam(), judged.len()),
            f1: 2.0 * caught / (called + spam as f64),
            ham_called_spam: share(&|j| j.label == Label::Ham && j.class == Class::Spam, ham),
            spam_called_ham: share(&|j| j.label == Label::Spam && j.class == Class::Ham, spam),
            unsure: share(&|j| j.class == Class::Unsure, judged.len()),
            brier: brier(judged),
            ece: ece(judged),
        })
    }
}

/// What the resampled measures need of a message. `rank` is equal for tied scores.
#[derive(Clone, Copy)]
struct Point {
    score: f64,
    rank: u32,
    spam: bool,
    called_spam: bool,
}

impl Point {
    fn of(judged: &Judged) -> Self {
        let spam = judged.label == Label::Spam;
        Self { score: judged.score, rank: 0, spam, called_spam: judged.is_spam() }
    }
}

fn rank(sorted: &mut [Point]) {
    for i in 1..sorted.len() {
        let tied = sorted[i].score == sorted[i - 1].score;
        sorted[i].rank = sorted[i - 1].rank + u32::from(!tied);
    }
}

/// How often each message is drawn, each class as often as it has messages.
fn resample(sorted: &[Point], random: &mut SplitMix) -> Vec<u32> {
    let mut weights = vec![0; sorted.len()];
    for spam in [false, true] {
        let of: Vec<usize> = (0..sorted.len()).filter(|&i| sorted[i].spam == spam).collect();
        for _ in 0..of.len() {
            weights[of[random.below(of.len())]] += 1;
        }
    }
    weights
}

/// 1-ROCA, sm at hm 0.1 % and 0.5 %, hm, sm and LAM of messages in ascending order of score.
fn measures(sorted: &[Point], weights: &[u32]) -> [f64; 6] {
    let (mut ham, mut spam, mut lost, mut caught) = (0u64, 0u64, 0u64, 0u64);
    for (point, &weight) in sorted.iter().zip(weights) {
        let weight = u64::from(weight);
        *(if point.spam { &mut spam } else { &mut ham }) += weight;
        if point.called_spam {
            *(if point.spam { &mut caught } else { &mut lost }) += weight;
        }
    }
    // From the spammiest down; whoever ties is taken together.
    let allowed = [0.001, 0.005].map(|share| (ham as f64 * share) as u64);
    let mut at_hm = [0u64; 2];
    let (mut ham_above, mut spam_above, mut doubled) = (0u64, 0u64, 0u64);
    let mut i = sorted.len();
    while i > 0 {
        let rank = sorted[i - 1].rank;
        let (mut tied_ham, mut tied_spam) = (0u64, 0u64);
        while i > 0 && sorted[i - 1].rank == rank {
            i -= 1;
            *(if sorted[i].spam { &mut tied_spam } else { &mut tied_ham }) += u64::from(weights[i]);
        }
        doubled += tied_spam * (2 * ham_above + tied_ham);
        ham_above += tied_ham;
        spam_above += tied_spam;
        for (at, &allowed) in at_hm.iter_mut().zip(&allowed) {
            if ham_above <= allowed {
                *at = spam_above;
            }
        }
    }
    let percent = |part: u64, of: u64| 100.0 * part as f64 / of.max(1) as f64;
    let missed = spam - caught;
    [
        50.0 * doubled as f64 / (ham.max(1) * spam.max(1)) as f64,
        percent(spam - at_hm[0], spam),
        percent(spam - at_hm[1], spam),
        percent(lost, ham),
        percent(missed, spam),
        lam(lost, ham, missed, spam),
    ]
}

/// The logistic average of two error rates in percent: the rate whose logit is the mean of theirs. Half
/// a message is added to each count, as the TREC tools do, so that a perfect run has a finite one.
fn lam(lost: u64, ham: u64, missed: u64, spam: u64) -> f64 {
    let logit = |errors: u64, of: u64| {
        let rate = (errors as f64 + 0.5) / (of as f64 + 1.0);
        (rate / (1.0 - rate)).ln()
    };
    let mean = (logit(lost, ham) + logit(missed, spam)) / 2.0;
    100.0 / (1.0 + (-mean).exp())
}

fn probability(judged: &Judged) -> f64 {
    1.0 / (1.0 + libm::exp(-judged.score))
}

fn brier(judged: &[Judged]) -> f64 {
    let error = |j: &Judged| {
        let truth = if j.label == Label::Spam { 1.0 } else { 0.0 };
        (probability(j) - truth) * (probability(j) - truth)
    };
    judged.iter().map(error).sum::<f64>() / judged.len() as f64
}

fn ece(judged: &[Judged]) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for j in judged {
        let bin = &mut bins[((probability(j) * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += probability(j);
        bin.1 += if j.label == Label::Spam { 1.0 } else { 0.0 };
    }
    100.0 * bins.iter().map(|(said, was)| (said - was).abs()).sum::<f64>() / judged.len() as f64
}

/// 1-ROCA% as linfa computes it, from 32-bit probabilities: a second opinion that cannot tell apart
/// what the exact one can.
pub fn linfa_one_minus_roca(judged: &[Judged]) -> Result<f64> {
    let probabilities: ndarray::Array1<Pr> = judged.iter().map(|j| Pr::new(probability(j) as f32)).collect();
    let labels: Vec<bool> = judged.iter().map(|j| j.label == Label::Spam).collect();
    let roc = probabilities.roc(&labels).map_err(|e| Error::Data(e.to_string()))?;
    Ok(100.0 * (1.0 - f64::from(roc.area_under_curve())))
}

/// A small generator of pseudo-random numbers (Steele, Lea and Flood 2014), so that resamples and folds
/// are the same everywhere.
#[derive(Debug, Clone)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// Puts a slice into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(scores: &[(f64, Label)]) -> Vec<Judged> {
        let class = |score: f64| if score >= 0.0 { Class::Spam } else { Class::Ham };
        let one = |&(score, label): &(f64, Label)| Judged {
            path: String::new(),
            label,
            class: class(score),
            score,
        };
        scores.iter().map(one).collect()
    }

    use Label::{Ham, Spam};

    #[test]
    fn small_cases_by_hand() {
        // Pairs (spam, ham): 2 over 1 and -1, 0.5 over -1 but under 1: one of four is wrong.
        let run = judged(&[(2.0, Spam), (1.0, Ham), (0.5, Spam), (-1.0, Ham)]);
        let found = Summary::of(&run).unwrap();
        assert_eq!(found.one_minus_roca.value, 25.0);
        assert_eq!((found.hm.value, found.sm.value, found.accuracy), (50.0, 0.0, 75.0));
        assert_eq!(found.sm_at_hm_01.value, 50.0);
        assert!((found.f1 - 0.8).abs() < 1e-12);
        // Errors 1 of 2 and 0 of 2 with half a message added: logits 0 and ln(1/5).
        assert!((found.lam.value - 100.0 / (1.0 + 5f64.sqrt())).abs() < 1e-9);
    }

    #[test]
    fn ties_count_half() {
        let run = judged(&[(1.0, Spam), (1.0, Ham), (1.0, Spam), (1.0, Ham)]);
        assert_eq!(Summary::of(&run).unwrap().one_minus_roca.value, 50.0);
    }

    #[test]
    fn one_class_or_no_number_is_an_error() {
        assert!(Summary::of(&judged(&[(1.0, Spam)])).is_err());
        assert!(Summary::of(&judged(&[(f64::NAN, Spam), (0.0, Ham)])).is_err());
        assert!(Summary::of(&[]).is_err());
    }

    #[test]
    fn linfa_agrees() {
        let mut random = SplitMix(7);
        let scores: Vec<(f64, Label)> = (0..400)
            .map(|i| {
                let label = if i % 3 == 0 { Spam } else { Ham };
                let noise = random.below(4000) as f64 / 1000.0 - 2.0;
                (noise + if label == Spam { 1.0 } else { -1.0 }, label)
            })
            .collect();
        let run = judged(&scores);
        let found = Summary::of(&run).unwrap().one_minus_roca;
        let theirs = linfa_one_minus_roca(&run).unwrap();
        assert!((found.value - theirs).abs() < 0.01, "{} {theirs}", found.value);
        assert!(found.low < found.value && found.value < found.high);
    }

    #[test]
    fn sure_and_right_is_calibrated_sure_and_wrong_is_not() {
        let right = Summary::of(&judged(&[(50.0, Spam), (-50.0, Ham)])).unwrap();
        assert!(right.brier < 1e-12 && right.ece < 1e-6);
        let wrong = Summary::of(&judged(&[(-50.0, Spam), (50.0, Ham)])).unwrap();
        assert!(wrong.brier > 0.999 && wrong.ece > 99.9);
    }
}
