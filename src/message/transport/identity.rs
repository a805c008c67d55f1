//! Who a message says it is from, and whether its fields agree.

use std::net::IpAddr;

use super::suffix;

/// The part of a domain that somebody registered (RFC 7489, section 3.2), by the Public Suffix List:
/// `a.b.example.co.uk` gives `example.co.uk`. `None` for addresses, single labels and public suffixes.
///
/// ```
/// use tamis::message::transport::organisational_domain;
/// assert_eq!(organisational_domain("news.shop.example.co.uk."), Some("example.co.uk"));
/// assert_eq!(organisational_domain("192.0.2.1"), None);
/// ```
pub fn organisational_domain(domain: &str) -> Option<&str> {
    let domain = domain.trim_end_matches('.');
    if domain.parse::<IpAddr>().is_ok() || domain.starts_with('[') {
        return None;
    }
    suffix::registrable(domain)
}

/// How two domains relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// The same domain.
    Same,
    /// Domains of one organisation: DMARC's relaxed alignment (RFC 7489, section 3.1).
    Aligned,
    /// Domains of different organisations.
    Different,
    /// One of them is not there.
    Absent,
}

impl Alignment {
    /// A stable lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Alignment::Same => "same",
            Alignment::Aligned => "aligned",
            Alignment::Different => "different",
            Alignment::Absent => "absent",
        }
    }
}

/// Compares two domains, in whatever case they are written.
pub fn align(a: Option<&str>, b: Option<&str>) -> Alignment {
    let (Some(a), Some(b)) = (a, b) else { return Alignment::Absent };
    let (a, b) = (a.trim_end_matches('.').to_ascii_lowercase(), b.trim_end_matches('.').to_ascii_lowercase());
    if a == b {
        return Alignment::Same;
    }
    match (organisational_domain(&a), organisational_domain(&b)) {
        (Some(a), Some(b)) if a == b => Alignment::Aligned,
        _ => Alignment::Different,
    }
}

/// The domain of an address.
pub fn domain_of(address: &str) -> Option<&str> {
    let domain = address.trim_end_matches(['>', ' ', '"', '\'']).rsplit_once('@')?.1;
    (!domain.is_empty()).then_some(domain)
}

/// An address that stands in a display name, as in `"Bank <help@bank.example>" <x@elsewhere.example>`.
pub fn address_in_name(name: &str) -> Option<&str> {
    let mut words = name
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '"' | '\'' | ',' | ';'));
    words.find(|word| {
        word.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'))
    })
}

/// Whether anybody can get an address at this domain within a minute.
pub fn is_freemail(domain: &str) -> bool {
    const PROVIDERS: [&str; 36] = [
        "126.com",
        "139.com",
        "163.com",
        "aol.com",
        "btinternet.com",
        "comcast.net",
        "excite.com",
        "foxmail.com",
        "free.fr",
        "gmail.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "live.com",
        "lycos.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "netscape.net",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.com",
        "sohu.com",
        "t-online.de",
        "web.de",
        "yahoo.co.uk",
        "yahoo.com",
        "yandex.ru",
    ];
    PROVIDERS.binary_search(&&*domain.to_ascii_lowercase()).is_ok()
}

/// The form of a Message-ID, which tells programs apart: letters become `a`, capitals `A`, digits `n`,
/// hexadecimal runs with both `h`; runs count by length up to 9 and then as `+`; the host becomes its
/// number of labels.
///
/// ```
/// use tamis::message::transport::message_id_shape;
/// assert_eq!(message_id_shape("<20020822.ABC@mail.example.com>"), "n8.A3@3");
/// ```
pub fn message_id_shape(value: &str) -> String {
    let value = value.trim();
    let inner = value.strip_prefix('<').map(|rest| rest.split('>').next().unwrap_or(rest));
    let mut shape = String::new();
    if inner.is_none() {
        shape.push('!');
    }
    let inner = inner.unwrap_or(value);
    let (local, host) = inner.rsplit_once('@').map_or((inner, None), |(local, host)| (local, Some(host)));
    push_shape(local, &mut shape);
    match host {
        None => {}
        Some(host) if host.starts_with('[') || host.parse::<IpAddr>().is_ok() => shape.push_str("@ip"),
        Some(host) => {
            shape.push('@');
            shape.push_str(&host.split('.').filter(|label| !label.is_empty()).count().min(9).to_string());
        }
    }
    shape
}

/// Appends the shape of a string of letters, digits and punctuation; at most 32 runs.
fn push_shape(text: &str, shape: &mut String) {
    let kind = |c: char| match c {
        '0'..='9' => 'n',
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        c if c.is_alphanumeric() => 'u',
        c => c,
    };
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()).take(32) {
        let (body, end) = match word.char_indices().next_back() {
            Some((i, c)) if !c.is_alphanumeric() => (&word[..i], Some(c)),
            _ => (word, None),
        };
        let has = |f: fn(&char) -> bool| body.chars().any(|c| f(&c));
        let kinds =
            [has(|c| c.is_ascii_digit()), has(|c| c.is_ascii_lowercase()), has(|c| c.is_ascii_uppercase())];
        let length = body.chars().count();
        if length > 0 {
            match kinds {
                [true, true, _] | [true, _, true] => {
                    let hex = body.chars().all(|c| c.is_ascii_hexdigit());
                    shape.push(if hex { 'h' } else { 'x' });
                }
                [false, true, true] => shape.push('m'),
                _ => shape.push(body.chars().next().map_or('u', kind)),
            }
            match length {
                1..=9 => shape.push_str(&length.to_string()),
                10..=15 => shape.push('+'),
                _ => shape.push_str("++"),
            }
        }
        shape.extend(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_own_what_is_below_a_public_suffix() {
        for (domain, expected) in [
            ("mail.example.com", Some("example.com")),
            ("example.com.cn", Some("example.com.cn")),
            ("a.example.xn--fiqs8s", Some("example.xn--fiqs8s")),
            ("co.uk", None),
            ("localhost", None),
            ("", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(organisational_domain(domain), expected, "{domain}");
        }
    }

    #[test]
    fn alignment_looks_at_organisations_not_at_case() {
        assert_eq!(align(Some("Example.com"), Some("example.COM.")), Alignment::Same);
        assert_eq!(align(Some("a.example.com"), Some("b.EXAMPLE.com")), Alignment::Aligned);
        assert_eq!(align(Some("a.co.uk"), Some("b.co.uk")), Alignment::Different);
        assert_eq!(align(None, Some("example.com")), Alignment::Absent);
    }

    #[test]
    fn an_address_in_a_display_name_is_found() {
        assert_eq!(address_in_name("\"Bank <help@bank.example>\""), Some("help@bank.example"));
        assert_eq!(address_in_name("Ann @ home"), None);
    }

    #[test]
    fn the_table_of_freemail_providers_is_sorted() {
        for domain in ["126.com", "Gmail.com", "yandex.ru", "qq.com"] {
            assert!(is_freemail(domain), "{domain}");
        }
        assert!(!is_freemail("example.com"));
    }

    #[test]
    fn message_ids_have_shapes() {
        for (id, shape) in [
            ("<13258.1030015585@munnari.example>", "n5.n+@2"),
            ("<000b01c59ee0$a1f666b0$e900a8c0@host>", "h+$h8$h8@1"),
            ("<CAFx1y_Z@mail.example.com>", "x6_A1@3"),
            ("no-brackets@[192.0.2.1]", "!a2-a8@ip"),
            ("", "!"),
        ] {
            assert_eq!(message_id_shape(id), shape, "{id}");
        }
    }
}
