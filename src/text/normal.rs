//! Normalisation form KC of [UAX #15](https://www.unicode.org/reports/tr15/).

use std::sync::LazyLock;

use super::packed::Packed;

/// Combining marks as runs of the same canonical combining class.
static MARKS: &[u8] = include_bytes!("tables/marks.bin");

/// Decompositions: runs of the same length, with [`COMPOSES`] for the two that become one again, and the texts.
static DECOMPOSITIONS: &[u8] = include_bytes!("tables/decompositions.bin");

const COMPOSES: u8 = 1 << 5;

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::unpack);

/// The bits of an entry that are its canonical combining class.
const CLASS: u32 = 0xFF;
/// A combining mark, which may be of class 0.
const MARK: u32 = 1 << 8;
/// May become one with the character before, or its first part may.
const SECOND: u32 = 1 << 9;
/// Becomes something else whatever is around it.
const CHANGES: u32 = 1 << 10;
/// From here on: of how many characters its decomposition is, and where that begins.
const LEN: u32 = 11;
const START: u32 = 16;

/// Slots for pairs, as a power of two: twice as many as there are pairs.
const PAIRS: u32 = 11;
/// Characters in a block of entries, as a power of two.
const BLOCK: u32 = 7;

struct Tables {
    /// Which block of entries has those of each 128 characters. The first has nothing.
    blocks: Vec<u8>,
    entries: Vec<u32>,
    /// What decompositions are made of. The first of two that become one again may itself have one.
    chars: Vec<char>,
    /// Two characters and the one that they become, at their [`slot`](Tables::slot).
    pairs: Vec<Option<(char, char, char)>>,
}

impl Tables {
    fn unpack() -> Tables {
        let mut tables = Tables {
            blocks: vec![0; (char::MAX as usize + 1) >> BLOCK],
            entries: vec![0; 1 << BLOCK],
            chars: Vec::new(),
            pairs: vec![None; 1 << PAIRS],
        };
        for (c, class) in Packed(MARKS).values() {
            *tables.entry_mut(c) = MARK | u32::from(class);
        }
        let mut packed = Packed(DECOMPOSITIONS);
        let kinds = packed.values();
        tables.chars = packed.texts(&kinds, COMPOSES - 1);
        let mut start = 0;
        for &(c, kind) in &kinds {
            let len = usize::from(kind & (COMPOSES - 1));
            let mut entry = (start as u32) << START | (len as u32) << LEN;
            if kind & COMPOSES == 0 {
                entry |= CHANGES;
            } else if let [first, second] = tables.chars[start..start + len] {
                let slot = tables.slot(first, second);
                tables.pairs[slot] = Some((first, second, c));
                *tables.entry_mut(second) |= SECOND;
            }
            *tables.entry_mut(c) |= entry;
            start += len;
        }
        // What begins with such a character may lose it to the one before.
        for &(c, _) in kinds.iter().filter(|&&(_, kind)| kind & COMPOSES != 0) {
            let first = tables.chars[tables.entry(c) as usize >> START];
            *tables.entry_mut(c) |= tables.entry(first) & SECOND;
        }
        tables
    }

    fn entry(&self, c: char) -> u32 {
        let block = usize::from(self.blocks[c as usize >> BLOCK]);
        self.entries[block << BLOCK | c as usize & ((1 << BLOCK) - 1)]
    }

    fn entry_mut(&mut self, c: char) -> &mut u32 {
        let block = &mut self.blocks[c as usize >> BLOCK];
        if *block == 0 {
            *block = (self.entries.len() >> BLOCK) as u8;
            self.entries.resize(self.entries.len() + (1 << BLOCK), 0);
        }
        &mut self.entries[usize::from(*block) << BLOCK | c as usize & ((1 << BLOCK) - 1)]
    }

    fn decompose(&self, c: char, push: &mut dyn FnMut(char, u32)) {
        if let Some(jamo) = hangul::decompose(c) {
            jamo.into_iter().flatten().for_each(|c| push(c, 0));
            return;
        }
        let entry = self.entry(c);
        let (start, len) = ((entry >> START) as usize, (entry >> LEN) as usize & 0x1F);
        if len == 0 {
            return push(c, entry);
        }
        for &part in &self.chars[start..start + len] {
            self.decompose(part, push);
        }
    }

    fn compose(&self, first: char, second: char) -> Option<char> {
        hangul::compose(first, second)
            .or_else(|| self.pairs[self.slot(first, second)].map(|(_, _, whole)| whole))
    }

    /// Where the two are among the pairs, or would be.
    fn slot(&self, first: char, second: char) -> usize {
        let mut slot =
            (u32::from(first).wrapping_mul(31) ^ u32::from(second)).wrapping_mul(0x9E37_79B1) >> (32 - PAIRS);
        while self.pairs[slot as usize].is_some_and(|(a, b, _)| (a, b) != (first, second)) {
            slot = (slot + 1) % (1 << PAIRS);
        }
        slot as usize
    }
}

/// Whether `c` is a mark: of the general category Mn, Mc or Me.
pub(super) fn is_combining_mark(c: char) -> bool {
    c >= '\u{300}' && TABLES.entry(c) & MARK != 0
}

/// Whether `c` is in NFKC whatever is before it.
pub(super) fn is_normal(c: char) -> bool {
    TABLES.entry(c) & (CLASS | SECOND | CHANGES) == 0 && !hangul::is_second(c)
}

/// Gives what `c` decomposes into: NFKD of the one character, which is NFD if it is in NFKC.
pub(super) fn decompose(c: char, mut push: impl FnMut(char)) {
    TABLES.decompose(c, &mut |c, _| push(c));
}

/// NFKC of characters, with the buffers that it takes.
#[derive(Default)]
pub(super) struct Normalizer {
    /// Characters with their canonical combining classes.
    chars: Vec<(char, u8)>,
}

impl Normalizer {
    /// NFKC of `text`, which should end before a character that is [normal](is_normal).
    pub(super) fn nfkc(&mut self, text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
        let tables = &*TABLES;
        self.chars.clear();
        for c in text {
            tables.decompose(c, &mut |c, entry| self.chars.push((c, (entry & CLASS) as u8)));
        }
        self.chars.split_mut(|&(_, class)| class == 0).for_each(order);
        self.compose(tables);
        self.chars.iter().map(|&(c, _)| c)
    }

    fn compose(&mut self, tables: &Tables) {
        let mut starter = None;
        let mut len = 0;
        for i in 0..self.chars.len() {
            let (c, class) = self.chars[i];
            // What is between the two blocks them unless it is of a lower class.
            let open = starter.filter(|&starter| starter + 1 == len || self.chars[len - 1].1 < class);
            let whole =
                open.and_then(|starter: usize| Some((starter, tables.compose(self.chars[starter].0, c)?)));
            if let Some((starter, whole)) = whole {
                self.chars[starter].0 = whole;
                continue;
            }
            if class == 0 {
                starter = Some(len);
            }
            self.chars[len] = (c, class);
            len += 1;
        }
        self.chars.truncate(len);
    }
}

/// Puts marks in the order of their classes, those of the same class as they are.
fn order(marks: &mut [(char, u8)]) {
    if marks.is_sorted_by_key(|&(_, class)| class) {
        return;
    }
    let keys = (0u64..)
        .zip(&*marks)
        .map(|(i, &(c, class))| u64::from(class) << 56 | i << 21 | u64::from(u32::from(c)));
    let mut keys: Vec<u64> = keys.collect();
    keys.sort_unstable();
    for (mark, key) in marks.iter_mut().zip(keys) {
        let c = char::from_u32(key as u32 & 0x1F_FFFF).unwrap_or(char::REPLACEMENT_CHARACTER);
        *mark = (c, (key >> 56) as u8);
    }
}

/// Syllables of Hangul, whose parts follow from their place (The Unicode Standard, section 3.12).
mod hangul {
    const S: u32 = 0xAC00;
    const L: u32 = 0x1100;
    const V: u32 = 0x1161;
    /// One before the first.
    const T: u32 = 0x11A7;
    const L_COUNT: u32 = 19;
    const V_COUNT: u32 = 21;
    const T_COUNT: u32 = 28;
    const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

    /// The place of `c` among `count` characters from `first` on.
    fn place(c: char, first: u32, count: u32) -> Option<u32> {
        u32::from(c).checked_sub(first).filter(|&place| place < count)
    }

    /// Whether `c` is a vowel or a final consonant.
    pub(super) fn is_second(c: char) -> bool {
        place(c, V, V_COUNT).is_some() || place(c, T + 1, T_COUNT - 1).is_some()
    }

    pub(super) fn decompose(c: char) -> Option<[Option<char>; 3]> {
        let place = place(c, S, S_COUNT)?;
        let (l, v, t) = (place / (V_COUNT * T_COUNT), place / T_COUNT % V_COUNT, place % T_COUNT);
        Some([char::from_u32(L + l), char::from_u32(V + v), char::from_u32(T + t).filter(|_| t > 0)])
    }

    pub(super) fn compose(first: char, second: char) -> Option<char> {
        if let (Some(l), Some(v)) = (place(first, L, L_COUNT), place(second, V, V_COUNT)) {
            return char::from_u32(S + (l * V_COUNT + v) * T_COUNT);
        }
        let syllable = place(first, S, S_COUNT).filter(|s| s % T_COUNT == 0)?;
        let t = place(second, T + 1, T_COUNT - 1)?;
        char::from_u32(S + syllable + 1 + t)
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::char as oracle;
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

    use super::super::packed::pack::{Packer, Texts, chars};
    use super::super::tests::Stir;
    use super::*;

    fn is_syllable(c: char) -> bool {
        hangul::decompose(c).is_some()
    }

    #[test]
    fn marks_are_those_of_the_crate() {
        let marks = chars().filter(|&c| oracle::is_combining_mark(c));
        let mut packer = Packer::default();
        packer.runs(marks.map(|c| (c, oracle::canonical_combining_class(c))));
        packer.check("marks.bin");
    }

    #[test]
    fn decompositions_are_those_of_the_crate() {
        let mut texts = Texts::new();
        let mut kinds = Vec::new();
        for c in chars().filter(|&c| !is_syllable(c)) {
            let mut parts: Vec<char> = c.nfd().collect();
            let composes = parts.len() > 1 && c.nfkc().eq([c]);
            let text: String = match parts.pop() {
                // What the others compose to, and the last.
                Some(last) if composes => parts.into_iter().nfc().chain([last]).collect(),
                _ => c.nfkd().collect(),
            };
            if text.chars().eq([c]) {
                continue;
            }
            assert!(!composes || text.chars().count() == 2, "{c}");
            kinds.push((c, text.chars().count() as u8 | if composes { COMPOSES } else { 0 }));
            texts.insert(c, text);
        }
        let mut packer = Packer::default();
        packer.runs(kinds);
        packer.texts(texts.values().map(String::as_str));
        packer.check("decompositions.bin");
    }

    #[test]
    fn every_character_is_as_the_crate_has_it() {
        let mut normalizer = Normalizer::default();
        for c in chars() {
            let entry = TABLES.entry(c);
            assert_eq!((entry & CLASS) as u8, oracle::canonical_combining_class(c), "{c:?}");
            assert_eq!(is_combining_mark(c), oracle::is_combining_mark(c), "{c:?}");
            let quick = is_nfkc_quick([c].into_iter()) == IsNormalized::Yes;
            assert_eq!(is_normal(c), quick && oracle::canonical_combining_class(c) == 0, "{c:?}");
            assert!(normalizer.nfkc([c].into_iter()).eq(c.nfkc()), "{c:?}");
            let mut parts = Vec::new();
            decompose(c, |part| parts.push(part));
            assert!(parts.into_iter().eq(c.nfkd()), "{c:?}");
        }
    }

    #[test]
    fn two_characters_become_one_where_they_do_in_the_crate() {
        let of = |first, second| TABLES.compose(first, second);
        let seconds: Vec<char> =
            chars().filter(|&c| TABLES.entry(c) & SECOND != 0 || hangul::is_second(c)).collect();
        let parts = TABLES.pairs.iter().flatten().map(|&(first, ..)| first);
        let wholes = chars().filter(|&c| !c.nfd().eq([c]) && c.nfkc().eq([c]));
        for first in parts.chain(wholes).chain('\u{1100}'..='\u{1113}') {
            for &second in seconds.iter().chain(&['\u{11A7}', '\u{11C3}', 'a']) {
                assert_eq!(of(first, second), oracle::compose(first, second), "{first:?} {second:?}");
            }
        }
    }

    #[test]
    fn texts_are_normalised_as_by_the_crate() {
        let marks = chars().filter(|&c| is_combining_mark(c));
        let odd = chars().filter(|&c| !is_normal(c) && !is_combining_mark(c));
        let whole = chars().filter(|&c| is_normal(c) && !c.nfd().eq([c]) && !is_syllable(c));
        let firsts = TABLES.pairs.iter().flatten().map(|&(first, ..)| first);
        let jamo = ('\u{1100}'..='\u{11FF}').chain('가'..='갛');
        let pools: [Vec<String>; 5] = [
            marks.map(String::from).collect(),
            odd.map(String::from).collect(),
            whole.map(String::from).collect(),
            firsts.map(String::from).collect(),
            jamo.map(String::from).collect(),
        ];
        let pools = pools.each_ref().map(|pool| pool.iter().map(String::as_str).collect::<Vec<_>>());
        let mut normalizer = Normalizer::default();
        let mut stir = Stir(3);
        for i in 0..200_000 {
            let kinds = [(i % 5, 1), (0, i / 25 % 4), (i / 5 % 5, 1), (0, i / 100 % 4), (4, i / 400 % 2)];
            let text: String = kinds.into_iter().map(|(kind, len)| stir.text(&pools[kind], len)).collect();
            let ours: String = normalizer.nfkc(text.chars()).collect();
            assert_eq!(ours, text.nfkc().collect::<String>(), "{text:?}");
        }
    }
}
