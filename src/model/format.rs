//! The model file, version 3. All numbers are little-endian.
//!
//! ```text
//! 0   8   magic  89 54 41 4D 49 53 4D 0A  (the first byte is no text, the last one shows newline damage)
//! 8   4   format version
//! 12  4   tokenizer version: which program's features the weights are for
//! 16  8   XXH3-64 of all that follows
//! 24  4   number of sections
//! 28  12  each section: tag (4 ASCII letters), offset from the file's start, length
//! …       the sections
//! ```
//!
//! | tag | content |
//! |---|---|
//! | `INFO` | [`Info`] as [postcard](https://postcard.jamesmunns.com/wire-format) writes it: how to combine weights, calibration, thresholds, where it comes from |
//! | `TABL` | the weights, see [`Table`](super::Table) |
//! | `NAME` | optional: rows + 1 offsets (4 bytes each), then the features' names in UTF-8 |
//!
//! Sections with other tags are passed over, so that a later version can add one that readers of
//! today need not understand.

use crate::codec::{Reader, Writer};
use crate::error::{Error, Result};
use crate::features::TOKENIZER_VERSION;

use super::info::Info;
use super::table::{self, Row};

/// Version of the model file's format.
pub const VERSION: u32 = 3;

const MAGIC: &[u8; 8] = b"\x89TAMISM\n";
const WHAT: &str = "model";
const ENTRY: usize = 12;
const MAX_SECTIONS: usize = 64;

/// Where the parts of a checked file are.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub table: table::Layout,
    pub names: Option<Names>,
}

/// Where the names are: `offsets` is the position of the first offset, `text` that of the first byte.
#[derive(Debug, Clone)]
pub(super) struct Names {
    offsets: usize,
    text: usize,
    end: usize,
}

impl Names {
    pub fn get<'a>(&self, bytes: &'a [u8], row: usize) -> Option<&'a str> {
        let offset = |i: usize| {
            let at = self.offsets + 4 * i;
            let raw = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(self.text + u32::from_le_bytes(raw) as usize)
        };
        let (start, end) = (offset(row)?, offset(row + 1)?);
        if end > self.end {
            return None;
        }
        std::str::from_utf8(bytes.get(start..end)?).ok()
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<(Layout, Info)> {
    let mut reader = Reader::open(bytes, WHAT, MAGIC, VERSION, TOKENIZER_VERSION)?;
    let count = reader.u32()? as usize;
    if count > MAX_SECTIONS {
        return Err(reader.corrupt("more sections than any model has"));
    }
    let (mut info, mut table, mut names) = (None, None, None);
    for _ in 0..count {
        let tag = reader.take(4)?;
        let (offset, len) = (reader.u32()? as usize, reader.u32()? as usize);
        let section = reader.slice(offset, len)?;
        match tag {
            b"INFO" => info = Some((offset, section)),
            b"TABL" => table = Some((offset, section)),
            b"NAME" => names = Some((offset, section)),
            _ => {}
        }
    }
    let missing = |tag: &str| reader.corrupt(&format!("the section {tag} is missing"));
    let (offset, section) = info.ok_or_else(|| missing("INFO"))?;
    let corrupt = |offset, reason: String| Error::Corrupt { what: WHAT, offset, reason };
    let info: Info =
        postcard::from_bytes(section).map_err(|_| corrupt(offset, "INFO: not what it should be".into()))?;
    info.check().map_err(|reason| corrupt(offset, format!("INFO: {reason}")))?;

    let (offset, section) = table.ok_or_else(|| missing("TABL"))?;
    let table = table::Layout::check(section, offset, info.components.len())
        .map_err(|reason| corrupt(offset, format!("TABL: {reason}")))?;

    let names = match names {
        None => None,
        Some((offset, section)) => {
            let text = 4 * (table.rows + 1);
            if section.len() < text {
                return Err(corrupt(offset, "NAME: shorter than its own index".into()));
            }
            Some(Names { offsets: offset, text: offset + text, end: offset + section.len() })
        }
    };
    Ok((Layout { table, names }, info))
}

/// The file's bytes. `rows` are in the order of [`Row::place`]; `names` has one (maybe empty) for each.
pub(super) fn write(info: &Info, rows: &[Row], names: Option<&[&str]>) -> Vec<u8> {
    let columns = info.components.len();
    let info = postcard::to_allocvec(info).unwrap_or_default();
    let table = table::write(rows, columns);
    let names = names.map(|names| {
        let mut section = Vec::new();
        let mut end = 0u32;
        for name in std::iter::once(&"").chain(names) {
            end += name.len() as u32;
            section.extend(end.to_le_bytes());
        }
        names.iter().for_each(|name| section.extend(name.as_bytes()));
        section
    });

    let mut sections: Vec<(&[u8; 4], &[u8])> = vec![(b"INFO", &info), (b"TABL", &table)];
    sections.extend(names.as_deref().map(|names| (b"NAME", names)));
    let mut out = Writer::new(MAGIC, VERSION, TOKENIZER_VERSION);
    out.u32(sections.len() as u32);
    let mut offset = out.len() + ENTRY * sections.len();
    for (tag, section) in &sections {
        out.raw(*tag);
        out.u32(offset as u32);
        out.u32(section.len() as u32);
        offset += section.len();
    }
    for (_, section) in sections {
        out.raw(section);
    }
    out.finish()
}
