//! The tokens of an HTML text (HTML, section 13.2.5).
//!
//! There is no tree: which elements have text without markup in them is told by their names alone, and all
//! CDATA sections are comments.

use std::borrow::Cow;

use super::find;
use super::references::{decode, is_error};

/// What tokens are told to, in order. Of a tag that the text ends in, attributes are told but for the last;
/// one without attributes not at all.
pub(super) trait Sink {
    fn open_tag(&mut self, name: &str);
    fn attribute(&mut self, name: &str, value: &str);
    fn close_tag(&mut self, self_closing: bool);
    /// Attributes of end tags mean nothing, and are not told.
    fn end_tag(&mut self, name: &str);
    fn text(&mut self, text: &str);
    fn comment(&mut self, text: &str);
}

/// Tells the tokens of `text`, and counts its errors of syntax.
pub(super) fn tokenize(text: &str, sink: &mut impl Sink) -> u32 {
    let text = &*with_line_feeds(text);
    // Errors wherever they stand; all others depend on what is around them.
    let errors = text.chars().filter(|&character| is_error(character)).count();
    let mut tokenizer = Tokenizer {
        text,
        at: 0,
        has_nul: errors > 0 && find(b'\0', text.as_bytes()).is_some(),
        sink,
        errors: errors as u32,
        name: String::new(),
        attribute: String::new(),
        decoded: String::new(),
    };
    tokenizer.run();
    tokenizer.errors
}

/// Makes all line breaks line feeds.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let mut changed = String::new();
    let mut rest = text;
    while let Some((line, next)) = find(b'\r', rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        if changed.is_empty() {
            changed.reserve(text.len());
        }
        changed.push_str(line);
        changed.push('\n');
        rest = next.strip_prefix("\r\n").or(next.strip_prefix('\r')).unwrap_or_default();
    }
    if changed.is_empty() {
        return Cow::Borrowed(text);
    }
    changed.push_str(rest);
    Cow::Owned(changed)
}

/// Kinds of bytes that matter in tags.
mod class {
    pub const SPACE: u8 = 1;
    pub const SLASH: u8 = 2;
    /// `>`.
    pub const END: u8 = 4;
    pub const EQUALS: u8 = 8;
    /// `"`, `'` and `<`.
    pub const MISPLACED: u8 = 16;
    pub const GRAVE: u8 = 32;
    pub const OTHER: u8 = 64;
    /// What a name ends at.
    pub const ENDS_NAME: u8 = SPACE | SLASH | END;

    pub fn of(byte: u8) -> u8 {
        match byte {
            b'\t' | b'\n' | b'\x0c' | b' ' => SPACE,
            b'/' => SLASH,
            b'>' => END,
            b'=' => EQUALS,
            b'"' | b'\'' | b'<' => MISPLACED,
            b'`' => GRAVE,
            _ => OTHER,
        }
    }
}

/// What comes next in a tag.
enum Next {
    Attribute,
    Close {
        self_closing: bool,
    },
    /// The text ends before the tag does.
    Nothing,
}

/// Comments within a script, and scripts within those.
#[derive(Clone, Copy, PartialEq)]
enum Escape {
    No,
    Comment,
    Script,
}

struct Tokenizer<'a, S> {
    text: &'a str,
    /// Where the next byte is.
    at: usize,
    has_nul: bool,
    sink: &'a mut S,
    errors: u32,
    /// The name of the tag that was read last.
    name: String,
    /// The name of the attribute that is being read.
    attribute: String,
    /// Text or a value with its references replaced.
    decoded: String,
}

impl<'a, S: Sink> Tokenizer<'a, S> {
    fn run(&mut self) {
        let mut start = 0;
        while let Some(found) = find(b'<', self.rest()) {
            let open = self.at + found;
            self.at = open + 1;
            match self.rest() {
                [b'/', b'>', ..] => {
                    self.errors += 1;
                    self.hold(start, open);
                    self.at += 2;
                }
                [first, ..] if first.is_ascii_alphabetic() => {
                    self.tell(start, open);
                    self.start_tag();
                }
                [b'/', first, ..] if first.is_ascii_alphabetic() => {
                    self.tell(start, open);
                    self.at += 1;
                    self.read_name();
                    self.end_tag();
                }
                [b'!', ..] => {
                    self.tell(start, open);
                    self.at += 1;
                    self.declaration();
                }
                [b'?', ..] | [b'/', _, ..] => {
                    self.tell(start, open);
                    self.at += usize::from(self.peek() == Some(b'/'));
                    self.bogus_comment();
                }
                // A `<` like any other character.
                _ => {
                    self.errors += 1;
                    continue;
                }
            }
            start = self.at;
        }
        self.tell(start, self.text.len());
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    #[inline(never)]
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Moves to the first byte of any of `classes`, or to the end.
    #[inline(never)]
    fn skip_to(&mut self, classes: u8) {
        let rest = self.rest();
        self.at += rest.iter().position(|&byte| class::of(byte) & classes != 0).unwrap_or(rest.len());
    }

    fn skip_space(&mut self) {
        self.skip_to(!class::SPACE);
    }

    /// Moves behind the next `byte`, or to the end; gives what is before that.
    #[inline(never)]
    fn take_to(&mut self, byte: u8) -> &'a str {
        let start = self.at;
        let found = find(byte, self.rest());
        let end = found.map_or(self.text.len(), |found| start + found);
        self.at = end + usize::from(found.is_some());
        self.slice(start, end)
    }

    /// Only text among markup is told with its NULs.
    #[inline(never)]
    fn without_nul(&self, text: &'a str) -> Cow<'a, str> {
        match self.has_nul {
            true => Cow::Owned(text.replace('\0', "\u{fffd}")),
            false => Cow::Borrowed(text),
        }
    }

    /// Keeps text that goes on behind what means nothing.
    fn hold(&mut self, start: usize, end: usize) {
        self.errors += decode(self.slice(start, end), false, &mut self.decoded);
    }

    /// Tells text, and any that was held before it.
    fn tell(&mut self, start: usize, end: usize) {
        let text = self.slice(start, end);
        if !self.decoded.is_empty() || find(b'&', text.as_bytes()).is_some() {
            self.hold(start, end);
            self.sink.text(&self.decoded);
            self.decoded.clear();
        } else if !text.is_empty() {
            self.sink.text(text);
        }
    }

    fn read_name(&mut self) {
        let start = self.at;
        self.skip_to(class::ENDS_NAME);
        let name = self.without_nul(self.slice(start, self.at));
        lower(&mut self.name, &name);
    }

    fn start_tag(&mut self) {
        self.read_name();
        let mut next = self.next_in_tag();
        if !matches!(next, Next::Nothing) {
            self.sink.open_tag(&self.name);
        }
        while matches!(next, Next::Attribute) {
            next = self.attribute(true);
        }
        if let Next::Close { self_closing } = next {
            self.sink.close_tag(self_closing);
            self.raw_text();
        }
    }

    /// Reads an end tag from behind its name.
    fn end_tag(&mut self) {
        let mut next = self.next_in_tag();
        let has_attributes = matches!(next, Next::Attribute);
        while matches!(next, Next::Attribute) {
            next = self.attribute(false);
        }
        if let Next::Close { self_closing } = next {
            self.errors += u32::from(has_attributes) + u32::from(self_closing);
            self.sink.end_tag(&self.name);
        }
    }

    fn next_in_tag(&mut self) -> Next {
        loop {
            self.skip_space();
            match self.rest() {
                [] => {
                    self.errors += 1;
                    return Next::Nothing;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    return Next::Close { self_closing: true };
                }
                [b'>', ..] => {
                    self.at += 1;
                    return Next::Close { self_closing: false };
                }
                [b'/', rest @ ..] => {
                    self.at += 1;
                    self.errors += u32::from(!rest.is_empty());
                }
                _ => return Next::Attribute,
            }
        }
    }

    /// Reads an attribute, and tells it if something comes behind it.
    fn attribute(&mut self, told: bool) -> Next {
        let start = self.at;
        if self.peek() == Some(b'=') {
            self.errors += 1;
            self.at += 1;
        }
        self.skip_to(class::ENDS_NAME | class::EQUALS);
        let name = self.slice(start, self.at);
        self.count(name, class::MISPLACED);
        let name = self.without_nul(name);
        lower(&mut self.attribute, &name);
        self.skip_space();
        let mut value = "";
        if self.peek() == Some(b'=') {
            self.at += 1;
            value = self.value();
        }
        let decodes = self.has_nul || find(b'&', value.as_bytes()).is_some();
        if decodes {
            self.errors += decode(&self.without_nul(value), true, &mut self.decoded);
        }
        let next = self.next_in_tag();
        if told && !matches!(next, Next::Nothing) {
            self.sink.attribute(&self.attribute, if decodes { &self.decoded } else { value });
        }
        self.decoded.clear();
        next
    }

    /// Reads a value as it is written.
    fn value(&mut self) -> &'a str {
        self.skip_space();
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let value = self.take_to(quote);
                self.errors +=
                    u32::from(self.peek().is_some_and(|byte| class::of(byte) & class::ENDS_NAME == 0));
                value
            }
            Some(b'>') => {
                self.errors += 1;
                ""
            }
            _ => {
                let start = self.at;
                self.skip_to(class::SPACE | class::END);
                let value = self.slice(start, self.at);
                self.count(value, class::MISPLACED | class::EQUALS | class::GRAVE);
                value
            }
        }
    }

    /// Counts bytes that are errors where they are.
    #[inline(never)]
    fn count(&mut self, text: &str, classes: u8) {
        for byte in text.bytes() {
            self.errors += u32::from(class::of(byte) & classes != 0);
        }
    }

    /// Reads the content of an element that has no markup in it, and its end tag.
    fn raw_text(&mut self) {
        let end = match self.name.as_str() {
            "plaintext" => None,
            "script" | "textarea" | "title" | "style" | "iframe" | "xmp" | "noembed" | "noframe"
            | "noscript" => self.find_end(),
            _ => return,
        };
        let start = std::mem::replace(&mut self.at, end.unwrap_or(self.text.len()));
        let text = self.without_nul(self.slice(start, self.at));
        let decodes = matches!(self.name.as_str(), "textarea" | "title");
        if decodes {
            self.errors += decode(&text, false, &mut self.decoded);
        }
        if !text.is_empty() {
            self.sink.text(if decodes { &self.decoded } else { &text });
        }
        self.decoded.clear();
        if end.is_some() {
            self.at += "</".len() + self.name.len();
            self.end_tag();
        }
    }

    /// Where the end tag of the element is that was opened last.
    fn find_end(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let is_script = self.name == "script";
        let mut escape = Escape::No;
        let mut at = self.at;
        loop {
            let rest = bytes.get(at..)?;
            let found = match escape {
                Escape::No => find(b'<', rest),
                _ => rest.iter().position(|byte| matches!(byte, b'<' | b'-')),
            };
            let Some(found) = found else {
                self.errors += u32::from(escape != Escape::No);
                return None;
            };
            at += found;
            match rest.get(found..)? {
                [b'<', b'!', b'-', b'-', ..] if is_script && escape == Escape::No => {
                    escape = Escape::Comment;
                    at += 1;
                }
                [b'-', b'-', b'>', ..] => escape = Escape::No,
                [b'<', b'/', rest @ ..] if self.is_named(rest) => match escape {
                    Escape::Script => escape = Escape::Comment,
                    _ => return Some(at),
                },
                [b'<', rest @ ..] if escape == Escape::Comment && self.is_named(rest) => {
                    escape = Escape::Script;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Whether these bytes are the name of the tag that was opened last.
    fn is_named(&self, bytes: &[u8]) -> bool {
        let (name, rest) = bytes.split_at_checked(self.name.len()).unwrap_or_default();
        name.eq_ignore_ascii_case(self.name.as_bytes())
            && rest.first().is_some_and(|&byte| class::of(byte) & class::ENDS_NAME != 0)
    }

    /// Reads what starts with `<!`.
    fn declaration(&mut self) {
        if self.takes(b"--") {
            self.comment();
        } else if self.takes(b"doctype") {
            self.doctype();
        } else {
            self.bogus_comment();
        }
    }

    /// Moves behind `word` if it is next, in any case.
    fn takes(&mut self, word: &[u8]) -> bool {
        let found = self.rest().get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Reads to the next `>` what is an error all together.
    fn bogus_comment(&mut self) {
        self.errors += 1;
        let text = self.take_to(b'>');
        self.sink.comment(&self.without_nul(text));
    }

    fn comment(&mut self) {
        let rest = self.rest();
        for end in [&b">"[..], b"->"] {
            if rest.starts_with(end) {
                self.errors += 1;
                self.at += end.len();
                self.sink.comment("");
                return;
            }
        }
        let mut dash = 0;
        while let Some(found) = rest.get(dash..).and_then(|rest| find(b'-', rest)) {
            dash += found;
            let (before, after) = rest.split_at_checked(dash).unwrap_or_default();
            let nested = before.ends_with(b"<!") && matches!(after, [_, b'-', next, ..] if *next != b'>');
            self.errors += u32::from(nested);
            let closing = match after {
                [_, b'-', b'>', ..] => 3,
                [_, b'-', b'!', b'>', ..] => {
                    self.errors += 1;
                    4
                }
                _ => {
                    dash += 1;
                    continue;
                }
            };
            let end = self.at + dash;
            self.tell_comment(self.at, end);
            self.at = end + closing;
            return;
        }
        self.errors += 1;
        let ends = [&b"--!"[..], b"--", b"-"];
        let left = ends.iter().find(|end| rest.ends_with(end)).map_or(0, |end| end.len());
        self.tell_comment(self.at, self.text.len() - left);
        self.at = self.text.len();
    }

    fn tell_comment(&mut self, start: usize, end: usize) {
        self.sink.comment(&self.without_nul(self.slice(start, end)));
    }

    /// Reads what follows the word of a document type. None of it is told.
    fn doctype(&mut self) {
        self.errors +=
            u32::from(self.peek().is_some_and(|byte| class::of(byte) & (class::SPACE | class::END) == 0));
        self.skip_space();
        self.errors += u32::from(self.peek() == Some(b'>'));
        self.skip_to(class::SPACE | class::END);
        self.skip_space();
        let mut identifiers = match self.takes(b"public") {
            true => 2,
            false => usize::from(self.takes(b"system")),
        };
        let mut missing = identifiers > 0;
        loop {
            let start = self.at;
            self.skip_space();
            match self.peek() {
                Some(quote @ (b'"' | b'\'')) if identifiers > 0 => {
                    self.errors += u32::from(self.at == start);
                    self.at += 1;
                    let rest = self.rest();
                    let end = find(b'>', rest).unwrap_or(rest.len());
                    let closing = rest.get(..end).and_then(|rest| find(quote, rest));
                    missing = closing.is_none();
                    self.at += closing.map_or(end, |closing| closing + 1);
                    identifiers -= 1;
                }
                Some(b'>') => {
                    self.errors += u32::from(missing);
                    self.at += 1;
                    return;
                }
                _ => {
                    self.errors += 1;
                    self.take_to(b'>');
                    return;
                }
            }
        }
    }
}

fn lower(to: &mut String, text: &str) {
    to.clear();
    to.push_str(text);
    to.make_ascii_lowercase();
}

#[cfg(test)]
pub(super) mod tests {
    use std::convert::Infallible;
    use std::path::Path;

    use html5gum::Span;
    use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
    use mail_parser::{MessageParser, PartType};

    use super::*;

    #[derive(Debug, PartialEq)]
    enum Token {
        Open(String),
        Attribute(String, String),
        Close { self_closing: bool },
        End(String),
        Text(String),
        Comment(String),
    }

    impl Sink for Vec<Token> {
        fn open_tag(&mut self, name: &str) {
            self.push(Token::Open(name.to_owned()));
        }

        fn attribute(&mut self, name: &str, value: &str) {
            self.push(Token::Attribute(name.to_owned(), value.to_owned()));
        }

        fn close_tag(&mut self, self_closing: bool) {
            self.push(Token::Close { self_closing });
        }

        fn end_tag(&mut self, name: &str) {
            self.push(Token::End(name.to_owned()));
        }

        fn text(&mut self, text: &str) {
            self.push(Token::Text(text.to_owned()));
        }

        fn comment(&mut self, text: &str) {
            self.push(Token::Comment(text.to_owned()));
        }
    }

    fn ours(text: &str) -> (Vec<Token>, u32) {
        let mut tokens = Vec::new();
        let errors = tokenize(text, &mut tokens);
        (tokens, errors)
    }

    /// The same by html5gum, and an attribute that may or may not have a value: the text ends too early to
    /// know.
    fn theirs(text: &str) -> (Vec<Token>, u32, Option<Token>) {
        let (mut tokens, mut errors) = (Vec::new(), 0);
        let (mut in_tag, mut attribute) = (false, None);
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
            if let CallbackEvent::AttributeName { .. } | CallbackEvent::CloseStartTag { .. } = event {
                tokens.extend(attribute.take().map(|name| Token::Attribute(name, String::new())));
            }
            match event {
                CallbackEvent::OpenStartTag { name } => {
                    in_tag = true;
                    tokens.push(Token::Open(string(name)));
                }
                CallbackEvent::AttributeName { name } => attribute = in_tag.then(|| string(name)),
                CallbackEvent::AttributeValue { value } => {
                    tokens.extend(attribute.take().map(|name| Token::Attribute(name, string(value))));
                }
                CallbackEvent::CloseStartTag { self_closing } => {
                    in_tag = false;
                    tokens.push(Token::Close { self_closing });
                }
                CallbackEvent::EndTag { name } => tokens.push(Token::End(string(name))),
                CallbackEvent::String { value } => tokens.push(Token::Text(string(value))),
                CallbackEvent::Comment { value } => tokens.push(Token::Comment(string(value))),
                CallbackEvent::Error(_) => errors += 1,
                CallbackEvent::Doctype { .. } => {}
            }
            None::<Infallible>
        });
        emitter.naively_switch_states(true);
        html5gum::Tokenizer::new_with_emitter(text, emitter).finish().unwrap();
        (tokens, errors, attribute.map(|name| Token::Attribute(name, String::new())))
    }

    pub fn check(text: &str) {
        let (ours, our_errors) = ours(text);
        let (mut theirs, their_errors, more) = theirs(text);
        if ours.len() > theirs.len() {
            theirs.extend(more);
        }
        assert_eq!((ours, our_errors), (theirs, their_errors), "{text:?}");
    }

    #[test]
    fn mail() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")];
        let mut parts = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                check(&String::from_utf8_lossy(&bytes));
                let message = MessageParser::default().parse(&bytes);
                for part in message.iter().flat_map(|message| &message.parts) {
                    if let PartType::Html(text) = &part.body {
                        check(text);
                        parts += 1;
                    }
                }
            }
        }
        assert!(parts > 10, "{parts}");
    }

    /// All texts of up to three of these characters behind what leads into a state.
    #[test]
    fn short_texts() {
        const STARTS: &[&str] = &[
            "<",
            "</",
            "<!",
            "<!--",
            "<!--<!",
            "<!--a--",
            "<a",
            "<a b",
            "<a b=",
            "<a b='c'",
            "</a b",
            "&",
            "<a b=&",
            "<title>a</title",
            "<script><!--<script",
            "<script><!--<script></script",
            "<!doctype",
            "<!doctype a",
            "<!doctype a public",
            "<!doctype a system 'b'",
        ];
        const ENDS: [&str; 17] =
            ["<", ">", "/", "!", "-", "=", "\"", "'", "&", ";", "#", "x", " ", "\r", "\n", "\0", "é"];
        for start in STARTS {
            let mut texts = vec![format!("x{start}")];
            for _ in 0..3 {
                let longer = |text: &String| ENDS.map(|end| format!("{text}{end}"));
                texts = texts.iter().flat_map(longer).collect();
                texts.iter().for_each(|text| check(text));
            }
        }
    }

    #[test]
    fn random_texts() {
        const PIECES: &[&str] = &[
            "<",
            ">",
            "</",
            "/>",
            "</>",
            "<>",
            "<a",
            "<A ",
            "<p>",
            "</p>",
            "</P ",
            "</é>",
            "<?",
            "<?x>",
            "<!",
            "<!-",
            "<!--",
            "-->",
            "--!>",
            "--!",
            "--",
            "-",
            "!",
            "!>",
            "->",
            "<!-->",
            "<!--->",
            "<![CDATA[",
            "]]>",
            "]",
            "<!doctype",
            "<!DOCTYPE html",
            " public",
            "system ",
            "PUBLIC\"",
            "\"",
            "'",
            "`",
            "=",
            " = ",
            "=\"",
            "='",
            "/",
            " ",
            "\t",
            "\n",
            "\r",
            "\r\n",
            "\x0c",
            "\0",
            "x",
            "X",
            "b",
            " b",
            " B=c",
            " href='x'",
            " b=\"c\"",
            "é",
            "漢",
            "\u{80}",
            "\u{7f}",
            "\u{1}",
            "\u{fdd0}",
            "\u{ffff}",
            "\u{1ffff}",
            "\u{fffd}",
            "\u{feff}",
            "😀",
            "&",
            "&amp;",
            "&amp",
            "&AMP",
            "&notit;",
            "&not",
            "&notin;",
            "&nosuch;",
            "&nosuch",
            "&lt",
            "&nbsp;",
            "&fjlig;",
            "&x;",
            ";",
            "&#",
            "&#;",
            "&#x",
            "&#X41;",
            "&#x41",
            "&#65;",
            "&#65",
            "&#0;",
            "&#13;",
            "&#x80;",
            "&#x81",
            "&#xd800;",
            "&#x110000;",
            "&#99999999999;",
            "&#xfdd0;",
            "&#x1f600;",
            "#",
            "41",
            "<script>",
            "<script",
            "</script>",
            "</script",
            "</SCRIPT ",
            "<title>",
            "</title>",
            "</Title",
            "<TEXTAREA>",
            "</textarea/>",
            "<style>",
            "</style>",
            "<xmp>",
            "</xmp>",
            "<iframe/>",
            "</iframe>",
            "<noscript>",
            "</noscript>",
            "<noembed>",
            "<noframe>",
            "<noframes>",
            "<plaintext>",
        ];
        // A linear congruential generator.
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..40_000 {
            let pieces = 1 + random(12);
            check(&(0..pieces).map(|_| PIECES[random(PIECES.len())]).collect::<String>());
        }
    }
}
