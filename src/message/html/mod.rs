//! An HTML part as a reader sees it, and what its author did besides.
//!
//! The tree of elements is only followed as far as is needed to know what can be seen. Nothing is fetched and no
//! script is run.

mod element;
mod reader;
mod references;
mod tally;
mod tokenizer;

use memchr::memchr;

use self::reader::Reader;
use self::references::number;
use self::tokenizer::tokenize;

/// An HTML part.
///
/// ```
/// use tamis::message::Html;
///
/// let html = Html::parse("<p>via<b></b>gra <a href='http://example.com'>here</a><i hidden>poem</i>", 100);
/// assert_eq!(html.visible, "viagra here");
/// assert_eq!(html.hidden, "poem");
/// assert_eq!((html.links[0].href.as_str(), html.links[0].text.as_str()), ("http://example.com", "here"));
/// assert_eq!(html.facts.word_splits, 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Html {
    /// The text that can be seen, one line a block, white space collapsed.
    pub visible: String,
    /// The text that cannot: not displayed, too small, transparent, in the colour of its
    /// background, or beyond the edge of the page.
    pub hidden: String,
    /// The page's title, which mail programs do not show.
    pub title: String,
    /// Addresses that the page refers to, but for its images.
    pub links: Vec<Link>,
    /// The images.
    pub images: Vec<Image>,
    /// Tag names and how often each opens, in order of first use.
    pub tags: Vec<(String, u32)>,
    /// How often each attribute occurs, in order of first use: `a href`, with its value where that
    /// is a word (`font color=#ff0000`), and each property of a `style` attribute
    /// (`style font-size`).
    pub attributes: Vec<(String, u32)>,
    /// Counts of what else is there.
    pub facts: Facts,
}

/// An address that an HTML part refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What refers to it.
    pub kind: LinkKind,
    /// The address as it is written, but for white space.
    pub href: String,
    /// The visible text of the link; empty for all but [`LinkKind::Anchor`].
    pub text: String,
}

/// What refers to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// `a href`.
    Anchor,
    /// `area href`, a part of an image.
    Area,
    /// `form action`: where what the reader types is sent.
    Form,
    /// `iframe src`, `frame src`.
    Frame,
    /// A `background`, as an attribute or in a `style`.
    Background,
    /// `meta http-equiv=refresh`: where the reader is taken without asking.
    Refresh,
    /// `base href`: where the other addresses start from.
    Base,
    /// A style sheet, script or other resource.
    Resource,
}

impl LinkKind {
    /// Its name, which never changes: it is part of a token.
    pub fn name(self) -> &'static str {
        match self {
            LinkKind::Anchor => "anchor",
            LinkKind::Area => "area",
            LinkKind::Form => "form",
            LinkKind::Frame => "frame",
            LinkKind::Background => "background",
            LinkKind::Refresh => "refresh",
            LinkKind::Base => "base",
            LinkKind::Resource => "resource",
        }
    }
}

/// An image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Its address; of a `data:` address only the beginning.
    pub src: String,
    /// The text in its place.
    pub alt: String,
    /// Width in pixels, if it is given.
    pub width: Option<u32>,
    /// Height in pixels, if it is given.
    pub height: Option<u32>,
    /// Whether it cannot be seen.
    pub hidden: bool,
}

impl Image {
    /// Whether the image is there to be fetched, not to be seen.
    pub fn is_pixel(&self) -> bool {
        let dot = |size: Option<u32>| size.is_some_and(|size| size <= 1);
        self.hidden || dot(self.width) && dot(self.height)
    }
}

/// Counts of what an HTML part has besides text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// `form` elements.
    pub forms: u32,
    /// `input`, `textarea`, `select` and `button` elements.
    pub inputs: u32,
    /// `input` elements for passwords.
    pub passwords: u32,
    /// `iframe` and `frame` elements.
    pub frames: u32,
    /// `script` elements.
    pub scripts: u32,
    /// Attributes that are scripts, such as `onclick`.
    pub handlers: u32,
    /// `meta http-equiv=refresh` elements.
    pub refreshes: u32,
    /// Comments.
    pub comments: u32,
    /// Bytes of all comments.
    pub comment_bytes: u32,
    /// Errors of syntax, as the HTML standard defines them.
    pub errors: u32,
    /// End tags of elements that are not open.
    pub stray_ends: u32,
    /// Elements that are never closed though they have to be.
    pub unclosed: u32,
    /// The most elements within each other.
    pub depth: u32,
    /// Places where a tag, comment or hidden text stands within a word.
    pub word_splits: u32,
    /// ASCII letters and digits written as numbers (`&#86;`).
    pub encoded_letters: u32,
}

impl Html {
    /// Reads an HTML part, and at most `limit` links and as many images of it.
    pub fn parse(text: &str, limit: usize) -> Html {
        let mut reader = Reader::new(text.len(), limit);
        let errors = tokenize(text, &mut reader);
        let mut html = reader.finish();
        html.facts.errors = errors;
        html.facts.encoded_letters = encoded_letters(text);
        html
    }
}

/// ASCII letters and digits that are written as character references.
fn encoded_letters(text: &str) -> u32 {
    let is_encoded = |start: usize| {
        let digits = text.as_bytes().get(start + 1..)?.strip_prefix(b"#")?;
        let hexadecimal = digits.strip_prefix(b"x").or(digits.strip_prefix(b"X"));
        let radix = if hexadecimal.is_some() { 16 } else { 10 };
        let digits = hexadecimal.unwrap_or(digits);
        let (length, number) = number(digits, radix);
        let ends = digits.get(length).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        u8::try_from(number).ok().filter(|byte| ends && byte.is_ascii_alphanumeric())
    };
    let (mut count, mut at) = (0, 0);
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| find(b'&', rest)) {
        count += u32::from(is_encoded(at + found).is_some());
        at += found + 1;
    }
    count
}

/// Where `byte` is next. memchr is large wherever it is inlined, as it would be in many places.
#[inline(never)]
fn find(byte: u8, text: &[u8]) -> Option<usize> {
    memchr(byte, text)
}

#[cfg(test)]
mod tests {
    use super::tally::NAMES;
    use super::*;

    fn read(text: &str) -> Html {
        Html::parse(text, 100)
    }

    #[test]
    fn text_as_a_reader_sees_it() {
        for (text, visible) in [
            ("<p>one<p>two<div>three</div>four<br>five", "one\ntwo\nthree\nfour\nfive"),
            ("a  \n b<b> c</b>d", "a b cd"),
            ("V<!-- x -->IA<i></i>GRA", "VIAGRA"),
            ("<td>a<td>b<tr><td>c", "a b\nc"),
            ("&lt;b&gt; &amp; &#233;&nbsp;x", "<b> & é\u{a0}x"),
            ("<title>t</title><style>p{}</style><script>s</script><noscript>n</noscript>x", "x"),
            ("<!--[if mso]>outlook<![endif]--><!--[if !mso]><!-->others<!--<![endif]-->", "others"),
            ("no tags", "no tags"),
            ("<a href=x>link", "link"),
            ("a < b and <3", "a < b and <3"),
            ("", ""),
        ] {
            assert_eq!(read(text).visible, visible, "{text}");
        }
        assert_eq!(read("<title> a\nb </title>").title, "a b");
    }

    #[test]
    fn text_that_is_hidden() {
        for tag in [
            "<p style='display:none'>",
            "<p style='visibility: hidden'>",
            "<p style='font-size:0'>",
            "<p style='font-size:1px;color:red'>",
            "<p style='opacity:0'>",
            "<p style='max-height:0;overflow:hidden'>",
            "<p hidden>",
            "<template>",
            "<p><font color=white>",
            "<p><font color='#FEFEFE'>",
            "<p style='color:#fff'>",
            "<p style='color:transparent'>",
            "<table bgcolor=red><tr><td><font color='#ff0000'>",
            "<div style='background:#333'><p style='color:rgb(51,51,51)'>",
            "<style>.x{display:none}</style><p class='y x'>",
            "<div style='display:none'><p style='display:block'>",
        ] {
            let html = read(&format!("a{tag}poem"));
            assert_eq!((html.visible.as_str(), html.hidden.as_str()), ("a", "poem"), "{tag}");
        }
    }

    #[test]
    fn text_that_is_not_hidden() {
        for tag in [
            "<td style='font-size:0'><div style='font-size:13px'>",
            "<div style='visibility:hidden'><p style='visibility:visible'>",
            "<td bgcolor=black><font color=white>",
            "<body background=x.png><font color=white>",
            "<font color=white><a href=x>",
            "<p style='mso-hide:all'>",
            "<p hidden></p><p>",
            "<table><tr><td style='display:none'>x<td>",
            "<style>@media print{.x{display:none}}</style><p class=x>",
            "<p style='display:none'>x</p>",
        ] {
            let html = read(&format!("{tag}seen"));
            assert_eq!(html.visible, "seen", "{tag}");
        }
    }

    #[test]
    fn links_of_all_kinds() {
        let html = read(concat!(
            "<base href=b><meta http-equiv=refresh content='0; URL=r'><body background=g>",
            "<a href=' http://a/\n1 '>one <b>two</b></a><a href=2><img src=i alt=x width=1 height=1></a>",
            "<area href=m><form action=f></form><iframe src=w></iframe><script src=s></script>",
            "<p style=\"background:url('u')\"><a name=n>none</a><img src=data:image/png;base64,AAAAAAAAAAAAAAAAAAAAA>",
        ));
        let links: Vec<_> =
            html.links.iter().map(|link| (link.kind.name(), &*link.href, &*link.text)).collect();
        assert_eq!(
            links,
            [
                ("base", "b", ""),
                ("refresh", "r", ""),
                ("background", "g", ""),
                ("anchor", "http://a/1", "one two"),
                ("anchor", "2", ""),
                ("area", "m", ""),
                ("form", "f", ""),
                ("frame", "w", ""),
                ("resource", "s", ""),
                ("background", "u", ""),
            ]
        );
        assert_eq!((html.images.len(), html.images[0].alt.as_str()), (2, "x"));
        assert!(html.images[0].is_pixel() && !html.images[1].is_pixel());
        assert_eq!(html.images[1].src.len(), 32);
        assert_eq!(Html::parse("<a href=1>x</a><a href=2>y</a>", 1).links.len(), 1);
    }

    #[test]
    fn the_text_of_a_link_is_its_own() {
        for (text, expected) in [
            ("x <a href=1>a<p>é</a>b", "a\né"),
            ("é<a href=1>a<a href=2>b", "a"),
            ("x <a href=1><div>a</div></a>", "a"),
            ("<a href=1>unclosed", "unclosed"),
        ] {
            assert_eq!(read(text).links[0].text, expected, "{text}");
        }
    }

    #[test]
    fn facts() {
        let facts = read(concat!(
            "<form><input type=PASSWORD><input></form></i><b><!--abc--><div onclick=x>a<span>b</span></div>",
            "<script></script><iframe></iframe>&#86;&#x41; &#32;&amp;",
        ))
        .facts;
        assert_eq!((facts.forms, facts.inputs, facts.passwords), (1, 2, 1));
        assert_eq!((facts.scripts, facts.frames, facts.handlers), (1, 1, 1));
        assert_eq!((facts.comments, facts.comment_bytes), (1, 3));
        assert_eq!((facts.stray_ends, facts.unclosed, facts.depth), (1, 1, 3));
        assert_eq!((facts.word_splits, facts.encoded_letters), (1, 2));
        assert!(read("<a href=x\0>").facts.errors > 0);
    }

    #[test]
    fn many_attributes_do_no_harm() {
        for attribute in ["b=\"c\" ", "b=\"c\"", "b='c'", "b=c ", "b ", "b/", "b=\"&amp;\"", "b=\"\""] {
            let html = read(&format!("<a {} href=\"d\">text</a>", attribute.repeat(20_000)));
            assert_eq!(html.visible, "text", "{attribute}");
            assert_eq!(
                html.attributes.iter().map(|(_, count)| count).sum::<u32>() % 20_000,
                1,
                "{attribute}"
            );
        }
    }

    #[test]
    fn names_are_counted() {
        let html =
            read("<FONT Color='#FF0000' style='Color:red;font-size:9px'><font color=#ff0000><td nowrap>");
        let counts = |entries: &[(String, u32)]| {
            entries.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(counts(&html.tags), "font 2, td 1");
        assert_eq!(
            counts(&html.attributes),
            "font color=#ff0000 2, style color 1, style font-size 1, font style 1, td nowrap 1"
        );
        let many: String = (0..NAMES * 2).map(|number| format!("<x{number}>")).collect();
        assert_eq!(read(&many).tags.len(), NAMES);
    }
}
