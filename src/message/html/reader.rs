//! Follows the tokens of an HTML part.

use super::super::css::{Paint, Sheet, Style};
use super::super::find::find;
use super::super::start_of;
use super::element::{A, CELL_SHIELDS, Kind, OPTIONAL_ENDS, TABLE, TABLE_PARTS, ends_before, id};
use super::tally::Tally;
use super::tokenizer::Sink;
use super::{Html, Image, Link, LinkKind};

/// Elements within each other that are followed, as browsers do.
const DEPTH: usize = 512;

/// Bytes of a URL that are kept.
const URL_BYTES: usize = 2 << 10;

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
pub(super) struct Reader {
    html: Html,
    limit: usize,
    tags: Tally,
    attributes: Tally,
    sheet: Sheet,
    elements: Vec<Element>,
    /// How many open elements share the last byte of their hash: most stray end tags need no search.
    open: [u16; 256],
    /// The start tag that is being read.
    tag: Tag,
    /// The link whose text is being read, and where that starts.
    link: Option<(usize, usize)>,
    raw: RawText,
    /// A tag or comment came since the last visible text.
    interrupted: bool,
}

impl Reader {
    pub fn new(size: usize, limit: usize) -> Self {
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
            link: None,
            raw: RawText::None,
            interrupted: false,
        }
    }

    pub fn finish(mut self) -> Html {
        let must_end = |element: &&Element| !OPTIONAL_ENDS.contains(&element.id);
        self.html.facts.unclosed = self.elements.iter().filter(must_end).count() as u32;
        self.close_to(0);
        for text in [&mut self.html.visible, &mut self.html.hidden, &mut self.html.title] {
            text.truncate(text.trim_end_matches([' ', '\n']).len());
        }
        Html { tags: self.tags.entries, attributes: self.attributes.entries, ..self.html }
    }

    fn look(&self) -> Look {
        self.elements.last().map_or(Look::PAGE, |element| element.look)
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
                let start = find(tag.content.to_ascii_lowercase().as_bytes(), b"url=");
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
}

impl Sink for Reader {
    fn open_tag(&mut self, name: &str) {
        self.tags.add(&[name]);
        let mut buffer = std::mem::take(&mut self.tag.name);
        buffer.clear();
        buffer.push_str(name);
        self.tag = Tag { id: id(name), kind: Kind::of(name), name: buffer, ..Tag::default() };
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

    fn close_tag(&mut self, _self_closing: bool) {
        let mut tag = std::mem::take(&mut self.tag);
        self.start(&mut tag);
        self.tag = tag;
    }

    fn end_tag(&mut self, name: &str) {
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

    fn comment(&mut self, text: &str) {
        self.html.facts.comments += 1;
        self.html.facts.comment_bytes += text.len() as u32;
        self.interrupted = true;
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
