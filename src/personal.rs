//! A user's own corrections over a shared model.

use crate::counts::{Counts, Learned};
use crate::features::Features;
use crate::label::{Class, Label};
use crate::model::Model;
use crate::score::score;

/// How often one message may count so that its verdict turns.
const MOST_TIMES: u32 = 64;

/// What a correction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// Whether the message was new.
    pub learned: Learned,
    /// How often it counts now.
    pub times: u32,
    /// What it is called now.
    pub class: Class,
}

/// Learns a message as `label` and makes sure that it is called so: where counting it once is not
/// enough against what model and counts say, it counts as often as it takes, up to a bound that only
/// a message without any feature of its own meets. The same correction again changes nothing;
/// [`Counts::forget`] undoes it exactly.
///
/// ```
/// use tamis::{Class, Counts, Extractor, Label, Model, correct};
/// let message = Extractor::default().extract(b"Subject: cheap watches\r\n\r\nBuy now!");
/// let mut personal = Counts::new();
/// let done = correct(&Model::embedded(), &mut personal, &message, Label::Ham);
/// assert_eq!(done.class, Class::Ham);
/// ```
pub fn correct(model: &Model<'_>, personal: &mut Counts, message: &Features, label: Label) -> Correction {
    let wanted = match label {
        Label::Ham => Class::Ham,
        Label::Spam => Class::Spam,
    };
    let learned = personal.learn(message, label);
    loop {
        let times = personal.times(message)[label.index()];
        let class = score(model, Some(personal), message).class;
        if class == wanted || times >= MOST_TIMES {
            return Correction { learned, times, class };
        }
        personal.add(message, label, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Extractor;

    const SPAM: &str = "From: Deals <win@prizes.example>\r\nTo: you@example.com\r\n\
        Subject: You have won a million dollars!!!\r\nDate: Tue, 1 Oct 2024 10:00:00 +0000\r\n\r\n\
        Dear winner, click http://prizes.example/claim?id=7 now to claim your free cash prize. \
        Viagra, cheap loans and a Rolex are waiting for you. Unsubscribe by reply.\r\n";

    fn class(personal: &Counts, message: &Features) -> Class {
        score(&Model::embedded(), Some(personal), message).class
    }

    #[test]
    fn one_correction_turns_a_message_and_its_near_duplicate() {
        let model = Model::embedded();
        let mut extractor = Extractor::default();
        let message = extractor.extract(SPAM.as_bytes());
        let similar = SPAM
            .replace("million dollars", "thousand euros")
            .replace("id=7", "id=9912")
            .replace("Rolex", "car");
        let similar = extractor.extract(similar.as_bytes());
        for label in [Label::Ham, Label::Spam, Label::Ham] {
            let mut personal = Counts::new();
            let done = correct(&model, &mut personal, &message, label);
            assert_eq!((done.learned, done.class.as_str()), (Learned::New, label.as_str()), "{done:?}");
            assert_eq!(class(&personal, &similar).as_str(), label.as_str());
        }
    }

    #[test]
    fn corrections_move_repeat_and_are_forgotten() {
        let model = Model::embedded();
        let message = Extractor::default().extract(SPAM.as_bytes());
        let mut personal = Counts::new();
        correct(&model, &mut personal, &message, Label::Spam);
        let once = personal.clone();
        assert_eq!(correct(&model, &mut personal, &message, Label::Spam).learned, Learned::Known);
        assert_eq!(personal, once);
        let moved = correct(&model, &mut personal, &message, Label::Ham);
        assert_eq!((moved.learned, moved.class), (Learned::Moved, Class::Ham));
        personal.forget(&message);
        assert_eq!(personal, Counts::new());
    }

    #[test]
    fn a_correction_leaves_other_mail_alone() {
        let model = Model::embedded();
        let mut extractor = Extractor::default();
        let other = extractor.extract(
            b"From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: Re: kernel patch review\r\n\
              Date: Wed, 2 Oct 2024 09:00:00 +0200\r\nMessage-ID: <1@example.org>\r\n\r\n\
              I applied the patch and the tests pass. The diff for the driver needs a second look.\r\n",
        );
        let before = score(&model, None, &other);
        let mut personal = Counts::new();
        correct(&model, &mut personal, &extractor.extract(SPAM.as_bytes()), Label::Spam);
        let after = score(&model, Some(&personal), &other);
        assert_eq!(after.class, before.class);
        assert!((after.log_odds - before.log_odds).abs() < 1.5, "{} {}", before.log_odds, after.log_odds);
    }
}
