//! Every bound on what one message may cost. They are part of the tokenizer's definition: a change
//! of any of them changes features, and so [`crate::features::TOKENIZER_VERSION`].

/// Bytes of one message that are read; what lies beyond is not looked at, and that it was there is
/// evidence (`damage:oversize`).
pub const MESSAGE_BYTES: usize = 4 << 20;

/// MIME parts of one message that are read.
pub const PARTS: usize = 128;

/// Depth of `message/rfc822` parts within each other that are read.
pub const NESTED_MESSAGES: usize = 2;

/// Header fields of one message that are read.
pub const HEADERS: usize = 512;

/// Bytes of one header field's decoded value that are read.
pub const HEADER_BYTES: usize = 8 << 10;

/// Bytes of decoded text (all text parts and visible HTML text together) that are tokenized.
pub const TEXT_BYTES: usize = 256 << 10;

/// Bytes of one decoded HTML part that are read.
pub const HTML_BYTES: usize = 1 << 20;

/// Links of one message that are read.
pub const LINKS: usize = 256;

/// Bytes of one word; longer ones are described by their shape.
pub const WORD_BYTES: usize = 40;

/// Features of one message.
pub const FEATURES: usize = 2048;

/// Bytes of a feature's name.
pub const NAME_BYTES: usize = 96;
