//! Words and other tokens of text.
//!
//! A [`Tokenizer`] takes decoded text (a subject, a body, a display name) and pushes [`Token`]s to
//! its caller. Text is [folded](fold()) first, so that the ways to write a word become one; what had
//! to be folded is counted in the [`TextFacts`]. Addresses and numbers are then recognised as such,
//! and the rest is broken into words by [UAX #29](https://www.unicode.org/reports/tr29/), tailored in
//! these ways:
//!
//! - full stops, colons, semicolons and underscores always part words (mail is full of missing
//!   spaces: `now.Click`), and so does the change between Hangul and Latin (a particle after a name);
//! - scripts without spaces between words (Han, Kana, Thai, …) give every two neighbouring
//!   characters, which needs no dictionary and no guess (J. Y. Nie and F. Ren, *Chinese information
//!   retrieval: using characters or words?*, 1999);
//! - letters with spaces or signs between them (`V I A G R A`) are put together.
//!
//! Time is linear in the text, and memory does not depend on it: text is taken in blocks of
//! 16 KiB, cut between lines where there are any.

mod fold;
mod link;
mod normal;
mod number;
mod packed;
mod scan;
mod script;
pub mod shape;
mod skeleton;
pub mod url;

use std::ops::ControlFlow;

use memchr::memrchr;

pub use fold::fold;
pub(crate) use fold::lowercase;
pub use script::Script;

use scan::Scan;

/// One piece of text. The string is borrowed until the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    /// A word of a script with spaces between words, [folded](fold()).
    Word(&'t str),
    /// The same word again if all its letters (two or more) are capitals. Whether that is shouting
    /// depends on the text around it: see [`TextFacts::upper`].
    Caps(&'t str),
    /// The Latin word that the word before looks like, if its letters come from several scripts or
    /// digits stand for letters: `paypal` for `pаypаl` with Cyrillic а, `viagra` for `v1agra`.
    /// A 1 may be an l or an i, and gives two of these.
    Skeleton(&'t str),
    /// A word whose letters were set apart, put together: `viagra` for `V.I.A.G.R.A`.
    Joined(&'t str),
    /// Two neighbouring characters of a script without spaces between words.
    Bigram(&'t str),
    /// A character of such a script without neighbours.
    Unigram(&'t str),
    /// A URL, or a host name with a well-known top-level domain, as written; [`url::parts`] reads it.
    Url(&'t str),
    /// An e-mail address, as written.
    Email(&'t str),
    /// An amount of money: the currency and the power of ten, `usd:1e3` for $2,500.
    Money(&'t str),
    /// A telephone number: how many digits, `+n:13` if it is international and else `n:11`.
    Phone(&'t str),
    /// A number: how many digits are before the decimal point, `n:4`, `n.n:4` with decimals, `n%:2`
    /// with a percent sign; or its kind: `date`, `time`, `year`, `ip`, `version`.
    Number(&'t str),
    /// A string that is not a word: its kind (`hex`, `alnum`, `base64`, `long`) and its length
    /// (`hex:32`), which is exact up to 40 and a power of two from there on.
    Random(&'t str),
    /// One emoji, with what modifies it, or one decorative sign.
    Emoji(&'t str),
    /// A run of the same punctuation mark: the mark and how many of it, `!2`, `!3`, `!4` (to 7) or
    /// `!8` (or more).
    Punct(&'t str),
}

impl<'t> Token<'t> {
    /// The name of the kind, in lower case (`"word"`, `"bigram"`, …).
    pub fn kind(self) -> &'static str {
        match self {
            Token::Word(_) => "word",
            Token::Caps(_) => "caps",
            Token::Skeleton(_) => "skeleton",
            Token::Joined(_) => "joined",
            Token::Bigram(_) => "bigram",
            Token::Unigram(_) => "unigram",
            Token::Url(_) => "url",
            Token::Email(_) => "email",
            Token::Money(_) => "money",
            Token::Phone(_) => "phone",
            Token::Number(_) => "number",
            Token::Random(_) => "random",
            Token::Emoji(_) => "emoji",
            Token::Punct(_) => "punct",
        }
    }

    /// The string, whatever the kind.
    pub fn text(self) -> &'t str {
        match self {
            Token::Word(t)
            | Token::Caps(t)
            | Token::Skeleton(t)
            | Token::Joined(t)
            | Token::Bigram(t)
            | Token::Unigram(t)
            | Token::Url(t)
            | Token::Email(t)
            | Token::Money(t)
            | Token::Phone(t)
            | Token::Number(t)
            | Token::Random(t)
            | Token::Emoji(t)
            | Token::Punct(t) => t,
        }
    }
}

/// What a text is made of, in characters unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFacts {
    /// All of them.
    pub chars: u32,
    /// Capital letters.
    pub upper: u32,
    /// Decimal digits.
    pub digits: u32,
    /// Letters of each script, in the order of [`Script::ALL`].
    pub scripts: [u32; Script::ALL.len()],
    /// Invisible characters, without the joiners that emoji and some scripts are spelled with.
    pub zero_width: u32,
    /// Controls of the direction of writing.
    pub bidi: u32,
    /// Control characters other than white space.
    pub control: u32,
    /// U+FFFD: bytes that could not be decoded.
    pub replacement: u32,
    /// Characters that have no meaning but in a private font.
    pub private_use: u32,
    /// Marks that strike letters through, or are heaped on them.
    pub combining: u32,
    /// Letters and digits of ASCII in disguise: full-width, mathematical, circled, ….
    pub compatibility: u32,
    /// Words that mix Latin, Greek and Cyrillic.
    pub mixed_script: u32,
    /// Words with their letters set apart.
    pub spaced_out: u32,
}

impl TextFacts {
    /// Letters of all scripts.
    pub fn letters(&self) -> u32 {
        self.scripts.iter().sum()
    }

    /// The script that most letters are of; the first of [`Script::ALL`] of those that are equal.
    pub fn dominant(&self) -> Option<Script> {
        let most = self.scripts.iter().max().filter(|&&n| n > 0)?;
        Script::ALL.into_iter().zip(&self.scripts).find(|(_, n)| n == &most).map(|(script, _)| script)
    }

    fn ascii(&mut self, text: &str) {
        let upper = count(text, |b| b.is_ascii_uppercase());
        self.chars += text.chars().count() as u32;
        self.upper += upper;
        self.digits += count(text, |b| b.is_ascii_digit());
        self.control += count(text, |b| b.is_ascii_control() && !(b'\t'..=b'\r').contains(&b));
        self.scripts[Script::Latin as usize] += upper + count(text, |b| b.is_ascii_lowercase());
    }

    fn letter(&mut self, c: char) {
        if let Some(script) = Script::of(c) {
            self.scripts[script as usize] += 1;
            self.upper += u32::from(c.is_uppercase());
        }
        self.replacement += u32::from(c == char::REPLACEMENT_CHARACTER);
    }

    fn folded(&mut self, plain: char) {
        self.letter(plain);
        self.digits += u32::from(plain.is_ascii_digit());
        self.compatibility += u32::from(plain.is_ascii_alphanumeric());
    }
}

/// Bytes of `text` that are `wanted`.
fn count(text: &str, wanted: impl Fn(u8) -> bool) -> u32 {
    text.bytes().map(|b| u32::from(wanted(b))).sum()
}

/// Makes [`Token`]s of text. It holds the buffers that this needs; use one for many texts.
///
/// ```
/// use std::ops::ControlFlow;
/// use tamis::text::Tokenizer;
///
/// let mut tokens = Vec::new();
/// let facts = Tokenizer::new().tokenize("FREE ｖiagra $99 发票", |token| {
///     tokens.push(format!("{}:{}", token.kind(), token.text()));
///     ControlFlow::Continue(())
/// });
/// assert_eq!(tokens.join(" "), "word:free caps:free word:viagra money:usd:1e1 bigram:发票");
/// assert_eq!(facts.compatibility, 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tokenizer {
    /// A block of text, normalised.
    normal: String,
    /// The same with the letters of ASCII in lower case, byte for byte.
    lower: String,
    /// A token that is not a slice of either.
    token: String,
}

impl Tokenizer {
    /// A tokenizer with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pushes the tokens of `text` to `sink`, in their order, until it breaks off. The facts are
    /// about the blocks of text that were looked at.
    pub fn tokenize(&mut self, text: &str, mut sink: impl FnMut(Token<'_>) -> ControlFlow<()>) -> TextFacts {
        self.tokenize_to(text, &mut sink)
    }

    fn tokenize_to(&mut self, text: &str, sink: &mut scan::Sink<'_>) -> TextFacts {
        let mut facts = TextFacts::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (block, after) = rest.split_at(block_end(rest));
            rest = after;
            facts.ascii(block);
            let normal = if block.is_ascii() {
                block
            } else {
                self.normal.clear();
                fold::normalise(block, &mut self.normal, &mut facts);
                &self.normal
            };
            self.lower.clear();
            self.lower.push_str(normal);
            self.lower.make_ascii_lowercase();
            let mut scan =
                Scan { text: normal, lower: &self.lower, token: &mut self.token, facts: &mut facts, sink };
            if scan.block().is_break() {
                break;
            }
        }
        facts
    }
}

/// Bytes that are normalised and broken into tokens at a time: they stay in the cache.
const BLOCK: usize = 16 << 10;

/// Where to cut a block off `text`: after a line, else after a word, else after a character.
fn block_end(text: &str) -> usize {
    if text.len() <= BLOCK {
        return text.len();
    }
    let limit = floor_char_boundary(text, BLOCK);
    let head = &text.as_bytes()[..limit];
    memrchr(b'\n', head).or_else(|| memrchr(b' ', head)).map_or(limit, |i| i + 1)
}

/// The last place between two characters of `text` that is not behind byte `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens_of(tokenizer: &mut Tokenizer, text: &str) -> (Vec<String>, TextFacts) {
        let mut tokens = Vec::new();
        let facts = tokenizer.tokenize(text, |token| {
            tokens.push(format!("{}:{}", token.kind(), token.text()));
            ControlFlow::Continue(())
        });
        (tokens, facts)
    }

    fn check(table: &[(&str, &str)]) {
        let mut tokenizer = Tokenizer::new();
        for (text, expected) in table {
            assert_eq!(tokens_of(&mut tokenizer, text).0.join(" "), *expected, "{text:?}");
        }
    }

    #[test]
    fn words() {
        check(&[
            ("", ""),
            ("Don't e-mail us_now", "word:don't word:e word:mail word:us word:now"),
            ("don’t l'été «Straße»", "word:don't word:l'été word:strasse"),
            ("now.Click here:Free;x", "word:now word:click word:here word:free word:x"),
            ("FREE I Café CAFÉ", "word:free caps:free word:i word:café word:café caps:café"),
            ("&nbsp;<br>", "word:nbsp word:br"),
            ("Привет, МИР", "word:привет word:мир caps:мир"),
            ("İSTANBUL ılık", "word:istanbul caps:istanbul word:ilik"),
            ("नमस्ते दुनिया", "word:नमस्ते word:दुनिया"),
            ("مرحبا بالعالم שלום", "word:مرحبا word:بالعالم word:שלום"),
            ("안녕하세요 IT는 2024년", "word:안녕하세요 word:it caps:it word:는 number:year word:년"),
            ("vi\u{AD}agra \u{202E}abc", "word:viagra word:abc"),
            ("𝓯𝓻𝓮𝓮 ⓕⓡⓔⓔ ＦＲＥＥ", "word:free word:free word:free caps:free"),
            ("z\u{335}a\u{335}l\u{335}", "word:zal"),
            ("mp3 10mg covid19", "word:mp3 word:10mg word:covid19"),
        ]);
    }

    #[test]
    fn obfuscated_words() {
        check(&[
            ("pаypаl", "word:pаypаl skeleton:paypal"),
            ("v1agra", "word:v1agra skeleton:vlagra skeleton:viagra"),
            ("ca$h c@sh", "word:ca skeleton:cash word:h word:c skeleton:cash word:sh"),
            ("V I A G R A now", "joined:viagra word:now"),
            ("v.i.a.g.r.a F-R-E-E V*I*A", "joined:viagra joined:free joined:via"),
            ("С В О Б О Д А", "joined:свобода"),
            ("V★I★A★G★R★A", "joined:viagra"),
            ("I a", "word:i word:a"),
            ("U.S.A. is", "joined:usa word:is"),
            ("a, b, c", "word:a word:b word:c"),
            ("発 票", "bigram:発票"),
            ("代.开.发.票", "bigram:代开 bigram:开发 bigram:发票"),
            ("代 开 发票", "bigram:代开 bigram:发票"),
        ]);
    }

    #[test]
    fn text_without_spaces() {
        check(&[
            ("发票咨询", "bigram:发票 bigram:票咨 bigram:咨询"),
            ("发票,好", "bigram:发票 unigram:好"),
            ("QQ号码123456", "word:qq caps:qq bigram:号码 number:n:6"),
            ("ＱＱ：１２３", "word:qq caps:qq number:n:3"),
            ("经\n营者", "bigram:经营 bigram:营者"),
            ("経営ガイド", "bigram:経営 bigram:営ガ bigram:ガイ bigram:イド"),
            ("ｶﾞｲﾄﾞ", "bigram:ガイ bigram:イド"),
            ("สวัสดี", "bigram:สวั bigram:วัส bigram:สดี"),
            ("１００万元整", "money:cny:1e6 unigram:整"),
        ]);
    }

    #[test]
    fn addresses_and_numbers() {
        check(&[
            ("See http://example.com/a?b=c).", "word:see url:http://example.com/a?b=c"),
            ("<http://x.com>,user@example.com.", "url:http://x.com email:user@example.com"),
            ("readme.txt example.com", "word:readme word:txt url:example.com"),
            ("请访问www.abc.com查看", "bigram:请访 bigram:访问 url:www.abc.com bigram:查看"),
            ("ｗｗｗ．ａｂｃ．ｃｏｍ www。163。com", "url:www.abc.com url:www.163.com"),
            ("$1.5 million, US$ 100", "money:usd:1e6 money:usd:1e2"),
            ("USD 5000 USD473.33 R$ 15.000,00", "money:usd:1e3 money:usd:1e2 money:brl:1e4"),
            ("50€ ￥1元 x1y2", "money:eur:1e1 money:cny:1e0 word:x1y2"),
            ("CVE-2019-11135", "word:cve caps:cve number:n:4 number:n:5"),
            ("3,000.50 50% 1.2.3", "number:n.n:4 number:n%:2 number:version"),
            ("2024-05-06 10:30 10.0.0.1", "number:date number:time number:ip"),
            ("+86 138-0000-0000", "phone:+n:13"),
            ("(555) 123-4567 call", "phone:n:10 word:call"),
            ("contact us 24 hours", "word:contact word:us number:n:2 word:hours"),
            ("d41d8cd98f00b204e9800998ecf8427e", "random:hex:32"),
            ("xK3jd92Lq0Zp", "random:alnum:12"),
            ("TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFz", "random:base64:32"),
            ("!!! ?! ------ $$$", "punct:!3 punct:-4 punct:$3"),
        ]);
    }

    #[test]
    fn emoji() {
        check(&[
            ("hi😀❤️", "word:hi emoji:😀 emoji:❤"),
            ("👍🏽👩‍💻🇩🇪", "emoji:👍🏽 emoji:👩‍💻 emoji:🇩🇪"),
            ("★发票★", "emoji:★ bigram:发票 emoji:★"),
        ]);
    }

    #[test]
    fn facts() {
        let (_, facts) = tokens_of(&mut Tokenizer::new(), "Ab 12 票V.I.A ｆ\u{200B}\x07 pаy");
        assert_eq!((facts.chars, facts.upper, facts.digits, facts.letters()), (20, 4, 2, 10));
        assert_eq!((facts.mixed_script, facts.spaced_out, facts.control), (1, 1, 1));
        assert_eq!((facts.zero_width, facts.compatibility), (1, 1));
        assert_eq!(facts.dominant(), Some(Script::Latin));
        assert_eq!(TextFacts::default().dominant(), None);
    }

    /// A linear congruential generator: enough to stir text with.
    pub(super) struct Stir(pub u64);

    impl Stir {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) as usize % n
        }

        pub fn text(&mut self, pieces: &[&str], len: usize) -> String {
            (0..len).map(|_| pieces[self.below(pieces.len())]).collect()
        }
    }

    #[test]
    fn any_text_has_tokens_and_buffers_leave_no_trace() {
        let pieces = [
            "a",
            "B",
            "7",
            "$",
            "€",
            "+",
            "(",
            ")",
            " ",
            "\n",
            "\r\n",
            ".",
            ",",
            ":",
            "/",
            "://",
            "http",
            "www.",
            ".com",
            "@",
            "é",
            "\u{301}",
            "\u{336}",
            "票",
            "ｶ",
            "ﾞ",
            "ไ",
            "ี",
            "한",
            "\u{11AB}",
            "ж",
            "י",
            "क",
            "्",
            "\u{200B}",
            "\u{200D}",
            "😀",
            "🇩",
            "\u{FE0F}",
            "\u{1F3FD}",
            "\u{FDFA}",
            "\u{E000}",
            "\u{FFFD}",
            "\0",
            "。",
            "１",
            "%",
            "-",
            "'",
            "½",
            "İ",
        ];
        let mut stir = Stir(2);
        let mut used = Tokenizer::new();
        for _ in 0..5_000 {
            let len = stir.below(60);
            let text = stir.text(&pieces, len);
            let (tokens, facts) = tokens_of(&mut used, &text);
            assert!(tokens.iter().all(|t| !t.ends_with(':') || t.ends_with("::")), "{text:?}: {tokens:?}");
            assert_eq!((tokens, facts), tokens_of(&mut Tokenizer::new(), &text), "{text:?}");
            let _ = url::parts(&text);
        }
    }

    #[test]
    fn hostile_text_needs_little_memory() {
        let mut tokenizer = Tokenizer::new();
        for piece in [
            "a",
            "1",
            "a ",
            "\u{301}",
            "\u{200B}",
            "\u{FDFA}",
            "a.",
            "@",
            "(1 ",
            "票",
            "票 ",
            "ี",
            "👩\u{200D}",
            "http://",
        ] {
            tokenizer.tokenize(&piece.repeat(1 << 15), |token| {
                assert!(token.text().len() < 2 * BLOCK, "{piece:?}");
                ControlFlow::Continue(())
            });
        }
        assert!(tokenizer.normal.capacity() < 32 * BLOCK && tokenizer.token.capacity() < BLOCK);
    }

    #[test]
    fn the_sink_may_stop() {
        let mut seen = 0;
        Tokenizer::new().tokenize("one two three 4 票票", |_| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(seen, 2);
    }

    #[test]
    fn a_cut_between_blocks_is_between_lines() {
        let line = "word ".repeat(20) + "\n";
        let text = line.repeat(400);
        let (tokens, _) = tokens_of(&mut Tokenizer::new(), &text);
        assert_eq!(tokens.len(), 8000);
        assert!(tokens.iter().all(|t| t == "word:word"));
    }
}
