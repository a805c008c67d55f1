//! The Public Suffix List.

use std::cmp::Ordering;

use memchr::{memchr, memrchr};

/// Names that people can register names below, from <https://publicsuffix.org>, under the Mozilla Public
/// License 2.0; `suffixes.sh` says how lines are written. Lookups read the text as it is: it is small, in a
/// compressed module even more so.
static NAMES: &[u8] = include_bytes!("suffixes.txt");

/// The public suffix of a domain in lower case and one label more; `None` if there is no more, or if a
/// label there is empty.
pub(super) fn registrable(domain: &str) -> Option<&str> {
    // Each dot from the right ends a longer suffix. A name that no rule has is one by the rule `*`.
    let mut suffix = domain.rfind('.').map_or(0, |dot| dot + 1);
    let mut below = false;
    let mut rest = domain.len();
    while rest > 0 {
        let start = domain[..rest].rfind('.').map_or(0, |dot| dot + 1);
        if below {
            suffix = start;
        }
        let (mark, more) = find(&domain[start..]);
        match mark {
            Some(b'!') => {
                suffix = rest + 1;
                break;
            }
            Some(b'*') => below = true,
            Some(b'+') => (suffix, below) = (start, true),
            Some(_) => (suffix, below) = (start, false),
            None => below = false,
        }
        if !more && !below || start == 0 {
            break;
        }
        rest = start - 1;
    }
    let before = domain[..suffix].strip_suffix('.')?;
    let start = before.rfind('.').map_or(0, |dot| dot + 1);
    (start < before.len() && suffix < domain.len()).then(|| &domain[start..])
}

/// The mark of a name in the list, 0 if it has none, and whether there are names below it.
fn find(name: &str) -> (Option<u8>, bool) {
    let name = name.as_bytes();
    let mut lines = 0..NAMES.len();
    while !lines.is_empty() {
        let middle = (lines.start + lines.end) / 2;
        let start = memrchr(b'\n', &NAMES[..middle]).map_or(0, |newline| newline + 1);
        let end = memchr(b'\n', &NAMES[middle..]).map_or(NAMES.len(), |newline| middle + newline);
        let (mark, known) = split(&NAMES[start..end]);
        match known.iter().rev().cmp(name.iter().rev()) {
            Ordering::Less => lines.start = end + 1,
            Ordering::Greater => lines.end = start,
            Ordering::Equal => return (Some(mark), below(end + 1, name)),
        }
    }
    (None, below(lines.start, name))
}

/// Whether the names from this line on begin with one that is below `name`.
fn below(start: usize, name: &[u8]) -> bool {
    let lines = NAMES.get(start..).unwrap_or_default().split(|&byte| byte == b'\n');
    let mut endings = lines.map_while(|line| split(line).1.strip_suffix(name));
    // Characters that sort before the dot may stand in its place.
    endings.find(|before| !before.ends_with(b"-")).is_some_and(|before| before.ends_with(b"."))
}

fn split(line: &[u8]) -> (u8, &[u8]) {
    match line {
        [mark @ (b'*' | b'+' | b'!'), name @ ..] => (*mark, name),
        _ => (0, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrable_domains() {
        for (domain, expected) in [
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("co.uk", None),
            ("com", None),
            ("", None),
            (".", None),
            (".com", None),
            ("x.y.kawasaki.jp", Some("x.y.kawasaki.jp")),
            ("y.kawasaki.jp", None),
            ("kawasaki.jp", Some("kawasaki.jp")),
            ("x.city.kawasaki.jp", Some("city.kawasaki.jp")),
            ("a.user.github.io", Some("user.github.io")),
            ("a.b.unknown-tld", Some("b.unknown-tld")),
            ("食狮.公司.cn", Some("食狮.公司.cn")),
            ("食狮.xn--55qx5d.cn", Some("xn--55qx5d.cn")),
        ] {
            assert_eq!(registrable(domain), expected, "{domain}");
        }
    }

    /// Whether the psl crate reads the rules otherwise than they are meant: there `*.cloud.int.apple` does not
    /// stand for `r.cloud.int.apple`, as that has rules below it.
    fn unlike(domain: &str) -> bool {
        let starts = domain.match_indices('.').map(|(dot, _)| dot + 1);
        [0].into_iter().chain(starts).map(|start| &domain[start..]).any(|name| {
            let above = name.split_once('.').and_then(|(_, above)| find(above).0);
            matches!(above, Some(b'*' | b'+')) && matches!(find(name), (None, true) | (Some(b'*'), _))
        })
    }

    /// Every name of the list, with nothing, one and two labels before it, and its neighbours.
    #[test]
    fn the_list_and_its_reading_are_those_of_the_psl_crate() {
        for line in NAMES.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let name = std::str::from_utf8(split(line).1).unwrap();
            for domain in [
                name.to_owned(),
                format!("a.{name}"),
                format!("b.a.{name}"),
                format!("c.b.a.{name}"),
                format!("x{name}"),
                format!("b.a-{name}"),
                name.split_once('.').map_or(name, |(_, rest)| rest).to_owned(),
            ] {
                if !unlike(&domain) {
                    assert_eq!(registrable(&domain), psl::domain_str(&domain), "{domain}");
                }
            }
        }
    }
}
