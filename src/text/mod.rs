//! Words and other tokens of text.
