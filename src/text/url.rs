//! The parts of a URL, as far as they can be told from one that a spammer wrote.
//!
//! This is no validator. The [`url`](https://docs.rs/url) crate refuses many of the URLs that mail
//! programs open, and brings the tables of internationalised domain names with it, which would
//! double the size of the WebAssembly module; what a classifier needs is to see what is odd.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::fold::fold;
use super::link::is_plausible_host;

/// The host of a URL when it is an address rather than a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpLiteral {
    /// Four decimal numbers: `10.0.0.1`.
    Dotted(Ipv4Addr),
    /// An IPv4 address in one of the other forms that browsers take
    /// ([WHATWG URL, host parsing](https://url.spec.whatwg.org/#concept-ipv4-parser)): one number,
    /// hexadecimal, octal. Nobody writes these but to hide something.
    Disguised(Ipv4Addr),
    /// IPv6, in brackets.
    V6,
}

/// A URL's parts, as slices of it. Those that are missing are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts<'u> {
    /// What is before `://`, as written; empty in `www.example.com`.
    pub scheme: &'u str,
    /// User name and password before the host, without the `@`. Text that looks like a host here is
    /// a disguise: `http://bank.example@evil.example/`.
    pub userinfo: Option<&'u str>,
    /// The host: folded, percent-decoded, without a trailing dot or the brackets of IPv6.
    pub host: Cow<'u, str>,
    /// The port, if one is written and is a number.
    pub port: Option<u16>,
    /// The path, from its `/`.
    pub path: &'u str,
    /// The query, without its `?`.
    pub query: Option<&'u str>,
    /// The fragment, without its `#`.
    pub fragment: Option<&'u str>,
    /// The address that the host is, if it is one.
    pub ip: Option<IpLiteral>,
    /// Whether a label of the host is in Punycode (`xn--`).
    pub punycode: bool,
    /// Whether the host has characters beyond ASCII, after folding.
    pub international: bool,
    /// Whether the host was percent-encoded or in compatibility characters, as no honest one is.
    pub disguised: bool,
    /// The number of labels in the host: 3 in `www.example.com`.
    pub labels: usize,
}

/// Takes a URL apart; `None` if it has no host (`mailto:`, `data:`, relative references).
///
/// The generic syntax of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-3), with what
/// browsers forgive: backslashes for slashes, and one or three slashes after `http:`. Without a
/// scheme, the URL must begin with a host name that looks like one.
///
/// ```
/// use tamis::text::url::parts;
/// let url = parts("http://paypal.com@0x7f.1:8080/login?x=1#top").unwrap();
/// assert_eq!((url.userinfo, &*url.host, url.port), (Some("paypal.com"), "0x7f.1", Some(8080)));
/// assert_eq!((url.path, url.query, url.fragment), ("/login", Some("x=1"), Some("top")));
/// assert!(url.ip.is_some());
/// ```
pub fn parts(url: &str) -> Option<UrlParts<'_>> {
    let url = url.trim();
    let (scheme, rest) = split_scheme(url);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host),
        None => (None, authority),
    };
    let (host, port) = split_port(host);
    if scheme.is_empty() && !is_plausible_host(host, !rest.is_empty()) {
        return None;
    }
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let decoded = decode(bare.unwrap_or(host).trim_end_matches('.'));
    let disguised = matches!(decoded, Cow::Owned(_))
        && !host.chars().all(|c| c.is_ascii() && c != '%')
        && (host.contains('%') || decoded.is_ascii());
    if decoded.is_empty() {
        return None;
    }
    let (rest, fragment) = split_at_char(rest, '#');
    let (path, query) = split_at_char(rest, '?');
    Some(UrlParts {
        scheme,
        userinfo,
        port: port.parse().ok(),
        path,
        query,
        fragment,
        ip: if bare.is_some() { Some(IpLiteral::V6) } else { ipv4(&decoded) },
        punycode: decoded.split('.').any(|label| label.starts_with("xn--")),
        international: !decoded.is_ascii(),
        disguised,
        labels: decoded.split('.').filter(|label| !label.is_empty()).count(),
        host: decoded,
    })
}

/// The scheme of a URL that has one, and what follows the slashes; `mailto:` and its like have
/// nothing that follows.
fn split_scheme(url: &str) -> (&str, &str) {
    let slashes = ['/', '\\'];
    if let Some(rest) = url.strip_prefix("//") {
        // Relative to the scheme of the page; mail has none, and programs take this one.
        return ("https", rest.trim_start_matches(slashes));
    }
    let scheme = match url.split_once(':') {
        Some((scheme, _)) if is_scheme(scheme) => scheme,
        _ => return ("", url),
    };
    let rest = &url[scheme.len() + 1..];
    let web = ["http", "https", "hxxp", "hxxps", "ftp"].iter().any(|s| s.eq_ignore_ascii_case(scheme));
    match rest.strip_prefix("//") {
        _ if web => (scheme, rest.trim_start_matches(slashes)),
        Some(rest) => (scheme, rest),
        // `example.com:80/x` has no scheme.
        None if scheme.contains('.') => ("", url),
        None => (scheme, ""),
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (host, ""),
    }
}

fn split_at_char(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The host percent-decoded and folded, with every full stop a dot.
fn decode(host: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':');
    if host.bytes().all(is_plain) {
        return Cow::Borrowed(host);
    }
    let digit = |b: Option<&u8>| b.and_then(|&b| char::from(b).to_digit(16));
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let [first, after @ ..] = rest {
        match (first, digit(after.first()), digit(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let mut out = String::with_capacity(bytes.len());
    fold(&String::from_utf8_lossy(&bytes), &mut out);
    Cow::Owned(out.replace('。', "."))
}

/// The IPv4 address that browsers make of `host`.
fn ipv4(host: &str) -> Option<IpLiteral> {
    if let Ok(address) = host.parse() {
        return Some(IpLiteral::Dotted(address));
    }
    let mut address = 0u64;
    let mut count = 0;
    let mut last = 0;
    for part in host.split('.') {
        if count == 4 || count > 0 && last > 255 {
            return None;
        }
        last = match part.strip_prefix("0x") {
            Some("") => 0,
            Some(hex) => u64::from_str_radix(hex, 16).ok()?,
            None if part.len() > 1 && part.starts_with('0') => u64::from_str_radix(&part[1..], 8).ok()?,
            None => part.parse().ok()?,
        };
        address = address << 8 | last & 0xFF;
        count += 1;
    }
    // The last number fills all the bytes that are left.
    let left = 8 * (5 - count);
    let address = (address >> 8).checked_shl(left)? | last;
    let fits = last >> left == 0;
    fits.then(|| u32::try_from(address).ok()).flatten().map(|a| IpLiteral::Disguised(a.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("http://WWW.Example.COM./x", "www.example.com"),
            ("www.example.com", "www.example.com"),
            ("example.com:80/x", "example.com"),
            ("http:\\\\example.com\\x", "example.com"),
            ("http:/example.com", "example.com"),
            ("https:///example.com", "example.com"),
            ("//cdn.example.com/x", "cdn.example.com"),
            ("http://a%62c.com/", "abc.com"),
            ("http://ｅxample。com/", "example.com"),
            ("http://例子。中国/", "例子.中国"),
            ("http://[2001:db8::1]:80/", "2001:db8::1"),
            ("http://a@b@c.com/", "c.com"),
            ("http://%zz%/", "%zz%"),
            ("http://%ff/", "\u{FFFD}"),
        ] {
            assert_eq!(parts(url).map(|p| p.host.into_owned()).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "",
            "mailto:a@b.com",
            "data:text/html,x",
            "#top",
            "/x/y.html",
            "page.html",
            "http://",
            "cid:1@x",
            ":",
        ] {
            assert_eq!(parts(url), None, "{url}");
        }
    }

    #[test]
    fn addresses() {
        let local = Ipv4Addr::new(127, 0, 0, 1);
        for (host, expected) in [
            ("127.0.0.1", Some(IpLiteral::Dotted(local))),
            ("2130706433", Some(IpLiteral::Disguised(local))),
            ("0x7f000001", Some(IpLiteral::Disguised(local))),
            ("0177.0.0.1", Some(IpLiteral::Disguised(local))),
            ("127.1", Some(IpLiteral::Disguised(local))),
            ("0x7f.0x0.1", Some(IpLiteral::Disguised(local))),
            ("127.0.0.256", None),
            ("256.1", None),
            ("4294967296", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("a.b", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(ipv4(host), expected, "{host}");
        }
    }

    #[test]
    fn what_is_odd_shows() {
        let odd = |url| parts(url).map(|p| (p.punycode, p.international, p.disguised, p.labels));
        assert_eq!(odd("http://a.b.example.com"), Some((false, false, false, 4)));
        assert_eq!(odd("http://Example.com"), Some((false, false, false, 2)));
        assert_eq!(odd("http://xn--pypal-4ve.com"), Some((true, false, false, 2)));
        assert_eq!(odd("http://pаypal.com"), Some((false, true, false, 2)));
        assert_eq!(odd("http://%65x.com"), Some((false, false, true, 2)));
        assert_eq!(odd("http://ｅx.com"), Some((false, false, true, 2)));
    }
}
