//! How often names occur.

use super::super::start_of;
use crate::message::hash::{SEED, hash};

/// Distinct names that are kept.
pub(super) const NAMES: usize = 256;

/// Bytes of a name that are kept.
const NAME_BYTES: usize = 32;

/// Counts names, at most [`NAMES`] of them. A small hash table, as there are many to count.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Names and how often they occur, in order of first use.
    pub entries: Vec<(String, u32)>,
    /// Hash and index + 1 of an entry, or zeros.
    slots: Vec<(u64, u32)>,
}

impl Tally {
    /// Counts the name that `parts` make up.
    pub fn add(&mut self, parts: &[&str]) {
        const SLOTS: usize = NAMES * 4;
        let hash = parts.iter().fold(SEED, |state, part| hash(state, part.as_bytes()));
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, (0, 0));
        }
        let mut at = hash as usize % SLOTS;
        while let Some((known, index)) = self.slots.get_mut(at) {
            if *index == 0 {
                if self.entries.len() < NAMES {
                    self.entries.push((start_of(&parts.concat(), NAME_BYTES).to_owned(), 1));
                    (*known, *index) = (hash, self.entries.len() as u32);
                }
                return;
            }
            if *known == hash {
                self.entries[*index as usize - 1].1 += 1;
                return;
            }
            at = (at + 1) % SLOTS;
        }
    }
}
