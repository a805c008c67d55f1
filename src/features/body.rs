//! Evidence in what a message says: its text, what it hides, its links, and how its HTML is made.

use std::ops::ControlFlow;

use crate::features::emit::{Emitter, decimal};
use crate::features::headers::host_suffixes;
use crate::features::style::Style;
use crate::limits;
use crate::message::transport::organisational_domain;
use crate::message::{Html, LinkKind, Message};
use crate::text::shape::word_shape;
use crate::text::{TextFacts, Token, Tokenizer, url};

/// Distinct features that a message's text may have, and what it hides.
const TEXT_FEATURES: usize = 700;
const HIDDEN_FEATURES: usize = 100;

/// Distinct features that tags and attributes may have.
const MARKUP_FEATURES: usize = 80;

pub(super) fn emit(message: &Message<'_>, tokenizer: &mut Tokenizer, out: &mut Emitter) {
    let mut left = limits::TEXT_BYTES;
    let visible = message.html.iter().map(|html| html.visible.as_str());
    let start = out.len();
    let end = start + TEXT_FEATURES;
    let mut style = Style::of(message);
    for text in message.texts.iter().map(String::as_str).chain(visible) {
        let text = head(text, &mut left);
        let facts = run("body", text, end, tokenizer, out);
        text_facts(&facts, out);
        style.add(text, &facts);
    }
    out.mark_text(start);
    style.emit(out);
    let end = out.len() + HIDDEN_FEATURES;
    for html in &message.html {
        run("hidden", head(&html.hidden, &mut left), end, tokenizer, out);
        run("title", head(&html.title, &mut left), end, tokenizer, out);
        markup(html, out);
    }
    if message.html.is_empty() && message.texts.iter().all(|text| text.trim().is_empty()) {
        out.put("body", "empty");
    }
}

fn head<'t>(text: &'t str, left: &mut usize) -> &'t str {
    let head = &text[..text.floor_char_boundary(*left)];
    *left -= head.len();
    head
}

/// Tokenizes a text until `end` features are there.
fn run(field: &str, text: &str, end: usize, tokenizer: &mut Tokenizer, out: &mut Emitter) -> TextFacts {
    let mut pair = String::new();
    tokenizer.tokenize(text, |token| {
        put_token(field, token, out);
        if let Token::Word(word) = token {
            let middle = pair.len();
            if middle > 0 {
                pair.push(' ');
                pair.push_str(word);
                out.put(field, &pair);
                pair.drain(..=middle);
            } else {
                pair.push_str(word);
            }
        }
        if out.len() < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

/// One token as a feature of `field`; links become features of their own fields wherever they stand.
pub(super) fn put_token(field: &str, token: Token<'_>, out: &mut Emitter) {
    match token {
        Token::Word(word) | Token::Bigram(word) | Token::Unigram(word) | Token::Emoji(word) => {
            out.put(field, word)
        }
        Token::Url(address) => link(address, out),
        Token::Email(address) => {
            if let Some((_, host)) = address.rsplit_once('@') {
                host_suffixes("email-host", &host.to_ascii_lowercase(), out);
            }
        }
        other => out.put_joined(field, &[other.kind(), "=", other.text()]),
    }
}

/// What is out of the ordinary about a text's characters.
fn text_facts(facts: &TextFacts, out: &mut Emitter) {
    for (count, name) in [
        (facts.zero_width, "zero-width"),
        (facts.bidi, "bidi"),
        (facts.control, "control"),
        (facts.replacement, "undecodable"),
        (facts.private_use, "private-use"),
        (facts.combining, "combining"),
        (facts.compatibility, "compatibility"),
        (facts.mixed_script, "mixed-script"),
        (facts.spaced_out, "spaced-out"),
    ] {
        if count > 0 {
            out.put("text", name);
            out.put_joined("text", &[name, "=2^", &decimal(count.ilog2())]);
        }
    }
    if let Some(script) = facts.dominant() {
        out.put_joined("text", &["script=", script.name()]);
    }
    let tenths = |part: u32| 10 * part / facts.letters().max(1);
    if facts.letters() > 0 {
        out.put_joined("text", &["capitals=", &decimal(tenths(facts.upper))]);
        out.put_joined("text", &["digits=", &decimal(tenths(facts.digits).min(20))]);
    }
    out.put_size("text-length", facts.chars as usize);
}

/// The parts of a link.
fn link(address: &str, out: &mut Emitter) {
    let Some(parts) = url::parts(address) else {
        if let Some((scheme, _)) = address.split_once(':') {
            out.put_joined("url", &[&scheme.to_ascii_lowercase(), ":"]);
        }
        return;
    };
    if parts.ip.is_some() {
        out.put("url", "ip");
    }
    host_suffixes("url-host", &parts.host, out);
    for (holds, name) in [
        (parts.userinfo.is_some(), "userinfo"),
        (parts.port.is_some(), "port"),
        (parts.punycode, "punycode"),
        (parts.international, "international"),
        (parts.disguised, "disguised"),
        (parts.scheme.eq_ignore_ascii_case("https"), "https"),
        (parts.query.is_some(), "query"),
    ] {
        if holds {
            out.put("url", name);
        }
    }
    out.put_joined("url", &["labels=", &decimal(parts.labels.min(8) as u32)]);
    let words = parts.path.split(['/', '.', '-', '_', '=', '&', '?', '%']).filter(|word| !word.is_empty());
    for word in words.take(8) {
        put_path_word("url-path", word, out);
    }
    for pair in parts.query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).take(4) {
        put_path_word("url-query", pair.split('=').next().unwrap_or(pair), out);
    }
}

fn put_path_word(field: &str, word: &str, out: &mut Emitter) {
    if word.len() <= 16 && word.bytes().all(|b| b.is_ascii_alphabetic()) {
        out.put(field, &word.to_ascii_lowercase());
    } else {
        let mut shape = String::new();
        word_shape(head(word, &mut { limits::WORD_BYTES }), &mut shape);
        out.put_joined(field, &["=", &shape]);
    }
}

/// How an HTML part is made, and where it leads.
fn markup(html: &Html, out: &mut Emitter) {
    let end = out.len() + MARKUP_FEATURES;
    for (tag, _) in &html.tags {
        out.put("tag", tag);
    }
    for (attribute, _) in &html.attributes {
        if out.len() >= end {
            break;
        }
        out.put("attr", attribute);
    }
    for target in &html.links {
        link(&target.href, out);
        if target.kind != LinkKind::Anchor {
            out.put_joined("url", &["kind=", target.kind.name()]);
        } else if let Some(mismatch) = shown_elsewhere(&target.href, &target.text) {
            out.put("url", if mismatch { "text-shows-other-host" } else { "text-shows-host" });
        }
    }
    for image in &html.images {
        link(&image.src, out);
        out.put("image", if image.is_pixel() { "pixel" } else { "shown" });
    }
    let facts = &html.facts;
    for (count, name) in [
        (html.images.len() as u32, "images"),
        (html.links.len() as u32, "links"),
        (facts.forms, "forms"),
        (facts.inputs, "inputs"),
        (facts.passwords, "passwords"),
        (facts.frames, "frames"),
        (facts.scripts, "scripts"),
        (facts.handlers, "handlers"),
        (facts.refreshes, "refreshes"),
        (facts.comments, "comments"),
        (facts.errors, "errors"),
        (facts.stray_ends, "stray-ends"),
        (facts.unclosed, "unclosed"),
        (facts.word_splits, "word-splits"),
        (facts.encoded_letters, "encoded-letters"),
    ] {
        if let Some(log) = count.checked_ilog2() {
            out.put_joined("html", &[name, "=2^", &decimal(log)]);
        }
    }
    out.put_size("html-hidden", html.hidden.len());
    if html.visible.trim().is_empty() {
        out.put("html", "no-text");
    }
}

/// Whether the text of a link shows a host of another organisation than the one it leads to; `None` if
/// it shows no host.
fn shown_elsewhere(href: &str, text: &str) -> Option<bool> {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return None;
    }
    let shown = url::parts(text)?;
    let target = url::parts(href)?;
    let shown = organisational_domain(&shown.host)?;
    Some(Some(shown) != organisational_domain(&target.host))
}
