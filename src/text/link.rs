//! Finding addresses (URLs and e-mail addresses) in plain text, before it is broken into words.

use memchr::memchr3;

use super::script::{is_alphanumeric, is_unsegmented};

/// Whether a [`Link`] goes to a page or to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkKind {
    Url,
    Email,
}

/// Where an address is in a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub start: usize,
    pub end: usize,
    pub kind: LinkKind,
}

/// Top-level domains that make a host name of words with dots between, wherever they are.
const DOMAINS: [&str; 58] = [
    "com", "net", "org", "info", "biz", "edu", "gov", "mil", "io", "co", "cn", "ru", "de", "uk", "fr", "jp",
    "kr", "tw", "hk", "eu", "br", "au", "ca", "nl", "es", "se", "ch", "cz", "ua", "ro", "hu", "gr", "tr",
    "ir", "vn", "za", "mx", "ar", "cl", "dk", "fi", "xyz", "top", "club", "shop", "vip", "win", "icu", "tk",
    "ml", "cf", "gq", "cc", "tv", "ws", "mobi", "asia", "buzz",
];

/// Top-level domains that are words or file types as well, and need a path to be believed.
const WORDLIKE_DOMAINS: [&str; 48] = [
    "in", "it", "is", "to", "me", "us", "at", "be", "so", "no", "my", "am", "pm", "by", "ly", "gl", "gg",
    "ai", "id", "la", "li", "st", "py", "sh", "pl", "rs", "md", "zip", "link", "click", "work", "loan",
    "space", "website", "fun", "tech", "live", "life", "world", "today", "int", "name", "dev", "app", "pro",
    "store", "site", "online",
];

/// The first address in bytes `from..to` of `text`.
///
/// An address begins after a scheme, `www.` or a host name; one without a scheme needs a known
/// top-level domain, so that `readme.txt` and `end.Next` are words.
pub(super) fn find(text: &str, from: usize, to: usize) -> Option<Link> {
    let bytes = &text.as_bytes()[..to];
    let mut at = from;
    loop {
        let marker = at + memchr3(b'.', b':', b'@', bytes.get(at..)?)?;
        if bytes[marker] == b':' {
            if let Some(link) = with_scheme(text, at, marker, to) {
                return Some(link);
            }
            at = marker + 1;
            continue;
        }
        let back = bytes[at..marker].iter().rev().take_while(|&&b| is_atom(b)).count();
        let end = marker + bytes[marker..].iter().take_while(|&&b| is_atom(b)).count();
        let run = Run { text, start: marker - back, end, limit: to };
        // Deciding once for the whole run keeps the search linear.
        if let Some(link) = run.email().or_else(|| run.host()) {
            return Some(link);
        }
        at = end;
    }
}

/// Bytes that mail addresses and host names are made of.
fn is_atom(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._%+-=@".contains(&b)
}

/// The URL whose scheme ends with the colon at byte `colon`.
fn with_scheme(text: &str, from: usize, colon: usize, to: usize) -> Option<Link> {
    let bytes = &text.as_bytes()[..to];
    let after = colon + 3;
    if !bytes[colon..].starts_with(b"://")
        || !text.get(after..to)?.starts_with(|c: char| is_alphanumeric(c) || c == '[')
    {
        return None;
    }
    let letters = bytes[from..colon].iter().rev().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
    let scheme = &bytes[colon - letters..colon];
    let known = ["https", "http", "hxxps", "hxxp", "ftp"];
    let len = known
        .iter()
        .map(|name| name.len())
        .find(|&len| {
            scheme.len() >= len
                && known.iter().any(|k| k.as_bytes().eq_ignore_ascii_case(&scheme[letters - len..]))
        })
        .unwrap_or(letters);
    let end = end_of_url(text, after, to);
    (len > 0 && end > after).then_some(Link { start: colon - len, end, kind: LinkKind::Url })
}

/// Where the URL whose host begins at byte `at` ends: before white space, quotes, a bracket that
/// closes one before the URL, running text in Chinese or Thai, and punctuation of the sentence.
fn end_of_url(text: &str, at: usize, to: usize) -> usize {
    let url = &text[at..to];
    let international = url.starts_with(|c: char| !c.is_ascii());
    let mut open = [0u32; 2];
    let mut end = 0;
    for (i, c) in url.char_indices() {
        let goes_on = match c {
            '(' | '[' => {
                open[usize::from(c == '[')] += 1;
                true
            }
            ')' | ']' => {
                let open = &mut open[usize::from(c == ']')];
                *open > 0 && {
                    *open -= 1;
                    true
                }
            }
            _ if c.is_ascii() => c.is_ascii_graphic() && !"\"'<>`{}|^\\".contains(c),
            _ => is_alphanumeric(c) && (international || !is_unsegmented(c)),
        };
        if !goes_on {
            break;
        }
        // Not the end yet if it may be the sentence's.
        if !".,;:!?*_".contains(c) {
            end = i + c.len_utf8();
        }
    }
    at + end
}

/// A maximal run of [atoms](is_atom).
struct Run<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    /// Where the text that may be looked at ends.
    limit: usize,
}

impl Run<'_> {
    fn email(&self) -> Option<Link> {
        let (local, host) = self.text[self.start..self.end].split_once('@')?;
        let host = host.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let start =
            self.start + (local.len() - local.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).len());
        let end = self.start + local.len() + 1 + host.len();
        let (_, top) = host.rsplit_once('.')?;
        let is_domain = is_host(host)
            && (top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()) || is_punycode(top));
        (is_domain && start < self.start + local.len()).then_some(Link { start, end, kind: LinkKind::Email })
    }

    fn host(&self) -> Option<Link> {
        let run = &self.text[self.start..self.end];
        // `50%off.example.com`, `to=example.com`, `@example.com`
        let skip = run.rfind(['%', '+', '=', '@']).map_or(0, |i| i + 1);
        let host = run[skip..].trim_start_matches(['.', '-', '_']);
        let start = self.end - host.len();
        let host = host.trim_end_matches(['.', '-', '_']);
        let end = start + host.len();
        let rest = &self.text[end..self.limit];
        let port = rest.strip_prefix(':').map_or(0, |r| r.bytes().take_while(u8::is_ascii_digit).count());
        let path = end + if port > 0 { port + 1 } else { 0 };
        let has_path = self.text[path..self.limit].starts_with('/');
        if !is_plausible_host(host, has_path) {
            return None;
        }
        let ends = if has_path || self.text[path..self.limit].starts_with(['?', '#']) {
            end_of_url(self.text, path, self.limit).max(path)
        } else {
            path
        };
        Some(Link { start, end: ends, kind: LinkKind::Url })
    }
}

/// Whether `host`, that has no scheme before it, is a host name and not words with dots between.
pub(super) fn is_plausible_host(host: &str, has_path: bool) -> bool {
    let Some((front, top)) = host.rsplit_once('.') else { return false };
    let listed = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(top));
    let www = front.len() > 4 && front.as_bytes()[..4].eq_ignore_ascii_case(b"www.");
    is_host(host) && (www || listed(&DOMAINS) || has_path && listed(&WORDLIKE_DOMAINS) || is_punycode(top))
}

fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

fn is_punycode(label: &str) -> bool {
    label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut at = 0;
        let mut links = Vec::new();
        while let Some(link) = find(text, at, text.len()) {
            links.push(&text[link.start..link.end]);
            at = link.end;
        }
        links
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("(http://example.com/a?b=c).", "http://example.com/a?b=c"),
            ("<http://x.com>", "http://x.com"),
            ("HTTP://X.com/", "HTTP://X.com/"),
            ("clickhttp://x.com/", "http://x.com/"),
            ("hxxps://evil.test/x", "hxxps://evil.test/x"),
            ("http://en.wiki/a_(b)", "http://en.wiki/a_(b)"),
            ("[url=http://a.com/x]text[/url]", "http://a.com/x"),
            ("http://[::1]:80/", "http://[::1]:80/"),
            ("http://user:pw@host/", "http://user:pw@host/"),
            ("请访问http://a.com/x查看", "http://a.com/x"),
            ("请访问www.abc.com查看", "www.abc.com"),
            ("http://例子.中国/路", "http://例子.中国/路"),
            ("example.com,b.org/x!", "example.com b.org/x"),
            ("t.me/abc", "t.me/abc"),
            ("now.In", ""),
            ("user@example.com.", "user@example.com"),
            ("mailto:a.b+c@x.co.uk?subject=", "a.b+c@x.co.uk"),
            ("...john@x.com", "john@x.com"),
            ("root@localhost", ""),
            ("a@b", ""),
            ("readme.txt index.html e.g. 3.5", ""),
            ("example.com:8080/x", "example.com:8080/x"),
            ("example.com:", "example.com"),
            ("www.x", ""),
            ("://", ""),
            ("http://", ""),
            ("http://.", ""),
        ] {
            assert_eq!(found(text).join(" "), expected, "{text}");
        }
    }
}
