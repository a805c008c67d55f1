//! The frame that all tamis files share, and checked reading of little-endian numbers.
//!
//! ```text
//! 0   8  magic of the kind of file
//! 8   4  format version
//! 12  4  tokenizer version
//! 16  8  XXH3-64 of all that follows
//! 24  …  body
//! ```

use twox_hash::XxHash3_64;

use crate::error::{Error, Result};

/// Bytes before the body.
pub(crate) const HEADER: usize = 24;

/// Writes a file's bytes.
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn new(magic: &[u8; 8], version: u32, tokenizer: u32) -> Self {
        let mut bytes = magic.to_vec();
        bytes.extend(version.to_le_bytes());
        bytes.extend(tokenizer.to_le_bytes());
        bytes.extend([0; 8]);
        Self { bytes }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// LEB128: seven bits a byte, lowest first.
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub fn finish(mut self) -> Vec<u8> {
        let checksum = XxHash3_64::oneshot(&self.bytes[HEADER..]);
        self.bytes[16..HEADER].copy_from_slice(&checksum.to_le_bytes());
        self.bytes
    }
}

/// Reads a file's bytes; every read is checked, and an error names the offset.
pub(crate) struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Checks magic, versions and checksum, and stands at the body.
    pub fn open(
        bytes: &'a [u8],
        what: &'static str,
        magic: &[u8; 8],
        version: u32,
        tokenizer: u32,
    ) -> Result<Self> {
        let mut reader = Self { what, bytes, at: 0 };
        if reader.take(8).ok() != Some(magic) {
            return Err(Error::Corrupt {
                what,
                offset: 0,
                reason: format!("it does not begin as a {what} file does"),
            });
        }
        for (name, expected) in [("format", version), ("tokenizer", tokenizer)] {
            let found = reader.u32()?;
            if found != expected {
                return Err(Error::Version { what, part: name, found, expected });
            }
        }
        let checksum = u64::from_le_bytes(reader.array()?);
        if checksum != XxHash3_64::oneshot(&bytes[HEADER..]) {
            reader.at = 16;
            return Err(reader.corrupt("the checksum does not fit: the file was cut short or changed"));
        }
        Ok(reader)
    }

    /// The bytes of the whole file from `offset`, `len` of them, wherever the reader stands.
    pub fn slice(&self, offset: usize, len: usize) -> Result<&'a [u8]> {
        let end = offset.checked_add(len);
        end.and_then(|end| self.bytes.get(offset..end)).ok_or_else(|| Error::Corrupt {
            what: self.what,
            offset,
            reason: format!("{len} bytes should stand here, the file has {}", self.bytes.len()),
        })
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let taken = self.slice(self.at, len)?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.corrupt("cut short"))
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.corrupt("a number that does not fit in 64 bits"))
    }

    pub fn varint_u32(&mut self) -> Result<u32> {
        let value = self.varint()?;
        value.try_into().map_err(|_| self.corrupt("a number that does not fit in 32 bits"))
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn end(&self) -> Result<()> {
        if self.remaining() == 0 { Ok(()) } else { Err(self.corrupt("more bytes than belong to the file")) }
    }

    pub fn corrupt(&self, reason: &str) -> Error {
        Error::Corrupt { what: self.what, offset: self.at, reason: reason.into() }
    }
}
