//! Numbers in text: amounts of money, telephone numbers, dates and counts, each by its shape.
//!
//! The digits themselves differ from one message to the next; what carries over is that there is
//! an amount of some thousands of dollars, or a mobile number.

use super::shape::push_number;

/// What a number in text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numeric {
    /// An amount in a currency, by its order of magnitude: 3 is from 1000 to 9999.
    Money { currency: &'static str, magnitude: i32 },
    /// A telephone number.
    Phone { international: bool, digits: usize },
    /// A word for the kind, where length says nothing more.
    Named(&'static str),
    /// A count or a measure.
    Count { digits: usize, decimals: bool, percent: bool },
}

impl Numeric {
    /// Appends the shape.
    pub(super) fn write(self, out: &mut String) {
        match self {
            Numeric::Money { currency, magnitude } => {
                out.push_str(currency);
                out.push_str(if magnitude < 0 { ":1e-" } else { ":1e" });
                push_number(magnitude.unsigned_abs() as usize, out);
            }
            Numeric::Phone { international, digits } => {
                out.push_str(if international { "+n:" } else { "n:" });
                push_number(digits, out);
            }
            Numeric::Named(name) => out.push_str(name),
            Numeric::Count { digits, decimals, percent } => {
                out.push_str(if decimals { "n.n" } else { "n" });
                out.push_str(if percent { "%:" } else { ":" });
                push_number(digits.min(20), out);
                out.push_str(if digits > 20 { "+" } else { "" });
            }
        }
    }
}

/// A number found, and the byte offset of its end.
type Found = Option<(Numeric, usize)>;

/// The number that begins with the digit, sign or bracket at byte `at`; `None` if it is the
/// beginning of a word such as `10mg`. `text` is in lower case.
pub(super) fn number(text: &str, at: usize) -> Found {
    let bytes = text.as_bytes();
    if !bytes.get(at)?.is_ascii_digit() {
        return phone(bytes, at);
    }
    let amount = Amount::read(bytes, at)?;
    if let Some(found) = named(bytes, at).or_else(|| phone(bytes, at)) {
        return Some(found);
    }
    let (exponent, end) = multiplier(text, amount.end);
    if let Some((currency, end)) = currency_after(text, end) {
        return Some((Numeric::Money { currency, magnitude: amount.magnitude + exponent }, end));
    }
    let next = bytes.get(amount.end).copied();
    let percent = next == Some(b'%');
    let count = Numeric::Count { digits: amount.digits, decimals: amount.decimals, percent };
    match next {
        Some(b) if b.is_ascii_alphabetic() => None,
        _ => Some((count, amount.end + usize::from(percent))),
    }
}

/// The amount of money whose sign or code for `currency` ends at byte `at`. `text` is in lower case.
pub(super) fn money(text: &str, at: usize, currency: &'static str) -> Found {
    let bytes = text.as_bytes();
    let gap = bytes.get(at..)?.iter().take(2).take_while(|b| matches!(b, b' ' | b'.' | b':')).count();
    let amount = Amount::read(bytes, at + gap)?;
    let (exponent, end) = multiplier(text, amount.end);
    // "$100 USD", "¥100元": one amount.
    let end = currency_after(text, end).filter(|&(code, _)| code == currency).map_or(end, |(_, end)| end);
    Some((Numeric::Money { currency, magnitude: amount.magnitude + exponent }, end))
}

/// The currency whose code or sign `word` is, when it comes before an amount.
pub(super) fn currency_before(word: &str) -> Option<&'static str> {
    Some(match word {
        "usd" | "$" => "usd",
        "eur" | "€" => "eur",
        "gbp" | "£" => "gbp",
        "rmb" | "cny" | "¥" => "cny",
        "jpy" => "jpy",
        "hkd" => "hkd",
        "inr" | "rs" | "₹" => "inr",
        "aud" => "aud",
        "cad" => "cad",
        "chf" => "chf",
        "rub" | "₽" => "rub",
        "krw" | "₩" => "krw",
        "btc" | "₿" => "btc",
        _ => return None,
    })
}

/// The currency of the dollars of the country `word`, as in US$.
pub(super) fn dollars_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "us" | "usd" => "usd",
        "hk" => "hkd",
        "au" | "a" => "aud",
        "ca" | "c" => "cad",
        "r" => "brl",
        "s" => "sgd",
        "nt" => "twd",
        _ => return None,
    })
}

const CURRENCIES_AFTER: [(&str, &str); 47] = [
    ("$", "usd"),
    ("us$", "usd"),
    ("usd", "usd"),
    ("usdt", "usd"),
    ("us dollars", "usd"),
    ("u.s. dollars", "usd"),
    ("united states dollars", "usd"),
    ("american dollars", "usd"),
    ("dollars", "usd"),
    ("dollar", "usd"),
    ("bucks", "usd"),
    ("美元", "usd"),
    ("美金", "usd"),
    ("€", "eur"),
    ("eur", "eur"),
    ("euro", "eur"),
    ("euros", "eur"),
    ("欧元", "eur"),
    ("£", "gbp"),
    ("gbp", "gbp"),
    ("pounds sterling", "gbp"),
    ("英镑", "gbp"),
    ("¥", "cny"),
    ("rmb", "cny"),
    ("cny", "cny"),
    ("yuan", "cny"),
    ("元", "cny"),
    ("圆", "cny"),
    ("块", "cny"),
    ("人民币", "cny"),
    ("円", "jpy"),
    ("jpy", "jpy"),
    ("yen", "jpy"),
    ("日元", "jpy"),
    ("hkd", "hkd"),
    ("港币", "hkd"),
    ("港元", "hkd"),
    ("inr", "inr"),
    ("rupees", "inr"),
    ("reais", "brl"),
    ("руб", "rub"),
    ("рублей", "rub"),
    ("₽", "rub"),
    ("원", "krw"),
    ("chf", "chf"),
    ("btc", "btc"),
    ("bitcoins", "btc"),
];

/// The currency after an amount that ends at byte `at`, with a space between or none.
fn currency_after(text: &str, at: usize) -> Option<(&'static str, usize)> {
    word_after(text, at, true, &CURRENCIES_AFTER)
}

const MULTIPLIERS: [(&str, i32); 24] = [
    ("hundred", 2),
    ("thousand", 3),
    ("million", 6),
    ("millions", 6),
    ("milhões", 6),
    ("mln", 6),
    ("mio", 6),
    ("millionen", 6),
    ("millones", 6),
    ("billion", 9),
    ("billions", 9),
    ("bn", 9),
    ("trillion", 12),
    ("千", 3),
    ("万", 4),
    ("萬", 4),
    ("만", 4),
    ("百万", 6),
    ("千万", 7),
    ("亿", 8),
    ("億", 8),
    ("억", 8),
    ("тыс", 3),
    ("млн", 6),
];

const SHORT_MULTIPLIERS: [(&str, i32); 4] = [("k", 3), ("m", 6), ("mm", 6), ("b", 9)];

/// The power of ten that the word after byte `at` stands for, and where it ends; 0 and `at` if
/// there is none.
fn multiplier(text: &str, at: usize) -> (i32, usize) {
    word_after(text, at, false, &SHORT_MULTIPLIERS)
        .or_else(|| word_after(text, at, true, &MULTIPLIERS))
        .unwrap_or((0, at))
}

/// What the longest of `words` that is at byte `at` stands for, and where it ends. Words of letters
/// must end where a word of the text does.
fn word_after<T: Copy>(text: &str, at: usize, spaced: bool, words: &[(&str, T)]) -> Option<(T, usize)> {
    let rest = text.get(at..)?;
    let word = if spaced { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    let first = word.bytes().next().filter(|b| !b.is_ascii_digit() && !b.is_ascii_whitespace())?;
    let ends = |name: &str| {
        let last_is_spelled = name.chars().next_back().is_some_and(|c| c.is_alphabetic() && c < '\u{2E80}');
        let next = word[name.len()..].chars().next();
        !next.is_some_and(|c| if last_is_spelled { c.is_alphanumeric() } else { c.is_ascii_digit() })
    };
    let fits = |name: &str| name.as_bytes()[0] == first && word.starts_with(name) && ends(name);
    let &(name, value) = words.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len())?;
    Some((value, text.len() - word.len() + name.len()))
}

/// A number with thousands and decimals.
struct Amount {
    /// Digits before the decimal point.
    digits: usize,
    decimals: bool,
    magnitude: i32,
    end: usize,
}

impl Amount {
    fn read(bytes: &[u8], at: usize) -> Option<Amount> {
        let first = run(bytes, at);
        if first == 0 {
            return None;
        }
        let zeros = bytes[at..at + first].iter().take_while(|&&b| b == b'0').count();
        let mut amount = Amount { digits: first, decimals: false, magnitude: 0, end: at + first };
        let mut thousands = None;
        while let Some(&separator @ (b',' | b'.' | b'\'')) = bytes.get(amount.end) {
            let len = run(bytes, amount.end + 1);
            let groups = amount.digits <= 3 || thousands.is_some();
            if len == 3 && groups && zeros == 0 && thousands.is_none_or(|t| t == separator) {
                thousands = Some(separator);
                amount.digits += 3;
            } else if len > 0 && separator != b'\'' && thousands != Some(separator) {
                amount.decimals = true;
            } else {
                break;
            }
            amount.end += 1 + len;
            if amount.decimals {
                break;
            }
        }
        let significant = amount.digits - zeros.min(amount.digits);
        amount.magnitude = significant.min(99) as i32 - 1;
        Some(amount)
    }
}

/// Length of the run of digits at byte `at`.
fn run(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
}

/// A date, a time, an IP address or a version at byte `at`.
fn named(bytes: &[u8], at: usize) -> Found {
    let mut groups = [(0, 0); 5]; // value and length
    let mut count = 0;
    let mut separator = None;
    let mut end = at;
    for group in &mut groups {
        let from = end + usize::from(count > 0);
        let len = run(bytes, from);
        if len == 0 || len > 4 {
            break;
        }
        let value = bytes[from..from + len].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
        *group = (value, len);
        count += 1;
        end = from + len;
        match bytes.get(end) {
            Some(&b) if separator.is_none_or(|s| s == b) && b".-/:".contains(&b) => separator = Some(b),
            _ => break,
        }
    }
    let groups = &groups[..count];
    let day = |(value, len)| len <= 2 && (1..=31).contains(&value);
    let year = |(value, len)| len == 4 && (1900..2100).contains(&value);
    let minute = |&(value, len): &(u32, usize)| len == 2 && value < 60;
    let name = match (separator, groups) {
        (None | Some(b'.'), &[a]) if year(a) => "year",
        (Some(b'-' | b'/' | b'.'), &[a, b, c]) if year(a) && day(b) && day(c) => "date",
        (Some(b'-' | b'/' | b'.'), &[a, b, c]) if day(a) && day(b) && year(c) => "date",
        (Some(b'-' | b'/'), &[a, b, c]) if day(a) && day(b) && c.1 == 2 => "date",
        (Some(b':'), [first, rest @ ..]) if first.0 <= 24 && first.1 <= 2 && matches!(rest.len(), 1 | 2) => {
            rest.iter().all(minute).then_some("time")?
        }
        (Some(b'.'), groups) if groups.len() == 4 && groups.iter().all(|&(value, _)| value < 256) => "ip",
        (Some(b'.'), [_, rest @ ..])
            if rest.len() >= 2
                && rest.iter().any(|&(_, len)| len != 3)
                && groups.iter().all(|&(_, len)| len <= 3) =>
        {
            "version"
        }
        _ => return None,
    };
    let whole = if name == "year" { is_boundary(bytes, end) } else { run(bytes, end) == 0 };
    whole.then_some((Numeric::Named(name), end))
}

/// Whether a number that ends at byte `at` has ended, and is not a part of something longer.
fn is_boundary(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(b',' | b'.' | b'-' | b'/' | b':') => run(bytes, at + 1) == 0,
        Some(b) => !b.is_ascii_alphanumeric() && !matches!(b, b'%' | b'_'),
        None => true,
    }
}

/// A telephone number at byte `at`: 7 to 15 digits ([E.164](https://www.itu.int/rec/T-REC-E.164))
/// that are grouped as people group them.
fn phone(bytes: &[u8], at: usize) -> Found {
    // `CVE-2019-11135`, `#847-172-299`
    if matches!(bytes[..at], [.., b'#' | b'_'] | [.., b'a'..=b'z' | b'0'..=b'9', b'-']) {
        return None;
    }
    let international = bytes.get(at) == Some(&b'+');
    let mut end = at;
    let (mut digits, mut groups, mut singles, mut wide) = (0, 0, 0, 0);
    let (mut dashes, mut dots, mut spaces, mut brackets) = (0, 0, 0, 0);
    let mut next = at + usize::from(international);
    loop {
        let gap = bytes.get(next..)?.iter().take(4).take_while(|b| b" -.()/".contains(b)).count();
        let len = run(bytes, next + gap);
        let separators = &bytes[next..next + gap];
        let complete =
            digits >= if international { 11 } else { 7 } && separators.contains(&b' ') && singles < groups;
        if len == 0 || gap > 3 || complete || groups > 0 && gap == 0 {
            break;
        }
        dashes += usize::from(separators.contains(&b'-'));
        dots += usize::from(separators.contains(&b'.'));
        spaces += usize::from(separators.contains(&b' '));
        brackets += usize::from(separators.iter().any(|b| b"()".contains(b)));
        groups += 1;
        singles += usize::from(len == 1);
        wide += usize::from(gap > 1);
        digits += len;
        next += gap + len;
        end = next;
        if digits > 15 {
            return None;
        }
    }
    let first = *bytes.get(at)?;
    let mobile = first == b'1' && bytes.get(at + 1).is_some_and(|b| (b'3'..=b'9').contains(b));
    let plausible = match (dashes, dots, spaces, brackets) {
        _ if international => digits >= 8,
        (_, _, _, 2..) => first == b'(' && (7..=12).contains(&digits),
        _ if first == b'(' => false,
        (0, 0, 0, _) => digits == 11 && mobile,
        (0, 0, 1.., _) if wide > 0 => false,
        (0, 0, 1.., _) if first == b'0' && bytes[at..].starts_with(b"000") => false,
        (0, 0, 1.., _) => singles == groups && digits >= 7 || first == b'0' && (9..=12).contains(&digits),
        (0, 2, 0, _) => digits == 10,
        // Two years with a dash between are a period.
        (1, 0, 0, _) if digits == 8 && run(bytes, at) == 4 => false,
        // An area code is short, a date without dashes (`20240506-101500`) is not.
        (1.., 0, _, _) => run(bytes, at) <= 5 && digits >= if spaces > 0 { 9 } else { 7 },
        _ => false,
    };
    let ended = !bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'%'));
    (plausible && ended).then_some((Numeric::Phone { international, digits }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let mut out = String::new();
        let lower = text.to_lowercase();
        let first = lower.chars().next().unwrap_or_default();
        let prefix = lower.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(0);
        let found = match currency_before(&lower[..prefix]) {
            Some(currency) if !first.is_ascii_digit() => money(&lower, prefix, currency),
            _ => number(&lower, 0),
        };
        if let Some((numeric, end)) = found {
            numeric.write(&mut out);
            out.push('|');
            out.push_str(&lower[end..]);
        }
        out
    }

    #[test]
    fn shapes() {
        for (text, expected) in [
            ("5 ", "n:1| "),
            ("3,000.50", "n.n:4|"),
            ("1.234.567,89 x", "n.n:7| x"),
            ("1,2,3", "n.n:1|,3"),
            ("0.125", "n.n:1|"),
            ("50%", "n%:2|"),
            ("10mg", ""),
            ("99999999999999999999999", "n:20+|"),
            ("2024", "year|"),
            ("2024-05-06T10", "date|t10"),
            ("06.05.2024", "date|"),
            ("5/6/24", "date|"),
            ("10:30am", "time|am"),
            ("10:30:59", "time|"),
            ("10:75", "n:2|:75"),
            ("10.0.0.1:80", "ip|:80"),
            ("1.2.3", "version|"),
            ("$2,500!", "usd:1e3|!"),
            ("$ 1.5 million dollars", "usd:1e6|"),
            ("usd 100", "usd:1e2|"),
            ("$0.99", "usd:1e-1|"),
            ("$500k", "usd:1e5|"),
            ("€50.", "eur:1e1|."),
            ("20 euros", "eur:1e1|"),
            ("100 us dollars", "usd:1e2|"),
            ("100 dollarstore", "n:3| dollarstore"),
            ("100万元整", "cny:1e6|整"),
            ("3000元", "cny:1e3|"),
            ("¥1.5亿", "cny:1e8|"),
            ("150美金", "usd:1e2|"),
            ("+86 138-0000-0000", "+n:13|"),
            ("+1 (555) 123-4567", "+n:11|"),
            ("(555) 123-4567", "n:10|"),
            ("1-800-555-1212 24 hours", "n:11| 24 hours"),
            ("555.123.4567", "n:10|"),
            ("13826556538(24)", "n:11|(24)"),
            ("1 3 8 0 0 1 3 8", "n:8|"),
            ("0769-2715421", "n:11|"),
            ("1998-2002", "n:4|-2002"),
            ("04-09-22", "date|"),
            ("24-28 2020", "n:2|-28 2020"),
            ("20240506-101500", "n:8|-101500"),
            ("0000 07 00000000", "n:4| 07 00000000"),
            ("1  1  1  1  1  1  1", "n:1|  1  1  1  1  1  1"),
            ("(2002)", ""),
            ("+1", ""),
        ] {
            assert_eq!(shape(text), expected, "{text:?}");
        }
    }
}
