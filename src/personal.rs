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
