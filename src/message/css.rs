//! As much of CSS as tells whether text can be seen.

use std::collections::BTreeMap;

/// Rules of a style sheet that are kept.
const RULES: usize = 512;

/// Colour channels that differ by less cannot be told apart.
const CONTRAST: u8 = 16;

/// Pixels of a font or a box below which nothing can be read.
const TINY: f32 = 2.0;

/// Pixels beyond the edge of the page at which a box is out of sight.
const OFF_PAGE: f32 = -500.0;

/// What a colour property says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Rgb([u8; 3]),
    Transparent,
    /// An image, a gradient, or a colour that is not understood.
    Unknown,
}

impl Paint {
    /// Whether text of this colour can be read on `background`.
    pub fn is_readable_on(self, background: Paint) -> bool {
        match (self, background) {
            (Paint::Transparent, _) => false,
            (Paint::Rgb(text), Paint::Rgb(background)) => {
                text.iter().zip(background).any(|(&text, background)| text.abs_diff(background) >= CONTRAST)
            }
            _ => true,
        }
    }

    /// A colour of CSS or of an HTML attribute (HTML, section 2.3.6) in lower case; `None` if it is
    /// a keyword that changes nothing.
    pub fn parse(value: &str) -> Option<Paint> {
        let value = value.trim();
        if matches!(value, "" | "inherit" | "initial" | "unset" | "currentcolor" | "auto" | "none") {
            return None;
        }
        if value == "transparent" {
            return Some(Paint::Transparent);
        }
        let rgb = hex(value.strip_prefix('#').unwrap_or(value)).or_else(|| named(value));
        Some(rgb.map(Paint::Rgb).or_else(|| function(value)).unwrap_or(Paint::Unknown))
    }
}

fn hex(digits: &str) -> Option<[u8; 3]> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        3 => Some([number >> 8, number >> 4, number].map(|digit| (digit & 15) as u8 * 17)),
        6 => Some([number >> 16, number >> 8, number].map(|byte| byte as u8)),
        _ => None,
    }
}

fn named(name: &str) -> Option<[u8; 3]> {
    Some(match name {
        "white" => [255; 3],
        "snow" => [255, 250, 250],
        "ivory" => [255, 255, 240],
        "ghostwhite" => [248, 248, 255],
        "whitesmoke" => [245; 3],
        "silver" => [192; 3],
        "gray" | "grey" => [128; 3],
        "black" => [0; 3],
        "red" => [255, 0, 0],
        "maroon" => [128, 0, 0],
        "orange" => [255, 165, 0],
        "yellow" => [255, 255, 0],
        "olive" => [128, 128, 0],
        "lime" => [0, 255, 0],
        "green" => [0, 128, 0],
        "aqua" | "cyan" => [0, 255, 255],
        "teal" => [0, 128, 128],
        "blue" => [0, 0, 255],
        "navy" => [0, 0, 128],
        "fuchsia" | "magenta" => [255, 0, 255],
        "purple" => [128, 0, 128],
        _ => return None,
    })
}

/// `rgb(1, 2, 3)` and `rgba(1, 2, 3, 0)`.
fn function(value: &str) -> Option<Paint> {
    let arguments =
        value.strip_prefix("rgb")?.trim_start_matches('a').strip_prefix('(')?.strip_suffix(')')?;
    let mut numbers = arguments.split([',', ' ', '/']).filter(|number| !number.is_empty());
    let mut channel = || numbers.next()?.parse::<u8>().ok();
    let rgb = [channel()?, channel()?, channel()?];
    let clear = numbers.next().and_then(decimal) == Some(0.0);
    Some(if clear { Paint::Transparent } else { Paint::Rgb(rgb) })
}

/// What one element's declarations say about whether its text can be seen; `None` where they say
/// nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Style {
    /// `display: none`.
    pub removed: Option<bool>,
    /// `opacity` near 0.
    pub clear: Option<bool>,
    /// `visibility: hidden`.
    pub invisible: Option<bool>,
    /// A font too small to read.
    pub tiny: Option<bool>,
    pub color: Option<Paint>,
    pub background: Option<Paint>,
    /// Sizes in pixels, the smaller of what is asked for and what is allowed.
    pub width: Option<f32>,
    pub height: Option<f32>,
    /// `overflow: hidden`.
    clipped: Option<bool>,
    /// Placed beyond the edge of the page.
    away: Option<bool>,
}

impl Style {
    /// Reads the declarations of a `style` attribute or of a rule. `see` is shown each property's
    /// name and value.
    pub fn parse(declarations: &str, mut see: impl FnMut(&str, &str)) -> Style {
        let lower;
        let declarations = match declarations.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => {
                lower = declarations.to_ascii_lowercase();
                &lower
            }
            false => declarations,
        };
        let mut style = Style::default();
        for declaration in declarations.split(';') {
            if let Some((name, value)) = declaration.split_once(':') {
                let (name, value) = (name.trim_ascii(), value.trim_ascii());
                see(name, value);
                style.declare(name, value.split('!').next().unwrap_or_default().trim_ascii_end());
            }
        }
        style
    }

    fn declare(&mut self, name: &str, value: &str) {
        match name {
            "display" => self.removed = Some(value == "none"),
            "visibility" => self.invisible = Some(matches!(value, "hidden" | "collapse")),
            "opacity" => self.clear = decimal(value).map(|opacity| opacity < 0.1),
            "font-size" => self.tiny = tiny(value).or(self.tiny),
            "font" => {
                let size = value
                    .split_ascii_whitespace()
                    .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
                self.tiny = size.and_then(|size| tiny(size.split('/').next()?)).or(self.tiny);
            }
            "color" => self.color = Paint::parse(value).or(self.color),
            "background-color" => self.background = Paint::parse(value).or(self.background),
            "background-image" if value != "none" => self.background = Some(Paint::Unknown),
            "background" => self.background = background(value).or(self.background),
            "overflow" => self.clipped = Some(value == "hidden"),
            "width" | "max-width" => self.width = least(self.width, value),
            "height" | "max-height" => self.height = least(self.height, value),
            "left" | "top" | "right" | "text-indent" | "margin-left" | "margin-top" => {
                let away = pixels(value).is_some_and(|place| place <= OFF_PAGE);
                self.away = Some(away || self.away == Some(true));
            }
            _ => {}
        }
    }

    /// This style with what `stronger` says in its place.
    pub fn with(self, stronger: Style) -> Style {
        Style {
            removed: stronger.removed.or(self.removed),
            clear: stronger.clear.or(self.clear),
            invisible: stronger.invisible.or(self.invisible),
            tiny: stronger.tiny.or(self.tiny),
            color: stronger.color.or(self.color),
            background: stronger.background.or(self.background),
            width: stronger.width.or(self.width),
            height: stronger.height.or(self.height),
            clipped: stronger.clipped.or(self.clipped),
            away: stronger.away.or(self.away),
        }
    }

    /// Whether nothing inside the element can be seen, whatever is said there.
    pub fn hides(&self) -> bool {
        let small = |size: Option<f32>| size.is_some_and(|size| size < TINY);
        let cut = self.clipped == Some(true) && (small(self.width) || small(self.height));
        [self.removed, self.clear, self.away, Some(cut)].contains(&Some(true))
    }
}

/// A length in pixels; `None` if it depends on something else.
/// A number as style sheets have it. The library's parser brings tables that are larger than all of this.
fn decimal(text: &str) -> Option<f32> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole = whole.bytes().fold(0.0, |sum, digit| sum * 10.0 + f32::from(digit - b'0'));
    let part = part.bytes().rev().fold(0.0, |sum, digit| (sum + f32::from(digit - b'0')) / 10.0);
    Some(if text.starts_with('-') { -(whole + part) } else { whole + part })
}

fn pixels(value: &str) -> Option<f32> {
    let end = value.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let number = decimal(number)?;
    match unit {
        "" | "px" => Some(number),
        "pt" => Some(number * 4.0 / 3.0),
        _ if number == 0.0 => Some(0.0),
        "em" | "rem" => Some(number * 16.0),
        _ => None,
    }
}

fn least(size: Option<f32>, value: &str) -> Option<f32> {
    match (size, pixels(value)) {
        (Some(size), Some(other)) => Some(size.min(other)),
        (size, other) => size.or(other),
    }
}

/// Whether a font of this size is too small to read; `None` if that depends on the size around it.
fn tiny(size: &str) -> Option<bool> {
    let tiny = pixels(size)? < TINY;
    (tiny || !size.ends_with("em") || size.ends_with("rem")).then_some(tiny)
}

fn background(value: &str) -> Option<Paint> {
    if value.contains("url(") || value.contains("gradient") {
        return Some(Paint::Unknown);
    }
    if value.contains('(') {
        return Paint::parse(value);
    }
    let paints = value.split_ascii_whitespace().filter_map(Paint::parse);
    paints.into_iter().find(|paint| *paint != Paint::Unknown)
}

/// The rules of style sheets whose selector is one type, class or id.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: BTreeMap<String, Style>,
}

impl Sheet {
    /// Reads a style sheet. What holds only on some media is left out.
    pub fn read(&mut self, css: &str) {
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some((prelude, body)) = rest.split_once('{') {
            let selectors = prelude.rsplit(';').next().unwrap_or_default().trim();
            let end = if selectors.starts_with('@') { block_end(body) } else { body.find('}') };
            let (declarations, after) = body.split_at(end.unwrap_or(body.len()));
            rest = after.strip_prefix('}').unwrap_or_default();
            if !selectors.starts_with('@') {
                self.add(selectors.trim_start_matches("<!--"), declarations);
            }
        }
    }

    fn add(&mut self, selectors: &str, declarations: &str) {
        let style = Style::parse(declarations, |_, _| ());
        if style == Style::default() {
            return;
        }
        for selector in selectors.split(',').map(str::trim) {
            // `td.name` is taken for `.name`.
            let selector = selector.find(['.', '#']).map_or(selector, |start| &selector[start..]);
            let name = selector.trim_start_matches(['.', '#']);
            let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if !name.is_empty() && name.bytes().all(simple) && self.rules.len() < RULES {
                let rule = self.rules.entry(selector.to_owned()).or_default();
                *rule = rule.with(style);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What the sheet says of `selector`.
    pub fn get(&self, selector: &str) -> Style {
        self.rules.get(selector).copied().unwrap_or_default()
    }
}

fn without_comments(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text + rest
}

/// Where the brace is that closes a block.
fn block_end(body: &str) -> Option<usize> {
    let mut depth = 1;
    body.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for (text, number) in [
            ("12", Some(12.0)),
            ("0.5", Some(0.5)),
            (".05", Some(0.05)),
            ("-9999px", None),
            ("-9999", Some(-9999.0)),
            ("+1.", Some(1.0)),
            ("0.0", Some(0.0)),
            ("1.2.3", None),
            ("", None),
            (".", None),
            ("-", None),
        ] {
            assert_eq!(decimal(text), number, "{text}");
        }
        assert_eq!(decimal(&"9".repeat(100)), Some(f32::INFINITY));
    }

    fn style(declarations: &str) -> Style {
        Style::parse(declarations, |_, _| ())
    }

    #[test]
    fn colours() {
        let white = Some(Paint::Rgb([255; 3]));
        for (value, paint) in [
            ("#fff", white),
            ("ffffff", white),
            ("white", white),
            ("rgb(255, 255, 255)", white),
            ("rgba(0,0,0,0)", Some(Paint::Transparent)),
            ("#12345", Some(Paint::Unknown)),
            ("var(--ink)", Some(Paint::Unknown)),
            ("inherit", None),
        ] {
            assert_eq!(Paint::parse(value), paint, "{value}");
        }
        let rgb = |value| Paint::parse(value).unwrap();
        assert!(!rgb("#fefefe").is_readable_on(rgb("white")));
        assert!(rgb("#777").is_readable_on(rgb("white")));
        assert!(rgb("white").is_readable_on(Paint::Unknown));
    }

    #[test]
    fn styles_that_hide() {
        for (declarations, hides) in [
            ("display:none", true),
            ("DISPLAY: None !important", true),
            ("opacity:0", true),
            ("opacity:.9", false),
            ("max-height:0;overflow:hidden", true),
            ("max-height:0px", false),
            ("overflow:hidden;width:600px", false),
            ("position:absolute;left:-9999px", true),
            ("margin-top:-5px", false),
            ("display:block", false),
            ("mso-hide:all", false),
        ] {
            assert_eq!(style(declarations).hides(), hides, "{declarations}");
        }
    }

    #[test]
    fn font_sizes() {
        for (declarations, expected) in [
            ("font-size:0", Some(true)),
            ("font-size:1px", Some(true)),
            ("font-size:0.01em", Some(true)),
            ("font-size:12pt", Some(false)),
            ("font-size:1.2em", None),
            ("font-size:100%", None),
            ("font:bold 13px/20px arial", Some(false)),
            ("font:0/0 a", Some(true)),
        ] {
            assert_eq!(style(declarations).tiny, expected, "{declarations}");
        }
    }

    #[test]
    fn sheets() {
        let mut sheet = Sheet::default();
        sheet.read(
            "<!-- @import url(a.css); /* .b { */ .x, td.y { display: none } #id{color:#fff} a:hover{color:red}\n\
             @media print { .z { display: none } } .z { color: red; } .w { display:none",
        );
        for (selector, hides) in [(".x", true), (".y", true), (".z", false), (".w", true), (".b", false)] {
            assert_eq!(sheet.get(selector).hides(), hides, "{selector}");
        }
        assert_eq!(sheet.get("#id").color, Some(Paint::Rgb([255; 3])));
        assert_eq!(sheet.get("a"), Style::default());
    }
}
