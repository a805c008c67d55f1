//! Result files: one line a message, `PATH judge=spam class=spam score=0.99873`, as the tools of the
//! TREC Spam Track read them. Those know two classes: `class` is the side of one half that the
//! probability is on.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::label::{Class, Label};
use crate::train::metrics::Judged;

/// Writes one line. The score has as many digits as tell it apart from every other.
pub fn write(out: &mut impl Write, judged: &Judged) -> std::io::Result<()> {
    let Judged { path, label, score, .. } = judged;
    let class = if judged.is_spam() { Label::Spam } else { Label::Ham };
    writeln!(out, "{path} judge={label} class={class} score={score}")
}

/// Reads a result file, from this or another filter.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Format`] with the number of a bad line.
pub fn read(path: &Path) -> Result<Vec<Judged>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| {
            parse(line).ok_or_else(|| Error::Format {
                path: path.into(),
                line: i + 1,
                reason: "expected `PATH judge=LABEL class=CLASS score=NUMBER`".into(),
            })
        })
        .collect()
}

/// Fields are found from the right, since a path may have spaces.
fn parse(line: &str) -> Option<Judged> {
    let (rest, score) = line.trim_end().rsplit_once(" score=")?;
    let (rest, class) = rest.rsplit_once(" class=")?;
    let (path, label) = rest.rsplit_once(" judge=")?;
    let class = match class.to_ascii_lowercase().as_str() {
        "ham" => Class::Ham,
        "spam" => Class::Spam,
        "unsure" => Class::Unsure,
        _ => return None,
    };
    let score = score.split(' ').next()?.parse().ok().filter(|score: &f64| !score.is_nan())?;
    Some(Judged { path: path.into(), label: label.parse().ok()?, class, score, evidence: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_round_trip() {
        let judged = Judged {
            path: "a b/c".into(),
            label: Label::Spam,
            class: Class::Spam,
            score: 0.1 + 0.2,
            evidence: Vec::new(),
        };
        let mut line = Vec::new();
        write(&mut line, &judged).unwrap();
        assert_eq!(parse(std::str::from_utf8(&line).unwrap()), Some(judged));
        assert_eq!(parse("a judge=spam class=spam score=NaN"), None);
        assert_eq!(parse("nonsense"), None);
    }
}
