//! An HTML part as a reader sees it, and what its author did besides.
//!
//! The tokens of the HTML standard come from html5gum; the tree is only followed as far as is needed
//! to know what can be seen. Nothing is fetched and no script is run.

use std::convert::Infallible;
use std::fmt;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Readable, Span, StringReader, Tokenizer};
use memchr::{memchr_iter, memmem};

use super::css::{Paint, Sheet, Style};
use super::start_of;

/// Elements within each other that are followed, as browsers do.
const DEPTH: usize = 512;

/// Bytes of a URL that are kept.
const URL_BYTES: usize = 2 << 10;

/// Distinct names of tags, and of attributes, that are kept.
const NAMES: usize = 256;

/// Bytes of a name that are kept.
const NAME_BYTES: usize = 32;

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
        let mut emitter =
            CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
                reader.event(event);
                None
            });
        emitter.naively_switch_states(true);
        Tokenizer::new_with_emitter(Paced { text: text.to_reader(), reads: 0 }, emitter).for_each(drop);
        let mut html = reader.finish();
        html.facts.encoded_letters = encoded_letters(text);
        html
    }
}

/// A text that makes the tokenizer return to its caller now and then.
///
/// html5gum's states call each other from one attribute with a double-quoted value to the next, and
/// so exhaust the stack over a tag with thousands of them, where calls in tail position take stack
/// (without optimization; in Wasm). An error ends those calls; the tokenizer goes on in the state in
/// which it was.
struct Paced<'a> {
    text: StringReader<'a>,
    /// Reads of double-quoted values.
    reads: usize,
}

/// Not an error: the tokenizer is to be called again.
#[derive(Debug)]
struct Pause;

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pause")
    }
}

impl std::error::Error for Pause {}

impl html5gum::Reader for Paced<'_> {
    type Error = Pause;

    fn read_byte(&mut self) -> Result<Option<u8>, Pause> {
        let Ok(byte) = self.text.read_byte();
        Ok(byte)
    }

    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Pause> {
        let Ok(read) = self.text.try_read_string(text, case_sensitive);
        Ok(read)
    }

    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        buffer: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Pause> {
        const READS: usize = 64;
        if needle.first() == Some(&b'"') {
            self.reads += 1;
            if self.reads.is_multiple_of(READS) {
                return Err(Pause);
            }
        }
        let Ok(read) = self.text.read_until(needle, buffer);
        Ok(read)
    }
}

/// ASCII letters and digits that are written as character references.
fn encoded_letters(text: &str) -> u32 {
    let is_encoded = |start: usize| {
        let digits = text.get(start + 1..)?.strip_prefix('#')?;
        let hexadecimal = digits.strip_prefix(['x', 'X']);
        let radix = if hexadecimal.is_some() { 16 } else { 10 };
        let digits = hexadecimal.unwrap_or(digits);
        let end = digits.bytes().take(8).position(|digit| !digit.is_ascii_alphanumeric()).unwrap_or(8);
        u8::from_str_radix(digits.get(..end)?, radix).ok().filter(u8::is_ascii_alphanumeric)
    };
    memchr_iter(b'&', text.as_bytes()).filter_map(is_encoded).count() as u32
}

/// What an element does to the text around and inside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// Text goes on in the same line, as in all elements that are not known.
    #[default]
    Inline,
    /// Starts and ends a line.
    Block,
    /// A table's cell: set apart by a space.
    Cell,
    /// Has no content and no end.
    Void,
    /// Has no content and breaks the line.
    Break,
}

impl Kind {
    /// Kinds as the style sheet that the HTML standard suggests has them (HTML, section 15.3).
    fn of(tag: &str) -> Kind {
        match tag {
            "address" | "article" | "aside" | "blockquote" | "body" | "caption" | "center" | "dd"
            | "details" | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer"
            | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "head" | "header" | "hgroup" | "html"
            | "legend" | "li" | "listing" | "main" | "menu" | "nav" | "ol" | "optgroup" | "option" | "p"
            | "plaintext" | "pre" | "search" | "section" | "summary" | "table" | "tbody" | "tfoot"
            | "thead" | "title" | "tr" | "ul" | "xmp" => Kind::Block,
            "td" | "th" => Kind::Cell,
            "br" | "hr" => Kind::Break,
            "area" | "base" | "bgsound" | "col" | "embed" | "frame" | "img" | "input" | "keygen" | "link"
            | "meta" | "param" | "source" | "track" | "wbr" => Kind::Void,
            _ => Kind::Inline,
        }
    }
}

/// A hash (FNV-1a) that tells names apart.
const fn hash(mut state: u64, name: &[u8]) -> u64 {
    let mut index = 0;
    while index < name.len() {
        state = (state ^ name[index] as u64).wrapping_mul(0x100_0000_01b3);
        index += 1;
    }
    state
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

const fn id(name: &str) -> u64 {
    hash(SEED, name.as_bytes())
}

const A: u64 = id("a");
const TABLE: u64 = id("table");

/// Parts of a table, from the outside in: the end of one ends those within.
const TABLE_PARTS: &[u64] = &[TABLE, id("thead"), id("tbody"), id("tfoot"), id("tr"), id("td"), id("th")];

/// What keeps an end tag within a cell from ending elements around it.
const CELL_SHIELDS: &[u64] = &[id("td"), id("th"), TABLE];

/// Elements whose end tag may be left out (HTML, section 13.1.2.4).
const OPTIONAL_ENDS: &[u64] = &[
    id("html"),
    id("head"),
    id("body"),
    id("li"),
    id("dt"),
    id("dd"),
    id("p"),
    id("option"),
    id("thead"),
    id("tbody"),
    id("tfoot"),
    id("tr"),
    id("td"),
    id("th"),
];

/// The open elements that a start tag ends, and those that shield them.
fn ends_before(tag: &str, kind: Kind) -> (&'static [u64], &'static [u64]) {
    const CELLS: &[u64] = &[id("td"), id("th")];
    const ROWS: &[u64] = &[id("tr")];
    const SHIELDS: &[u64] = &[id("tr"), TABLE];
    match tag {
        "li" => (const { &[id("li")] }, const { &[id("ul"), id("ol"), id("td"), TABLE] }),
        "dt" | "dd" => (const { &[id("dt"), id("dd")] }, const { &[id("dl"), TABLE] }),
        "option" => (const { &[id("option")] }, const { &[id("select")] }),
        "td" | "th" => (CELLS, SHIELDS),
        "tr" => (ROWS, const { &[TABLE] }),
        "tbody" | "thead" | "tfoot" => {
            (const { &[id("tbody"), id("thead"), id("tfoot")] }, const { &[TABLE] })
        }
        "a" => (const { &[A] }, CELLS),
        _ if kind == Kind::Block => (const { &[id("p")] }, const { &[id("div"), id("td"), id("th"), TABLE] }),
        _ => (&[], &[]),
    }
}

/// How text looks somewhere.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Nothing can be seen, whatever is said further in.
    gone: bool,
    invisible: bool,
    tiny: bool,
    color: Paint,
    background: Paint,
}

impl Look {
    const PAGE: Look = Look {
        gone: false,
        invisible: false,
        tiny: false,
        color: Paint::Rgb([0; 3]),
        background: Paint::Rgb([255; 3]),
    };

    /// The look within an element of this style.
    fn within(self, style: &Style) -> Look {
        Look {
            gone: self.gone || style.hides(),
            invisible: style.invisible.unwrap_or(self.invisible),
            tiny: style.tiny.unwrap_or(self.tiny),
            color: style.color.unwrap_or(self.color),
            background: style
                .background
                .filter(|paint| *paint != Paint::Transparent)
                .unwrap_or(self.background),
        }
    }

    fn hides_text(self) -> bool {
        self.gone || self.invisible || self.tiny || !self.color.is_readable_on(self.background)
    }
}

/// An open element.
#[derive(Debug)]
struct Element {
    id: u64,
    look: Look,
}

/// The start tag that is being read.
#[derive(Debug, Default)]
struct Tag {
    name: String,
    id: u64,
    kind: Kind,
    /// What its presentational attributes, the style sheets and its `style` attribute say.
    hints: Style,
    sheet: Style,
    style: Style,
    hidden: bool,
    href: Option<String>,
    src: Option<String>,
    alt: String,
    content: String,
    width: Option<u32>,
    height: Option<u32>,
    refreshes: bool,
}

/// What the text of an element is that has no elements in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RawText {
    /// It has elements in it: what comes is ordinary text.
    None,
    Title,
    StyleSheet,
    /// Never shown.
    Dropped,
}

/// Follows the tokens of an HTML part.
struct Reader {
    html: Html,
    limit: usize,
    tags: Tally,
    attributes: Tally,
    sheet: Sheet,
    elements: Vec<Element>,
    /// How many open elements share the last byte of their hash: most stray end tags need no search.
    open: [u16; 256],
    /// The start tag that is being read, and its last attribute, if their ends have not come yet.
    tag: Tag,
    in_tag: bool,
    attribute: String,
    in_attribute: bool,
    /// The link whose text is being read, and where that starts.
    link: Option<(usize, usize)>,
    raw: RawText,
    /// A tag or comment came since the last visible text.
    interrupted: bool,
}

impl Reader {
    fn new(size: usize, limit: usize) -> Self {
        let mut html = Html::default();
        html.visible.reserve(size / 4);
        Reader {
            html,
            limit,
            tags: Tally::default(),
            attributes: Tally::default(),
            sheet: Sheet::default(),
            elements: Vec::with_capacity(32),
            open: [0; 256],
            tag: Tag::default(),
            in_tag: false,
            attribute: String::new(),
            in_attribute: false,
            link: None,
            raw: RawText::None,
            interrupted: false,
        }
    }

    fn finish(mut self) -> Html {
        let must_end = |element: &&Element| !OPTIONAL_ENDS.contains(&element.id);
        self.html.facts.unclosed = self.elements.iter().filter(must_end).count() as u32;
        self.close_to(0);
        for text in [&mut self.html.visible, &mut self.html.hidden, &mut self.html.title] {
            text.truncate(text.trim_end_matches([' ', '\n']).len());
        }
        Html { tags: self.tags.entries, attributes: self.attributes.entries, ..self.html }
    }

    fn event(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.open_tag(&String::from_utf8_lossy(name)),
            CallbackEvent::AttributeName { name } => {
                self.end_attribute("");
                self.attribute.clear();
                self.attribute.push_str(&String::from_utf8_lossy(name));
                self.in_attribute = self.in_tag;
            }
            CallbackEvent::AttributeValue { value } => self.end_attribute(&String::from_utf8_lossy(value)),
            CallbackEvent::CloseStartTag { .. } => {
                self.end_attribute("");
                self.in_tag = false;
                let mut tag = std::mem::take(&mut self.tag);
                self.start(&mut tag);
                self.tag = tag;
            }
            CallbackEvent::EndTag { name } => self.end(&String::from_utf8_lossy(name)),
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { value } => {
                self.html.facts.comments += 1;
                self.html.facts.comment_bytes += value.len() as u32;
                self.interrupted = true;
            }
            CallbackEvent::Error(_) => self.html.facts.errors += 1,
            CallbackEvent::Doctype { .. } => {}
        }
    }

    fn look(&self) -> Look {
        self.elements.last().map_or(Look::PAGE, |element| element.look)
    }

    fn open_tag(&mut self, name: &str) {
        self.tags.add(&[name]);
        let mut buffer = std::mem::take(&mut self.tag.name);
        buffer.clear();
        buffer.push_str(name);
        self.tag = Tag { id: id(name), kind: Kind::of(name), name: buffer, ..Tag::default() };
        self.in_tag = true;
    }

    /// Reads the last attribute, now that its value is there or known not to come.
    fn end_attribute(&mut self, value: &str) {
        if std::mem::take(&mut self.in_attribute) {
            let name = std::mem::take(&mut self.attribute);
            self.attribute(&name, value);
            self.attribute = name;
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        let tag = &mut self.tag;
        let facts = &mut self.html.facts;
        let mut link = None;
        match name {
            "style" => {
                let attributes = &mut self.attributes;
                tag.style = Style::parse(value, |property, value| {
                    attributes.add(&["style ", property]);
                    if property.starts_with("background") {
                        link = link.take().or_else(|| css_url(value).map(str::to_owned));
                    }
                });
            }
            "class" if !self.sheet.is_empty() => {
                for class in value.split_ascii_whitespace() {
                    tag.sheet = tag.sheet.with(self.sheet.get(&format!(".{class}")));
                }
            }
            "id" if !self.sheet.is_empty() => {
                tag.sheet = tag.sheet.with(self.sheet.get(&format!("#{value}")));
            }
            "href" | "action" | "formaction" => tag.href = Some(url(value)),
            "src" | "data" => tag.src = Some(url(value)),
            "background" => {
                tag.hints.background = Some(Paint::Unknown);
                link = Some(value.to_owned());
            }
            "bgcolor" => tag.hints.background = Paint::parse(&value.to_ascii_lowercase()),
            "color" | "text" => tag.hints.color = Paint::parse(&value.to_ascii_lowercase()),
            "width" => tag.width = number(value),
            "height" => tag.height = number(value),
            "alt" => tag.alt = value.to_owned(),
            "hidden" => tag.hidden = true,
            "content" => tag.content = value.to_owned(),
            "http-equiv" => tag.refreshes = value.trim().eq_ignore_ascii_case("refresh"),
            "type" if tag.name == "input" => {
                facts.passwords += u32::from(value.eq_ignore_ascii_case("password"));
            }
            _ if name.starts_with("on") => facts.handlers += 1,
            _ => {}
        }
        let word = matches!(
            name,
            "align"
                | "bgcolor"
                | "color"
                | "face"
                | "http-equiv"
                | "link"
                | "method"
                | "size"
                | "target"
                | "text"
                | "type"
                | "valign"
        );
        let short = (1..=16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
        match word && short {
            true => self.attributes.add(&[&tag.name, " ", name, "=", &value.to_ascii_lowercase()]),
            false => self.attributes.add(&[&tag.name, " ", name]),
        }
        if let Some(href) = link {
            self.push_link(LinkKind::Background, url(&href));
        }
    }

    fn push_link(&mut self, kind: LinkKind, href: String) {
        if self.html.links.len() < self.limit {
            self.html.links.push(Link { kind, href, text: String::new() });
        }
    }

    fn start(&mut self, tag: &mut Tag) {
        let (ended, shields) = ends_before(&tag.name, tag.kind);
        self.close_implied(ended, shields);
        match tag.kind {
            Kind::Block | Kind::Break => break_line(&mut self.html.visible),
            Kind::Cell => push_space(&mut self.html.visible),
            Kind::Inline | Kind::Void => {}
        }
        self.interrupted = true;
        self.count(tag);

        let mut style = tag.hints;
        if !self.sheet.is_empty() {
            style = style.with(self.sheet.get(&tag.name)).with(tag.sheet);
        }
        style = style.with(tag.style);
        if tag.hidden || tag.name == "template" {
            style.removed = Some(true);
        }
        // Links have a colour of their own.
        if tag.id == A && tag.href.is_some() && style.color.is_none() {
            style.color = Some(Paint::Rgb([0, 0, 238]));
        }
        let look = self.look().within(&style);
        self.refer(tag, &style, look);
        self.raw = match tag.name.as_str() {
            "title" => RawText::Title,
            "style" => RawText::StyleSheet,
            "script" | "iframe" | "noembed" | "noframe" | "noscript" => RawText::Dropped,
            _ => RawText::None,
        };
        if !matches!(tag.kind, Kind::Void | Kind::Break) && self.elements.len() < DEPTH {
            self.open[tag.id as usize & 255] += 1;
            self.elements.push(Element { id: tag.id, look });
            self.html.facts.depth = self.html.facts.depth.max(self.elements.len() as u32);
        }
    }

    fn count(&mut self, tag: &Tag) {
        let facts = &mut self.html.facts;
        match tag.name.as_str() {
            "form" => facts.forms += 1,
            "input" | "textarea" | "select" | "button" => facts.inputs += 1,
            "iframe" | "frame" => facts.frames += 1,
            "script" => facts.scripts += 1,
            "meta" if tag.refreshes => facts.refreshes += 1,
            _ => {}
        }
    }

    /// Notes the addresses that a tag refers to.
    fn refer(&mut self, tag: &mut Tag, style: &Style, look: Look) {
        let kind = match tag.name.as_str() {
            "a" => LinkKind::Anchor,
            "area" => LinkKind::Area,
            "form" | "button" => LinkKind::Form,
            "base" => LinkKind::Base,
            "iframe" | "frame" => LinkKind::Frame,
            "meta" if tag.refreshes => {
                let start = memmem::find(tag.content.to_ascii_lowercase().as_bytes(), b"url=");
                tag.href = start.and_then(|start| tag.content.get(start + 4..)).map(url);
                LinkKind::Refresh
            }
            "img" | "input" => {
                if let Some(src) = tag.src.take().filter(|_| self.html.images.len() < self.limit) {
                    let pixels = |size: Option<f32>| size.map(|size| size as u32);
                    self.html.images.push(Image {
                        src: if src.starts_with("data:") { src.chars().take(32).collect() } else { src },
                        alt: std::mem::take(&mut tag.alt),
                        width: tag.width.or(pixels(style.width)),
                        height: tag.height.or(pixels(style.height)),
                        hidden: look.gone || look.invisible,
                    });
                }
                LinkKind::Form
            }
            _ => LinkKind::Resource,
        };
        let Some(href) = tag.href.take().or(tag.src.take()) else { return };
        self.push_link(kind, href);
        if kind == LinkKind::Anchor && self.html.links.len() < self.limit {
            self.finish_link();
            self.link = Some((self.html.links.len() - 1, self.html.visible.len()));
        }
    }

    /// The text of a link is what became visible since it started.
    fn finish_link(&mut self) {
        if let Some((index, start)) = self.link.take()
            && let Some(link) = self.html.links.get_mut(index)
        {
            link.text = self.html.visible.get(start..).unwrap_or_default().trim().to_owned();
        }
    }

    fn end(&mut self, name: &str) {
        self.in_attribute = false;
        self.raw = RawText::None;
        let kind = Kind::of(name);
        let id = id(name);
        let shields: &[u64] = match TABLE_PARTS.contains(&id) {
            true if id == TABLE => &[],
            true => &[TABLE],
            false => CELL_SHIELDS,
        };
        if !self.close_implied(&[id], shields) && !matches!(kind, Kind::Void | Kind::Break) {
            self.html.facts.stray_ends += 1;
        }
        match kind {
            Kind::Block | Kind::Break => break_line(&mut self.html.visible),
            Kind::Cell => push_space(&mut self.html.visible),
            Kind::Inline | Kind::Void => {}
        }
        self.interrupted = true;
    }

    /// Ends the innermost open element of `ids` and all within it, unless one of `shields` is
    /// further in.
    fn close_implied(&mut self, ids: &[u64], shields: &[u64]) -> bool {
        if ids.iter().all(|id| self.open[*id as usize & 255] == 0) {
            return false;
        }
        for (index, element) in self.elements.iter().enumerate().rev() {
            if ids.contains(&element.id) {
                self.close_to(index);
                return true;
            }
            if shields.contains(&element.id) {
                return false;
            }
        }
        false
    }

    fn close_to(&mut self, length: usize) {
        while self.elements.len() > length
            && let Some(element) = self.elements.pop()
        {
            self.open[element.id as usize & 255] -= 1;
            if element.id == A {
                self.finish_link();
            }
        }
    }

    fn text(&mut self, text: &str) {
        match self.raw {
            RawText::Title => push_text(&mut self.html.title, text),
            RawText::StyleSheet => self.sheet.read(text),
            RawText::Dropped => {}
            RawText::None if self.look().hides_text() => {
                if text.chars().all(char::is_whitespace) {
                    return;
                }
                push_space(&mut self.html.hidden);
                push_text(&mut self.html.hidden, text);
            }
            RawText::None => {
                let ends =
                    self.html.visible.bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
                let goes_on = text.starts_with(|first: char| first.is_ascii_alphanumeric());
                self.html.facts.word_splits += u32::from(self.interrupted && ends && goes_on);
                self.interrupted = false;
                push_text(&mut self.html.visible, text);
            }
        }
    }
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '\n']) {
        text.push(' ');
    }
}

fn break_line(text: &mut String) {
    if text.ends_with(' ') {
        text.pop();
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Adds text with its white space collapsed.
fn push_text(to: &mut String, text: &str) {
    let space = |end: Option<u8>| end.is_some_and(|byte| byte.is_ascii_whitespace());
    if space(text.bytes().next()) {
        push_space(to);
    }
    for (index, word) in text.split_ascii_whitespace().enumerate() {
        if index > 0 {
            to.push(' ');
        }
        to.push_str(word);
    }
    if space(text.bytes().next_back()) {
        push_space(to);
    }
}

/// An address without the white space that browsers leave out of it.
fn url(value: &str) -> String {
    start_of(value.trim(), URL_BYTES).replace(['\t', '\n', '\r'], "")
}

/// The address in a value such as `#fff url('a.png')`.
fn css_url(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("url(")?;
    rest.split(')').next().map(|address| address.trim_matches([' ', '\'', '"']))
}

/// A size in pixels; not one in percent.
fn number(value: &str) -> Option<u32> {
    let value = value.trim();
    value.strip_suffix("px").unwrap_or(value).parse().ok()
}

/// Counts names, at most [`NAMES`] of them. A small hash table, as there are many to count.
#[derive(Debug, Default)]
struct Tally {
    entries: Vec<(String, u32)>,
    /// Hash and index + 1 of an entry, or zeros.
    slots: Vec<(u64, u32)>,
}

impl Tally {
    /// Counts the name that `parts` make up.
    fn add(&mut self, parts: &[&str]) {
        const SLOTS: usize = NAMES * 4;
        let hash = parts.iter().fold(SEED, |state, part| hash(state, part.as_bytes()));
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, (0, 0));
        }
        let mut at = hash as usize % SLOTS;
        while let Some((known, index)) = self.slots.get_mut(at) {
            if *index == 0 {
                if self.entries.len() < NAMES {
                    self.entries.push((start_of(&parts.concat(), NAME_BYTES).to_owned(), 1));
                    (*known, *index) = (hash, self.entries.len() as u32);
                }
                return;
            }
            if *known == hash {
                self.entries[*index as usize - 1].1 += 1;
                return;
            }
            at = (at + 1) % SLOTS;
        }
    }
}

#[cfg(test)]
mod tests {
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
