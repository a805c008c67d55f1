//! What has been learned, as integers: in how many ham and in how many spam messages each feature
//! was seen.
//!
//! Counts form a commutative group as long as nothing is pruned: adding in any order and any grouping
//! gives the same counts, and so the same bytes; subtracting is the exact inverse. Everything that
//! scales out (threads, shards, a personal layer over a shared model) rests on that.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::features::{Features, TOKENIZER_VERSION};
use crate::label::Label;

const MAGIC: &[u8; 8] = b"\x89TAMISC\n";
const VERSION: u32 = 1;
const WHAT: &str = "counts";

/// Numbers for ham and for spam, in the order of [`Label::index`].
pub type Pair = [u32; 2];

/// Feature hashes are uniform already: hashing them again would only cost time.
#[derive(Default)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Map = HashMap<u64, Pair, BuildHasherDefault<Identity>>;

/// What [`Counts::learn`] did with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// It was new and counts now.
    New,
    /// It was already learned with this label and was not counted again.
    Known,
    /// It was learned with the other label; that was undone and it counts with this one now.
    Moved,
}

/// Per feature, in how many ham and spam messages it was seen, and which messages those were.
///
/// ```
/// use tamis::{Counts, Extractor, Label};
/// let mut extractor = Extractor::default();
/// let message = extractor.extract(b"Subject: cheap watches\r\n\r\nBuy now");
/// let mut counts = Counts::new();
/// counts.learn(&message, Label::Spam);
/// assert_eq!(counts.messages(), [0, 1]);
/// counts.forget(&message);
/// assert_eq!(counts, Counts::new());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    messages: Pair,
    features: Map,
    digests: Map,
    /// Of the digests, how many stand for ham and for spam.
    distinct: Pair,
    pruned: bool,
}

impl Counts {
    /// Counts of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many ham and spam messages count, each as often as it does.
    pub fn messages(&self) -> Pair {
        self.messages
    }

    /// How many distinct ham and spam messages count.
    pub fn distinct(&self) -> Pair {
        self.distinct
    }

    /// In how many ham and spam messages the feature with this hash was seen.
    #[inline]
    pub fn get(&self, hash: u64) -> Pair {
        self.features.get(&hash).copied().unwrap_or_default()
    }

    /// Number of distinct features.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.messages == [0, 0]
    }

    /// All features with their counts, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Pair)> + '_ {
        self.features.iter().map(|(&hash, &pair)| (hash, pair))
    }

    /// How often the message counts as ham and as spam.
    pub fn times(&self, message: &Features) -> Pair {
        self.digests.get(&message.digest()).copied().unwrap_or_default()
    }

    /// Counts a message under a label, once: a message already learned with that label is left as it
    /// is, and one learned with the other label is moved.
    pub fn learn(&mut self, message: &Features, label: Label) -> Learned {
        let before = self.times(message);
        if before[label.index()] > 0 && before[label.other().index()] == 0 {
            return Learned::Known;
        }
        let moved = self.forget(message);
        self.add(message, label, 1);
        if moved { Learned::Moved } else { Learned::New }
    }

    /// Counts a message `times` more often under a label, whatever was learned of it before.
    pub fn add(&mut self, message: &Features, label: Label, times: u32) {
        if times == 0 {
            return;
        }
        let mut pair = [0, 0];
        pair[label.index()] = times;
        plus(&mut self.messages, pair);
        self.identify(message.digest(), pair);
        for &hash in message.hashes() {
            plus(self.features.entry(hash).or_default(), pair);
        }
    }

    /// Remembers that a message counts so often more.
    fn identify(&mut self, digest: u64, pair: Pair) {
        let times = self.digests.entry(digest).or_default();
        let before = kinds(*times);
        plus(times, pair);
        let after = kinds(*times);
        plus(&mut self.distinct, [after[0] - before[0], after[1] - before[1]]);
    }

    /// Undoes all that was learned of a message; `false` if nothing was.
    pub fn forget(&mut self, message: &Features) -> bool {
        let Some(pair) = self.digests.remove(&message.digest()) else { return false };
        minus(&mut self.distinct, kinds(pair));
        minus(&mut self.messages, pair);
        for &hash in message.hashes() {
            take(&mut self.features, hash, pair);
        }
        true
    }

    /// Adds all of `other`, as if its messages had been learned here.
    pub fn merge(&mut self, other: &Counts) {
        plus(&mut self.messages, other.messages);
        for (&hash, &pair) in &other.features {
            plus(self.features.entry(hash).or_default(), pair);
        }
        for (&digest, &pair) in &other.digests {
            self.identify(digest, pair);
        }
        self.pruned |= other.pruned;
    }

    /// Takes away all of `other`, the exact inverse of [`merge`](Self::merge).
    ///
    /// # Errors
    /// [`Error::Data`] if `other` is not contained in these counts; they are unchanged then. Counts
    /// that were [pruned](Self::prune) no longer know all they contained: there a missing feature is
    /// passed over.
    pub fn subtract(&mut self, other: &Counts) -> Result<()> {
        let holds = |map: &Map, hash: &u64, pair: &Pair| {
            map.get(hash).is_some_and(|mine| mine[0] >= pair[0] && mine[1] >= pair[1])
        };
        let contained = (self.pruned || other.features.iter().all(|(h, p)| holds(&self.features, h, p)))
            && other.digests.iter().all(|(h, p)| holds(&self.digests, h, p))
            && (0..2).all(|i| self.messages[i] >= other.messages[i]);
        if !contained {
            return Err(Error::Data("the counts to subtract were never added here".into()));
        }
        minus(&mut self.messages, other.messages);
        for (&hash, &pair) in &other.features {
            take(&mut self.features, hash, pair);
        }
        for (&digest, &pair) in &other.digests {
            let before = kinds(self.digests.get(&digest).copied().unwrap_or_default());
            take(&mut self.digests, digest, pair);
            let after = kinds(self.digests.get(&digest).copied().unwrap_or_default());
            minus(&mut self.distinct, [before[0] - after[0], before[1] - after[1]]);
        }
        Ok(())
    }

    /// Drops the features seen in fewest messages until at most `keep` are left; among equals those
    /// with the larger hash go, so that the result depends on nothing but the counts.
    ///
    /// Unlearning stays safe afterwards but is no longer exact for the features that went.
    pub fn prune(&mut self, keep: usize) {
        if self.features.len() <= keep {
            return;
        }
        let mut order: Vec<_> = self.features.iter().map(|(&h, p)| (u64::MAX - total(*p), h)).collect();
        order.sort_unstable();
        for &(_, hash) in &order[keep..] {
            self.features.remove(&hash);
        }
        self.pruned = true;
    }

    /// The counts as bytes: the same counts give the same bytes, however they came about.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(MAGIC, VERSION, TOKENIZER_VERSION);
        out.varint(u64::from(self.pruned));
        out.varint(self.messages[0].into());
        out.varint(self.messages[1].into());
        for map in [&self.features, &self.digests] {
            let mut sorted: Vec<u64> = map.keys().copied().collect();
            sorted.sort_unstable();
            out.varint(sorted.len() as u64);
            let mut previous = 0;
            for hash in sorted {
                let [ham, spam] = map[&hash];
                out.varint(hash.wrapping_sub(previous));
                out.varint(ham.into());
                out.varint(spam.into());
                previous = hash;
            }
        }
        out.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with the offset if the bytes are not a counts file, are cut short or were
    /// changed; [`Error::Version`] if they were made by another version of the format or tokenizer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut input = Reader::open(bytes, WHAT, MAGIC, VERSION, TOKENIZER_VERSION)?;
        let pruned = input.varint()? != 0;
        let messages = [input.varint_u32()?, input.varint_u32()?];
        let mut maps = [Map::default(), Map::default()];
        for map in &mut maps {
            let len = input.varint()?;
            // Each entry takes three bytes or more: a length beyond that is damage, not a reason to
            // reserve memory.
            map.reserve((len as usize).min(input.remaining() / 3));
            let mut hash = 0u64;
            for i in 0..len {
                let step = input.varint()?;
                let next = hash.checked_add(step).filter(|_| i == 0 || step > 0);
                hash = next.ok_or_else(|| input.corrupt("hashes are not in ascending order"))?;
                let pair = [input.varint_u32()?, input.varint_u32()?];
                if pair == [0, 0] {
                    return Err(input.corrupt("an entry that counts nothing"));
                }
                match map.entry(hash) {
                    Entry::Vacant(slot) => slot.insert(pair),
                    Entry::Occupied(_) => return Err(input.corrupt("a hash stands twice")),
                };
            }
        }
        input.end()?;
        let [features, digests] = maps;
        let mut distinct = [0, 0];
        digests.values().for_each(|&times| plus(&mut distinct, kinds(times)));
        Ok(Self { messages, features, digests, distinct, pruned })
    }
}

fn total(pair: Pair) -> u64 {
    u64::from(pair[0]) + u64::from(pair[1])
}

/// One for each label that a message counts under.
fn kinds(times: Pair) -> Pair {
    times.map(|n| n.min(1))
}

fn plus(to: &mut Pair, pair: Pair) {
    to[0] = to[0].saturating_add(pair[0]);
    to[1] = to[1].saturating_add(pair[1]);
}

fn minus(from: &mut Pair, pair: Pair) {
    from[0] = from[0].saturating_sub(pair[0]);
    from[1] = from[1].saturating_sub(pair[1]);
}

fn take(map: &mut Map, hash: u64, pair: Pair) {
    if let Entry::Occupied(mut slot) = map.entry(hash) {
        minus(slot.get_mut(), pair);
        if *slot.get() == [0, 0] {
            slot.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(hashes: &[u64]) -> Features {
        Features::from_hashes(hashes.to_vec())
    }

    fn sample(seed: u64) -> Counts {
        let mut counts = Counts::new();
        for i in 0..20u64 {
            let mix = (seed * 31 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let label = if mix >> 63 == 0 { Label::Ham } else { Label::Spam };
            counts.learn(&message(&[mix % 7, mix % 11 + 10, mix]), label);
        }
        counts
    }

    #[test]
    fn merging_in_any_order_gives_the_same_bytes() {
        let (a, b, c) = (sample(1), sample(2), sample(3));
        let merged = |order: [&Counts; 3]| {
            let mut all = Counts::new();
            order.iter().for_each(|part| all.merge(part));
            all.to_bytes()
        };
        let expected = merged([&a, &b, &c]);
        assert_eq!(merged([&c, &a, &b]), expected);
        let mut right = b.clone();
        right.merge(&c);
        let mut nested = a.clone();
        nested.merge(&right);
        assert_eq!(nested.to_bytes(), expected);
        nested.subtract(&right).unwrap();
        assert_eq!(nested.to_bytes(), a.to_bytes());
    }

    #[test]
    fn distinct_messages_are_those_that_count_however_often() {
        let (a, b) = (message(&[1, 2]), message(&[3]));
        let mut counts = Counts::new();
        counts.add(&a, Label::Spam, 5);
        counts.learn(&b, Label::Ham);
        counts.add(&b, Label::Spam, 1);
        assert_eq!((counts.distinct(), counts.messages()), ([1, 2], [1, 6]));
        let mut more = counts.clone();
        more.merge(&counts);
        assert_eq!((more.distinct(), more.messages()), ([1, 2], [2, 12]));
        assert_eq!(Counts::from_bytes(&more.to_bytes()).unwrap(), more);
        more.subtract(&counts).unwrap();
        assert_eq!(more, counts);
        counts.forget(&b);
        assert_eq!(counts.distinct(), [0, 1]);
        more.subtract(&counts).unwrap();
        assert_eq!(more.distinct(), [1, 1]);
        more.learn(&b, Label::Ham);
        assert_eq!(more.distinct(), [1, 0]);
    }

    #[test]
    fn a_message_counts_once_moves_and_is_forgotten() {
        let mut counts = sample(4);
        let before = counts.clone();
        let m = message(&[1, 2, 3]);
        assert_eq!(counts.learn(&m, Label::Spam), Learned::New);
        let once = counts.clone();
        assert_eq!(counts.learn(&m, Label::Spam), Learned::Known);
        assert_eq!(counts, once);
        assert_eq!(counts.learn(&m, Label::Ham), Learned::Moved);
        assert_eq!(counts.messages(), [before.messages()[0] + 1, before.messages()[1]]);
        assert!(counts.forget(&m));
        assert!(!counts.forget(&m));
        assert_eq!(counts, before);
    }

    #[test]
    fn asked_to_count_twice_it_does_and_forgets_both() {
        let mut counts = Counts::new();
        let m = message(&[5]);
        counts.add(&m, Label::Ham, 2);
        assert_eq!((counts.get(5), counts.times(&m)), ([2, 0], [2, 0]));
        counts.forget(&m);
        assert_eq!(counts, Counts::new());
    }

    #[test]
    fn subtracting_what_was_never_added_changes_nothing() {
        let mut counts = sample(5);
        let before = counts.clone();
        assert!(counts.subtract(&sample(6)).is_err());
        assert_eq!(counts, before);
    }

    #[test]
    fn pruning_keeps_the_most_frequent_and_forgetting_stays_safe() {
        let mut counts = Counts::new();
        counts.learn(&message(&[1, 2]), Label::Ham);
        counts.learn(&message(&[1, 3]), Label::Spam);
        counts.prune(2);
        assert_eq!((counts.get(1), counts.get(2), counts.get(3)), ([1, 1], [1, 0], [0, 0]));
        counts.forget(&message(&[1, 3]));
        assert_eq!((counts.get(1), counts.messages()), ([1, 0], [1, 0]));
    }

    #[test]
    fn bytes_round_trip_and_every_damage_is_an_error() {
        let counts = sample(7);
        let bytes = counts.to_bytes();
        assert_eq!(Counts::from_bytes(&bytes).unwrap(), counts);
        for end in 0..bytes.len() {
            assert!(Counts::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
        for i in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[i] ^= 0x10;
            assert!(Counts::from_bytes(&damaged).is_err(), "bit at {i}");
        }
    }
}
