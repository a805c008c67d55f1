//! Search for short texts. That of memchr (memmem) is faster where there is much to search, but here most texts
//! are short, and in a WebAssembly module it is large.

use memchr::memchr_iter;

/// Where `needle` is first in `text`; `None` if it is nowhere, or empty.
#[inline(never)]
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    memchr_iter(first, text).find(|&at| text[at..].starts_with(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found() {
        for (text, needle, at) in [
            ("a=?b=?", "=?", Some(1)),
            ("==?", "=?", Some(1)),
            ("=", "=?", None),
            ("", "=?", None),
            ("=?", "=?", Some(0)),
            ("abc", "", None),
        ] {
            assert_eq!(find(text.as_bytes(), needle.as_bytes()), at, "{needle} in {text}");
        }
    }
}
