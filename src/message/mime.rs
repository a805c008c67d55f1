//! The parts of a message (RFC 2045, RFC 2046).

use std::borrow::Cow;

use memchr::memchr;

use super::charset::{self, Encoding, UTF_8, WINDOWS_1252};
use super::damage::{Damage, DamageSet};
use super::find::find;
use super::header::{self, Field, Fields};
use super::html::Html;
use super::{parameters, start_of, transfer};
use crate::limits;

/// Bytes of a MIME header field that are read.
const FIELD_BYTES: usize = 2 << 10;

/// Text that a mail program does not show as it is.
const UNREAD: &[&str] = &[
    "text/calendar",
    "text/css",
    "text/directory",
    "text/javascript",
    "text/rfc822-headers",
    "text/vcard",
    "text/x-amp-html",
    "text/x-vcard",
];

/// One MIME part: a leaf, or the `multipart` or `message` that holds others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// How many parts hold this one; 0 for the message itself.
    pub depth: usize,
    /// Type and subtype in lower case; empty if there are none, which means `text/plain`.
    pub media_type: String,
    /// The `charset` parameter in lower case.
    pub charset: Option<String>,
    /// The transfer encoding in lower case; empty if there is none, which means `7bit`.
    pub encoding: String,
    /// `inline`, `attachment` or another disposition, in lower case.
    pub disposition: Option<String>,
    /// The decoded `filename` of the disposition, or else the `name` of the type.
    pub file_name: Option<String>,
    /// Bytes of the body after transfer decoding.
    pub size: usize,
}

impl Part {
    pub(super) fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    fn is_message(&self) -> bool {
        matches!(self.media_type.as_str(), "message/rfc822" | "message/global" | "message/news")
    }

    fn is_html(&self) -> bool {
        let name = self.file_name.as_deref().unwrap_or_default().as_bytes();
        let ends = |ending: &[u8]| {
            name.len() > ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
        };
        // Attached pages are opened like others, whatever their declared type.
        matches!(self.media_type.as_str(), "text/html" | "application/xhtml+xml")
            || [&b".html"[..], b".htm", b".shtml", b".xhtml"].into_iter().any(ends)
    }

    /// Whether it is text that a reader sees without opening an attachment.
    fn is_read(&self) -> bool {
        let text = !self.media_type.contains('/') || self.media_type.starts_with("text/");
        let attached = self.depth > 0 && self.disposition.as_deref() == Some("attachment");
        text && !attached && !UNREAD.contains(&self.media_type.as_str())
    }
}

/// The header fields that say what a part is.
#[derive(Default)]
pub(super) struct MimeFields<'a> {
    content_type: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    disposition: Option<&'a [u8]>,
}

impl<'a> MimeFields<'a> {
    /// Keeps the first field of each kind.
    pub fn note(&mut self, field: Field<'a>) {
        let slot = match field.name {
            name if name.eq_ignore_ascii_case("content-type") => &mut self.content_type,
            name if name.eq_ignore_ascii_case("content-transfer-encoding") => &mut self.encoding,
            name if name.eq_ignore_ascii_case("content-disposition") => &mut self.disposition,
            _ => return,
        };
        slot.get_or_insert(field.value);
    }

    /// Reads a part's header; what follows is its body.
    fn read(bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let mut mime = MimeFields::default();
        let mut fields = Fields::new(bytes);
        fields.by_ref().for_each(|field| mime.note(field));
        (mime, fields.body())
    }

    /// The part that they describe, and the boundary of its own parts.
    pub fn part(
        &self,
        depth: usize,
        hint: Option<Encoding>,
        damage: &mut DamageSet,
    ) -> (Part, Option<String>) {
        let mut part = Part { depth, encoding: self.transfer_encoding(), ..Part::default() };
        let mut boundary = None;
        let mut name = None;
        if let Some(value) = self.content_type {
            let value = text(value, hint, damage);
            let mut get = |name| parameters::get(&value, name, hint, damage).map(Cow::into_owned);
            part.media_type = parameters::value(&value);
            part.media_type.truncate(part.media_type.trim_end_matches('/').len());
            part.charset = get("charset").map(|charset| charset.to_ascii_lowercase());
            boundary = get("boundary");
            name = get("name");
        }
        if let Some(value) = self.disposition {
            let value = text(value, hint, damage);
            part.disposition = Some(parameters::value(&value)).filter(|value| !value.is_empty());
            name = parameters::get(&value, "filename", hint, damage).map(Cow::into_owned).or(name);
        }
        part.file_name = name.map(|name| header::decode_words(&name, hint, damage).unwrap_or(name));
        (part, boundary.filter(|boundary| !boundary.is_empty()))
    }

    fn transfer_encoding(&self) -> String {
        let value = self.encoding.unwrap_or_default();
        let end = value.iter().position(|byte| matches!(byte, b';' | b'(' | b' ' | b'\r' | b'\n'));
        String::from_utf8_lossy(&value[..end.unwrap_or(value.len()).min(40)])
            .trim_matches(['"', '\''])
            .to_ascii_lowercase()
    }
}

/// A MIME header field as text.
fn text<'a>(value: &'a [u8], hint: Option<Encoding>, damage: &mut DamageSet) -> Cow<'a, str> {
    charset::decode(&value[..value.len().min(FIELD_BYTES)], None, hint, damage)
}

/// A walk over the parts, and what it has found.
pub(super) struct Walk {
    pub parts: Vec<Part>,
    pub texts: Vec<String>,
    pub html: Vec<Html>,
    /// A charset that the message declares somewhere.
    pub hint: Option<Encoding>,
    pub damage: DamageSet,
    /// Links and images that may still be read.
    links: usize,
}

impl Walk {
    pub fn new(hint: Option<Encoding>, damage: DamageSet) -> Self {
        let (parts, texts, html) = Default::default();
        Walk { parts, texts, html, hint, damage, links: limits::LINKS }
    }

    /// Walks over a part and those that it holds. They are at most [`limits::PARTS`] deep, as each
    /// one counts.
    pub fn entity(&mut self, fields: &MimeFields<'_>, body: &[u8], depth: usize, messages: usize) {
        if self.parts.len() >= limits::PARTS {
            return self.damage.insert(Damage::ManyParts);
        }
        let (mut part, boundary) = fields.part(depth, self.hint, &mut self.damage);
        part.size = transfer::decoded_size(&part.encoding, body);
        let declared = part.charset.as_deref().and_then(charset::encoding);
        self.hint = self.hint.or(declared).filter(|&hint| hint != UTF_8 && hint != WINDOWS_1252);
        if part.is_multipart() {
            self.parts.push(part);
            self.multipart(boundary.as_deref(), body, depth, messages);
        } else if part.is_message() {
            let bytes = transfer::decode(&part.encoding, body, &mut self.damage);
            self.parts.push(part);
            self.message(&bytes, depth, messages);
        } else {
            let html = part.is_html();
            let text = (html || part.is_read()).then(|| self.text(&part, body));
            self.parts.push(part);
            match text {
                Some(text) if html => self.push_html(&text),
                Some(text) => self.push_text(text),
                None => {}
            }
        }
    }

    fn multipart(&mut self, boundary: Option<&str>, body: &[u8], depth: usize, messages: usize) {
        let before = self.parts.len();
        let mut bodies = boundary.map(|boundary| Bodies::new(body, boundary));
        for body in bodies.iter_mut().flatten() {
            let (fields, body) = MimeFields::read(body);
            self.entity(&fields, body, depth + 1, messages);
            if self.damage.contains(Damage::ManyParts) {
                return;
            }
        }
        let damage = match &bodies {
            None => Damage::NoBoundary,
            Some(_) if self.parts.len() == before => Damage::MissingBoundary,
            Some(bodies) if !bodies.closed => Damage::UnclosedMultipart,
            Some(_) => return,
        };
        self.damage.insert(damage);
        // Without parts it is all text.
        if self.parts.len() == before {
            let text = self.text(&Part::default(), body);
            self.push_text(text);
        }
    }

    fn message(&mut self, bytes: &[u8], depth: usize, messages: usize) {
        if messages >= limits::NESTED_MESSAGES {
            return self.damage.insert(Damage::DeepMessages);
        }
        let (fields, body) = MimeFields::read(bytes);
        self.entity(&fields, body, depth + 1, messages + 1);
    }

    /// A part's body as text.
    fn text(&mut self, part: &Part, body: &[u8]) -> String {
        let bytes = transfer::decode(&part.encoding, body, &mut self.damage);
        let declared = part.charset.as_deref().or_else(|| meta_charset(part, &bytes));
        charset::decode(&bytes, declared, self.hint, &mut self.damage).into_owned()
    }

    pub fn push_text(&mut self, text: String) {
        if looks_like_html(&text) {
            self.damage.insert(Damage::UndeclaredHtml);
            return self.push_html(&text);
        }
        self.texts.push(match transfer::cut_blocks(&text) {
            Some(text) => {
                self.damage.insert(Damage::EncodedBlock);
                text
            }
            None => text,
        });
    }

    pub fn push_html(&mut self, text: &str) {
        let start = start_of(text, limits::HTML_BYTES);
        if start.len() < text.len() {
            self.damage.insert(Damage::LongHtml);
        }
        let html = Html::parse(start, self.links);
        self.links -= html.links.len().max(html.images.len());
        self.html.push(html);
    }
}

/// The charset that an HTML part without a declared one names itself.
fn meta_charset<'a>(part: &Part, bytes: &'a [u8]) -> Option<&'a str> {
    if !part.is_html() || bytes.is_ascii() {
        return None;
    }
    let head = &bytes[..bytes.len().min(1024)];
    let start = find(&head.to_ascii_lowercase(), b"charset=")? + "charset=".len();
    let value = head[start..].strip_prefix(b"\"").unwrap_or(&head[start..]);
    let end = value.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'>' | b' ' | b';' | b'/'))?;
    std::str::from_utf8(&value[..end]).ok().filter(|charset| charset::encoding(charset).is_some())
}

fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start().as_bytes();
    [&b"<html"[..], b"<!doctype html", b"<head>", b"<body"]
        .into_iter()
        .any(|tag| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

/// The bodies between the boundary lines of a multipart (RFC 2046, section 5.1.1).
struct Bodies<'a> {
    /// What follows the last boundary line.
    rest: &'a [u8],
    delimiter: String,
    started: bool,
    /// The closing boundary line was there.
    closed: bool,
}

impl<'a> Bodies<'a> {
    fn new(body: &'a [u8], boundary: &str) -> Self {
        Bodies { rest: body, delimiter: format!("--{boundary}"), started: false, closed: false }
    }

    /// What stands before the next boundary line. The line break before it belongs to the boundary.
    fn before_boundary(&mut self) -> Option<&'a [u8]> {
        let (rest, mut start) = (self.rest, 0);
        while start < rest.len() {
            let end = memchr(b'\n', &rest[start..]).map_or(rest.len(), |newline| start + newline + 1);
            // Other boundaries may start with this one.
            if let Some(tail) = rest[start..end].strip_prefix(self.delimiter.as_bytes())
                && (tail.starts_with(b"--") || tail.trim_ascii().is_empty())
            {
                self.closed = tail.starts_with(b"--");
                self.rest = &rest[end..];
                let body = &rest[..start];
                let body = body.strip_suffix(b"\n").unwrap_or(body);
                return Some(body.strip_suffix(b"\r").unwrap_or(body));
            }
            start = end;
        }
        None
    }
}

impl<'a> Iterator for Bodies<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.closed {
            return None;
        }
        if !self.started {
            self.before_boundary()?;
            self.started = true;
            return self.next();
        }
        self.before_boundary().or_else(|| {
            // The last body may lack its end.
            let rest = std::mem::take(&mut self.rest);
            (!rest.is_empty()).then_some(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Message;
    use super::*;

    fn read(bytes: &str) -> Message<'_> {
        Message::parse(bytes.as_bytes())
    }

    fn damage(message: &Message<'_>) -> Vec<&'static str> {
        message.damage.iter().map(Damage::name).collect()
    }

    fn shape(message: &Message<'_>) -> String {
        let parts = message.parts.iter().map(|part| format!("{}{}", part.depth, part.media_type));
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parts_and_their_texts() {
        let message = read(concat!(
            "Content-Type: multipart/mixed; boundary=\"out er\"\r\n\r\npreamble\r\n--out er\r\n",
            "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\nplain\r\n--inner is text\r\n",
            "--in\r\nContent-Type: Text/HTML; charset=US-ASCII\r\nContent-Transfer-Encoding: Base64\r\n\r\n",
            "PGI+aHRtbDwvYj4=\r\n--in--\r\nepilogue\r\n--out er\t\r\n",
            "Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n",
            "Content-Disposition: attachment; filename*=utf-8''%E4%B8%AD.pdf\r\n\r\nAAAA\r\n--out er--\r\n",
        ));
        assert_eq!(shape(&message), "0multipart/mixed 1multipart/alternative 2 2text/html 1application/pdf");
        assert_eq!(message.texts, ["plain\r\n--inner is text"]);
        assert_eq!(message.html[0].visible, "html");
        let pdf = &message.parts[4];
        assert_eq!((pdf.file_name.as_deref(), pdf.size), (Some("中.pdf"), 3));
        assert_eq!(pdf.disposition.as_deref(), Some("attachment"));
        assert_eq!(message.parts[3].encoding, "base64");
        assert_eq!(message.parts[3].charset.as_deref(), Some("us-ascii"));
        assert!(message.damage.is_empty(), "{:?}", damage(&message));
    }

    #[test]
    fn damaged_multiparts_are_read_as_far_as_they_go() {
        for (text, shape_of, texts, names) in [
            ("boundary=a\n\n--a\n\nx", "0multipart/mixed 1", "x", "unclosed-multipart"),
            ("boundary=a\n\n--b\n\nx", "0multipart/mixed", "--b\n\nx", "missing-boundary"),
            ("\n\n--b\n\nx", "0multipart/mixed", "--b\n\nx", "no-boundary"),
            ("boundary=\"\"\n\nx", "0multipart/mixed", "x", "no-boundary"),
            ("boundary=a\n\n--a--\n", "0multipart/mixed", "--a--\n", "missing-boundary"),
        ] {
            let text = format!("Content-Type: multipart/mixed; {text}");
            let message = read(&text);
            assert_eq!(shape(&message), shape_of, "{text:?}");
            assert_eq!(message.texts.concat(), texts, "{text:?}");
            assert_eq!(damage(&message).join(" "), names, "{text:?}");
        }
    }

    #[test]
    fn messages_within_messages() {
        let inner = "Content-Type: message/rfc822\n\n".repeat(limits::NESTED_MESSAGES);
        let text = format!("{inner}Subject: deepest\n\nhello");
        let message = read(&text);
        assert_eq!((message.texts.concat().as_str(), message.parts.len()), ("hello", 3));
        let text = format!("Content-Type: message/rfc822\n\n{text}");
        assert_eq!(damage(&read(&text)), ["deep-messages"]);
        let encoded =
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKaGk=";
        assert_eq!(read(encoded).texts, ["hi"]);
    }

    #[test]
    fn what_is_read() {
        for (header, texts, html) in [
            ("Content-Type: text/plain", 1, 0),
            ("Content-Type: text/plain\nContent-Disposition: attachment", 1, 0),
            ("Content-Type: text/x-unknown", 1, 0),
            ("Content-Type: text/calendar", 0, 0),
            ("Content-Type: garbage", 1, 0),
            ("Content-Type: image/png", 0, 0),
            ("Content-Type: application/octet-stream; name=\"invoice.HTM\"", 0, 1),
            ("X: y", 1, 0),
        ] {
            let text = format!("{header}\n\nx");
            let message = read(&text);
            assert_eq!((message.texts.len(), message.html.len()), (texts, html), "{header}");
        }
        let attached =
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Disposition: attachment\n\nx\n--a--";
        assert_eq!(read(attached).texts.len(), 0);
    }

    #[test]
    fn html_is_recognized() {
        let message = read("Subject: a\n\n <!DOCTYPE HTML><p>x");
        assert_eq!((message.html[0].visible.as_str(), message.texts.len()), ("x", 0));
        assert_eq!(damage(&message), ["undeclared-html"]);
    }

    #[test]
    fn html_may_name_its_charset() {
        let (bytes, ..) =
            encoding_rs::KOI8_R.encode("Content-Type: text/html\n\n<meta charset=\"koi8-r\">Да");
        assert_eq!(Message::parse(&bytes).html[0].visible, "Да");
    }

    #[test]
    fn encoded_file_names() {
        let message = read("Content-Type: image/gif; name=\"=?utf-8?B?w6k=?=.gif\"\n\n");
        assert_eq!(message.parts[0].file_name.as_deref(), Some("é.gif"));
        let message = read("Content-Type: a/b;\n name*0*=utf-8''%C3;\n name*1*=%A9.gif\n\n");
        assert!(message.parts[0].file_name.as_deref().is_some_and(|name| name.ends_with(".gif")));
    }
}
