//! What structured header fields are made of: quoted strings, comments and white space (RFC 5322, section 3.2).

use std::borrow::Cow;

/// Splits before the first character that is an `end` and neither quoted nor in a comment.
pub(super) fn split(text: &str, mut end: impl FnMut(char) -> bool) -> (&str, &str) {
    let (mut quoted, mut comments, mut escaped) = (false, 0u32, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || comments > 0 => escaped = true,
            '"' if comments == 0 => quoted = !quoted,
            '(' if !quoted => comments += 1,
            ')' if !quoted => comments = comments.saturating_sub(1),
            c if !quoted && comments == 0 && end(c) => return text.split_at(i),
            _ => {}
        }
    }
    // What is never closed hides nothing.
    let open = quoted || comments > 0;
    text.split_at(if open { text.find(end).unwrap_or(text.len()) } else { text.len() })
}

/// A value without its quotes, comments, line breaks, and the white space around it.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    if !text.contains(['"', '(', '\n']) {
        return text.into();
    }
    let (mut quoted, mut comments, mut escaped) = (false, 0u32, false);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' | '\n' => {}
            _ if escaped => {
                escaped = false;
                if comments == 0 {
                    out.push(c);
                }
            }
            '\\' if quoted || comments > 0 => escaped = true,
            '"' if comments == 0 => quoted = !quoted,
            '(' if !quoted => comments += 1,
            ')' if !quoted => comments = comments.saturating_sub(1),
            c if comments == 0 => out.push(c),
            _ => {}
        }
    }
    Cow::Owned(out.trim_ascii().to_owned())
}
