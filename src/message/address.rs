//! Mailboxes in the header (RFC 5322, section 3.4).

use super::damage::DamageSet;
use super::header;
use super::lexical::{plain, split, split_closed};

/// A name and an address; either may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded.
    pub name: String,
    /// The address as it is written, usually `local-part@domain`.
    pub address: String,
}

/// The mailboxes in an unfolded value, those of groups too.
pub(super) fn mailboxes(value: &str) -> Vec<Mailbox> {
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    let mut rest = value;
    let mut closed = true;
    loop {
        let mut inside = false;
        let ends = |c| {
            inside = c == '<' || inside && c != '>';
            !inside && matches!(c, ',' | ';')
        };
        let (entry, tail) = closed.then(|| split_closed(rest, ends)).flatten().unwrap_or_else(|| {
            // What is open here is open in all that follows: looking for its end again takes forever.
            closed = false;
            rest.split_at(rest.find([',', ';']).unwrap_or(rest.len()))
        });
        // The name of a group ends with a colon.
        let member = split(entry, |c| matches!(c, ':' | '<' | '@')).1;
        let Mailbox { name, address } = mailbox(member.strip_prefix(':').unwrap_or(entry));
        // A comma in a name that is not quoted.
        match mailboxes.last_mut().filter(|last| last.address.is_empty()) {
            _ if name.is_empty() && address.is_empty() => {}
            Some(last) if name.is_empty() => last.address = address,
            Some(last) => *last = Mailbox { name: [&last.name, ", ", &name].concat(), address },
            None => mailboxes.push(Mailbox { name, address }),
        }
        match tail.get(1..) {
            Some(tail) => rest = tail,
            None => return mailboxes,
        }
    }
}

fn mailbox(entry: &str) -> Mailbox {
    let (name, address) = split(entry, |c| c == '<');
    if let Some(address) = address.strip_prefix('<') {
        let address = split(address, |c| c == '>').0;
        // The obsolete route before an address.
        let address = address.rsplit_once(':').map_or(address, |(_, address)| address);
        return Mailbox { name: decoded(&plain(name)), address: plain(address).into_owned() };
    }
    let text = plain(entry);
    if split(entry, |c| c == '@').1.starts_with('@') {
        let comment = entry.split_once('(').and_then(|(_, comment)| comment.rsplit_once(')'));
        return Mailbox {
            name: decoded(comment.map_or("", |(comment, _)| comment.trim())),
            address: text.into_owned(),
        };
    }
    Mailbox { name: decoded(&text), address: String::new() }
}

fn decoded(name: &str) -> String {
    let words = header::decode_words(name, None, &mut DamageSet::default());
    words.as_deref().unwrap_or(name).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for (value, expected) in [
            ("Ann <a@b.c>", &[("Ann", "a@b.c")][..]),
            ("\"Lee, Ann\" <a@b.c>, d@e.f", &[("Lee, Ann", "a@b.c"), ("", "d@e.f")]),
            ("\"Lee; \\\" Ann\"<a@b.c>;", &[("Lee; \" Ann", "a@b.c")]),
            ("=?gb2312?B?1cW6o8TP?= <a@b.c>", &[("张海南", "a@b.c")]),
            ("\"=?gb2312?B?1cW6o8TP?=\" <a@b.c>", &[("张海南", "a@b.c")]),
            ("a@b.c (Ann)", &[("Ann", "a@b.c")]),
            ("(Ann) a@b.c", &[("Ann", "a@b.c")]),
            ("Ann (home) < a@b.c >", &[("Ann", "a@b.c")]),
            ("Friends: Ann <a@b.c>, d@e.f;", &[("Ann", "a@b.c"), ("", "d@e.f")]),
            ("Bank ,_<a@b.c>", &[("Bank, _", "a@b.c")]),
            ("\"service@bank.example\", <a@b.c>", &[("service@bank.example", "a@b.c")]),
            ("\"service@bank.example\" <a@b.c>", &[("service@bank.example", "a@b.c")]),
            ("\"\"\"\" Bank \"\"\" <a@b.c>", &[("Bank", "a@b.c")]),
            ("Ann =?\" <a@b.c>", &[("Ann =?", "a@b.c")]),
            ("\"Ann <a@b.c>", &[("Ann", "a@b.c")]),
            ("Ann <a@b.c", &[("Ann", "a@b.c")]),
            ("Ann <@x,@y:a@b.c>>", &[("Ann", "a@b.c")]),
            ("Ann", &[("Ann", "")]),
            ("undisclosed-recipients:;", &[]),
            ("<>", &[]),
            (" , ;,", &[]),
            ("", &[]),
        ] {
            let mailboxes = mailboxes(value);
            let found: Vec<_> = mailboxes.iter().map(|mailbox| (&*mailbox.name, &*mailbox.address)).collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
