//! Collects a message's features: names, hashes, and the bounds on both.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use crate::counts::Identity;
use crate::features::{Features, hash};
use crate::limits;

/// The set of features under construction.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    name: String,
    seen: HashSet<u64, BuildHasherDefault<Identity>>,
    found: Vec<(u64, Box<str>)>,
    /// No more features than this, until [`Emitter::allow`] says otherwise.
    end: usize,
    named: bool,
    text: Range<usize>,
}

impl Emitter {
    pub fn start(&mut self, named: bool) {
        self.seen.clear();
        self.found.clear();
        self.end = 0;
        self.named = named;
        self.text = 0..0;
    }

    /// Allows `features` more from here on: what comes first, which mail can make as long as it likes, must
    /// not take the place of what comes later.
    pub fn allow(&mut self, features: usize) {
        self.end = self.found.len() + features;
    }

    /// Says that the features since `start` are the message's readable text.
    pub fn mark_text(&mut self, start: usize) {
        self.text = start..self.found.len();
    }

    /// The hashes of the readable text of the message that was extracted last.
    pub fn text(&self) -> impl Iterator<Item = u64> {
        self.found.get(self.text.clone()).unwrap_or_default().iter().map(|found| found.0)
    }

    /// Number of distinct features so far.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Adds `field:value`.
    #[inline]
    pub fn put(&mut self, field: &str, value: &str) {
        self.write(field, value);
        self.add();
    }

    /// Whether `field:value` is there.
    pub fn has(&mut self, field: &str, value: &str) -> bool {
        self.write(field, value);
        self.seen.contains(&hash(&self.name))
    }

    #[inline]
    fn write(&mut self, field: &str, value: &str) {
        self.name.clear();
        self.name.push_str(field);
        self.name.push(':');
        self.name.push_str(cut(value));
    }

    /// Adds `field:` and a value in parts.
    pub fn put_joined(&mut self, field: &str, parts: &[&str]) {
        self.name.clear();
        for part in [field, ":"].iter().chain(parts) {
            self.name.push_str(part);
        }
        let len = cut(&self.name).len();
        self.name.truncate(len);
        self.add();
    }

    /// Adds `field:` and a number as the power of two below it, so that near values share a feature.
    pub fn put_size(&mut self, field: &str, value: usize) {
        match value.checked_ilog2() {
            Some(log) => self.put_joined(field, &["2^", &decimal(log)]),
            None => self.put(field, "0"),
        }
    }

    fn add(&mut self) {
        if self.found.len() < self.end {
            let hash = hash(&self.name);
            if self.seen.insert(hash) {
                let name = if self.named { self.name.as_str().into() } else { Box::default() };
                self.found.push((hash, name));
            }
        }
    }

    pub fn finish(&mut self) -> Features {
        let hashes = sorted(&self.found);
        let mut names = Vec::new();
        if self.named {
            names.resize(hashes.len(), Box::default());
            for (hash, name) in &mut self.found {
                names[hashes.partition_point(|other| *other < *hash)] = std::mem::take(name);
            }
        }
        Features { hashes, names, ..Features::default() }
    }
}

/// The hashes in ascending order. They are uniform but for the highest bit, so that the next eight almost sort
/// them, and what is left to do is within runs of a few.
fn sorted(found: &[(u64, Box<str>)]) -> Vec<u64> {
    const PLACES: usize = 512;
    let place = |hash: u64| (hash >> 55) as usize;
    let mut starts = [0usize; PLACES];
    found.iter().for_each(|found| starts[place(found.0)] += 1);
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    let mut hashes = vec![0; found.len()];
    for &(hash, _) in found {
        let next = &mut starts[place(hash)];
        hashes[*next] = hash;
        *next += 1;
    }
    for i in 1..hashes.len() {
        let mut at = i;
        while at > 0 && hashes[at - 1] > hashes[at] {
            hashes.swap(at - 1, at);
            at -= 1;
        }
    }
    hashes
}

/// A number in decimal.
pub(super) fn decimal(number: impl Into<u32>) -> String {
    number.into().to_string()
}

/// The longest prefix of a value that a name may carry.
fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(limits::NAME_BYTES)]
}
