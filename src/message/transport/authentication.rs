//! What servers say of a sender's identity: SPF, DKIM, DMARC and ARC.

/// An `Authentication-Results` field (RFC 8601).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuthenticationResults<'a> {
    /// The server that checked, if the field names one, as RFC 8601 demands and some do not.
    pub authserv_id: Option<&'a str>,
    /// One result for each method, in the order of the field.
    pub results: Vec<MethodResult<'a>>,
}

/// The result of one method.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodResult<'a> {
    /// `spf`, `dkim`, `dmarc`, `arc`, `auth`, …, as written.
    pub method: &'a str,
    /// `pass`, `fail`, `softfail`, `none`, …, as written.
    pub result: &'a str,
    /// What was checked: `("header.d", "example.com")`, `("smtp.mailfrom", "…")`.
    pub properties: Vec<(&'a str, &'a str)>,
}

/// Results and properties of one field that are read.
const MAX_ITEMS: usize = 64;

impl<'a> AuthenticationResults<'a> {
    /// Reads a field's value (unfolded), with the leading `i=1;` that ARC puts there (RFC 8617).
    pub fn parse(value: &'a str) -> Self {
        let mut parsed = Self::default();
        let mut parts = split(value, ';').take(MAX_ITEMS).peekable();
        if parts.peek().is_some_and(|part| part.starts_with("i=")) {
            parts.next();
        }
        for (i, part) in parts.enumerate() {
            let mut words = split(part, ' ').map(|word| word.split_once('=').ok_or(word));
            match words.next() {
                Some(Ok((method, result))) if !method.contains('.') => {
                    let method = method.split('/').next().unwrap_or(method);
                    let properties = words.flatten().take(MAX_ITEMS).collect();
                    parsed.results.push(MethodResult { method, result, properties });
                }
                Some(Err(id)) if i == 0 => parsed.authserv_id = Some(id),
                _ => {}
            }
        }
        parsed
    }
}

/// A `DKIM-Signature` field (RFC 6376, section 3.5).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DkimSignature<'a> {
    /// The signing domain, `d=`.
    pub domain: Option<&'a str>,
    /// The algorithm, `a=`.
    pub algorithm: Option<&'a str>,
    /// Only part of the body is signed, `l=`.
    pub partial: bool,
    /// The signature expires, `x=`.
    pub expires: bool,
    /// A tag that RFC 6376 requires is missing.
    pub incomplete: bool,
}

impl<'a> DkimSignature<'a> {
    /// Reads a field's value (unfolded).
    pub fn parse(value: &'a str) -> Self {
        let mut required = 0u8;
        let mut parsed = Self::default();
        for (name, value) in tags(value) {
            match name {
                "d" => parsed.domain = Some(value),
                "a" => parsed.algorithm = Some(value),
                "l" => parsed.partial = true,
                "x" => parsed.expires = true,
                _ => {}
            }
            if let Some(bit) = ["v", "a", "b", "bh", "d", "h", "s"].iter().position(|tag| *tag == name) {
                required |= 1 << bit;
            }
        }
        parsed.incomplete = required != 0x7f;
        parsed
    }
}

/// The `cv=` value and the instance of an `ARC-Seal` (RFC 8617, section 4.1.3).
pub fn arc_seal(value: &str) -> (Option<u32>, Option<&str>) {
    let find = |wanted| tags(value).find(|(name, _)| *name == wanted).map(|(_, value)| value);
    (find("i").and_then(|i| i.parse().ok()), find("cv"))
}

/// Result and receiver of a `Received-SPF` field (RFC 7208, section 9.1).
pub fn received_spf(value: &str) -> (&str, Option<&str>) {
    let result = value.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let receiver =
        split(value, ' ').flat_map(|part| split(part, ';')).find_map(|part| part.strip_prefix("receiver="));
    (result, receiver)
}

fn tags(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split(';').take(MAX_ITEMS).filter_map(|tag| tag.split_once('=')).map(|(n, v)| (n.trim(), v.trim()))
}

/// Pieces of a field between separators that stand outside comments and quoted strings. Comments
/// (RFC 5322, section 3.2.2) are dropped where they separate words, which they do in this field.
fn split(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let trimmed = skip_comment(rest.trim_start_matches([separator, ' ', '\t']));
            if trimmed.len() == rest.len() {
                break;
            }
            rest = trimmed;
        }
        if rest.is_empty() {
            return None;
        }
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        let end = rest.char_indices().find(|&(_, c)| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' if depth == 0 => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth = depth.saturating_sub(1),
                _ => return !quoted && depth == 0 && c == separator,
            }
            // A comment ends a word even without a space before it.
            separator == ' ' && !quoted && depth == 1 && c == '('
        });
        let (piece, after) = rest.split_at(end.map_or(rest.len(), |(i, _)| i));
        rest = after;
        Some(piece.trim())
    })
}

/// What follows the comment at the start of `text`; all of `text` if there is none.
fn skip_comment(text: &str) -> &str {
    if !text.starts_with('(') {
        return text;
    }
    let mut depth = 0usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[i + 1..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(value: &str) -> String {
        let parsed = AuthenticationResults::parse(value);
        let results = parsed.results.iter().map(|r| {
            let properties: String = r.properties.iter().map(|(k, v)| format!(" {k}:{v}")).collect();
            format!("{}={}{properties}", r.method, r.result)
        });
        std::iter::once(parsed.authserv_id.unwrap_or("-").to_string())
            .chain(results)
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn authentication_results_of_several_servers() {
        for (value, expected) in [
            (
                "mx.example.com; spf=pass (sender ok; really) smtp.mailfrom=a@example.net; dkim=fail(bad) header.d=example.net header.i=@example.net",
                "mx.example.com|spf=pass smtp.mailfrom:a@example.net|dkim=fail header.d:example.net header.i:@example.net",
            ),
            ("mx.example.com 1; none", "mx.example.com"),
            (
                "spf=none (sender IP is 192.0.2.1) smtp.helo=h.example; dkim=fail (no key; x) header.d=d.example;dmarc=none action=none header.from=f.example;",
                "-|spf=none smtp.helo:h.example|dkim=fail header.d:d.example|dmarc=none action:none header.from:f.example",
            ),
            (
                "i=1; mx.example.com; arc=none; dmarc=pass policy.dmarc=\"a; b\"",
                "mx.example.com|arc=none|dmarc=pass policy.dmarc:\"a; b\"",
            ),
            ("", "-"),
            ("((((((", "-"),
        ] {
            assert_eq!(compact(value), expected, "{value}");
        }
    }

    #[test]
    fn dkim_signatures_and_what_they_lack() {
        let full = DkimSignature::parse(
            "v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=x; h=From:To; bh=abc=; b=def==; l=10",
        );
        assert_eq!(
            (full.domain, full.algorithm, full.partial, full.incomplete),
            (Some("example.com"), Some("rsa-sha256"), true, false)
        );
        assert!(DkimSignature::parse("d=example.com").incomplete);
        assert_eq!(arc_seal("i=2; a=rsa-sha256; cv=pass; d=example.com"), (Some(2), Some("pass")));
    }

    #[test]
    fn received_spf_names_its_receiver() {
        let value =
            "Pass (mx: domain of a@b designates 192.0.2.1) receiver=mx.example.com; client-ip=192.0.2.1;";
        assert_eq!(received_spf(value), ("Pass", Some("mx.example.com")));
        assert_eq!(received_spf(""), ("", None));
    }

    #[test]
    fn hostile_fields_end() {
        for value in ["(".repeat(100_000), ";(".repeat(50_000), "a=b;".repeat(100_000), "\"\\".repeat(50_000)]
        {
            assert!(AuthenticationResults::parse(&value).results.len() <= MAX_ITEMS);
        }
    }
}
