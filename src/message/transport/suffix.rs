//! The Public Suffix List, read by psl-types. The psl crate compiles the list into code, which is large in a
//! WebAssembly module; here it is packed text, and tests hold the two together.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use psl_types::{Info, List};

use crate::counts::Identity;
use crate::message::hash::{SEED, hash};

/// Names that people can register names below, from <https://publicsuffix.org>, under the Mozilla Public
/// License 2.0; `suffixes.mjs` says how they are written.
static PACKED: &str = include_str!("suffixes.txt");

/// The marks of the names in the list, by [`below`].
static MARKS: LazyLock<Marks> = LazyLock::new(|| unpack(PACKED, |_, _| {}));

type Marks = HashMap<u64, u8, BuildHasherDefault<Identity>>;

/// The public suffix of a domain in lower case and one label more; `None` if there is no more, or if a
/// label there is empty.
pub(super) fn registrable(domain: &str) -> Option<&str> {
    let found = Names.domain(domain.as_bytes())?;
    std::str::from_utf8(found.as_bytes()).ok().filter(|found| !found.starts_with('.'))
}

struct Names;

impl List for Names {
    fn find<'a, T: Iterator<Item = &'a [u8]>>(&self, labels: T) -> Info {
        let (mut name, mut above, mut len, mut wild) = (SEED, 0, 0, false);
        for label in labels {
            name = below(name, label);
            let here = above + usize::from(above > 0) + label.len();
            // A name that no rule has is a suffix by the rule `*`.
            if above == 0 || wild {
                len = here;
            }
            wild = false;
            match MARKS.get(&name) {
                None => break,
                Some(b'!') => {
                    len = above;
                    break;
                }
                Some(b'*') => wild = true,
                Some(b'+') => (len, wild) = (here, true),
                Some(b'=') => len = here,
                Some(_) => {}
            }
            above = here;
        }
        Info { len, typ: None }
    }
}

/// The hash of the name that is `label` and then the name with the hash `above`.
fn below(above: u64, label: &[u8]) -> u64 {
    hash(hash(above, label), b".")
}

/// Reads the tree, and gives `see` each name in it and its mark.
fn unpack(packed: &str, mut see: impl FnMut(&[String], u8)) -> Marks {
    let mut marks = Marks::default();
    // The labels on the way to where we are, and the hash of what is above each.
    let (mut path, mut above) = (vec![String::new()], vec![SEED]);
    let mut rest = packed;
    while let Some(first) = rest.chars().next() {
        rest = &rest[1..];
        match first {
            '(' => {
                let [.., label] = path.as_slice() else { break };
                above.extend(above.last().map(|&name| below(name, label.as_bytes())));
                path.push(String::new());
            }
            ')' => {
                above.pop();
                path.pop();
            }
            _ => {
                let (Some(label), Some(&above)) = (path.last_mut(), above.last()) else { break };
                let shared = label.char_indices().nth((first as usize).wrapping_sub('A' as usize));
                label.truncate(shared.map_or(label.len(), |(end, _)| end));
                let ends = |c: char| c.is_ascii_uppercase() || "()=*+!?".contains(c);
                let (more, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                label.push_str(more);
                let mark = after.bytes().next().filter(|mark| b"=*+!?".contains(mark));
                rest = &after[usize::from(mark.is_some())..];
                let mark = mark.unwrap_or(b'=');
                marks.insert(below(above, label.as_bytes()), mark);
                see(&path, mark);
            }
        }
    }
    marks
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
        let mark = |name: &str| {
            MARKS.get(&name.rsplit('.').fold(SEED, |above, label| below(above, label.as_bytes())))
        };
        let starts = domain.match_indices('.').map(|(dot, _)| dot + 1);
        [0].into_iter().chain(starts).map(|start| &domain[start..]).any(|name| {
            let above = name.split_once('.').and_then(|(_, above)| mark(above));
            matches!(above, Some(b'*' | b'+')) && matches!(mark(name), Some(b'?' | b'*'))
        })
    }

    /// Every name of the list, with nothing, one and two labels before it, and its neighbours.
    #[test]
    fn the_list_and_its_reading_are_those_of_the_psl_crate() {
        let mut names = Vec::new();
        let marks = unpack(PACKED, |path, _| {
            names.push(path.iter().rev().map(String::as_str).collect::<Vec<_>>().join("."));
        });
        assert_eq!(names.len(), marks.len());
        assert!(names.len() > 9_000, "{}", names.len());
        for name in names.iter().map(String::as_str).chain(["com", "museum", "xn--p1ai", "рф", "unknown"]) {
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

    /// The script leaves out the names of one label; psl has them all.
    #[test]
    fn names_of_the_psl_crate_that_are_left_out_are_their_own_suffix() {
        for name in ["aaa", "abogado", "zw.example", "xn--zfr164b", "한국"] {
            assert_eq!(
                registrable(&format!("b.a.{name}")),
                psl::domain_str(&format!("b.a.{name}")),
                "{name}"
            );
        }
    }
}
