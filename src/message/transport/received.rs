//! One hop: a `Received` field (RFC 5321, section 4.4) in the dialects that servers write.

use std::net::IpAddr;

use super::identity::organisational_domain;

/// The protocol of a hop, from the `with` clause (RFC 3848, RFC 6531 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol<'a> {
    /// One of the SMTP and LMTP family, as registered: `ESMTPSA`, `LMTP`, `UTF8SMTPS`, …
    Smtp(&'static str),
    /// Microsoft's `with Microsoft SMTP Server` and `with mapi`.
    Microsoft,
    /// Handed over by HTTP or HTTPS: webmail, or inside a large provider.
    Http,
    /// Anything else, as written.
    Other(&'a str),
    /// No `with` clause.
    Absent,
}

const REGISTERED: [&str; 18] = [
    "SMTP",
    "ESMTP",
    "ESMTPS",
    "ESMTPA",
    "ESMTPSA",
    "LMTP",
    "LMTPS",
    "LMTPA",
    "LMTPSA",
    "UTF8SMTP",
    "UTF8SMTPS",
    "UTF8SMTPA",
    "UTF8SMTPSA",
    "UTF8LMTP",
    "UTF8LMTPS",
    "UTF8LMTPA",
    "UTF8LMTPSA",
    "MMS",
];

impl<'a> Protocol<'a> {
    fn parse(word: &'a str) -> Self {
        if let Some(name) = REGISTERED.iter().find(|name| name.eq_ignore_ascii_case(word)) {
            return Protocol::Smtp(name);
        }
        // Exim writes lower case and the dialect names `esmtpsa`, `local-esmtp`; qmail `SMTP;`.
        match word {
            "" => Protocol::Absent,
            _ if word.eq_ignore_ascii_case("Microsoft") || word.eq_ignore_ascii_case("mapi") => {
                Protocol::Microsoft
            }
            _ if word.eq_ignore_ascii_case("HTTP") || word.eq_ignore_ascii_case("HTTPS") => Protocol::Http,
            _ => Protocol::Other(word),
        }
    }

    /// The name, in the spelling of the registry.
    pub fn name(&self) -> &str {
        match self {
            Protocol::Smtp(name) => name,
            Protocol::Microsoft => "Microsoft",
            Protocol::Http => "HTTP",
            Protocol::Other(word) => word,
            Protocol::Absent => "absent",
        }
    }

    /// Whether the sender authenticated (SMTP AUTH): the `A` of RFC 3848.
    pub fn authenticated(&self) -> bool {
        matches!(self, Protocol::Smtp(name) if name.ends_with('A'))
    }

    /// Whether the session was encrypted (STARTTLS): the `S` of RFC 3848.
    pub fn encrypted(&self) -> bool {
        matches!(self, Protocol::Smtp(name) if name.ends_with("TPS") || name.ends_with("TPSA"))
    }
}

/// The name a client gave in HELO against the name its address has in the DNS, as the server wrote both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeloMatch {
    /// The same name.
    Same,
    /// Names of one organisation.
    Aligned,
    /// Different names.
    Different,
    /// The address has no name.
    NoReverse,
    /// The client gave an address instead of a name.
    Literal,
    /// The client gave a name without a dot.
    Unqualified,
    /// The field does not say.
    Absent,
}

impl HeloMatch {
    /// A stable lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            HeloMatch::Same => "same",
            HeloMatch::Aligned => "aligned",
            HeloMatch::Different => "different",
            HeloMatch::NoReverse => "no-reverse",
            HeloMatch::Literal => "literal",
            HeloMatch::Unqualified => "unqualified",
            HeloMatch::Absent => "absent",
        }
    }
}

/// What one server wrote of how it got the message. Each string is as written.
///
/// ```
/// use tamis::message::transport::Hop;
/// let hop = Hop::parse("from a.example.net (b.example.net [192.0.2.7]) by mx.example.com (Postfix) \
///                       with ESMTPS id 1 for <me@example.com>; Tue, 1 Oct 2024 10:00:00 +0000");
/// assert_eq!((hop.helo, hop.reverse, hop.by), (Some("a.example.net"), Some("b.example.net"), Some("mx.example.com")));
/// assert!(hop.protocol.encrypted() && !hop.protocol.authenticated());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hop<'a> {
    /// The name in HELO or EHLO.
    pub helo: Option<&'a str>,
    /// The name that the client's address has in the DNS.
    pub reverse: Option<&'a str>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The server that wrote the field.
    pub by: Option<&'a str>,
    /// How the message came.
    pub protocol: Protocol<'a>,
    /// TLS version where the field states it, such as `1.3`.
    pub tls: Option<&'a str>,
    /// The field has a `for` clause.
    pub addressed: bool,
    /// The server says that names may be forged.
    pub forged: bool,
    /// The date, after the last semicolon.
    pub date: Option<&'a str>,
}

impl<'a> Hop<'a> {
    /// Reads one field's value (unfolded). Never fails: what is not found is absent.
    pub fn parse(value: &'a str) -> Self {
        let (body, date) = match value.rsplit_once(';') {
            Some((body, date)) => (body, Some(date.trim())),
            None => (value, None),
        };
        let mut hop = Hop {
            helo: None,
            reverse: None,
            ip: None,
            by: None,
            protocol: Protocol::Absent,
            tls: tls_version(body),
            addressed: false,
            forged: body.contains("may be forged"),
            date,
        };
        let mut clause = "";
        for token in Tokens(body) {
            match token {
                Token::Word(word) => match clause {
                    "from" if hop.helo.is_none() => {
                        hop.helo = Some(word);
                        hop.see_address(word);
                        clause = "from-rest";
                    }
                    "by" if hop.by.is_none() => {
                        hop.by = Some(word.trim_end_matches(','));
                        clause = "";
                    }
                    "with" if hop.protocol == Protocol::Absent => {
                        hop.protocol = Protocol::parse(word.trim_end_matches(','));
                        clause = "";
                    }
                    _ => match CLAUSES.iter().find(|name| name.eq_ignore_ascii_case(word)) {
                        Some(&"for") => hop.addressed = true,
                        Some(name) => clause = name,
                        // fetchmail writes the address without parentheses.
                        None if clause == "from-rest" => {
                            hop.see_address(word);
                        }
                        None => {}
                    },
                },
                Token::Comment(text) if clause == "from-rest" => hop.see_comment(text),
                Token::Comment(_) => {}
            }
        }
        // Written by qmail when it could not find a name.
        if hop.helo.is_some_and(|helo| helo.eq_ignore_ascii_case("unknown")) {
            hop.helo = None;
        }
        hop
    }

    /// The comment after a `from` name: reverse name and address in sendmail's and Postfix's dialect,
    /// `HELO x` in qmail's, `helo=x` in Exim's.
    fn see_comment(&mut self, text: &'a str) {
        let words = text
            .split(|c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | ','))
            .filter(|w| !w.is_empty());
        let mut expect_helo = false;
        for (i, word) in words.enumerate() {
            let named = word.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case("helo"));
            if expect_helo {
                // In this dialect the word after `from` was the reverse name.
                self.reverse = self.helo.filter(|name| !name.eq_ignore_ascii_case("unknown"));
                self.helo = Some(word);
                expect_helo = false;
            } else if let Some((_, helo)) = named {
                self.reverse = self.helo.filter(|name| name.contains('.') && !name.starts_with('['));
                self.helo = Some(helo);
            } else if word.eq_ignore_ascii_case("HELO") || word.eq_ignore_ascii_case("EHLO") {
                expect_helo = true;
            } else if !self.see_address(word)
                && i == 0
                && word.contains('.')
                && !word.contains(['=', '@', ':'])
            {
                self.reverse = Some(word);
            }
        }
    }

    fn see_address(&mut self, word: &str) -> bool {
        // `ident@[192.0.2.7]`, `[192.0.2.7]:4711`, `[IPv6:2001:db8::1]`
        let word = word.rsplit_once('@').map_or(word, |(_, host)| host);
        let inner = match word.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => word,
        };
        let inner =
            inner.get(..5).filter(|p| p.eq_ignore_ascii_case("IPv6:")).map_or(inner, |p| &inner[p.len()..]);
        let Ok(ip) = inner.parse() else { return false };
        self.ip.get_or_insert(ip);
        true
    }

    /// HELO against reverse DNS.
    pub fn helo_match(&self) -> HeloMatch {
        let Some(helo) = self.helo else { return HeloMatch::Absent };
        if helo.starts_with('[') || helo.parse::<IpAddr>().is_ok() {
            return HeloMatch::Literal;
        }
        if !helo.trim_end_matches('.').contains('.') {
            return HeloMatch::Unqualified;
        }
        match self.reverse {
            None if self.ip.is_some() => HeloMatch::NoReverse,
            None => HeloMatch::Absent,
            Some(name) if name.eq_ignore_ascii_case("unknown") => HeloMatch::NoReverse,
            Some(name) if name.eq_ignore_ascii_case(helo) => HeloMatch::Same,
            Some(name) => match (organisational_domain(name), organisational_domain(helo)) {
                (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => HeloMatch::Aligned,
                _ => HeloMatch::Different,
            },
        }
    }

    /// Whether the address is one that is not used across the Internet (RFC 6890).
    pub fn private_address(&self) -> bool {
        match self.ip {
            Some(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
            Some(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
            None => false,
        }
    }

    /// Whether the reverse name looks like that of a customer's line: it spells the address, or says
    /// that it is one of a pool.
    pub fn dynamic_reverse(&self) -> bool {
        const WORDS: [&str; 10] =
            ["dsl", "dhcp", "dyn", "ppp", "pool", "cable", "dial", "broadband", "client", "customer"];
        let Some(name) = self.reverse else { return false };
        let host = name.to_ascii_lowercase();
        let spelled = match self.ip {
            Some(IpAddr::V4(ip)) => {
                let [_, _, c, d] = ip.octets().map(|octet| octet.to_string());
                [format!("{c}-{d}"), format!("{c}.{d}"), format!("{d}-{c}"), format!("{d}.{c}")]
                    .iter()
                    .any(|pair| host.contains(pair.as_str()))
            }
            _ => false,
        };
        spelled || WORDS.iter().any(|word| host.contains(word))
    }
}

const CLAUSES: [&str; 6] = ["from", "by", "with", "for", "id", "via"];

fn tls_version(text: &str) -> Option<&str> {
    // `version=TLS1_2`, `(TLSv1.3)`, `using TLSv1.2`, `version=TLSv1/SSLv3`
    let at = text.find("TLS1").map(|i| i + 3).or_else(|| text.find("TLSv1").map(|i| i + 4))?;
    let version = text.get(at..at + 3).filter(|v| v.ends_with(|c: char| c.is_ascii_digit()));
    version.or(text.get(at..at + 1))
}

enum Token<'a> {
    Word(&'a str),
    /// What stands between the parentheses, with those inside it.
    Comment(&'a str),
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.0.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        if !rest.starts_with('(') {
            let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '(').unwrap_or(rest.len());
            self.0 = &rest[end..];
            return Some(Token::Word(&rest[..end]));
        }
        let mut depth = 0usize;
        for (i, byte) in rest.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.0 = &rest[i + 1..];
                return Some(Token::Comment(&rest[1..i]));
            }
        }
        self.0 = "";
        Some(Token::Comment(&rest[1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialects_of_real_servers() {
        // value, helo, reverse, ip, by, protocol, tls
        let table = [
            (
                "from a.example.net (b.example.net [192.0.2.7]) (using TLSv1.3 with cipher X (256/256 bits)) by mx.example.com (Postfix) with ESMTPS id 4F for <me@example.com>; Wed, 14 Oct 2020 11:47:41 +0200",
                "a.example.net b.example.net 192.0.2.7 mx.example.com ESMTPS 1.3",
            ),
            (
                "from mail.example.net ([192.0.2.8]) by mx.example.org (8.11.6/8.11.6) with SMTP id g7M; Thu, 22 Aug 2002 07:18:55 -0400",
                "mail.example.net - 192.0.2.8 mx.example.org SMTP -",
            ),
            (
                "from unknown (HELO pc1) (192.0.2.9) by 192.0.2.1 with SMTP; 14 Aug 2005 02:12:48 -0000",
                "pc1 - 192.0.2.9 192.0.2.1 SMTP -",
            ),
            (
                "from dsl.example.net (HELO mail) (192.0.2.9) by mx with SMTP; 14 Aug 2005 02:12:48 -0000",
                "mail dsl.example.net 192.0.2.9 mx SMTP -",
            ),
            ("(qmail 5448 invoked from network); 14 Aug 2005 02:12:48 -0000", "- - - - absent -"),
            (
                "from h.example.net ([2001:db8::5] helo=x.example.net) by mx.example.com with esmtpsa (TLS1.2) (Exim 4.94) id 1kS; Mon",
                "x.example.net h.example.net 2001:db8::5 mx.example.com ESMTPSA 1.2",
            ),
            (
                "from A.prod.example.com (2603:10b6:610:32::6) by B.prod.example.com (2603:10b6:a03:4ef::16) with Microsoft SMTP Server (version=TLS1_2, cipher=T) id 15.20.8835.28; Thu",
                "A.prod.example.com - 2603:10b6:610:32::6 B.prod.example.com Microsoft 1_2",
            ),
            (
                "by 2002:a05:6a10:: with SMTP id x1csp1; Tue, 1 Oct 2024 01:02:03 -0700 (PDT)",
                "- - - 2002:a05:6a10:: SMTP -",
            ),
            (
                "from [192.0.2.3] (port=4711 helo=[10.0.0.2]) by mx.example.com with smtp; x",
                "[10.0.0.2] - 192.0.2.3 mx.example.com SMTP -",
            ),
            (
                "from localhost [127.0.0.1] by localhost with IMAP (fetchmail-5.9.0); x",
                "localhost - 127.0.0.1 localhost IMAP -",
            ),
            ("", "- - - - absent -"),
            ("from from from by by with with (((", "from - - by with -"),
        ];
        for (value, expected) in table {
            let hop = Hop::parse(value);
            let ip = hop.ip.map(|ip| ip.to_string());
            let found = [hop.helo, hop.reverse, ip.as_deref(), hop.by, Some(hop.protocol.name()), hop.tls]
                .map(|part| part.unwrap_or("-"))
                .join(" ");
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn helo_is_held_against_reverse_dns() {
        for (from, expected) in [
            ("mx.example.com (mx.example.com [192.0.2.7])", HeloMatch::Same),
            ("a.example.co.uk (b.example.co.uk [192.0.2.7])", HeloMatch::Aligned),
            ("a.example.com (a.example.net [192.0.2.7])", HeloMatch::Different),
            ("a.example.com (unknown [192.0.2.7])", HeloMatch::NoReverse),
            ("a.example.com ([192.0.2.7])", HeloMatch::NoReverse),
            ("[192.0.2.7] (a.example.net [192.0.2.7])", HeloMatch::Literal),
            ("friend (a.example.net [192.0.2.7])", HeloMatch::Unqualified),
        ] {
            let value = format!("from {from} by mx with SMTP");
            assert_eq!(Hop::parse(&value).helo_match(), expected, "{from}");
        }
    }

    #[test]
    fn hostile_fields_end() {
        for value in
            ["(".repeat(100_000), ")".repeat(100_000), "from ".repeat(50_000), "(a".repeat(50_000) + "\0;"]
        {
            assert!(Hop::parse(&value).ip.is_none());
        }
    }
}
