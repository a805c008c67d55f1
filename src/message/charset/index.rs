//! The indexes of the [Encoding Standard](https://encoding.spec.whatwg.org/#indexes): which characters two bytes stand
//! for. They are 150 KB of numbers that hardly follow from each other, so that they are carried packed, and unpacked
//! when the first message needs them.
//!
//! `tables/write.sh` writes them from the crate that tests compare them with.

use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

/// For each place of an index its character, or `NONE`.
type Index = Vec<char>;

const NONE: char = '\0';

static BIG5: LazyLock<Index> =
    LazyLock::new(|| unpack(include_bytes!("tables/big5.bin"), &mut (0..126 * 157), &[]));
static GB18030: LazyLock<Index> =
    LazyLock::new(|| unpack(include_bytes!("tables/gb18030.bin"), &mut square_first(), &[]));
static EUC_KR: LazyLock<Index> =
    LazyLock::new(|| unpack(include_bytes!("tables/euc-kr.bin"), &mut square_first(), &[]));
static JIS_X_0208: LazyLock<Index> =
    LazyLock::new(|| unpack(include_bytes!("tables/jis-x-0208.bin"), &mut (0..60 * 188), &[]));
static JIS_X_0212: LazyLock<Index> = LazyLock::new(|| {
    unpack(include_bytes!("tables/jis-x-0212.bin"), &mut (0..94 * 94), &JIS_X_0208[..84 * 94])
});

/// The places of an index of 126 rows of 190: first those of the 94 rows of 94 that it is an extension of. What came
/// later is in the order of Unicode, less what is there already.
fn square_first() -> impl Iterator<Item = usize> + Clone {
    let in_square = |place: &usize| place / 190 >= 32 && place % 190 >= 96;
    let places = 0..126 * 190;
    places.clone().filter(in_square).chain(places.filter(move |place| !in_square(place)))
}

fn character(index: &Index, place: usize) -> Option<char> {
    index.get(place).copied().filter(|&c| c != NONE)
}

/// The place of two bytes in rows of what the second byte can be.
fn place(row: u8, trail: u8, columns: &[RangeInclusive<u8>]) -> Option<usize> {
    let (mut width, mut column) = (0, None);
    for range in columns {
        if range.contains(&trail) {
            column = Some(width + usize::from(trail - range.start()));
        }
        width += range.len();
    }
    Some(usize::from(row) * width + column?)
}

/// The character of a lead byte, 81 or more, and the byte after it.
pub(super) fn big5(lead: u8, trail: u8) -> Option<char> {
    character(&BIG5, place(lead - 0x81, trail, &[0x40..=0x7E, 0xA1..=0xFE])?)
}

/// The same in GB 18030, of which GBK and GB 2312 are parts.
pub(super) fn gb18030(lead: u8, trail: u8) -> Option<char> {
    character(&GB18030, place(lead - 0x81, trail, &[0x40..=0x7E, 0x80..=0xFE])?)
}

/// The same in EUC-KR with the syllables of windows-949.
pub(super) fn euc_kr(lead: u8, trail: u8) -> Option<char> {
    character(&EUC_KR, place(lead - 0x81, trail, &[0x41..=0xFE])?)
}

/// The character of a lead byte, A1 or more, and the byte after it in EUC-JP.
pub(super) fn jis_x_0208(lead: u8, trail: u8) -> Option<char> {
    character(&JIS_X_0208, place(lead - 0xA1, trail, &[0xA1..=0xFE])?)
}

/// The same after the byte that announces the supplementary characters.
pub(super) fn jis_x_0212(lead: u8, trail: u8) -> Option<char> {
    character(&JIS_X_0212, place(lead - 0xA1, trail, &[0xA1..=0xFE])?)
}

/// The character of a row of Shift_JIS, which are twice as long and one more than those of JIS X 0208, and a byte.
pub(super) fn shift_jis(row: u8, trail: u8) -> Option<char> {
    match place(row, trail, &[0x40..=0x7E, 0x80..=0xFC])? {
        // Characters of one's own.
        place @ 8836..=10_715 => char::from_u32(0xE000 + place as u32 - 8836),
        place => character(&JIS_X_0208, place),
    }
}

/// The character of four bytes of GB 18030: those of the basic plane that have not two bytes, in their order.
pub(super) fn gb18030_four(place: usize) -> Option<char> {
    static FOUR: LazyLock<Index> = LazyLock::new(|| {
        let mut short = vec![false; 0x1_0000];
        for &c in GB18030.iter() {
            short[c as usize & 0xFFFF] = true;
        }
        // Where editions of the standard differ, four bytes are as they were when these places of two bytes stood for
        // characters of private use.
        let now = [0x1E3F].into_iter().chain(0x9FB4..=0x9FBB).chain(0xFE10..=0xFE19);
        let then = [0xE5E5, 0xE7C7, 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864];
        now.for_each(|c| short[c] = false);
        then.into_iter().chain(0xE78D..=0xE796).for_each(|c| short[c] = true);
        let long = ('\u{80}'..='\u{FFFF}').filter(|&c| !short[c as usize]);
        long.map(|c| if c == '\u{1E3F}' { '\u{E7C7}' } else { c }).collect()
    });
    character(&FOUR, place)
}

/// Parts of Unicode that far steps go to.
const PARTS: [Range<u32>; 5] =
    [0..0x3400, 0x3400..0x4E00, 0x4E00..0xA000, 0xA000..0x1_0000, 0x2_0000..0x3_0000];
/// Cells of a part are 1 << this many.
const CELL_BITS: u32 = 6;
/// Steps over fewer free characters than 1 << this, less one, are near.
const NEAR_BITS: usize = 8;
/// Bits of the number of a near step, after its first, that are worth learning.
const LEARNED_BITS: usize = 2;

/// Binary digits that are expected one way or the other, by what was there before. The probability of a one is in 65,536ths.
#[derive(Clone, Copy)]
struct Digit {
    one: u16,
    seen: u8,
}

impl Digit {
    const NEW: Digit = Digit { one: 1 << 15, seen: 0 };
    /// Probabilities go on changing as if after so many digits.
    const MOST: u8 = 20;

    /// The part of a range that a one has.
    fn bound(&self, range: u32) -> u32 {
        ((u64::from(range) * u64::from(self.one)) >> 16) as u32
    }

    fn learn(&mut self, digit: bool) {
        let aim = if digit { i32::from(u16::MAX) } else { 0 };
        let by = (aim - i32::from(self.one)) * 2 / (2 * i32::from(self.seen) + 3);
        self.one = (i32::from(self.one) + by).clamp(1 << 6, (1 << 16) - (1 << 6)) as u16;
        self.seen = (self.seen + 1).min(Self::MOST);
    }
}

/// What kind of step came last.
const STEPS: usize = 2 * NEAR_BITS + 2;
const FAR: usize = STEPS - 2;
const SKIP: usize = STEPS - 1;

/// What is known of the steps from one character of an index to the next.
struct Steps {
    /// By the kind of the last step: whether there is no character; whether the step is far; whether it goes back; and,
    /// back or not, how many bits its number has.
    skip: [Digit; STEPS],
    far: [Digit; STEPS],
    back: [Digit; STEPS],
    bits: [[[Digit; NEAR_BITS - 1]; STEPS]; 2],
    /// By direction and bits: the next digits of the number.
    digits: [[[Digit; 1 << LEARNED_BITS]; NEAR_BITS]; 2],
    /// By whether the last step was far too: which part it goes to; and by part: which cell.
    part: [[Digit; PARTS.len() - 1]; 2],
    cell: [[Digit; 1 << CELL_BITS]; PARTS.len()],
}

impl Steps {
    const NEW: Steps = Steps {
        skip: [Digit::NEW; STEPS],
        far: [Digit::NEW; STEPS],
        back: [Digit::NEW; STEPS],
        bits: [[[Digit::NEW; NEAR_BITS - 1]; STEPS]; 2],
        digits: [[[Digit::NEW; 1 << LEARNED_BITS]; NEAR_BITS]; 2],
        part: [[Digit::NEW; PARTS.len() - 1]; 2],
        cell: [[Digit::NEW; 1 << CELL_BITS]; PARTS.len()],
    };
}

/// Characters that an index does not have yet. The few that it has twice are gone to by far steps.
struct Free(Vec<bool>);

impl Free {
    fn new(without: &[char]) -> Free {
        let mut free = Free(vec![true; PARTS[PARTS.len() - 1].end as usize]);
        without.iter().for_each(|&c| free.take(c.into()));
        free
    }

    fn take(&mut self, c: u32) {
        if let Some(free) = self.0.get_mut(c as usize) {
            *free = false;
        }
    }

    /// The characters on the way from one, not with it.
    fn from(&self, c: u32, back: bool) -> impl Iterator<Item = u32> {
        let end = self.0.len() as u32;
        let steps = if back { 1..c + 1 } else { 1..end.saturating_sub(c) };
        let step = move |by| if back { c - by } else { c + by };
        steps.map(step).filter(|&c| self.0[c as usize])
    }
}

fn cell(part: usize, number: usize) -> Range<u32> {
    let Range { start, end } = PARTS[part];
    let width = (end - start) >> CELL_BITS;
    let first = start + number as u32 * width;
    first..first + width
}

/// Reads numbers from what an arithmetic coder made of them (Martin 1979, "Range encoding").
struct Reader {
    rest: &'static [u8],
    range: u32,
    code: u32,
}

/// A range is widened below this.
const NARROW: u32 = 1 << 24;

impl Reader {
    fn new(packed: &'static [u8]) -> Reader {
        let mut reader = Reader { rest: packed, range: 0, code: 0 };
        (0..4).for_each(|_| reader.next());
        Reader { range: u32::MAX, ..reader }
    }

    fn next(&mut self) {
        let (&byte, rest) = self.rest.split_first().unwrap_or((&0, &[]));
        self.rest = rest;
        self.code = self.code << 8 | u32::from(byte);
        self.range <<= 8;
    }

    fn digit(&mut self, expected: &mut Digit) -> bool {
        let bound = expected.bound(self.range);
        let digit = self.code < bound;
        if digit {
            self.range = bound;
        } else {
            self.code -= bound;
            self.range -= bound;
        }
        expected.learn(digit);
        while self.range < NARROW {
            self.next();
        }
        digit
    }

    /// A number below this one, all alike.
    fn below(&mut self, end: u32) -> u32 {
        self.range /= end.max(1);
        let number = (self.code / self.range).min(end.saturating_sub(1));
        self.code -= number * self.range;
        while self.range < NARROW {
            self.next();
        }
        number
    }
}

/// An index whose places are filled in this order, with none of these characters.
fn unpack(packed: &'static [u8], places: &mut dyn Iterator<Item = usize>, without: &[char]) -> Index {
    let mut index = Index::new();
    let mut free = Free::new(without);
    let (mut reader, mut steps) = (Reader::new(packed), Steps::NEW);
    let (mut last, mut kind) = (0, SKIP);
    for place in places {
        index.resize(index.len().max(place + 1), NONE);
        if reader.digit(&mut steps.skip[kind]) {
            kind = SKIP;
            continue;
        }
        let to = if reader.digit(&mut steps.far[kind]) {
            let again = usize::from(kind == FAR);
            kind = FAR;
            let part = steps.part[again].iter_mut().position(|here| reader.digit(here));
            let part = part.unwrap_or(PARTS.len() - 1);
            let cells = &mut steps.cell[part];
            let number = (0..CELL_BITS).fold(1, |n, _| n << 1 | usize::from(reader.digit(&mut cells[n])));
            let cell = cell(part, number - (1 << CELL_BITS));
            Some(cell.start + reader.below(cell.len() as u32))
        } else {
            let back = reader.digit(&mut steps.back[kind]);
            let side = usize::from(back);
            let mut more = steps.bits[side][kind].iter_mut();
            let bits = more.position(|more| !reader.digit(more)).unwrap_or(NEAR_BITS - 1);
            let digits = &mut steps.digits[side][bits];
            let number = (0..bits).fold(1, |n, i| {
                let digit =
                    if i < LEARNED_BITS { reader.digit(&mut digits[n]) } else { reader.below(2) == 1 };
                n << 1 | usize::from(digit)
            });
            kind = side * NEAR_BITS + bits;
            free.from(last, back).nth(number - 1)
        };
        last = to.unwrap_or_default();
        free.take(last);
        index[place] = char::from_u32(last).unwrap_or(NONE);
    }
    index
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Writes what [`Reader`] reads.
    struct Writer {
        bytes: Vec<u8>,
        low: u64,
        range: u32,
    }

    impl Writer {
        fn next(&mut self) {
            if self.low > u32::MAX.into() {
                let full = self.bytes.iter().rev().take_while(|&&byte| byte == 0xFF).count();
                let carry = self.bytes.len() - full - 1;
                self.bytes[carry] += 1;
                self.bytes[carry + 1..].fill(0);
            }
            self.bytes.push((self.low >> 24) as u8);
            self.low = self.low << 8 & u64::from(u32::MAX);
            self.range <<= 8;
        }

        fn digit(&mut self, expected: &mut Digit, digit: bool) {
            let bound = expected.bound(self.range);
            if digit {
                self.range = bound;
            } else {
                self.low += u64::from(bound);
                self.range -= bound;
            }
            expected.learn(digit);
            while self.range < NARROW {
                self.next();
            }
        }

        fn below(&mut self, end: u32, number: u32) {
            self.range /= end;
            self.low += u64::from(number * self.range);
            while self.range < NARROW {
                self.next();
            }
        }

        fn finish(mut self) -> Vec<u8> {
            (0..4).for_each(|_| self.next());
            self.bytes
        }
    }

    /// What [`unpack`] unpacks.
    fn pack(index: &[char], places: impl Iterator<Item = usize>, without: &[char]) -> Vec<u8> {
        let mut free = Free::new(without);
        let mut writer = Writer { bytes: Vec::new(), low: 0, range: u32::MAX };
        let mut steps = Steps::NEW;
        let (mut last, mut kind) = (0, SKIP);
        for place in places {
            let to = u32::from(index[place]);
            writer.digit(&mut steps.skip[kind], index[place] == NONE);
            if index[place] == NONE {
                kind = SKIP;
                continue;
            }
            let back = to < last;
            let near = free.from(last, back).take((1 << NEAR_BITS) - 1).position(|c| c == to);
            writer.digit(&mut steps.far[kind], near.is_none());
            if let Some(over) = near {
                writer.digit(&mut steps.back[kind], back);
                let side = usize::from(back);
                let (number, bits) = (over + 1, (over + 1).ilog2() as usize);
                for (i, more) in steps.bits[side][kind].iter_mut().enumerate().take(bits + 1) {
                    writer.digit(more, i < bits);
                }
                for i in 0..bits {
                    let (before, digit) = (number >> (bits - i), number >> (bits - i - 1) & 1);
                    match i < LEARNED_BITS {
                        true => writer.digit(&mut steps.digits[side][bits][before], digit == 1),
                        false => writer.below(2, digit as u32),
                    }
                }
                kind = side * NEAR_BITS + bits;
            } else {
                let again = usize::from(kind == FAR);
                kind = FAR;
                let part = PARTS.iter().position(|part| part.contains(&to)).unwrap();
                for (i, here) in steps.part[again].iter_mut().enumerate().take(part + 1) {
                    writer.digit(here, i == part);
                }
                let number = (0..1 << CELL_BITS).find(|&number| cell(part, number).contains(&to)).unwrap();
                let number = number | 1 << CELL_BITS;
                for i in (0..CELL_BITS).rev() {
                    writer.digit(&mut steps.cell[part][number >> (i + 1)], number >> i & 1 == 1);
                }
                let cell = cell(part, number - (1 << CELL_BITS));
                writer.below(cell.len() as u32, to - cell.start);
            }
            last = to;
            free.take(to);
        }
        writer.finish()
    }

    /// What the crate makes of bytes, if that is one character.
    fn known(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> char {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        let mut chars = text.chars();
        match (wrong, chars.next(), chars.next()) {
            (false, Some(c), None) => c,
            _ => NONE,
        }
    }

    /// Fails unless the file of that name holds this index. Writes it there first if that was asked for.
    fn check(name: &str, index: &[char], places: impl Iterator<Item = usize> + Clone, without: &[char]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/message/charset/tables").join(name);
        let packed = pack(index, places.clone(), without);
        let unpacked = unpack(packed.clone().leak(), &mut places.clone(), without);
        assert!(unpacked == index, "{name} is not unpacked as it was packed");
        if std::env::var_os("TAMIS_WRITE_TABLES").is_some() {
            std::fs::write(&path, &packed).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == packed, "run tables/write.sh for {name}");
    }

    #[test]
    fn indexes_are_those_of_the_crate() {
        let rows = |rows: RangeInclusive<u8>, columns: &'static [RangeInclusive<u8>]| {
            rows.flat_map(move |lead| columns.iter().cloned().flatten().map(move |trail| [lead, trail]))
        };
        let index = |encoding, bytes: &mut dyn Iterator<Item = [u8; 2]>| -> Index {
            bytes.map(|bytes| known(encoding, &bytes)).collect()
        };
        let big5 = index(encoding_rs::BIG5, &mut rows(0x81..=0xFE, &[0x40..=0x7E, 0xA1..=0xFE]));
        check("big5.bin", &big5, 0..126 * 157, &[]);
        let gb18030 = index(encoding_rs::GB18030, &mut rows(0x81..=0xFE, &[0x40..=0x7E, 0x80..=0xFE]));
        check("gb18030.bin", &gb18030, square_first(), &[]);
        let euc_kr = index(encoding_rs::EUC_KR, &mut rows(0x81..=0xFE, &[0x41..=0xFE]));
        check("euc-kr.bin", &euc_kr, square_first(), &[]);
        let columns: &[_] = &[0x40..=0x7E, 0x80..=0xFC];
        let mut jis =
            index(encoding_rs::SHIFT_JIS, &mut rows(0x81..=0x9F, columns).chain(rows(0xE0..=0xFC, columns)));
        jis[8836..=10_715].fill(NONE);
        check("jis-x-0208.bin", &jis, 0..60 * 188, &[]);
        let supplement = rows(0xA1..=0xFE, &[0xA1..=0xFE])
            .map(|[lead, trail]| known(encoding_rs::EUC_JP, &[0x8F, lead, trail]));
        check("jis-x-0212.bin", &supplement.collect::<Vec<_>>(), 0..94 * 94, &jis[..84 * 94]);
    }
}
