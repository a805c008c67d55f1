//! The Public Suffix List, read by psl-types. The psl crate compiles the list into code, which is large in a
//! WebAssembly module; here it stays text, and tests hold the two together.

use std::cmp::Ordering;

use memchr::{memchr, memrchr};
use psl_types::{Info, List};

/// Names that people can register names below, from <https://publicsuffix.org>, under the Mozilla Public
/// License 2.0; `suffixes.sh` says how lines are written. Lookups read the text as it is: it is small, in a
/// compressed module even more so.
static NAMES: &[u8] = include_bytes!("suffixes.txt");

/// The public suffix of a domain in lower case and one label more; `None` if there is no more, or if a
/// label there is empty.
pub(super) fn registrable(domain: &str) -> Option<&str> {
    let found = Names.domain(domain.as_bytes())?;
    std::str::from_utf8(found.as_bytes()).ok().filter(|found| !found.starts_with('.'))
}

struct Names;

impl List for Names {
    fn find<'a, T: Iterator<Item = &'a [u8]>>(&self, labels: T) -> Info {
        // Longer than any name that is one (RFC 1035, section 2.3.4); filled from the end.
        let mut name = [b'.'; 256];
        let (mut start, mut len, mut below) = (name.len(), 0, false);
        for label in labels {
            let above = name.len() - start;
            let end = start - usize::from(above > 0);
            if label.len() >= end {
                break;
            }
            start = end - label.len();
            name[start..end].copy_from_slice(label);
            let here = name.len() - start;
            // A name that no rule has is a suffix by the rule `*`.
            if above == 0 || below {
                len = here;
            }
            let (mark, more) = find(&name[start..]);
            match mark {
                Some(b'!') => {
                    len = above;
                    break;
                }
                Some(b'*') => below = true,
                Some(b'+') => (len, below) = (here, true),
                Some(_) => (len, below) = (here, false),
                None => below = false,
            }
            if !more && !below {
                break;
            }
        }
        Info { len, typ: None }
    }
}

/// The mark of a name in the list, 0 if it has none, and whether there are names below it.
fn find(name: &[u8]) -> (Option<u8>, bool) {
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
            let above = name.split_once('.').and_then(|(_, above)| find(above.as_bytes()).0);
            matches!(above, Some(b'*' | b'+'))
                && matches!(find(name.as_bytes()), (None, true) | (Some(b'*'), _))
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
