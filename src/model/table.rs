//! The table of weights: a sorted set of hash prefixes, bucketed, with one byte a weight.
//!
//! ```text
//! 0   4    rows
//! 4   4    bits b of a hash that select its bucket (its highest ones)
//! 8   4    columns: weights a row has
//! 12  …    2^b + 1 row numbers (4 bytes each): where each bucket starts
//!     …    fingerprints: rows × 3 bytes, the 24 bits of the hash after the bucket's; ascending in a bucket
//!     …    frequency: rows × 1 byte, binary logarithm of the number of training messages, in eighths
//!     …    weights: for each column, rows × 1 signed byte, in units of the component's step
//! ```
//!
//! Fingerprint and bucket together keep b + 24 bits of the hash. With the sixteen rows that a bucket
//! has on average, a feature that the model does not know is taken for one it knows once in a million.

const FINGERPRINT: usize = 3;
const ROWS_PER_BUCKET: usize = 16;
const MAX_BITS: u32 = 24;
const HEADER: usize = 12;

/// A feature's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its hash, of which the file keeps the highest bits.
    pub hash: u64,
    /// Binary logarithm of the number of messages it was learned from, in eighths.
    pub frequency: u8,
    /// Its weight in each column, in units of the component's step.
    pub weights: Vec<i8>,
}

/// The table inside a checked file.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    bits: u32,
    starts: &'a [u8],
    fingerprints: &'a [u8],
    frequency: &'a [u8],
    weights: &'a [u8],
}

/// Where the table's arrays are in the file.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub rows: usize,
    bits: u32,
    columns: usize,
    starts: usize,
}

impl Layout {
    /// Checks a section that stands at `offset` of its file, so that no lookup can leave it.
    pub fn check(section: &[u8], offset: usize, columns: usize) -> Result<Self, String> {
        let field = |i: usize| {
            let raw = section.get(4 * i..4 * i + 4).and_then(|raw| raw.try_into().ok());
            raw.map(u32::from_le_bytes).ok_or("cut short")
        };
        let (rows, bits, found) = (field(0)? as usize, field(1)?, field(2)? as usize);
        if bits > MAX_BITS {
            return Err(format!("{bits} bits a bucket, at most {MAX_BITS} make sense"));
        }
        if found != columns {
            return Err(format!("{found} columns for {columns} components"));
        }
        let buckets = 1usize << bits;
        let size = rows.checked_mul(FINGERPRINT + 1 + columns).map(|n| n + HEADER + 4 * (buckets + 1));
        if size != Some(section.len()) {
            return Err(format!("{} bytes do not fit {rows} rows", section.len()));
        }
        let layout = Layout { rows, bits, columns, starts: offset + HEADER };
        let starts = &section[HEADER..HEADER + 4 * (buckets + 1)];
        let mut previous = 0;
        for start in starts.chunks_exact(4).map(number) {
            if start < previous || start > rows {
                return Err("buckets out of order".into());
            }
            previous = start;
        }
        if number(&starts[..4]) != 0 || previous != rows {
            return Err("buckets do not cover the rows".into());
        }
        Ok(layout)
    }
}

fn number(raw: &[u8]) -> usize {
    raw.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte))
}

/// The bucket and the fingerprint of a hash.
#[inline]
fn place(hash: u64, bits: u32) -> (usize, u32) {
    let bucket = hash.checked_shr(64 - bits).unwrap_or(0) as usize;
    (bucket, (hash << bits >> 40) as u32)
}

fn bits_for(rows: usize) -> u32 {
    (rows / ROWS_PER_BUCKET).next_power_of_two().trailing_zeros().min(MAX_BITS)
}

impl<'a> Table<'a> {
    pub(super) fn new(file: &'a [u8], layout: &Layout) -> Self {
        let (starts, rest) = file[layout.starts..].split_at(4 * ((1 << layout.bits) + 1));
        let (fingerprints, rest) = rest.split_at(FINGERPRINT * layout.rows);
        let (frequency, rest) = rest.split_at(layout.rows);
        let weights = &rest[..layout.rows * layout.columns];
        Self { bits: layout.bits, starts, fingerprints, frequency, weights }
    }

    /// The row of a feature.
    #[inline]
    pub fn find(&self, hash: u64) -> Option<usize> {
        let (bucket, fingerprint) = place(hash, self.bits);
        let bounds = &self.starts[4 * bucket..4 * bucket + 8];
        let (start, end) = (number(&bounds[..4]), number(&bounds[4..]));
        let mut stored = self.fingerprints[FINGERPRINT * start..FINGERPRINT * end].chunks_exact(FINGERPRINT);
        stored.position(|found| number(found) == fingerprint as usize).map(|i| start + i)
    }

    /// Whether a row's feature is [text](crate::features::is_text): the highest bit of its hash.
    pub fn is_text(&self, row: usize) -> bool {
        match self.bits {
            0 => self.fingerprints[FINGERPRINT * row + FINGERPRINT - 1] >> 7 == 1,
            bits => row >= number(&self.starts[4 << (bits - 1)..][..4]),
        }
    }

    /// The weight of a row in a column, in units of the component's step.
    #[inline]
    pub fn weight(&self, row: usize, column: usize) -> i8 {
        self.weights[column * self.frequency.len() + row] as i8
    }

    /// Binary logarithm of the number of messages that a row was learned from, in eighths.
    #[inline]
    pub fn frequency(&self, row: usize) -> u8 {
        self.frequency[row]
    }

    /// All rows, in the file's order. Their hashes have only the bits that the file keeps.
    pub fn rows(&self) -> impl Iterator<Item = Row> + 'a {
        let table = *self;
        let columns = table.weights.len().checked_div(table.frequency.len()).unwrap_or(1);
        table
            .starts
            .chunks_exact(4)
            .map(number)
            .zip(table.starts[4..].chunks_exact(4).map(number))
            .enumerate()
            .flat_map(move |(bucket, (start, end))| {
                (start..end).map(move |row| {
                    let fingerprint =
                        number(&table.fingerprints[FINGERPRINT * row..FINGERPRINT * (row + 1)]) as u64;
                    let high = (bucket as u64).checked_shl(64 - table.bits).unwrap_or(0);
                    Row {
                        hash: high | fingerprint << (40 - table.bits),
                        frequency: table.frequency[row],
                        weights: (0..columns).map(|column| table.weight(row, column)).collect(),
                    }
                })
            })
    }
}

/// Puts rows into the file's order and drops all but the first of those that the file cannot tell apart.
pub(super) fn arrange<T>(rows: &mut Vec<T>, hash: impl Fn(&T) -> u64) {
    let bits = bits_for(rows.len());
    rows.sort_by_key(|row| place(hash(row), bits));
    rows.dedup_by_key(|row| place(hash(row), bits));
    // Fewer rows may mean fewer buckets: the order is the same, as both are prefixes of the hash.
}

/// The section's bytes, of rows that [`arrange`] put in order.
pub(super) fn write(rows: &[Row], columns: usize) -> Vec<u8> {
    let bits = bits_for(rows.len());
    let mut out =
        Vec::with_capacity(HEADER + 4 * ((1 << bits) + 1) + rows.len() * (FINGERPRINT + 1 + columns));
    for field in [rows.len() as u32, bits, columns as u32] {
        out.extend(field.to_le_bytes());
    }
    let mut row = 0;
    for bucket in 0..=1usize << bits {
        while row < rows.len() && place(rows[row].hash, bits).0 < bucket {
            row += 1;
        }
        out.extend((row as u32).to_le_bytes());
    }
    for row in rows {
        out.extend(&place(row.hash, bits).1.to_le_bytes()[..FINGERPRINT]);
    }
    out.extend(rows.iter().map(|row| row.frequency));
    for column in 0..columns {
        out.extend(rows.iter().map(|row| row.weights[column] as u8));
    }
    out
}
