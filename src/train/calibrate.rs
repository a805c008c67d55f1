//! From scores to probabilities, and where ham should end and spam begin.

use linfa::composing::platt_scaling::{Platt, platt_newton_method};
use linfa::prelude::ParamGuard;
use ndarray::Array1;

use crate::error::{Error, Result};
use crate::label::Label;
use crate::model::Thresholds;

/// Slope and intercept that turn a score into log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Log-odds for one unit of score.
    pub slope: f64,
    /// Log-odds of score 0.
    pub intercept: f64,
}

impl Calibration {
    /// The log-odds that a score stands for.
    pub fn log_odds(&self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

/// Fits slope and intercept to the scores of mail that was not trained on (Platt 1999, "Probabilistic
/// outputs for support vector machines", in the numerically stable form of Lin, Lin and Weng 2007,
/// as linfa has it).
///
/// # Errors
/// [`Error::Data`] if the scores have only one class or the fit does not converge to a rising line.
pub fn platt(scores: &[(f64, Label)]) -> Result<Calibration> {
    let of = |label| scores.iter().filter(|score| score.1 == label).count();
    if of(Label::Ham) == 0 || of(Label::Spam) == 0 {
        return Err(Error::Data("calibration needs both ham and spam".into()));
    }
    // Newton's method starts from the flat line and works best with scores of the order of one.
    let largest = scores.iter().map(|score| score.0.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let values: Array1<f64> = scores.iter().map(|score| score.0 / largest).collect();
    let labels: Array1<bool> = scores.iter().map(|score| score.1 == Label::Spam).collect();
    let params = Platt::<f64, ()>::params().check().map_err(|e| Error::Data(e.to_string()))?;
    let (a, b) = platt_newton_method(values.view(), labels.view(), &params)
        .map_err(|e| Error::Data(format!("calibration: {e}")))?;
    // linfa's sigmoid is 1 / (1 + exp(a x + b)).
    let calibration = Calibration { slope: -a / largest, intercept: -b };
    if calibration.slope > 0.0 && calibration.slope.is_finite() && calibration.intercept.is_finite() {
        Ok(calibration)
    } else {
        Err(Error::Data("calibration found no relation between score and label".into()))
    }
}

/// What thresholds aim at, as shares of each class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Ham that may be called spam.
    pub ham_lost: f64,
    /// Spam that may be called ham.
    pub spam_missed: f64,
}

impl Default for Aim {
    /// One ham in two thousand lost, one spam in two hundred missed: half of what the default model
    /// promises, since thresholds chosen on some mail do worse on other mail.
    fn default() -> Self {
        Self { ham_lost: 0.0005, spam_missed: 0.005 }
    }
}

/// Where the thresholds may be, whatever held-out mail says. Other mail is less alike to what was trained on,
/// so that a message is called spam only from 99 % on, and ham only up to 20 %; and closer to certainty than
/// one in a thousand no calibration can tell.
const SPAM_FROM: (f64, f64) = (0.99, 0.999);
const HAM_BELOW: (f64, f64) = (0.001, 0.2);

/// Thresholds on the probability of spam that keep to `aim` on held-out mail, within bounds.
pub fn thresholds(calibration: &Calibration, scores: &[(f64, Label)], aim: Aim) -> Thresholds {
    let sorted = |label| {
        let mut of: Vec<f64> = scores.iter().filter(|s| s.1 == label).map(|s| s.0).collect();
        of.sort_by(f64::total_cmp);
        of
    };
    let probability = |score: f64| 1.0 / (1.0 + libm::exp(-calibration.log_odds(score)));
    let (ham, spam) = (sorted(Label::Ham), sorted(Label::Spam));
    // The highest-scoring ham that may not be lost, and the lowest-scoring spam that may not be missed.
    let kept = ham.len().checked_sub(1 + (ham.len() as f64 * aim.ham_lost) as usize).map(|i| ham[i]);
    let caught = spam.get((spam.len() as f64 * aim.spam_missed) as usize).copied();
    let above = kept.map_or(0.5, probability);
    let below = caught.map_or(0.5, probability);
    let spam = (above + 0.1 * (1.0 - above)).clamp(SPAM_FROM.0, SPAM_FROM.1);
    let ham = (0.9 * below).clamp(HAM_BELOW.0, HAM_BELOW.1);
    Thresholds { ham, spam }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores whose true log-odds are 2 x - 1.
    fn sample() -> Vec<(f64, Label)> {
        let mut scores = Vec::new();
        for step in -30..=30 {
            let score = f64::from(step) / 10.0;
            let share = 1.0 / (1.0 + libm::exp(1.0 - 2.0 * score));
            let spam = (share * 200.0).round() as usize;
            scores.extend(std::iter::repeat_n((score, Label::Spam), spam));
            scores.extend(std::iter::repeat_n((score, Label::Ham), 200 - spam));
        }
        scores
    }

    #[test]
    fn platt_finds_the_line_that_made_the_labels() {
        let found = platt(&sample()).unwrap();
        assert!((found.slope - 2.0).abs() < 0.05 && (found.intercept + 1.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn one_class_or_no_relation_is_an_error() {
        assert!(platt(&[(1.0, Label::Spam)]).is_err());
        assert!(
            platt(&[(1.0, Label::Ham), (0.0, Label::Spam), (1.1, Label::Ham), (-0.1, Label::Spam)]).is_err()
        );
    }

    #[test]
    fn thresholds_keep_to_the_aim_on_the_mail_they_were_chosen_on() {
        let (scores, calibration) = (sample(), platt(&sample()).unwrap());
        let found = thresholds(&calibration, &scores, Aim { ham_lost: 0.01, spam_missed: 0.02 });
        let lost = |label: Label, wrong: &dyn Fn(f64) -> bool| {
            let of: Vec<_> = scores.iter().filter(|s| s.1 == label).collect();
            let wrong = of.iter().filter(|s| wrong(1.0 / (1.0 + libm::exp(-calibration.log_odds(s.0)))));
            wrong.count() as f64 / of.len() as f64
        };
        assert!(lost(Label::Ham, &|p| p >= found.spam) <= 0.01);
        assert!(lost(Label::Spam, &|p| p < found.ham) <= 0.02);
        assert!(found.check().is_ok());
    }
}
