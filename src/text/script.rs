//! Which script a letter is of, and what follows from it for finding words.

use std::sync::LazyLock;

use super::packed::Packed;

/// A script, or a family of scripts that are handled alike.
///
/// The values are the `Script` property of [UAX #24](https://www.unicode.org/reports/tr24/), with
/// the rarer scripts put together: as evidence about a message they say the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Script {
    /// Latin.
    Latin,
    /// Greek.
    Greek,
    /// Cyrillic.
    Cyrillic,
    /// Arabic.
    Arabic,
    /// Hebrew.
    Hebrew,
    /// Devanagari, Bengali, Tamil and the other scripts of India that put spaces between words.
    Indic,
    /// Thai, Lao, Khmer, Myanmar and Tibetan, which do not.
    SoutheastAsian,
    /// Han: Chinese characters, hanja and kanji.
    Han,
    /// Hiragana and Katakana.
    Kana,
    /// Hangul.
    Hangul,
    /// Every other script.
    Other,
}

impl Script {
    /// Every script, in the order of [`TextFacts::scripts`](super::TextFacts::scripts).
    pub const ALL: [Script; 11] = [
        Script::Latin,
        Script::Greek,
        Script::Cyrillic,
        Script::Arabic,
        Script::Hebrew,
        Script::Indic,
        Script::SoutheastAsian,
        Script::Han,
        Script::Kana,
        Script::Hangul,
        Script::Other,
    ];

    /// A short lower-case name that is fit for a feature (`"latin"`, `"han"`, …).
    pub fn name(self) -> &'static str {
        match self {
            Script::Latin => "latin",
            Script::Greek => "greek",
            Script::Cyrillic => "cyrillic",
            Script::Arabic => "arabic",
            Script::Hebrew => "hebrew",
            Script::Indic => "indic",
            Script::SoutheastAsian => "sea",
            Script::Han => "han",
            Script::Kana => "kana",
            Script::Hangul => "hangul",
            Script::Other => "other",
        }
    }

    /// Whether words of this script follow each other without a space.
    ///
    /// ```
    /// use tamis::text::Script;
    /// assert!(Script::Han.is_unsegmented() && Script::SoutheastAsian.is_unsegmented());
    /// assert!(!Script::Hangul.is_unsegmented());
    /// ```
    pub fn is_unsegmented(self) -> bool {
        matches!(self, Script::SoutheastAsian | Script::Han | Script::Kana)
    }

    /// The script of a letter, or `None` if `c` is not a letter.
    ///
    /// ```
    /// use tamis::text::Script;
    /// assert_eq!(Script::of('а'), Some(Script::Cyrillic));
    /// assert_eq!(Script::of('票'), Some(Script::Han));
    /// assert_eq!(Script::of('7'), None);
    /// ```
    pub fn of(c: char) -> Option<Script> {
        match c {
            'a'..='z' | 'A'..='Z' => Some(Script::Latin),
            '\0'..='\u{A9}' | '\u{94D}' => None,
            // The tables are slow; most letters of mail are told from their place alone.
            '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' => Some(Script::Latin),
            '\u{388}'..='\u{38A}' | '\u{38E}'..='\u{3A1}' | '\u{3A3}'..='\u{3CE}' => Some(Script::Greek),
            '\u{5D0}'..='\u{5EA}' => Some(Script::Hebrew),
            '\u{620}'..='\u{657}' | '\u{671}'..='\u{6D3}' => Some(Script::Arabic),
            '\u{904}'..='\u{939}' | '\u{93E}'..='\u{94C}' => Some(Script::Indic),
            '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E46}' => Some(Script::SoutheastAsian),
            '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}' => Some(Script::Cyrillic),
            '\u{4E00}'..='\u{9FFF}' => Some(Script::Han),
            '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}' => Some(Script::Kana),
            '\u{AC00}'..='\u{D7A3}' => Some(Script::Hangul),
            _ if !c.is_alphabetic() => None,
            _ => family(c),
        }
    }
}

/// Runs of letters of the same script, with what is between them and is no letter.
static PACKED: &[u8] = include_bytes!("tables/scripts.bin");

/// The first character of each run, and what its letters are of.
static SCRIPTS: LazyLock<Vec<(char, Script)>> = LazyLock::new(|| {
    let runs = Packed(PACKED).runs();
    let firsts =
        runs.iter().map(|run| Some((char::from_u32(run.first)?, Script::ALL[usize::from(run.value)])));
    firsts.flatten().collect()
});

/// What a letter is of, by the table.
fn family(c: char) -> Option<Script> {
    let after = SCRIPTS.partition_point(|&(first, _)| first <= c);
    SCRIPTS[..after].last().map(|&(_, script)| script)
}

/// Whether `c` is a letter or a number: [`char::is_alphanumeric`], but fast.
pub(super) fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_digit() || Script::of(c).is_some() || !c.is_ascii() && c.is_numeric()
}

/// Whether words of the script of `c` follow each other without a space, so that only its
/// neighbours can say what `c` means. Digits and punctuation of those scripts are not included.
pub(super) fn is_unsegmented(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{3FFFD}'
        | '\u{2E80}'..='\u{2FDF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3041}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}' | '\u{31F0}'..='\u{31FF}' | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E4E}'
        | '\u{E81}'..='\u{ECE}' | '\u{EDC}'..='\u{EDF}'
        | '\u{F40}'..='\u{FBC}'
        | '\u{1000}'..='\u{103F}' | '\u{1050}'..='\u{109D}' | '\u{A9E0}'..='\u{A9FE}' | '\u{AA60}'..='\u{AA7F}'
        | '\u{1780}'..='\u{17D3}')
}

/// Whether `c` is a picture: an emoji, or one of the arrows, stars and blocks that decorate text.
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}'
        | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}')
}

#[cfg(test)]
mod tests {
    use unicode_script::{Script as Uax24, UnicodeScript};

    use super::super::packed::pack::{Packer, chars};
    use super::*;

    #[test]
    fn the_order_is_that_of_the_declaration() {
        for (i, script) in Script::ALL.into_iter().enumerate() {
            assert_eq!(script as usize, i, "{}", script.name());
        }
    }

    #[test]
    fn scripts_of_letters() {
        for (c, name) in [
            ('z', "latin"),
            ('é', "latin"),
            ('ж', "cyrillic"),
            ('λ', "greek"),
            ('ش', "arabic"),
            ('ש', "hebrew"),
            ('ह', "indic"),
            ('ท', "sea"),
            ('票', "han"),
            ('ン', "kana"),
            ('한', "hangul"),
            ('ა', "other"),
        ] {
            assert_eq!(Script::of(c).map(Script::name), Some(name), "{c}");
        }
        for c in ['1', ' ', '!', '×', '。', '😀'] {
            assert_eq!(Script::of(c), None, "{c}");
        }
    }

    /// The family of a letter by the crate.
    fn expected(c: char) -> Script {
        match c.script() {
            Uax24::Latin => Script::Latin,
            Uax24::Greek => Script::Greek,
            Uax24::Cyrillic => Script::Cyrillic,
            Uax24::Arabic => Script::Arabic,
            Uax24::Hebrew => Script::Hebrew,
            Uax24::Thai | Uax24::Lao | Uax24::Khmer | Uax24::Myanmar | Uax24::Tibetan => {
                Script::SoutheastAsian
            }
            Uax24::Han | Uax24::Bopomofo => Script::Han,
            Uax24::Hiragana | Uax24::Katakana => Script::Kana,
            Uax24::Hangul => Script::Hangul,
            Uax24::Devanagari => Script::Indic,
            _ if matches!(c, '\u{900}'..='\u{DFF}') => Script::Indic,
            _ => Script::Other,
        }
    }

    #[test]
    fn scripts_are_those_of_the_crate() {
        let mut last = Script::Latin;
        let mut packer = Packer::default();
        packer.runs(chars().map(|c| {
            if c.is_alphabetic() {
                last = expected(c);
            }
            (c, last as u8)
        }));
        packer.check("scripts.bin");
    }

    #[test]
    fn letters_are_those_of_the_standard_library_in_scripts_of_the_crate() {
        for c in chars() {
            assert_eq!(Script::of(c).is_some(), c.is_alphabetic(), "{c:?}");
            assert_eq!(is_alphanumeric(c), c.is_alphanumeric(), "{c:?}");
            if c.is_alphabetic() {
                assert_eq!(family(c), Some(expected(c)), "{c:?}");
                let shared = matches!(c.script(), Uax24::Common | Uax24::Inherited);
                assert!(shared || Script::of(c) == family(c), "{c:?}");
            }
        }
    }
}
