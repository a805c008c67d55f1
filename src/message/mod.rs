//! A message as the classifier sees it: header fields, readable text, HTML, and the MIME shape.
//!
//! [`Message::parse`] takes any bytes. What is wrong with them is evidence ([`DamageSet`]), never
//! an error.
//!
//! mail-parser reads addresses, content types, base64 and the rarer charsets. The walk over the
//! parts is done here, for three reasons: mail-parser's own recurses over encoded messages within
//! messages, so a few megabytes of mail could exhaust the stack; the limits of [`crate::limits`]
//! have to hold before the work is done; and a charset can only be guessed from the bytes, which
//! mail-parser has replaced by then.

mod address;
mod charset;
mod css;
mod damage;
mod find;
mod hash;
mod header;
pub mod html;
mod lexical;
mod mime;
mod parameters;
mod parsed;
mod transfer;
pub mod transport;
pub mod verdict;

use std::borrow::Cow;

use crate::limits;
use charset::Encoding;

pub use address::Mailbox;
pub use damage::{Damage, DamageSet};
pub(crate) use find::find;
pub use html::{Html, Image, Link, LinkKind};
pub use mime::Part;
pub use parsed::{Attachment, ParsedFields};

use header::Fields;
use mime::{MimeFields, Walk};

/// A message, read once: everything that features are made of.
///
/// ```
/// use tamis::message::Message;
///
/// let message = Message::parse(b"From: Ann <ann@example.org>\nSubject: =?utf-8?Q?caf=C3=A9?=\n\nHello\n");
/// assert_eq!(message.header("subject").map(|header| header.value()), Some("café"));
/// assert_eq!(message.mailboxes("From")[0].address, "ann@example.org");
/// assert_eq!(message.texts, ["Hello\n"]);
/// assert!(message.damage.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message<'a> {
    /// The message's own header fields in their order, at most [`limits::HEADERS`], without those
    /// that other filters wrote.
    pub headers: Vec<Header<'a>>,
    /// Fields left out because [`verdict::is_verdict_header`] knows them. Not evidence: it tells
    /// whoever trains on this mail that somebody else has judged it before.
    pub verdict_headers: usize,
    /// The parts to be read that are text but not HTML, decoded, in their order; those of attached
    /// messages too, down to [`limits::NESTED_MESSAGES`].
    pub texts: Vec<String>,
    /// The HTML parts, in their order.
    pub html: Vec<Html>,
    /// All parts, each before those that it holds, at most [`limits::PARTS`].
    pub parts: Vec<Part>,
    /// What is wrong with the message.
    pub damage: DamageSet,
    /// Bytes of the whole message, also of what was not read, but for the fields that other filters wrote.
    pub size: usize,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name as it is written.
    pub name: &'a str,
    /// The value as it is written, at most [`limits::HEADER_BYTES`] bytes of it, unfolded. Bytes
    /// above 127 are text in the charset that they most likely have.
    pub raw: Cow<'a, str>,
    /// The value with its encoded words decoded, if it has any.
    decoded: Option<String>,
}

impl Header<'_> {
    /// The value as it is meant to be read: encoded words decoded and, in the subject, the tags of
    /// filters left out ([`verdict::strip_verdict_tag`]).
    pub fn value(&self) -> &str {
        let value = self.decoded.as_deref().unwrap_or(&self.raw);
        if self.name.eq_ignore_ascii_case("subject") { verdict::strip_verdict_tag(value) } else { value }
    }

    /// The addresses in the value (RFC 5322, section 3.4), those of groups too. A name with a comma
    /// that is not quoted is taken for one name, as mail programs do.
    pub fn mailboxes(&self) -> Vec<Mailbox> {
        address::mailboxes(&self.raw)
    }
}

impl<'a> Message<'a> {
    /// Reads a message from any bytes.
    ///
    /// At most [`limits::MESSAGE_BYTES`] are looked at. A line `From …` of an mbox file at the start
    /// is skipped.
    pub fn parse(raw: &'a [u8]) -> Message<'a> {
        Self::parse_start(raw, raw.len())
    }

    /// As [`parse`](Self::parse), of a message of `size` bytes of which only the start is at hand: with
    /// its first [`limits::MESSAGE_BYTES`] the result is the same.
    pub fn parse_start(start: &'a [u8], size: usize) -> Message<'a> {
        let mut damage = DamageSet::default();
        let bytes = &start[..start.len().min(limits::MESSAGE_BYTES)];
        for (wrong, kind) in [
            (size > bytes.len(), Damage::Oversize),
            (bytes.trim_ascii().is_empty(), Damage::Empty),
            (memchr::memchr(0, bytes).is_some(), Damage::Nul),
        ] {
            if wrong {
                damage.insert(kind);
            }
        }

        let mut fields = Fields::new(skip_envelope(bytes));
        let mut message = Message { size, ..Message::default() };
        let mut mime = MimeFields::default();
        let mut own = Vec::with_capacity(32);
        for field in fields.by_ref() {
            mime.note(field);
            if verdict::is_verdict_header(field.name) {
                message.verdict_headers += 1;
                message.size = message.size.saturating_sub(field.size);
            } else if own.len() < limits::HEADERS {
                own.push(field);
            } else {
                damage.insert(Damage::ManyHeaders);
            }
        }
        let no_header = own.is_empty() && message.verdict_headers == 0;
        for (wrong, kind) in [
            (no_header, Damage::NoHeader),
            (fields.bad, Damage::BadHeader),
            (!fields.ended && !no_header, Damage::NoBody),
        ] {
            if wrong {
                damage.insert(kind);
            }
        }

        let hint = own.iter().find_map(|field| header::word_charset(field.value));
        let mut walk = Walk::new(hint, damage);
        walk.entity(&mime, fields.body(), 0, 0);
        let Walk { parts, texts, html, hint, mut damage, .. } = walk;
        let headers = own.into_iter().map(|field| read_header(field, hint, &mut damage)).collect();
        Message { headers, texts, html, parts, damage, ..message }
    }

    /// The first header field of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&Header<'a>> {
        self.headers_named(name).next()
    }

    /// The header fields of this name, in whatever case.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = &Header<'a>> {
        self.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name))
    }

    /// The addresses in the first field of this name: `From`, `Reply-To`, `Sender`, `Return-Path`,
    /// `To`, `Cc` and the like.
    pub fn mailboxes(&self, name: &str) -> Vec<Mailbox> {
        self.header(name).map(Header::mailboxes).unwrap_or_default()
    }
}

/// What follows a byte order mark, empty lines and the `From ` line of an mbox file.
fn skip_envelope(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let message = &bytes[start..];
    let line = memchr::memchr(b'\n', message).map_or(message.len(), |newline| newline + 1);
    // A header field may have white space before its colon (RFC 5322, section 4.5).
    let sender = message.strip_prefix(b">").unwrap_or(message).strip_prefix(b"From ");
    match sender.is_some_and(|sender| !sender.trim_ascii_start().starts_with(b":")) {
        true => &message[line..],
        // Without a header, empty lines are where the header ends.
        false if Fields::new(message).next().is_none() => bytes,
        false => message,
    }
}

fn read_header<'a>(field: header::Field<'a>, hint: Option<Encoding>, damage: &mut DamageSet) -> Header<'a> {
    let value = match field.value.get(..limits::HEADER_BYTES) {
        Some(start) => {
            damage.insert(Damage::LongHeader);
            start
        }
        None => field.value,
    };
    let raw = header::unfold(value, hint, damage);
    let decoded = header::decode_words(&raw, hint, damage);
    Header { name: field.name, raw, decoded }
}

/// The start of `text`, of at most so many bytes.
fn start_of(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(message: &Message<'_>) -> Vec<&'static str> {
        message.damage.iter().map(Damage::name).collect()
    }

    #[test]
    fn any_bytes_are_a_message() {
        for (bytes, texts, names) in [
            ("", &[""][..], &["empty", "no-header"][..]),
            ("\r\n\r\n", &["\r\n"], &["empty", "no-header"]),
            ("just text, no header\nmore\n", &["just text, no header\nmore\n"], &["no-header"]),
            ("Subject: a\n\nb", &["b"], &[]),
            ("Subject: a", &[""], &["no-body"]),
            ("From a@b Mon Jan 1 00:00:00 2024\nSubject: a\n\nb", &["b"], &[]),
            (">From a@b\nSubject: a\n\nb", &["b"], &[]),
            ("From : a@b\n\nb", &["b"], &[]),
            ("\u{feff}\nSubject: a\n\nb", &["b"], &[]),
            ("Subject: a\n\nb\0c", &["b\0c"], &["nul"]),
            ("Subject: a\ngarbage here\nTo: b\n\nc", &["c"], &["bad-header"]),
        ] {
            let message = Message::parse(bytes.as_bytes());
            assert_eq!(message.texts, texts, "{bytes:?}");
            assert_eq!(damage(&message), names, "{bytes:?}");
            assert_eq!(message.size, bytes.len());
        }
    }

    #[test]
    fn headers() {
        let message = Message::parse(
            b"Received: from a\r\n\tby b\r\nX-Spam-Status: Yes\r\nSUBJECT: [SPAM] =?utf-8?Q?=C3=A9?=\r\n x\r\nreceived: c\r\n\r\n",
        );
        let received: Vec<_> = message.headers_named("Received").map(Header::value).collect();
        assert_eq!(received, ["from a\tby b", "c"]);
        let subject = message.header("Subject").unwrap();
        assert_eq!((subject.name, subject.value()), ("SUBJECT", "é x"));
        assert_eq!(subject.raw, "[SPAM] =?utf-8?Q?=C3=A9?= x");
        assert_eq!((message.headers.len(), message.verdict_headers), (3, 1));
        assert!(message.header("X-Spam-Status").is_none());
        let marked = Message::parse(b"X-Tamis-Class: ham\r\nSubject: a\r\n\r\nb");
        assert_eq!(marked.size, Message::parse(b"Subject: a\r\n\r\nb").size);
    }

    #[test]
    fn header_limits() {
        let long = format!("Subject: {}\n\n", "a".repeat(limits::HEADER_BYTES + 1));
        let message = Message::parse(long.as_bytes());
        assert_eq!(message.headers[0].raw.len(), limits::HEADER_BYTES);
        assert_eq!(damage(&message), ["long-header"]);
        let many = "A: b\n".repeat(limits::HEADERS + 1) + "Content-Type: text/html\n\n<b>x";
        let message = Message::parse(many.as_bytes());
        assert_eq!(message.headers.len(), limits::HEADERS);
        assert_eq!(message.html[0].visible, "x");
        assert_eq!(damage(&message), ["many-headers"]);
    }

    #[test]
    fn eight_bit_headers() {
        let (gbk, ..) = encoding_rs::GBK.encode("Subject: 代开发票，请来电\n\nx");
        let message = Message::parse(&gbk);
        assert_eq!(message.headers[0].value(), "代开发票，请来电");
        assert_eq!(damage(&message), ["eight-bit-header", "guessed-charset"]);
        // Too short to tell, but the body's charset is declared.
        let (big5, ..) =
            encoding_rs::BIG5.encode("Subject: 你好\nContent-Type: text/plain; charset=big5\n\nx");
        assert_eq!(Message::parse(&big5).headers[0].value(), "你好");
    }

    #[test]
    fn hostile_messages_do_no_harm() {
        let multiparts: String = (0..10_000)
            .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"))
            .collect();
        let messages = "Content-Type: message/rfc822\n\n".repeat(100_000);
        for (name, bytes) in [
            ("multiparts", multiparts),
            ("messages", messages),
            ("header fields", "A: b\n".repeat(1_000_000)),
            ("no header fields", "a\n".repeat(1_000_000)),
            ("one header field", format!("Subject: {}", "=?utf-8?Q?=41?= ".repeat(200_000))),
            ("encoded words without an end", format!("To: {}", "=?aa?q?".repeat(500_000))),
            ("comments without an end", format!("To: {}", "(,".repeat(500_000))),
            ("quotes without an end", format!("To: {}", "\"\\,".repeat(500_000))),
            ("routes without an end", format!("To: {}", "<,".repeat(500_000))),
            ("parameters without an end", format!("Content-Type: a/b{}", ";name*1=\"(".repeat(100_000))),
            ("content type", format!("Content-Type: a/b{}", ";a*0=b;a*1=c".repeat(100_000))),
            ("boundaries", format!("Content-Type: multipart/x; boundary=a\n\n{}", "--a\n".repeat(500_000))),
            ("unclosed boundaries", "Content-Type: multipart/x; boundary=a\n\n--ab\n".repeat(50_000)),
            ("NUL", "\0".repeat(4_000_000)),
            ("tags", format!("Content-Type: text/html\n\n{}", "<b><div><td>".repeat(200_000))),
            ("end tags", format!("Content-Type: text/html\n\n{}", "<b></i>".repeat(300_000))),
            ("attributes", format!("Content-Type: text/html\n\n<a {}>", "b=c ".repeat(500_000))),
            ("open attribute", format!("Content-Type: text/html\n\n{}", "<a href='".repeat(200_000))),
            ("rules", format!("Content-Type: text/html\n\n<style>{}", ".a{".repeat(500_000))),
            ("comments", format!("Content-Type: text/html\n\n{}", "<!-".repeat(500_000))),
            ("dashes", format!("Content-Type: text/html\n\n<!--{}", "-<!--".repeat(500_000))),
            ("titles", format!("Content-Type: text/html\n\n{}", "<title></titl".repeat(200_000))),
            ("references", format!("Content-Type: text/html\n\n{}", "&Counterclockwise&#1".repeat(100_000))),
            ("not uuencoded", "begin ".repeat(600_000)),
            (
                "equals signs",
                format!("Content-Transfer-Encoding: quoted-printable\n\n{}", "= ".repeat(2_000_000)),
            ),
            ("uuencoded", "begin 644 a\n#0V%T\n".repeat(200_000)),
        ] {
            let message = Message::parse(bytes.as_bytes());
            assert!(message.parts.len() <= limits::PARTS, "{name}");
            message.headers.iter().take(3).for_each(|header| drop(header.mailboxes()));
        }
    }

    #[test]
    fn at_most_so_many_bytes_are_read() {
        let mut bytes = b"Subject: a\n\n".to_vec();
        bytes.resize(50 << 20, b'x');
        let message = Message::parse(&bytes);
        assert_eq!(message.texts[0].len(), limits::MESSAGE_BYTES - b"Subject: a\n\n".len());
        assert_eq!((damage(&message), message.size), (vec!["oversize"], bytes.len()));
    }

    #[test]
    fn random_bytes_do_no_harm() {
        // A linear congruential generator over pieces that parsers trip over.
        let pieces: &[&[u8]] = &[
            b"\n",
            b"\r\n",
            b" ",
            b":",
            b";",
            b"=?",
            b"?=",
            b"?Q?",
            b"?B?",
            b"utf-8",
            b"gbk",
            b"--a",
            b"--",
            b"\"",
            b"<",
            b">",
            b"(",
            b")",
            b"\\",
            b"'",
            b"*0=",
            b"Content-Type: multipart/mixed; boundary=a\n",
            b"Content-Type: message/rfc822\n",
            b"Content-Type: text/html; charset=gb2312\n",
            b"Content-Transfer-Encoding: base64\n",
            b"<a href=",
            b"<style>",
            b"</",
            b"<!--",
            b"&#",
            b"x",
            b"\x00",
            b"\xc4\xe3",
            b"\xe4",
            b"begin 644 a\n",
            b"From: ",
            b"=",
            b"@",
            b",",
        ];
        let mut state = 1_u64;
        for _ in 0..3_000 {
            let mut bytes = Vec::new();
            for _ in 0..60 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                bytes.extend_from_slice(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let message = Message::parse(&bytes);
            message.headers.iter().for_each(|header| drop(header.mailboxes()));
        }
    }
}
