//! What other filters wrote into a message.
//!
//! A filter that learns from mail which another filter has marked learns those marks and little
//! else, and is blind where they are missing. So the fields below are not evidence.
//!
//! The names come from the documentation of the filters and from the fields seen in public corpora;
//! many filters put the site's name in the middle (`X-Example-MailScanner-SpamCheck`), so parts of
//! names say more than beginnings.

/// Parts of field names (lower case) that only filters use.
const PARTS: &[&[u8]] =
    &[b"spam", b"virus", b"mailscanner", b"junk", b"bogosity", b"verdict", b"-scan", b"-scl", b"-pcl"];

/// Beginnings of field names (lower case), sorted; none is the beginning of another.
const PREFIXES: &[&str] = &[
    "ironport-",
    "scan-symbols",
    "x-amavis",
    "x-aol-global-disposition",
    "x-aol-scoll",
    "x-assp-",
    "x-barracuda-",
    "x-brightmail",
    "x-canit",
    "x-clamav",
    "x-clapf",
    "x-cloudmark",
    "x-cm-analysis",
    "x-cm-score",
    "x-cmae-",
    "x-crm114",
    "x-dcc-",
    "x-dnsbl",
    "x-drweb",
    "x-esafe",
    "x-eset",
    "x-feas-",
    "x-forefront-",
    "x-fuglu",
    "x-gm-labels",
    "x-gm-phish",
    "x-gmail-labels",
    "x-greylist",
    "x-ham-report",
    "x-haraka-",
    "x-hmailserver-reason",
    "x-ironport-",
    "x-kas-",
    "x-kaspersky",
    "x-keywords",
    "x-kse-",
    "x-mailcleaner",
    "x-mailprotector-",
    "x-mdav",
    "x-messagelabs",
    "x-mimedefang",
    "x-mozilla-keys",
    "x-ms-exchange-organization-sfs",
    "x-ms-office365-filtering",
    "x-ms-oob-tlc",
    "x-nai-",
    "x-optus-cm-",
    "x-perlmx",
    "x-pmx",
    "x-policyd-weight",
    "x-popfile",
    "x-proofpoint",
    "x-pyzor",
    "x-razor",
    "x-rbl",
    "x-rspamd",
    "x-sa-",
    "x-scanner",
    "x-sgbayes",
    "x-sieve-filter",
    "x-sonicwall",
    "x-sophos",
    "x-starscan",
    "x-symantec",
    "x-tamis-",
    "x-text-classification",
    "x-tm-as-",
    "x-tmase-",
    "x-tmn-",
    "x-trend",
    "x-ui-filterresults",
    "x-ui-out-filterresults",
    "x-uvscan",
    "x-vade-",
    "x-vipre",
    "x-vr-",
    "x-watchguard",
    "x-yandex-",
];

/// Bytes of a field name that are looked at.
const NAME_BYTES: usize = 64;

/// Whether a header field of this name holds another filter's opinion of the message.
///
/// ```
/// use tamis::message::verdict::is_verdict_header;
///
/// assert!(is_verdict_header("X-Spam-Status"));
/// assert!(is_verdict_header("X-Example-MailScanner-Information"));
/// assert!(!is_verdict_header("X-Mailer"));
/// ```
pub fn is_verdict_header(name: &str) -> bool {
    let mut buffer = [0; NAME_BYTES];
    let length = name.len().min(NAME_BYTES);
    let lower = &mut buffer[..length];
    lower.copy_from_slice(&name.as_bytes()[..length]);
    lower.make_ascii_lowercase();
    let name = &*lower;
    let after = PREFIXES.partition_point(|prefix| prefix.as_bytes() <= name);
    PREFIXES[..after].last().is_some_and(|prefix| name.starts_with(prefix.as_bytes()))
        || (0..name.len()).any(|at| starts_with_part(&name[at..]))
}

fn starts_with_part(text: &[u8]) -> bool {
    PARTS.iter().any(|part| part.first() == text.first() && text.starts_with(part))
}

/// Opinions as filters write them in front of a subject, without the marks around them.
const TAGS: &[&str] = &[
    "spam",
    "spam suspect",
    "spam suspected",
    "suspected spam",
    "suspect spam",
    "possible spam",
    "possibly spam",
    "probable spam",
    "probably spam",
    "likely spam",
    "definite spam",
    "potential spam",
    "junk",
    "junk mail",
    "bulk",
    "virus",
    "disarmed",
    "fraud",
    "phishing",
    "suspected phishing",
];

/// The subject without the tags that filters put in front of it.
///
/// ```
/// use tamis::message::verdict::strip_verdict_tag;
///
/// assert_eq!(strip_verdict_tag("*****SPAM***** Cheap"), "Cheap");
/// assert_eq!(strip_verdict_tag("{Spam?} [SPAM 7.3] Cheap"), "Cheap");
/// assert_eq!(strip_verdict_tag("[spambayes] Cheap"), "[spambayes] Cheap");
/// ```
pub fn strip_verdict_tag(subject: &str) -> &str {
    let mut rest = subject;
    while let Some(stripped) = strip_one_tag(rest) {
        rest = stripped;
    }
    rest
}

fn strip_one_tag(subject: &str) -> Option<&str> {
    let is_mark = |c: char| {
        matches!(c, '*' | '[' | ']' | '{' | '}' | '(' | ')' | '<' | '>' | '_' | '#' | '-' | '~' | '=' | '|')
    };
    let subject = subject.trim_start();
    let inner = subject.trim_start_matches(is_mark);
    let end = inner.find(is_mark)?;
    let (tag, after) = inner.split_at(end);
    let opinion = tag.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let known = TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(opinion));
    (inner.len() < subject.len() && known).then(|| after.trim_start_matches(is_mark).trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_headers() {
        for name in [
            "X-Spam-Flag",
            "x-bogosity",
            "X-MS-Exchange-Organization-SCL",
            "X-Microsoft-Antispam-Mailbox-Delivery",
            "X-Forefront-Antispam-Report-Untrusted",
            "X-Linutronix-Spam-Status",
            "X-UCSC-CATS-MailScanner",
            "X-IronPort-AV",
            "X-Virus-Scanned",
            "X-SpamExperts-Outgoing-Class",
            "X-DSPAM-Result",
            "X-Tamis-Score",
            "X-Gm-Spam",
            "X-CanItPRO-Stream",
            "X-ThreatScanner-Verdict",
        ] {
            assert!(is_verdict_header(name), "{name}");
        }
        for name in [
            "Subject",
            "X-Mailer",
            "Received-SPF",
            "Authentication-Results",
            "X-MimeOLE",
            "X-Originating-IP",
            "",
            "X-",
        ] {
            assert!(!is_verdict_header(name), "{name}");
        }
    }

    #[test]
    fn beginnings_are_sorted_and_apart() {
        for pair in PREFIXES.windows(2) {
            assert!(pair[0] < pair[1] && !pair[1].starts_with(pair[0]), "{pair:?}");
        }
    }

    #[test]
    fn subject_tags() {
        for (subject, stripped) in [
            ("***SPAM*** x", "x"),
            ("[SPAM?]x", "x"),
            ("[**SPAM**] x", "x"),
            ("(Suspected Spam) x", "x"),
            ("{Spam?} {Disarmed} x", "x"),
            ("[SPAM]", ""),
            ("SPAM: x", "SPAM: x"),
            ("[SAtalk] spam", "[SAtalk] spam"),
            ("Re: [SPAM] x", "Re: [SPAM] x"),
            ("***", "***"),
            ("", ""),
        ] {
            assert_eq!(strip_verdict_tag(subject), stripped, "{subject}");
        }
    }
}
