//! Evidence in what a message says: its text, what it hides, its links, and how its HTML is made.

use std::ops::ControlFlow;

use crate::features::emit::{Emitter, decimal, fe};
use crate::features::headers::host_suffixes;
use crate::limits;
use crate::message::transport::domain_of;
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
    for text in message.texts.iter().map(String::as_str).chain(visible) {
        let facts = run("body", head(text, &mut left), end, tokenizer, out);
        text_facts(&facts, out);
    }
    out.mark_text(start);
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

pub(super) fn structure(message: &Message<'_>, out: &mut Emitter) {
    let subject = message.header("Subject").map(|h| h.value().to_string()).unwrap_or_default();
    let lower = subject.to_lowercase();
    let re = lower.trim_start().starts_with("re:")
        || lower.contains("] re:")
        || lower.starts_with("回复")
        || lower.starts_with("aw:");
    let irt = message.header("In-Reply-To").map(|h| h.value().to_string());
    let refs = message.header("References").map(|h| h.value().to_string());
    let threaded = irt.is_some() || refs.is_some();
    if fe(0) {
        out.put(
            "thread",
            match (re, threaded) {
                (true, true) => "re-threaded",
                (true, false) => "re-alone",
                (false, true) => "threaded",
                _ => "none",
            },
        );
    }
    if fe(1) && re && threaded {
        out.put("thread", "re-threaded");
    }
    if fe(2) && re && !threaded {
        out.put("thread", "re-alone");
    }
    let texts =
        || message.texts.iter().map(String::as_str).chain(message.html.iter().map(|h| h.visible.as_str()));
    let mut lines = 0u32;
    let mut quoted = 0u32;
    let mut wrote = false;
    let mut sig = false;
    let mut longest = 0usize;
    for text in texts() {
        for line in text.lines().take(2000) {
            let t = line.trim_start();
            if t.is_empty() {
                continue;
            }
            lines += 1;
            longest = longest.max(line.chars().count().min(5000));
            if t.starts_with('>') || t.starts_with("| ") {
                quoted += 1;
            }
            let l = line.trim_end();
            wrote |= l.ends_with("wrote:")
                || l.ends_with("writes:")
                || l.ends_with("写道：")
                || l.contains("Original Message");
            sig |= line == "-- " || line == "--";
        }
    }
    if fe(3) && quoted > 0 {
        out.put_joined("text", &["quoted=2^", &decimal(quoted.ilog2())]);
        out.put("text", "quoted");
    }
    if fe(4) && wrote {
        out.put("text", "attribution");
    }
    if fe(5) && sig {
        out.put("text", "signature");
    }
    if fe(6) && lines > 0 {
        out.put(
            "text-line",
            match longest {
                0..=60 => "60",
                61..=66 => "66",
                67..=72 => "72",
                73..=76 => "76",
                77..=80 => "80",
                81..=100 => "100",
                101..=200 => "200",
                201..=998 => "998",
                _ => "more",
            },
        );
    }
    if fe(7) {
        let own = |v: &Option<String>| {
            v.as_deref()
                .and_then(|v| v.trim().rsplit('<').next())
                .and_then(domain_of)
                .and_then(organisational_domain)
                .map(str::to_ascii_lowercase)
        };
        let to = message.mailboxes("To").into_iter().next().unwrap_or_default();
        let to = domain_of(&to.address).and_then(organisational_domain).map(str::to_ascii_lowercase);
        let from = message.mailboxes("From").into_iter().next().unwrap_or_default();
        let from = domain_of(&from.address).and_then(organisational_domain).map(str::to_ascii_lowercase);
        if let Some(r) = own(&irt).or_else(|| own(&refs)) {
            if Some(&r) == to.as_ref() {
                out.put("thread", "to-us");
            }
            if Some(&r) == from.as_ref() {
                out.put("thread", "to-self");
            }
        }
    }
    if fe(8) {
        // Words of the subject in the text.
        let mut all = 0;
        let mut there = 0;
        let body: String = texts().map(|t| head(t, &mut 20000)).collect::<Vec<_>>().join(" ").to_lowercase();
        for w in lower.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 3) {
            all += 1;
            if body.contains(w) {
                there += 1;
            }
        }
        if all > 0 {
            out.put_joined("subject-in-text", &[&decimal((4 * there / all) as u32)]);
        }
    }
    if fe(9) && !message.texts.is_empty() && !message.html.is_empty() {
        use std::collections::HashSet;
        let words = |t: String| -> HashSet<String> {
            t.to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| w.len() > 3)
                .map(str::to_owned)
                .collect()
        };
        let a = words(message.texts.iter().map(|t| head(t, &mut 50000)).collect::<Vec<_>>().join(" "));
        let b =
            words(message.html.iter().map(|h| head(&h.visible, &mut 50000)).collect::<Vec<_>>().join(" "));
        let both = a.intersection(&b).count();
        let least = a.len().min(b.len()).max(1);
        out.put_joined("alternative", &["same=", &decimal((4 * both / least) as u32)]);
    }
    if fe(10) {
        let links = message.html.iter().map(|h| h.links.len()).sum::<usize>()
            + texts().map(|t| t.matches("http").count()).sum::<usize>();
        out.put_size("url-count", links);
        let chars: usize = texts().map(str::len).sum();
        out.put_size("text-per-url", chars / links.max(1));
    }
    if fe(11) {
        let to = message.mailboxes("To");
        let first = to.first().map(|m| m.address.to_ascii_lowercase()).unwrap_or_default();
        let local = first.split('@').next().unwrap_or("").to_owned();
        let body: String = texts().map(|t| head(t, &mut 20000)).collect::<Vec<_>>().join(" ").to_lowercase();
        if first.contains('@') && body.contains(&first) {
            out.put("text", "recipient-address");
        }
        if local.len() > 3 && lower.contains(&local) {
            out.put("subject-form", "recipient");
        }
        let from = message.mailboxes("From");
        let name = from.first().map(|m| m.name.to_lowercase()).unwrap_or_default();
        let mut found = false;
        for w in name.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2) {
            found |= body.contains(w);
        }
        if found {
            out.put("text", "sender-name");
        }
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
