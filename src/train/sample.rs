//! Labelled messages as the trainer holds them: features only, no text.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::features::{Extractor, Features};
use crate::label::Label;
use crate::message::Message;
use crate::message::transport::Trust;
use crate::train::corpus::Mail;
use crate::train::duplicates::Signature;

/// A labelled message.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Where it was found.
    pub path: String,
    /// What it is.
    pub label: Label,
    /// What it has, as [`Features::of_fields`] gives it: where the linear model is not told to whom a message was
    /// delivered, it learns less for other servers.
    pub features: Features,
    /// Of its text, to find near-duplicates.
    pub signature: Signature,
    /// Header fields with another filter's verdict, which were left out.
    pub verdict_headers: usize,
}

/// The fields of features that are learned from; all of them by default.
#[derive(Debug, Default)]
pub struct Fields {
    only: Vec<Pattern>,
    without: Vec<Pattern>,
    /// Besides those of [provenance](Extractor::extract_provenance), to see what they would do: no model made
    /// with them fits what others extract.
    pub provenance: bool,
}

/// The name of a field, or with a star at its end those that begin so.
#[derive(Debug)]
struct Pattern {
    text: String,
    met: AtomicBool,
}

impl Pattern {
    fn fits(&self, field: &str) -> bool {
        let fits = match self.text.strip_suffix('*') {
            Some(start) => field.starts_with(start),
            None => self.text == field,
        };
        // Read first: all threads read it, and nearly always it was met before.
        if fits && !self.met.load(Relaxed) {
            self.met.store(true, Relaxed);
        }
        fits
    }
}

impl Fields {
    /// If there are any in `only`, only these, and none of `without`; `list-*` are all that begin so.
    ///
    /// ```
    /// use tamis::train::sample::Fields;
    ///
    /// let fields = Fields::new(&["subject".into(), "list-*".into()], &[]);
    /// // No message was read yet.
    /// assert_eq!(fields.unmet().collect::<Vec<_>>(), ["subject", "list-*"]);
    /// ```
    pub fn new(only: &[String], without: &[String]) -> Self {
        let pattern = |text: &String| Pattern { text: text.clone(), met: AtomicBool::new(false) };
        let patterns = |texts: &[String]| texts.iter().map(pattern).collect();
        Self { only: patterns(only), without: patterns(without), provenance: false }
    }

    /// What was given that no field of any message fitted for which [`Sample::of`] used this.
    pub fn unmet(&self) -> impl Iterator<Item = &str> {
        let patterns = self.only.iter().chain(&self.without);
        patterns.filter(|pattern| !pattern.met.load(Relaxed)).map(|pattern| pattern.text.as_str())
    }

    fn keep(&self, field: &str) -> bool {
        // All are asked, so that each learns whether it was met.
        let holds = |patterns: &[Pattern]| patterns.iter().filter(|one| one.fits(field)).count() > 0;
        let (only, without) = (holds(&self.only), holds(&self.without));
        (self.only.is_empty() || only) && !without
    }
}

/// A text of fewer features than this says too little to call two messages near-duplicates: then the
/// headers count too.
const SHORT: usize = 12;

impl Sample {
    /// Extracts what there is to learn from a message.
    pub fn of(mail: &Mail, label: Label, fields: &Fields, extractor: &mut Extractor) -> Self {
        let message = Message::parse(&mail.raw);
        let features = match fields.provenance {
            true => extractor.extract_provenance(&message, true),
            false => extractor.features_of(&message, true),
        };
        let features = features.of_fields(|field| fields.keep(field));
        let text: Vec<u64> = extractor.text_hashes().collect();
        let signature = Signature::of(if text.len() < SHORT { features.hashes() } else { &text });
        let verdict_headers = message.verdict_headers;
        Sample { path: mail.path.clone(), label, features, signature, verdict_headers }
    }
}

/// Messages and bytes that are worked on at a time: enough for every core, little enough for memory.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 16 << 20;

/// Runs `work` over mail on all cores, and `each` over its results in the order of the mail. Mail that
/// cannot be read goes to `each` as an error. With `stream`, every message is answered before the next
/// is read.
///
/// # Errors
/// The first error that `each` returns.
pub fn for_each<R: Send>(
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    stream: bool,
    work: impl Fn(&Mail, &mut Extractor) -> R + Sync,
    mut each: impl FnMut(Result<R>) -> Result<()>,
) -> Result<()> {
    let mut mail = mail.peekable();
    while mail.peek().is_some() {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while bytes < BATCH_BYTES && batch.len() < if stream { 1 } else { BATCH } {
            let Some(next) = mail.next() else { break };
            bytes += next.as_ref().map_or(0, |mail| mail.raw.len());
            batch.push(next);
        }
        let results: Vec<Result<R>> = batch
            .into_par_iter()
            .map_init(
                || Extractor::new(trust.clone()),
                |extractor, mail| mail.map(|mail| work(&mail, extractor)),
            )
            .collect();
        results.into_iter().try_for_each(&mut each)?;
    }
    Ok(())
}

/// Reads labelled mail into memory: features only, so that 10,000 messages take some 50 MB.
///
/// # Errors
/// The first that reading meets; [`Error::Data`] if a message has no label.
pub fn load(
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    fields: &Fields,
    progress: impl FnMut(),
) -> Result<Vec<Sample>> {
    labelled(mail, trust, progress, |mail, label, extractor| Sample::of(mail, label, fields, extractor))
}

/// What `make` makes of each labelled message.
pub(super) fn labelled<T: Send>(
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    mut progress: impl FnMut(),
    make: impl Fn(&Mail, Label, &mut Extractor) -> T + Sync,
) -> Result<Vec<T>> {
    let mut made = Vec::new();
    let work = |mail: &Mail, extractor: &mut Extractor| -> Result<T> {
        let label = mail.label.ok_or_else(|| Error::Data(format!("{}: no label", mail.path)))?;
        Ok(make(mail, label, extractor))
    };
    for_each(mail, trust, false, work, |one| {
        progress();
        made.push(one??);
        Ok(())
    })?;
    Ok(made)
}
