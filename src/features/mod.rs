//! From a message to features: the one place that decides what the classifier sees.
//!
//! A feature is present in a message or not. Its name is `field:value` (`subject:free`,
//! `url-host:bit.ly`, `auth:dkim=fail`), and its identity is the XXH3-64 hash of that name. Hash and
//! names are part of the model format: whoever changes either must raise [`TOKENIZER_VERSION`].

mod body;
mod emit;
mod envelope;
mod headers;
mod mime;

use twox_hash::XxHash3_64;

use crate::message::Message;
use crate::message::transport::Trust;
use crate::text::Tokenizer;

use emit::Emitter;

/// Version of everything that decides which features a message has: parser limits, tokenizer, field
/// names, hash. A model scores only with the version that made it.
pub const TOKENIZER_VERSION: u32 = 1;

/// The hash that stands for the feature with this name.
///
/// ```
/// assert_eq!(tamis::features::hash("subject:free"), 0);
/// ```
#[inline]
pub fn hash(name: &str) -> u64 {
    XxHash3_64::oneshot(name.as_bytes())
}

/// The features of one message: a set of hashes, with the features' names if they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Ascending and distinct.
    hashes: Vec<u64>,
    /// Parallel to `hashes`, or empty.
    names: Vec<Box<str>>,
}

impl Features {
    /// Features that have no names, from their hashes in any order.
    pub fn from_hashes(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        Self { hashes, names: Vec::new() }
    }

    /// The hashes, ascending and distinct.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The name of the `i`-th feature; its hash as `#0123456789abcdef` if names were not extracted.
    pub fn name(&self, i: usize) -> String {
        match (self.names.get(i), self.hashes.get(i)) {
            (Some(name), _) => name.to_string(),
            (None, hash) => format!("#{:016x}", hash.copied().unwrap_or_default()),
        }
    }

    /// The names, in the order of [`hashes`](Self::hashes); empty if they were not extracted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The features whose field, the part of the name before the colon, is none of these. They must
    /// have names.
    pub fn without_fields(&self, fields: &[String]) -> Features {
        let keeps = |name: &str| !fields.iter().any(|field| name.split(':').next() == Some(field));
        let kept = self.hashes.iter().zip(self.names()).filter(|(_, name)| keeps(name));
        Features { hashes: kept.map(|(&hash, _)| hash).collect(), names: Vec::new() }
    }

    /// Identifies the message by what was learned of it: two messages with the same features are the
    /// same to every count. Verdict headers that a filter added in between do not change it.
    pub fn digest(&self) -> u64 {
        let bytes: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        XxHash3_64::oneshot(&bytes)
    }
}

/// Turns messages into features. It holds scratch memory: use one for many messages.
///
/// ```
/// let mut extractor = tamis::Extractor::default();
/// let features = extractor.extract_named(b"Subject: Free money\r\n\r\nCall now");
/// assert!(features.names().any(|name| name == "subject:free"));
/// ```
#[derive(Debug, Default)]
pub struct Extractor {
    trust: Trust,
    tokenizer: Tokenizer,
    emitter: Emitter,
}

impl Extractor {
    /// An extractor that believes what the servers named in `trust` say of a message's transport. The
    /// default believes nobody: anyone can write a header.
    pub fn new(trust: Trust) -> Self {
        Self { trust, ..Self::default() }
    }

    /// The features of a raw message (RFC 5322). Never fails: damage is evidence.
    pub fn extract(&mut self, raw: &[u8]) -> Features {
        self.run(&Message::parse(raw), false)
    }

    /// As [`extract`](Self::extract), with the features' names, for explanations.
    pub fn extract_named(&mut self, raw: &[u8]) -> Features {
        self.run(&Message::parse(raw), true)
    }

    /// The features of a message that is parsed already.
    pub fn features_of(&mut self, message: &Message<'_>, named: bool) -> Features {
        self.run(message, named)
    }

    /// The hashes of the features in the readable text of the message that was extracted last: what
    /// near-duplicates have in common, whoever they were sent to.
    pub fn text_hashes(&self) -> impl Iterator<Item = u64> {
        self.emitter.text()
    }

    fn run(&mut self, message: &Message<'_>, named: bool) -> Features {
        let Self { trust, tokenizer, emitter } = self;
        emitter.start(named);
        headers::emit(message, tokenizer, emitter);
        envelope::emit(message, trust, emitter);
        mime::emit(message, emitter);
        body::emit(message, tokenizer, emitter);
        emitter.finish()
    }
}
