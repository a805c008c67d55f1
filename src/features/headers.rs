//! Evidence in the header fields that the sender writes: what they say; and, for an audit, which there are, in
//! what order and case.

use std::ops::ControlFlow;

use crate::features::body::put_token;
use crate::features::emit::Emitter;
use crate::features::grams_of;
use crate::message::transport::message_id_shape;
use crate::message::{Header, Message};
use crate::text::shape::word_shape;
use crate::text::{Token, Tokenizer, fold, lowercase};

/// Words of one field's value that count.
const VALUE_WORDS: usize = 24;

/// 4-grams of the subject that count.
const SUBJECT_GRAMS: usize = 80;

/// Recipients of one field that count.
const RECIPIENTS: usize = 8;

/// Fields that the receiving side adds: they say where a message was kept, not what it is, and a model
/// that learned them would take every message of such a mailbox for what most of its training was.
const RECIPIENT_SIDE: &[&str] = &[
    "apparently-to",
    "content-length",
    "delivered-to",
    "envelope-to",
    "lines",
    "status",
    "x-apparently-to",
    "x-delivered-to",
    "x-envelope-to",
    "x-eopattributedmessage",
    "x-eoptenantattributedmessage",
    "x-evolution",
    "x-folder",
    "x-gm-message-state",
    "x-gm-thrid",
    "x-gmail-labels",
    "x-google-smtp-source",
    "x-imap",
    "x-incomingheadercount",
    "x-incomingtopheadermarker",
    "x-keywords",
    "x-list-received-date",
    "x-mailbox-line",
    "x-message-delivery",
    "x-message-info",
    "x-original-to",
    "x-originalarrivaltime",
    "x-received",
    "x-rcpt-to",
    "x-sender-ip",
    "x-sid-pra",
    "x-sid-result",
    "x-sieve",
    "x-status",
    "x-store-info",
    "x-uid",
    "x-uidl",
];

/// Prefixes of names of such fields.
const RECIPIENT_SIDE_PREFIXES: &[&str] =
    &["x-evolution-", "x-mozilla-", "x-ms-", "x-microsoft-", "x-account-"];

fn is_recipient_side(lower_name: &str) -> bool {
    RECIPIENT_SIDE.contains(&lower_name) || RECIPIENT_SIDE_PREFIXES.iter().any(|p| lower_name.starts_with(p))
}

/// Fields that something else reads, or whose values are arbitrary: their words do not count.
const OPAQUE: &[&str] = &[
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "authentication-results",
    "bcc",
    "cc",
    "content-type",
    "date",
    "dkim-signature",
    "domainkey-signature",
    "from",
    "in-reply-to",
    "message-id",
    "received",
    "received-spf",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
    "x-google-dkim-signature",
];

pub(super) fn emit(message: &Message<'_>, tokenizer: &mut Tokenizer, out: &mut Emitter) {
    subject(message, tokenizer, out);
    for (field, name) in [("from", "From"), ("reply-to", "Reply-To"), ("to", "To"), ("cc", "Cc")] {
        addresses(message, field, name, tokenizer, out);
    }
    message_id(message, out);
    for (header, name) in own(message) {
        if OPAQUE.binary_search(&name.as_str()).is_err() {
            values(&name, header, out);
        }
    }
}

/// Which header fields there are, as written (`header:X-Mailer` and `header:X-mailer` come from different
/// programs), and which follow each other: the fingerprint of the software that wrote and carried a message.
pub(super) fn emit_provenance(message: &Message<'_>, out: &mut Emitter) {
    let (mut previous, mut count) = ("^", 0);
    for (header, _) in own(message) {
        out.put("header", header.name);
        out.put_joined("header-order", &[previous, " ", header.name]);
        previous = header.name;
        count += 1;
    }
    out.put_size("header-count", count);
}

/// The fields that the receiving side did not add, with their names in lower case.
fn own<'m>(message: &'m Message<'m>) -> impl Iterator<Item = (&'m Header<'m>, String)> {
    let lower = |header: &'m Header<'m>| (header, header.name.to_ascii_lowercase());
    message.headers.iter().map(lower).filter(|(_, name)| !is_recipient_side(name))
}

fn subject(message: &Message<'_>, tokenizer: &mut Tokenizer, out: &mut Emitter) {
    let Some(header) = message.header("Subject") else { return out.put("subject", "absent") };
    let subject = header.value();
    words("subject", subject, tokenizer, out);
    // Character 4-grams see through spellings that words do not.
    let mut folded = String::new();
    fold(subject, &mut folded);
    let ends: Vec<usize> = folded.char_indices().map(|(i, _)| i).chain([folded.len()]).collect();
    for window in ends.windows(5).take(SUBJECT_GRAMS) {
        out.put("subject-gram", &folded[window[0]..window[4]]);
    }
    out.put_size("subject-length", folded.len());
    if header.raw.contains("=?") {
        out.put("subject-form", "encoded-word");
    }
}

/// All tokens of a short text, and pairs of neighbouring words.
pub(super) fn words(field: &str, text: &str, tokenizer: &mut Tokenizer, out: &mut Emitter) {
    let mut previous = String::new();
    tokenizer.tokenize(text, |token| {
        put_token(field, token, out);
        if let Token::Word(word) = token {
            if !previous.is_empty() {
                out.put_joined(field, &[&previous, " ", word]);
            }
            previous.clear();
            previous.push_str(word);
        }
        ControlFlow::Continue(())
    });
}

fn addresses(message: &Message<'_>, field: &str, name: &str, tokenizer: &mut Tokenizer, out: &mut Emitter) {
    let mailboxes = message.mailboxes(name);
    if mailboxes.is_empty() {
        return;
    }
    let of = |what: &str| [field, what].concat();
    let (names, hosts) = (of("-name"), of("-host"));
    out.put_size(&of("-count"), mailboxes.len());
    for mailbox in mailboxes.iter().take(RECIPIENTS) {
        let address = lowercase(&mailbox.address);
        out.put(field, &address);
        if let Some((local, domain)) = address.rsplit_once('@') {
            out.put_joined(field, &[local, "@"]);
            let mut shape = String::new();
            word_shape(local, &mut shape);
            out.put_joined(field, &["=", &shape, "@"]);
            host_suffixes(&hosts, domain, out);
        }
        if mailbox.name.is_empty() {
            out.put(&names, "none");
        } else {
            words(&names, &mailbox.name, tokenizer, out);
            if grams_of("names") {
                grams(&names, &mailbox.name.to_lowercase(), out);
            }
        }
    }
}

/// `c.b.a`, `b.a` and `a`: who runs a host shows at its end.
pub(super) fn host_suffixes(field: &str, host: &str, out: &mut Emitter) {
    let host = host.trim_matches('.');
    out.put(field, host);
    for (dot, _) in host.rmatch_indices('.').take(3) {
        out.put_joined(field, &["*", &host[dot..]]);
    }
    if grams_of("hosts") || grams_of("links") && field == "url-host" {
        grams(field, host, out);
    }
}

fn grams(field: &str, text: &str, out: &mut Emitter) {
    let padded: Vec<char> = ['^'].into_iter().chain(text.chars()).chain(['$']).collect();
    let field = [field, "-gram"].concat();
    padded.windows(4).for_each(|gram| out.put(&field, &gram.iter().collect::<String>()));
}

fn message_id(message: &Message<'_>, out: &mut Emitter) {
    let Some(header) = message.header("Message-ID") else { return out.put("message-id", "absent") };
    let value = header.value();
    out.put("message-id", &message_id_shape(value));
    if let Some((_, host)) = value.trim_end_matches(['>', ' ']).rsplit_once('@') {
        host_suffixes("message-id-host", &lowercase(host), out);
    }
}

/// The words of a field that has no reading of its own.
fn values(name: &str, header: &Header<'_>, out: &mut Emitter) {
    let value = header.value();
    let separates = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_');
    for word in value.split(separates).filter(|word| !word.is_empty()).take(VALUE_WORDS) {
        if word.len() > 2 && word.bytes().any(|b| b.is_ascii_digit()) {
            let mut shape = String::new();
            word_shape(word, &mut shape);
            out.put_joined(name, &["=", &shape]);
        } else {
            out.put(name, &lowercase(word));
        }
    }
    if value.len() <= 64 {
        out.put_joined(name, &["\"", value.trim(), "\""]);
    }
}
