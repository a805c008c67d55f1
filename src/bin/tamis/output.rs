//! What people see: colours, bars, tables, progress.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tamis::{Class, Error, Evidence};

pub const RED: &str = "\x1b[31m";
pub const GREEN: &str = "\x1b[32m";
pub const YELLOW: &str = "\x1b[33m";
pub const BOLD: &str = "\x1b[1m";
pub const RESET: &str = "\x1b[0m";

/// Standard output, buffered; colours are taken out where it is no terminal.
pub fn stdout() -> impl Write {
    BufWriter::with_capacity(1 << 16, anstream::stdout().lock())
}

/// An error of standard output.
pub fn broken(e: io::Error) -> Error {
    Error::io("standard output", e)
}

/// Tells of an error that ends the program, or that a message could not be read.
pub fn complain(error: &Error) {
    let _ = writeln!(anstream::stderr(), "{BOLD}{RED}error:{RESET} {error}");
}

/// Says what was done. Where nobody listens, nothing is lost.
pub fn say(text: fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Tells of something that the user may want to know.
pub fn warn(text: &str) {
    let _ = writeln!(anstream::stderr(), "{BOLD}{YELLOW}warning:{RESET} {text}");
}

/// The colour of a class.
pub fn colour(class: Class) -> &'static str {
    match class {
        Class::Ham => GREEN,
        Class::Unsure => YELLOW,
        Class::Spam => RED,
    }
}

/// A bar of progress on standard error, if that is a terminal.
pub fn progress(files: usize, what: &'static str) -> ProgressBar {
    let style = style("{msg} [{bar:30}] {human_pos}/{human_len} ({rate}, {eta} left)").progress_chars("=> ");
    let bar = ProgressBar::new(files as u64).with_style(style).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Counts one more message. There can be more of them than files: then nobody knows how many will come.
pub fn advance(bar: &ProgressBar) {
    bar.inc(1);
    if bar.length().is_some_and(|files| bar.position() > files) {
        bar.unset_length();
        bar.set_style(style("{msg} {human_pos} messages ({rate})"));
    }
}

/// A sign that something goes on whose end is not known.
pub fn waiting(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg} ({elapsed})")).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", rate)
}

/// A table without lines; the columns after the first are numbers.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for i in 1..header.len() {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Width of the longer half of an evidence bar.
const BAR: f64 = 20.0;

/// Evidence as lines with bars: to the right and red what speaks for spam, to the left and green what
/// speaks for ham.
pub fn evidence(out: &mut impl Write, evidence: &[Evidence]) -> io::Result<()> {
    let largest = evidence.iter().map(|e| e.pull.abs()).fold(f64::MIN_POSITIVE, f64::max);
    for Evidence { feature, pull } in evidence {
        // Divided first: of the largest pull that is 1 exactly, and the bar no longer than its place.
        let bar = "█".repeat((BAR * (pull.abs() / largest)).ceil() as usize);
        let (left, right) = if *pull < 0.0 { (bar.as_str(), "") } else { ("", bar.as_str()) };
        let pad = " ".repeat(BAR as usize - left.chars().count());
        let gap = " ".repeat(BAR as usize - right.chars().count());
        writeln!(
            out,
            "  {pull:>+8.3} {pad}{GREEN}{left}{RESET}│{RED}{right}{RESET}{gap}  {}",
            printable(feature)
        )?;
    }
    Ok(())
}

/// A feature's name without what could take over a terminal: mail chooses these bytes.
pub fn printable(name: &str) -> String {
    let harmless =
        |c: char| if c.is_control() || ('\u{200b}'..='\u{206f}').contains(&c) { '\u{fffd}' } else { c };
    name.chars().map(harmless).collect()
}
