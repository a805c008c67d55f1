//! What the figures of a run are drawn from.

use serde::Serialize;

use crate::error::Result;
use crate::label::Label;
use crate::train::metrics::{BINS, Judged, Ranking, bin, percent};

/// The ROC curve as hm% and sm% of every threshold, from the one that calls nothing spam to the one that
/// calls everything spam.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) if one class is missing or a score is not a number.
pub fn roc(judged: &[Judged]) -> Result<Vec<[f64; 2]>> {
    Ok(Ranking::new(judged, Judged::is_spam)?.corners())
}

/// How a run went up to some message, and in the window since the point before. A figure is `None` while
/// a class that it needs is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Messages so far.
    pub messages: usize,
    /// 1-ROCA% of all of them.
    pub one_minus_roca: Option<f64>,
    /// 1-ROCA% of those in the window.
    pub window_one_minus_roca: Option<f64>,
    /// Ham misclassified at one half, in percent of the ham in the window.
    pub window_hm: Option<f64>,
    /// Spam misclassified at one half, in percent of the spam in the window.
    pub window_sm: Option<f64>,
}

/// The learning curve of messages in the order in which they were judged, at `points` evenly spaced
/// points, or at each message if there are fewer.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) if one class is missing or a score is not a number.
pub fn learning_curve(judged: &[Judged], points: usize) -> Result<Vec<Progress>> {
    let (ranks, distinct) = Ranking::new(judged, Judged::is_spam)?.ranks();
    let points = points.min(judged.len());
    let mut all = Area::new(distinct);
    let mut curve = Vec::with_capacity(points);
    let mut start = 0;
    for point in 1..=points {
        let end = judged.len() * point / points;
        let window = &judged[start..end];
        window.iter().zip(&ranks[start..end]).for_each(|(one, &rank)| all.add(one.label, rank));
        let whole = vec![1; window.len()];
        let area = Ranking::new(window, Judged::is_spam).ok().map(|ranking| ranking.measures(&whole)[0]);
        curve.push(Progress {
            messages: end,
            one_minus_roca: all.above(),
            window_one_minus_roca: area,
            window_hm: mistaken(window, Label::Ham),
            window_sm: mistaken(window, Label::Spam),
        });
        start = end;
    }
    Ok(curve)
}

fn mistaken(judged: &[Judged], label: Label) -> Option<f64> {
    let of = judged.iter().filter(|one| one.label == label).count() as u64;
    let wrong = judged.iter().filter(|one| one.label == label && one.is_mistake()).count() as u64;
    (of > 0).then(|| percent(wrong, of))
}

/// The area above the ROC curve of messages that come one by one.
struct Area {
    ranks: [Sums; 2],
    messages: [u64; 2],
    /// Twice the number of pairs in the wrong order; ties are half wrong.
    doubled: u64,
}

impl Area {
    fn new(ranks: usize) -> Self {
        Self { ranks: [Sums::new(ranks), Sums::new(ranks)], messages: [0; 2], doubled: 0 }
    }

    fn add(&mut self, label: Label, rank: usize) {
        let other = label.other().index();
        let below = self.ranks[other].below(rank);
        let to = self.ranks[other].below(rank + 1);
        let wrong = if label == Label::Spam { self.messages[other] - to } else { below };
        self.doubled += 2 * wrong + (to - below);
        self.ranks[label.index()].add(rank);
        self.messages[label.index()] += 1;
    }

    fn above(&self) -> Option<f64> {
        let pairs = self.messages[0] * self.messages[1];
        (pairs > 0).then(|| 50.0 * self.doubled as f64 / pairs as f64)
    }
}

/// Counts by rank whose sums are kept up to date (Fenwick 1994, "A New Data Structure for Cumulative
/// Frequency Tables").
struct Sums(Vec<u64>);

impl Sums {
    fn new(ranks: usize) -> Self {
        Self(vec![0; ranks + 1])
    }

    fn add(&mut self, rank: usize) {
        let mut i = rank + 1;
        while i < self.0.len() {
            self.0[i] += 1;
            i += i & i.wrapping_neg();
        }
    }

    /// How many have a lower rank.
    fn below(&self, rank: usize) -> u64 {
        let mut i = rank;
        let mut sum = 0;
        while i > 0 {
            sum += self.0[i];
            i &= i - 1;
        }
        sum
    }
}

/// Messages whose probabilities of spam fall into one of the bins of the expected calibration error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reliability {
    /// How many.
    pub messages: usize,
    /// The mean of their probabilities.
    pub said: f64,
    /// The share of spam among them.
    pub was: f64,
}

/// The reliability diagram: bins of equal width that are not empty, lowest first.
pub fn reliability(judged: &[Judged]) -> Vec<Reliability> {
    let mut bins = [(0usize, 0.0, 0usize); BINS];
    for one in judged {
        let bin = &mut bins[bin(one.probability())];
        *bin = (bin.0 + 1, bin.1 + one.probability(), bin.2 + one.label.index());
    }
    let filled = bins.into_iter().filter(|bin| bin.0 > 0);
    filled
        .map(|(messages, said, spam)| {
            let of = messages as f64;
            Reliability { messages, said: said / of, was: spam as f64 / of }
        })
        .collect()
}

/// How many ham and spam have a score in each of `bins` ranges of equal width from `-limit` to `limit`;
/// those beyond are in the outermost.
pub fn histogram(judged: &[Judged], limit: f64, bins: usize) -> Vec<[usize; 2]> {
    let mut counts = vec![[0; 2]; bins];
    for one in judged {
        let place = (one.score / limit + 1.0) / 2.0 * bins as f64;
        counts[(place.max(0.0) as usize).min(bins - 1)][one.label.index()] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metrics::tests::judged;
    use crate::train::metrics::{SplitMix, Summary};
    use Label::{Ham, Spam};

    #[test]
    fn the_roc_curve_by_hand() {
        let run = judged(&[(2.0, Spam), (1.0, Ham), (1.0, Spam), (-1.0, Ham)]);
        assert_eq!(roc(&run).unwrap(), [[0.0, 100.0], [0.0, 50.0], [50.0, 0.0], [100.0, 0.0]]);
    }

    #[test]
    fn the_learning_curve_by_hand() {
        let run = judged(&[(1.0, Ham), (0.0, Spam), (-1.0, Ham), (2.0, Spam)]);
        let curve = learning_curve(&run, 2).unwrap();
        assert_eq!(
            curve[0],
            Progress {
                messages: 2,
                one_minus_roca: Some(100.0),
                window_one_minus_roca: Some(100.0),
                window_hm: Some(100.0),
                window_sm: Some(0.0),
            }
        );
        // Of the four pairs only the first ham over the first spam is in the wrong order.
        assert_eq!((curve[1].messages, curve[1].one_minus_roca), (4, Some(25.0)));
        assert_eq!((curve[1].window_one_minus_roca, curve[1].window_hm), (Some(0.0), Some(0.0)));
        let first = &learning_curve(&run, 99).unwrap()[0];
        assert_eq!((first.messages, first.one_minus_roca, first.window_sm), (1, None, None));
    }

    #[test]
    fn the_learning_curve_ends_at_the_summary() {
        let mut random = SplitMix(3);
        let scores: Vec<(f64, Label)> = (0..500)
            .map(|i| {
                let label = if i % 4 == 0 { Spam } else { Ham };
                (random.below(9) as f64 - 4.0 + 2.0 * label.index() as f64, label)
            })
            .collect();
        let run = judged(&scores);
        let last = learning_curve(&run, 7).unwrap().pop().unwrap();
        assert_eq!(last.messages, 500);
        let whole = Summary::of(&run).unwrap().one_minus_roca.value;
        assert!((last.one_minus_roca.unwrap() - whole).abs() < 1e-9);
    }

    #[test]
    fn bins_by_hand() {
        let run = judged(&[(0.0, Spam), (0.0, Ham), (50.0, Spam), (-50.0, Ham)]);
        let found = reliability(&run);
        assert_eq!(found.iter().map(|bin| bin.messages).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!((found[1].said, found[1].was), (0.5, 0.5));
        assert_eq!(histogram(&run, 10.0, 4), [[1, 0], [0, 0], [1, 1], [0, 1]]);
    }
}
