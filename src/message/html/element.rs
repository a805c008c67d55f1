//! What is known of the elements of HTML.

use crate::message::hash::{SEED, hash};

/// What an element does to the text around and inside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
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
    pub fn of(tag: &str) -> Kind {
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

/// Tells names of elements apart.
pub(super) const fn id(name: &str) -> u64 {
    hash(SEED, name.as_bytes())
}

pub(super) const A: u64 = id("a");
pub(super) const TABLE: u64 = id("table");

/// Parts of a table, from the outside in: the end of one ends those within.
pub(super) const TABLE_PARTS: &[u64] =
    &[TABLE, id("thead"), id("tbody"), id("tfoot"), id("tr"), id("td"), id("th")];

/// What keeps an end tag within a cell from ending elements around it.
pub(super) const CELL_SHIELDS: &[u64] = &[id("td"), id("th"), TABLE];

/// Elements whose end tag may be left out (HTML, section 13.1.2.4).
pub(super) const OPTIONAL_ENDS: &[u64] = &[
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
pub(super) fn ends_before(tag: &str, kind: Kind) -> (&'static [u64], &'static [u64]) {
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
