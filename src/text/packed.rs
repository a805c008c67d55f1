//! Tables of Unicode's characters as the library carries them: packed, so that the WebAssembly module stays
//! small, and unpacked when the first character needs them.
//!
//! They are facts of the [Unicode Character Database](https://www.unicode.org/ucd/) and of
//! [UTS #39](https://www.unicode.org/reports/tr39/), under the Unicode License v3. `tables/write.sh` writes them
//! from the crates that tests compare them with. A table is columns of numbers, one after another: numbers
//! that mean the same compress well.

/// Characters in a row that have the same value.
pub(super) struct Run {
    pub first: u32,
    pub count: u32,
    pub value: u8,
}

/// What is left to read of a table.
pub(super) struct Packed(pub &'static [u8]);

/// Up to here a byte is a whole step from one character to another; greater steps have a second byte.
const NEAR: u32 = 80;
/// The byte in place of a step that two bytes do not hold.
const FAR: u8 = 255;

impl Packed {
    fn byte(&mut self) -> u32 {
        let (&byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        u32::from(byte)
    }

    /// A number of any size, 7 bits a byte, the lowest first (LEB128).
    fn number(&mut self) -> u32 {
        let byte = self.byte();
        if byte < 0x80 { byte } else { (byte & 0x7F) | (self.number() << 7) }
    }

    fn column(&mut self, count: u32) -> Vec<u32> {
        (0..count).map(|_| self.number()).collect()
    }

    /// Runs in the order of their characters, kept as how many there are, the gaps before them, their
    /// lengths less one, and their values.
    pub(super) fn runs(&mut self) -> Vec<Run> {
        let count = self.number();
        let (gaps, more, values) = (self.column(count), self.column(count), self.column(count));
        let mut end = 0;
        let runs = gaps.into_iter().zip(more).zip(values).map(|((gap, more), value)| {
            let first = end + gap;
            end = first + more + 1;
            Run { first, count: more + 1, value: value as u8 }
        });
        runs.collect()
    }

    /// The characters of [runs](Packed::runs), each with its value.
    pub(super) fn values(&mut self) -> Vec<(char, u8)> {
        let mut values = Vec::new();
        for Run { first, count, value } in self.runs() {
            values.extend((first..first + count).filter_map(char::from_u32).map(|c| (c, value)));
        }
        values
    }

    /// The characters of texts whose lengths are in these bits of the values, kept as steps from the character that was last
    /// at that place of a text: the first bytes of all, then the second bytes, then what is too far.
    pub(super) fn texts(&mut self, values: &[(char, u8)], bits: u8) -> Vec<char> {
        let lengths = values.iter().map(|&(_, value)| usize::from(value & bits));
        let (heads, rest) = self.0.split_at(lengths.clone().sum());
        let long = heads.iter().filter(|&&head| u32::from(head) >= NEAR && head < FAR).count();
        let (lows, far) = rest.split_at(long);
        let (mut heads, mut lows, mut far) = (Packed(heads), Packed(lows), Packed(far));
        let mut last = [0u32; PLACES];
        let mut chars = Vec::new();
        for place in lengths.flat_map(|len| 0..len) {
            let last = &mut last[place.min(PLACES - 1)];
            let head = heads.byte();
            if head == u32::from(FAR) {
                *last = far.number();
            } else {
                let step = if head < NEAR { head } else { ((head - NEAR) << 8) + lows.byte() + NEAR };
                *last = last.wrapping_add((step >> 1) ^ (step & 1).wrapping_neg());
            }
            chars.push(char::from_u32(*last).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.0 = far.0;
        chars
    }
}

/// Places of a text that have a last character of their own.
const PLACES: usize = 3;

/// Packing, and the check that what the library carries is what the crates say.
#[cfg(test)]
pub(super) mod pack {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    #[derive(Default)]
    pub struct Packer(Vec<u8>);

    impl Packer {
        fn number(&mut self, mut n: u32) {
            while n >= 0x80 {
                self.0.push(n as u8 | 0x80);
                n >>= 7;
            }
            self.0.push(n as u8);
        }

        pub fn runs(&mut self, values: impl IntoIterator<Item = (char, u8)>) {
            let mut runs: Vec<Run> = Vec::new();
            for (c, value) in values {
                match runs.last_mut() {
                    Some(run) if run.first + run.count == u32::from(c) && run.value == value => {
                        run.count += 1
                    }
                    _ => runs.push(Run { first: c.into(), count: 1, value }),
                }
            }
            self.number(runs.len() as u32);
            let ends = [0].into_iter().chain(runs.iter().map(|run| run.first + run.count));
            ends.zip(&runs).for_each(|(end, run)| self.number(run.first - end));
            runs.iter().for_each(|run| self.number(run.count - 1));
            runs.iter().for_each(|run| self.number(run.value.into()));
        }

        pub fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
            let mut last = [0i64; PLACES];
            let (mut heads, mut lows, mut far) = (Packer::default(), Packer::default(), Packer::default());
            for (place, c) in texts.into_iter().flat_map(|text| text.chars().enumerate()) {
                let to = i64::from(u32::from(c));
                let by = to - std::mem::replace(&mut last[place.min(PLACES - 1)], to);
                let step = ((by << 1) ^ (by >> 63)) as u32;
                match step.checked_sub(NEAR) {
                    None => heads.0.push(step as u8),
                    Some(more) if (more >> 8) + NEAR < FAR.into() => {
                        heads.0.push(((more >> 8) + NEAR) as u8);
                        lows.0.push(more as u8);
                    }
                    Some(_) => {
                        heads.0.push(FAR);
                        far.number(c.into());
                    }
                }
            }
            self.0.extend([heads.0, lows.0, far.0].concat());
        }

        /// Fails unless the file of that name among the tables holds this. Writes it there first if that was
        /// asked for.
        pub fn check(&self, name: &str) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/text/tables").join(name);
            if std::env::var_os("TAMIS_WRITE_TABLES").is_some() {
                std::fs::write(&path, &self.0).unwrap();
            }
            assert!(std::fs::read(&path).unwrap() == self.0, "run src/text/tables/write.sh for {name}");
        }
    }

    /// All characters.
    pub fn chars() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let values = [('\0', 1), ('\u{1}', 4), ('a', 0), ('b', 5), ('\u{10FFFF}', 129)];
        let texts = ["a", "ab\u{10FFFF}\u{0}", "", "一\u{FA6A}\u{2F8}\u{2F9}\u{2FA}", "\u{2}"];
        let mut packer = Packer::default();
        packer.runs(values);
        packer.texts(texts);
        packer.runs([]);
        let mut packed = Packed(packer.0.leak());
        assert_eq!(packed.values(), values);
        let chars = packed.texts(&values, 0x7F);
        assert_eq!(chars.into_iter().collect::<String>(), texts.concat());
        assert!(packed.runs().is_empty() && packed.0.is_empty());
    }

    /// What texts stand for which characters.
    pub type Texts = BTreeMap<char, String>;
}
