//! A message that somebody else has parsed: a mail client's, or an API's.

use std::borrow::Cow;

use super::damage::{Damage, DamageSet};
use super::header::{self, Field};
use super::mime::{MimeFields, Part, Walk};
use super::{Header, Message, start_of, verdict};
use crate::limits;

/// What a client knows of a message whose source it does not have.
///
/// ```
/// use tamis::message::{Message, ParsedFields};
///
/// let fields = ParsedFields {
///     headers: vec![("Subject", "=?utf-8?Q?caf=C3=A9?="), ("From", "Ann <ann@example.org>")],
///     text: Some("See you at noon."),
///     ..ParsedFields::default()
/// };
/// let message = Message::from_fields(&fields);
/// assert_eq!(message.header("subject").map(|header| header.value()), Some("café"));
/// assert_eq!(message.texts, ["See you at noon."]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedFields<'a> {
    /// Names and values of the header fields, in the message's order and in its spelling where the
    /// client still has it; values with their encoded words or without.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The text that is not HTML.
    pub text: Option<&'a str>,
    /// The HTML.
    pub html: Option<&'a str>,
    /// What is attached.
    pub attachments: Vec<Attachment<'a>>,
    /// Bytes of the message's source; what the fields add up to if it is not known.
    pub size: Option<usize>,
}

/// An attached file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Such as `image/png`; empty if it is not known.
    pub media_type: &'a str,
    /// Empty if it has none.
    pub file_name: &'a str,
}

impl<'a> Message<'a> {
    /// A message from its parsed fields: the same as [`Message::parse`] makes of the source, as far as
    /// the fields tell. What they do not tell is taken to be as in most mail: text and HTML are
    /// alternatives, encoded as UTF-8.
    pub fn from_fields(fields: &ParsedFields<'a>) -> Message<'a> {
        let mut damage = DamageSet::default();
        let mut message = Message { size: fields.size.unwrap_or_else(|| size(fields)), ..Message::default() };
        let mut mime = MimeFields::default();
        let mut own = Vec::with_capacity(fields.headers.len().min(limits::HEADERS));
        for &(name, value) in &fields.headers {
            let name = name.trim();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
                damage.insert(Damage::BadHeader);
                continue;
            }
            let value = value.trim_ascii();
            let field = Field { name, value: value.as_bytes(), size: field_size(name, value) };
            mime.note(field);
            if verdict::is_verdict_header(name) {
                message.verdict_headers += 1;
                message.size = message.size.saturating_sub(field.size);
            } else if own.len() < limits::HEADERS {
                own.push((name, value));
            } else {
                damage.insert(Damage::ManyHeaders);
            }
        }
        let content = [fields.text, fields.html];
        for (wrong, kind) in [
            (message.size > limits::MESSAGE_BYTES, Damage::Oversize),
            (own.is_empty() && message.verdict_headers == 0, Damage::NoHeader),
            (own.is_empty() && content.iter().flatten().all(|text| text.trim().is_empty()), Damage::Empty),
            (content.iter().flatten().any(|text| text.contains('\0')), Damage::Nul),
        ] {
            if wrong {
                damage.insert(kind);
            }
        }

        let hint = own.iter().find_map(|(_, value)| header::word_charset(value.as_bytes()));
        let mut walk = Walk::new(hint, damage);
        walk.parsed(&mime, fields);
        let Walk { parts, texts, html, hint, mut damage, .. } = walk;
        let headers = own.into_iter().map(|(name, value)| {
            let start = start_of(value, limits::HEADER_BYTES);
            if start.len() < value.len() {
                damage.insert(Damage::LongHeader);
            }
            let raw: Cow<'a, str> = match start.contains(['\r', '\n']) {
                true => start.replace(['\r', '\n'], "").into(),
                false => start.into(),
            };
            let decoded = header::decode_words(&raw, hint, &mut damage);
            Header { name, raw, decoded }
        });
        let headers = headers.collect();
        Message { headers, texts, html, parts, damage, ..message }
    }
}

impl Walk {
    /// The parts that parsed fields tell of.
    fn parsed(&mut self, mime: &MimeFields<'_>, fields: &ParsedFields<'_>) {
        let (root, _) = mime.part(0, self.hint, &mut self.damage);
        let multipart = root.is_multipart();
        let mut depth = 0;
        if multipart {
            depth = 1;
            let alternative = root.media_type == "multipart/alternative";
            self.parts.push(root);
            if fields.text.is_some() && fields.html.is_some() && !alternative {
                self.parts.push(inner("multipart/alternative", depth));
                depth = 2;
            }
        } else if fields.text.is_some() && fields.html.is_some() {
            self.parts.push(inner("multipart/alternative", 0));
            depth = 1;
        } else {
            let missing = root.media_type.is_empty() && fields.html.is_some();
            let part = if missing { inner("text/html", 0) } else { root };
            self.parts.push(part);
        }
        let single = depth == 0;
        for (media_type, text) in [("text/plain", fields.text), ("text/html", fields.html)] {
            let Some(text) = text.map(|text| start_of(text, limits::MESSAGE_BYTES)) else { continue };
            if !single {
                let charset = Some("utf-8".to_owned());
                self.parts.push(Part { charset, size: text.len(), ..inner(media_type, depth) });
            }
            match media_type {
                "text/html" => self.push_html(text),
                _ => self.push_text(text.to_owned()),
            }
        }
        if fields.text.is_none() && fields.html.is_none() && single {
            self.push_text(String::new());
        }
        for attachment in &fields.attachments {
            if self.parts.len() >= limits::PARTS {
                return self.damage.insert(Damage::ManyParts);
            }
            let file_name = Some(attachment.file_name).filter(|name| !name.is_empty()).map(str::to_owned);
            let disposition = Some("attachment".to_owned());
            let media_type = attachment.media_type.to_ascii_lowercase();
            self.parts.push(Part { disposition, file_name, ..inner(&media_type, 1) });
        }
    }
}

fn inner(media_type: &str, depth: usize) -> Part {
    Part { depth, media_type: media_type.to_owned(), ..Part::default() }
}

/// About what the source would have.
fn size(fields: &ParsedFields<'_>) -> usize {
    let headers = fields.headers.iter().map(|(name, value)| field_size(name, value));
    headers.chain([fields.text, fields.html].into_iter().flatten().map(str::len)).sum()
}

fn field_size(name: &str, value: &str) -> usize {
    name.len() + value.len() + ": \r\n".len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(headers: &[(&'a str, &'a str)]) -> ParsedFields<'a> {
        ParsedFields { headers: headers.to_vec(), ..ParsedFields::default() }
    }

    /// All but the bytes of encoded parts, of which the fields say nothing.
    fn same(source: &str, fields: ParsedFields<'_>) {
        let parsed = Message::parse(source.as_bytes());
        let mut made = Message::from_fields(&ParsedFields { size: Some(source.len()), ..fields });
        assert_eq!(made.parts.len(), parsed.parts.len(), "{:?} {:?}", made.parts, parsed.parts);
        for (made, parsed) in made.parts.iter_mut().zip(&parsed.parts) {
            made.size = parsed.size;
        }
        // How the source breaks its lines the fields do not say.
        assert!(made.size.abs_diff(parsed.size) <= made.verdict_headers);
        made.size = parsed.size;
        assert_eq!(made, parsed);
    }

    #[test]
    fn fields_make_the_message_of_their_source() {
        same(
            "From: Ann <a@b.c>\nSubject: =?utf-8?Q?caf=C3=A9?=\nX-Spam-Flag: YES\n\nHello\n",
            ParsedFields {
                text: Some("Hello\n"),
                ..fields(&[
                    ("From", "Ann <a@b.c>"),
                    ("Subject", "=?utf-8?Q?caf=C3=A9?="),
                    ("X-Spam-Flag", "YES"),
                ])
            },
        );
        same(
            "Subject: x\nContent-Type: text/html; charset=utf-8\n\n<p>via<!-- -->gra <a href='http://a.b'>c</a>",
            ParsedFields {
                html: Some("<p>via<!-- -->gra <a href='http://a.b'>c</a>"),
                ..fields(&[("Subject", "x"), ("Content-Type", "text/html; charset=utf-8")])
            },
        );
        let part = |media_type: &str, text: &str| {
            format!("--b\nContent-Type: {media_type}; charset=utf-8\n\n{text}\n")
        };
        let alternative = "multipart/alternative; boundary=b";
        same(
            &format!(
                "Content-Type: {alternative}\n\n{}{}--b--\n",
                part("text/plain", "hi"),
                part("text/html", "<b>hi")
            ),
            ParsedFields {
                text: Some("hi"),
                html: Some("<b>hi"),
                ..fields(&[("Content-Type", alternative)])
            },
        );
    }

    #[test]
    fn damage_is_told_and_limits_hold() {
        let empty = Message::from_fields(&ParsedFields::default());
        assert_eq!(empty.damage.iter().map(Damage::name).collect::<Vec<_>>(), ["empty", "no-header"]);
        assert_eq!(empty.texts, [""]);
        let long = "a".repeat(limits::HEADER_BYTES + 1);
        let mut many = vec![("Subject", long.as_str()), ("", "x"), ("a b", "x")];
        many.extend(std::iter::repeat_n(("A", "b"), limits::HEADERS));
        let attachments = vec![Attachment::default(); limits::PARTS];
        let message = Message::from_fields(&ParsedFields { attachments, text: Some("x\0"), ..fields(&many) });
        assert_eq!((message.headers.len(), message.parts.len()), (limits::HEADERS, limits::PARTS));
        assert_eq!(message.headers[0].value().len(), limits::HEADER_BYTES);
        for damage in
            [Damage::BadHeader, Damage::ManyHeaders, Damage::LongHeader, Damage::Nul, Damage::ManyParts]
        {
            assert!(message.damage.contains(damage), "{}", damage.name());
        }
    }
}
