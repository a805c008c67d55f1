//! What is wrong with a message's form, as a small set of named facts.

/// One thing that was wrong with, or unusual about, a message's form. None of them stops reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Damage {
    /// The message has no bytes but white space.
    Empty,
    /// The message is longer than [`crate::limits::MESSAGE_BYTES`].
    Oversize,
    /// It starts with something else than a header field.
    NoHeader,
    /// A line among the header fields is none (RFC 5322, section 2.2).
    BadHeader,
    /// There is no empty line after the header.
    NoBody,
    /// More header fields than [`crate::limits::HEADERS`].
    ManyHeaders,
    /// A header field longer than [`crate::limits::HEADER_BYTES`].
    LongHeader,
    /// A header field has bytes above 127.
    EightBitHeader,
    /// A NUL byte.
    Nul,
    /// Base64 or quoted-printable data that is not (RFC 2045, section 6).
    BadTransferEncoding,
    /// A `Content-Transfer-Encoding` that RFC 2045 does not know.
    UnknownTransferEncoding,
    /// A `multipart` type without a `boundary` (RFC 2046, section 5.1.1).
    NoBoundary,
    /// The `boundary` never occurs.
    MissingBoundary,
    /// The last boundary line, `--boundary--`, is not there.
    UnclosedMultipart,
    /// More parts than [`crate::limits::PARTS`].
    ManyParts,
    /// Messages in messages deeper than [`crate::limits::NESTED_MESSAGES`].
    DeepMessages,
    /// A charset name that nobody knows.
    UnknownCharset,
    /// Text is not in the charset that it declares.
    WrongCharset,
    /// The charset of 8-bit text had to be guessed.
    GuessedCharset,
    /// Line breaks within the characters of double-byte text.
    SplitCharacter,
    /// An encoded word that cannot be decoded (RFC 2047).
    BadEncodedWord,
    /// HTML that is declared as plain text, or not declared at all.
    UndeclaredHtml,
    /// A uuencoded or yEnc block within text.
    EncodedBlock,
    /// An HTML part longer than [`crate::limits::HTML_BYTES`].
    LongHtml,
}

impl Damage {
    /// All of them, in their order.
    pub const ALL: [Damage; 24] = [
        Damage::Empty,
        Damage::Oversize,
        Damage::NoHeader,
        Damage::BadHeader,
        Damage::NoBody,
        Damage::ManyHeaders,
        Damage::LongHeader,
        Damage::EightBitHeader,
        Damage::Nul,
        Damage::BadTransferEncoding,
        Damage::UnknownTransferEncoding,
        Damage::NoBoundary,
        Damage::MissingBoundary,
        Damage::UnclosedMultipart,
        Damage::ManyParts,
        Damage::DeepMessages,
        Damage::UnknownCharset,
        Damage::WrongCharset,
        Damage::GuessedCharset,
        Damage::SplitCharacter,
        Damage::BadEncodedWord,
        Damage::UndeclaredHtml,
        Damage::EncodedBlock,
        Damage::LongHtml,
    ];

    /// Its name, which never changes: it is part of a token.
    pub fn name(self) -> &'static str {
        match self {
            Damage::Empty => "empty",
            Damage::Oversize => "oversize",
            Damage::NoHeader => "no-header",
            Damage::BadHeader => "bad-header",
            Damage::NoBody => "no-body",
            Damage::ManyHeaders => "many-headers",
            Damage::LongHeader => "long-header",
            Damage::EightBitHeader => "eight-bit-header",
            Damage::Nul => "nul",
            Damage::BadTransferEncoding => "bad-transfer-encoding",
            Damage::UnknownTransferEncoding => "unknown-transfer-encoding",
            Damage::NoBoundary => "no-boundary",
            Damage::MissingBoundary => "missing-boundary",
            Damage::UnclosedMultipart => "unclosed-multipart",
            Damage::ManyParts => "many-parts",
            Damage::DeepMessages => "deep-messages",
            Damage::UnknownCharset => "unknown-charset",
            Damage::WrongCharset => "wrong-charset",
            Damage::GuessedCharset => "guessed-charset",
            Damage::SplitCharacter => "split-character",
            Damage::BadEncodedWord => "bad-encoded-word",
            Damage::UndeclaredHtml => "undeclared-html",
            Damage::EncodedBlock => "encoded-block",
            Damage::LongHtml => "long-html",
        }
    }
}

/// A set of [`Damage`].
///
/// ```
/// use tamis::message::{Damage, DamageSet};
///
/// let mut set = DamageSet::default();
/// set.insert(Damage::Nul);
/// assert!(set.contains(Damage::Nul) && !set.contains(Damage::Empty));
/// assert_eq!(set.iter().map(Damage::name).collect::<Vec<_>>(), ["nul"]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DamageSet(u32);

impl DamageSet {
    /// Adds one.
    pub fn insert(&mut self, damage: Damage) {
        self.0 |= 1 << damage as u32;
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: DamageSet) {
        self.0 |= other.0;
    }

    /// Whether it has this one.
    pub fn contains(self, damage: Damage) -> bool {
        self.0 & 1 << damage as u32 != 0
    }

    /// Whether nothing is wrong.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those it has, in the order of [`Damage::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Damage> {
        Damage::ALL.into_iter().filter(move |&damage| self.contains(damage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_order_and_names_differ() {
        for (index, damage) in Damage::ALL.into_iter().enumerate() {
            assert_eq!(damage as usize, index);
        }
        let mut names = Damage::ALL.map(Damage::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn sets_keep_what_they_are_given() {
        let mut set = DamageSet::default();
        assert!(set.is_empty());
        set.insert(Damage::LongHtml);
        set.insert(Damage::Empty);
        set.insert(Damage::Empty);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Damage::Empty, Damage::LongHtml]);
    }
}
