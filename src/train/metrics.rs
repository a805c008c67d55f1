//! Measures of a spam filter, as the TREC Spam Track defined them (Cormack and Lynam 2005, "TREC 2005
//! Spam Track Overview").

use linfa::dataset::Pr;
use linfa::metrics::BinaryClassification;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::label::{Class, Label};
use crate::score::Evidence;
use crate::train::bootstrap::{Bootstrap, Interval};

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
    /// Of a message on the wrong side of one half, what pulled it there hardest, then what pulled it back
    /// hardest; of others nothing.
    pub evidence: Vec<Evidence>,
}

impl Judged {
    /// Whether spam is at least as probable as ham: the decision that hm%, sm% and LAM% are about.
    pub fn is_spam(&self) -> bool {
        self.score >= 0.0
    }

    /// Whether that decision is wrong.
    pub fn is_mistake(&self) -> bool {
        self.is_spam() != (self.label == Label::Spam)
    }

    /// The probability of spam that the score stands for.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + libm::exp(-self.score))
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
    pub accuracy: Interval,
    /// Harmonic mean of precision and recall of spam at one half, 0 to 1.
    pub f1: Interval,
    /// Share of ham called spam in percent, at the model's thresholds.
    pub ham_called_spam: Interval,
    /// Share of spam called ham in percent, at the model's thresholds.
    pub spam_called_ham: Interval,
    /// Share of all messages called unsure in percent, at the model's thresholds.
    pub unsure: Interval,
    /// Mean squared error of the probability (Brier 1950).
    pub brier: Interval,
    /// Expected calibration error in percent, over 15 bins of equal width (Naeini, Cooper and
    /// Hauskrecht 2015). Resampling adds to it: its interval lies higher than the value.
    pub ece: Interval,
}

/// Bins of the expected calibration error.
pub(super) const BINS: usize = 15;

/// The bin that a probability falls into.
pub(super) fn bin(probability: f64) -> usize {
    ((probability * BINS as f64) as usize).min(BINS - 1)
}

impl Summary {
    /// Measures judged messages whose scores are log-odds of spam.
    ///
    /// # Errors
    /// [`Error::Data`] if one class is missing or a score is not a number.
    pub fn of(judged: &[Judged]) -> Result<Self> {
        let ranking = Ranking::new(judged, Judged::is_spam)?;
        let qualities: Vec<Quality> = judged.iter().map(Quality::of).collect();
        let bootstrap = Bootstrap::new(judged);
        let [one_minus_roca, sm_at_hm_01, sm_at_hm_05, hm, sm, lam, accuracy, f1] =
            bootstrap.intervals(|weights| ranking.measures(weights));
        let [ham_called_spam, spam_called_ham, unsure, brier, ece] =
            bootstrap.intervals(|weights| quality(&qualities, weights));
        let [ham, spam] = bootstrap.messages();
        Ok(Self {
            ham,
            spam,
            one_minus_roca,
            sm_at_hm_01,
            sm_at_hm_05,
            hm,
            sm,
            lam,
            accuracy,
            f1,
            ham_called_spam,
            spam_called_ham,
            unsure,
            brier,
            ece,
        })
    }
}

impl Summary {
    /// The figures with their names for people, and with how many digits each is shown.
    pub fn rows(&self) -> [(&'static str, Interval, usize); 13] {
        [
            ("1-ROCA%", self.one_minus_roca, 4),
            ("sm% at hm 0.1 %", self.sm_at_hm_01, 2),
            ("sm% at hm 0.5 %", self.sm_at_hm_05, 2),
            ("hm%", self.hm, 2),
            ("sm%", self.sm, 2),
            ("LAM%", self.lam, 2),
            ("accuracy %", self.accuracy, 2),
            ("F1", self.f1, 4),
            ("ham called spam %", self.ham_called_spam, 2),
            ("spam called ham %", self.spam_called_ham, 2),
            ("unsure %", self.unsure, 2),
            ("Brier", self.brier, 5),
            ("ECE %", self.ece, 2),
        ]
    }
}

/// Messages in ascending order of score.
pub(super) struct Ranking(Vec<Ranked>);

#[derive(Clone, Copy)]
struct Ranked {
    /// Equal for tied scores.
    rank: u32,
    /// Which of the messages it is.
    message: u32,
    spam: bool,
    called_spam: bool,
}

impl Ranking {
    /// Ranks messages; `called_spam` is the decision that hm%, sm% and what follows from them are about.
    ///
    /// # Errors
    /// [`Error::Data`] if one class is missing or a score is not a number.
    pub fn new(judged: &[Judged], called_spam: impl Fn(&Judged) -> bool) -> Result<Self> {
        if let Some(bad) = judged.iter().find(|j| j.score.is_nan()) {
            return Err(Error::Data(format!("{}: the score is not a number", bad.path)));
        }
        if [Label::Ham, Label::Spam].iter().any(|&label| judged.iter().all(|j| j.label != label)) {
            return Err(Error::Data("measuring needs both ham and spam".into()));
        }
        let mut order: Vec<u32> = (0..judged.len() as u32).collect();
        let score = |message: u32| judged[message as usize].score;
        order.sort_by(|&a, &b| score(a).total_cmp(&score(b)));
        let mut rank = 0;
        let ranked = |(i, &message): (usize, &u32)| {
            rank += u32::from(i > 0 && score(order[i - 1]) != score(message));
            let judged = &judged[message as usize];
            Ranked { rank, message, spam: judged.label == Label::Spam, called_spam: called_spam(judged) }
        };
        Ok(Self(order.iter().enumerate().map(ranked).collect()))
    }

    /// The messages in groups of equal score, the highest first: how many ham and spam each has, if
    /// every message is there as often as `weights` says.
    fn descending(&self, weights: &[u32]) -> impl Iterator<Item = [u64; 2]> {
        self.0.chunk_by(|a, b| a.rank == b.rank).rev().map(|tied| {
            let mut of = [0; 2];
            for one in tied {
                of[usize::from(one.spam)] += u64::from(weights[one.message as usize]);
            }
            of
        })
    }

    /// 1-ROCA%, sm% at hm 0.1 and 0.5 %, hm%, sm%, LAM%, accuracy % and F1.
    pub fn measures(&self, weights: &[u32]) -> [f64; 8] {
        let (mut of, mut called_spam) = ([0u64; 2], [0u64; 2]);
        for one in &self.0 {
            let weight = u64::from(weights[one.message as usize]);
            of[usize::from(one.spam)] += weight;
            called_spam[usize::from(one.spam)] += weight * u64::from(one.called_spam);
        }
        let ([ham, spam], [lost, caught]) = (of, called_spam);
        let allowed = [ham / 1000, ham / 200];
        let mut caught_at = [0; 2];
        let (mut above, mut doubled) = ([0u64; 2], 0u64);
        for [tied_ham, tied_spam] in self.descending(weights) {
            doubled += tied_spam * (2 * above[0] + tied_ham);
            above = [above[0] + tied_ham, above[1] + tied_spam];
            for (at, allowed) in caught_at.iter_mut().zip(allowed) {
                if above[0] <= allowed {
                    *at = above[1];
                }
            }
        }
        let missed = spam - caught;
        [
            50.0 * doubled as f64 / (ham * spam) as f64,
            percent(spam - caught_at[0], spam),
            percent(spam - caught_at[1], spam),
            percent(lost, ham),
            percent(missed, spam),
            lam(lost, ham, missed, spam),
            percent(ham - lost + caught, ham + spam),
            2.0 * caught as f64 / (2 * caught + lost + missed).max(1) as f64,
        ]
    }

    /// The corners of the ROC curve as hm% and sm%, from the threshold that calls nothing spam to the
    /// one that calls everything spam.
    pub fn corners(&self) -> Vec<[f64; 2]> {
        let weights = vec![1; self.0.len()];
        let spam = self.0.iter().filter(|one| one.spam).count() as u64;
        let ham = self.0.len() as u64 - spam;
        let mut above = [0; 2];
        let corner = |above: [u64; 2]| [percent(above[0], ham), percent(spam - above[1], spam)];
        let rest = self.descending(&weights).map(|tied| {
            above = [above[0] + tied[0], above[1] + tied[1]];
            corner(above)
        });
        std::iter::once([0.0, 100.0]).chain(rest).collect()
    }

    /// Of each message, how much of the other class is on the right side of it, ties counted half: of a
    /// spam the share of ham below it, of a ham the share of spam above it. Their means are the area
    /// under the ROC curve.
    pub fn placements(&self) -> Vec<f64> {
        let count = |spam: bool| self.0.iter().filter(|one| one.spam == spam).count() as f64;
        let (ham, spam) = (count(false), count(true));
        let mut placements = vec![0.0; self.0.len()];
        let mut below = [0.0; 2];
        for tied in self.0.chunk_by(|a, b| a.rank == b.rank) {
            let tied_spam = tied.iter().filter(|one| one.spam).count() as f64;
            let tied_ham = tied.len() as f64 - tied_spam;
            for one in tied {
                placements[one.message as usize] = if one.spam {
                    (below[0] + tied_ham / 2.0) / ham
                } else {
                    (spam - below[1] - tied_spam / 2.0) / spam
                };
            }
            below = [below[0] + tied_ham, below[1] + tied_spam];
        }
        placements
    }

    /// The rank of each message, and how many ranks there are.
    pub fn ranks(&self) -> (Vec<usize>, usize) {
        let mut ranks = vec![0; self.0.len()];
        self.0.iter().for_each(|one| ranks[one.message as usize] = one.rank as usize);
        (ranks, self.0.last().map_or(0, |last| last.rank as usize + 1))
    }
}

pub(super) fn percent(part: u64, of: u64) -> f64 {
    100.0 * part as f64 / of.max(1) as f64
}

/// The logistic average of two error rates in percent: the rate whose logit is the mean of theirs. Half
/// a message is added to each count, as the TREC tools do, so that a perfect run has a finite one.
fn lam(lost: u64, ham: u64, missed: u64, spam: u64) -> f64 {
    let logit = |errors: u64, of: u64| {
        let rate = (errors as f64 + 0.5) / (of as f64 + 1.0);
        libm::log(rate / (1.0 - rate))
    };
    let mean = (logit(lost, ham) + logit(missed, spam)) / 2.0;
    100.0 / (1.0 + libm::exp(-mean))
}

/// What the probability and the class of a message are worth.
struct Quality {
    probability: f64,
    squared_error: f64,
    bin: usize,
    label: Label,
    class: Class,
}

impl Quality {
    fn of(judged: &Judged) -> Self {
        let probability = judged.probability();
        let error = probability - judged.label.index() as f64;
        let Judged { label, class, .. } = *judged;
        Self { probability, squared_error: error * error, bin: bin(probability), label, class }
    }
}

/// Ham called spam, spam called ham and unsure in percent; Brier; ECE in percent.
fn quality(qualities: &[Quality], weights: &[u32]) -> [f64; 5] {
    let mut called = [[0u64; 3]; 2];
    let mut squares = 0.0;
    let mut bins = [0.0; BINS];
    for (one, &weight) in qualities.iter().zip(weights) {
        called[one.label.index()][one.class as usize] += u64::from(weight);
        let weight = f64::from(weight);
        squares += weight * one.squared_error;
        bins[one.bin] += weight * (one.probability - one.label.index() as f64);
    }
    let [ham, spam] = called.map(|of| of.iter().sum::<u64>());
    let [[_, ham_unsure, ham_spam], [spam_ham, spam_unsure, _]] = called;
    let all = (ham + spam) as f64;
    [
        percent(ham_spam, ham),
        percent(spam_ham, spam),
        percent(ham_unsure + spam_unsure, ham + spam),
        squares / all,
        100.0 * bins.iter().map(|gap| gap.abs()).sum::<f64>() / all,
    ]
}

/// 1-ROCA% as linfa computes it, from 32-bit probabilities: a second opinion that cannot tell apart
/// what the exact one can.
pub fn linfa_one_minus_roca(judged: &[Judged]) -> Result<f64> {
    let probabilities: ndarray::Array1<Pr> = judged.iter().map(|j| Pr::new(j.probability() as f32)).collect();
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

    /// A number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
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
pub(super) mod tests {
    use super::*;

    pub(in crate::train) fn judged(scores: &[(f64, Label)]) -> Vec<Judged> {
        let class = |score: f64| if score >= 0.0 { Class::Spam } else { Class::Ham };
        let one = |&(score, label): &(f64, Label)| Judged {
            path: String::new(),
            label,
            class: class(score),
            score,
            evidence: Vec::new(),
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
        assert_eq!((found.hm.value, found.sm.value, found.accuracy.value), (50.0, 0.0, 75.0));
        assert_eq!(found.sm_at_hm_01.value, 50.0);
        assert!((found.f1.value - 0.8).abs() < 1e-12);
        // Errors 1 of 2 and 0 of 2 with half a message added: logits 0 and ln(1/5).
        assert!((found.lam.value - 100.0 / (1.0 + 5f64.sqrt())).abs() < 1e-9);
    }

    #[test]
    fn probabilities_and_classes_by_hand() {
        // Probabilities 3/4, 3/4 and 1/2 of a spam, a ham and a spam.
        let mut run = judged(&[(3f64.ln(), Spam), (3f64.ln(), Ham), (0.0, Spam)]);
        run[2].class = Class::Unsure;
        let found = Summary::of(&run).unwrap();
        assert!((found.brier.value - (0.0625 + 0.5625 + 0.25) / 3.0).abs() < 1e-12);
        // Two bins: 1.5 said and 1 was; 0.5 said and 1 was.
        assert!((found.ece.value - 100.0 * (0.5 + 0.5) / 3.0).abs() < 1e-9);
        assert_eq!((found.ham_called_spam.value, found.spam_called_ham.value), (100.0, 0.0));
        assert!((found.unsure.value - 100.0 / 3.0).abs() < 1e-9);
        run[0].class = Class::Ham;
        assert_eq!(Summary::of(&run).unwrap().spam_called_ham.value, 50.0);
    }

    #[test]
    fn so_much_ham_may_be_lost() {
        // 1,000 ham of which the spammiest score 9, 8, 7, 6, 5 and 4; one spam beside each, ties included.
        let mut scores: Vec<(f64, Label)> = (0..994).map(|i| (-1.0 - f64::from(i), Ham)).collect();
        for score in [9.0, 8.0, 7.0, 6.0, 5.0, 4.0] {
            scores.extend([(score, Ham), (score + 0.5, Spam)]);
        }
        let found = Summary::of(&judged(&scores)).unwrap();
        // Above the second ham there are two of six spam; above the sixth there are all.
        assert!((found.sm_at_hm_01.value - 100.0 * 4.0 / 6.0).abs() < 1e-9);
        assert_eq!(found.sm_at_hm_05.value, 0.0);
        assert_eq!((found.hm.value, found.sm.value), (0.6, 0.0));
    }

    #[test]
    fn intervals_hold_the_value_and_are_the_same_every_time() {
        let mut random = SplitMix(9);
        let scores: Vec<(f64, Label)> = (0..300)
            .map(|i| {
                (random.below(100) as f64 / 10.0 - if i % 2 == 0 { 3.0 } else { 7.0 }, [Spam, Ham][i % 2])
            })
            .collect();
        let found = Summary::of(&judged(&scores)).unwrap();
        assert_eq!(found, Summary::of(&judged(&scores)).unwrap());
        for (name, Interval { value, low, high }, _) in found.rows() {
            assert!(low <= high && (name == "ECE %" || (low <= value && value <= high)), "{name}");
        }
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
        assert!(right.brier.value < 1e-12 && right.ece.value < 1e-6);
        let wrong = Summary::of(&judged(&[(-50.0, Spam), (50.0, Ham)])).unwrap();
        assert!(wrong.brier.value > 0.999 && wrong.ece.value > 99.9);
    }
}
