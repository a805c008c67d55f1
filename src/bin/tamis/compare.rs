//! `tamis compare`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use tamis::Result;
use tamis::train::compare::{Compared, MEASURES, compare};
use tamis::train::results;

use crate::{Outcome, output};

/// Compare filters by their result files.
///
/// A result file has one line a message, `PATH judge=spam class=spam score=0.99`, as `tamis eval --results`
/// and the tools of the TREC Spam Track write them: any filter whose scores rise with the probability of
/// spam can be compared. Messages are matched by path, and must be the same in all files.
///
/// Each figure stands above its 95 % bootstrap interval, and above the probability p of so large a
/// difference from the first file if there were none in truth: of 1-ROCA% by DeLong's test, of the others by
/// the paired bootstrap. Differences with p below 0.05 are marked with a star.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Result files; the first is what the others are compared with
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,

    /// Print the figures and differences as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tamis eval --index mail/index --results blend.txt
  tamis eval --index mail/index --algorithm robinson --results robinson.txt
  tamis compare blend.txt robinson.txt";

pub fn run(args: &Args) -> Outcome {
    let named = args.files.iter().map(|path| Ok((name(path), results::read(path)?)));
    let compared = compare(named.collect::<Result<_>>()?)?;
    let mut out = output::stdout();
    let printed = if args.json {
        let values: Vec<_> = compared.iter().map(value).collect();
        serde_json::to_writer_pretty(&mut out, &values).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        writeln!(out, "{}", table(&compared))
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)?;
    Ok(ExitCode::SUCCESS)
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Names of the measures for scripts, as in the JSON of `tamis eval`.
const KEYS: [&str; MEASURES.len()] = ["one_minus_roca", "sm_at_hm_01", "sm_at_hm_05", "hm", "sm", "lam"];

fn value(one: &Compared) -> serde_json::Value {
    let mut value = json!({ "file": one.name });
    for (i, key) in KEYS.into_iter().enumerate() {
        value[key] = json!(one.figures[i]);
        if let Some(difference) = one.differences.get(i) {
            value[key]["difference"] = json!(difference);
        }
    }
    value
}

fn table(compared: &[Compared]) -> comfy_table::Table {
    let mut table = output::table(&[&[""], &MEASURES[..]].concat());
    for (row, one) in compared.iter().enumerate() {
        let gap = if row + 1 < compared.len() { "\n" } else { "" };
        let cells = one.figures.iter().enumerate().map(|(i, figure)| {
            let digits = if i == 0 { 4 } else { 2 };
            let mut cell =
                format!("{:.digits$}\n{:.digits$} – {:.digits$}", figure.value, figure.low, figure.high);
            if let Some(difference) = one.differences.get(i) {
                let star = if difference.p < 0.05 { "*" } else { "" };
                cell.push_str(&match difference.p {
                    p if p < 0.001 => format!("\np < 0.001{star}"),
                    p => format!("\np = {p:.3}{star}"),
                });
            }
            cell + gap
        });
        table.add_row(std::iter::once(output::printable(&one.name)).chain(cells));
    }
    table
}
