//! `tamis eval`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tamis::train::evaluate::{Protocol, run as run_protocol};
use tamis::train::fit::Options;
use tamis::train::metrics::{Interval, Summary};
use tamis::train::results;
use tamis::train::sample::load;
use tamis::{Error, Result};

use crate::files::{self, TrustArgs};
use crate::{Outcome, output, train};

/// Measure the classifier on labelled mail, by the protocols of the TREC Spam Track.
///
/// 1-ROCA% is the area above the ROC curve; sm% at hm 0.1 % the spam missed when 0.1 % of ham may be lost;
/// hm% and sm% are ham and spam misclassified at a probability of one half; LAM% is their logistic
/// average; the shares called spam, ham and unsure are at the thresholds. Intervals are of 95 %, by
/// bootstrap.
#[derive(clap::Args)]
pub struct Args {
    /// TREC index files of the mail to judge
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    index: Vec<PathBuf>,

    /// immediate, batch:N, kfold:K or cross
    #[arg(long, value_name = "PROTOCOL", default_value = "kfold:5")]
    protocol: String,

    /// TREC index files of the mail to learn from, for cross
    #[arg(long, value_name = "FILE", num_args = 1.., required_if_eq("protocol", "cross"))]
    train_index: Vec<PathBuf>,

    /// Write one line for each message here: `PATH judge=spam class=spam score=4.2`
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,

    /// How counts become weights
    #[arg(long, value_name = "NAME", default_value = "blend", value_parser = train::algorithms())]
    algorithm: String,

    /// Keep at most this many features in each model
    #[arg(long, value_name = "N")]
    max_features: Option<usize>,

    /// Print the figures as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    trust: TrustArgs,
}

pub fn run(args: &Args) -> Outcome {
    let protocol: Protocol = args.protocol.parse()?;
    let options = Options {
        algorithm: train::algorithm(&args.algorithm),
        max_features: args.max_features,
        ..Options::default()
    };
    let read = |paths: &[PathBuf], what| {
        let (total, mail) = files::indexed(paths)?;
        let bar = output::progress(total, what);
        let samples = load(mail, &args.trust.trust(), || bar.inc(1));
        bar.finish_and_clear();
        samples
    };
    let samples = read(&args.index, "reading")?;
    let learned = if protocol == Protocol::Cross { read(&args.train_index, "reading")? } else { Vec::new() };
    let bar = output::progress(samples.len(), "judging");
    let judged = run_protocol(protocol, &samples, &learned, &options, |n| bar.inc(n as u64))?;
    bar.finish_and_clear();
    if let Some(path) = &args.results {
        let mut lines = Vec::new();
        for one in &judged {
            results::write(&mut lines, one).map_err(|e| Error::io(path, e))?;
        }
        files::write(path, &lines)?;
    }
    print(&Summary::of(&judged)?, args.json)?;
    Ok(ExitCode::SUCCESS)
}

fn print(figures: &Summary, json: bool) -> Result<()> {
    let mut out = output::stdout();
    let printed = if json {
        serde_json::to_writer_pretty(&mut out, figures).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        let interval = |i: &Interval, digits: usize| {
            (format!("{:.digits$}", i.value), format!("{:.digits$} – {:.digits$}", i.low, i.high))
        };
        let mut table = output::table(&["", "", "95 % interval"]);
        for (name, (value, range)) in [
            ("1-ROCA%", interval(&figures.one_minus_roca, 4)),
            ("sm% at hm 0.1 %", interval(&figures.sm_at_hm_01, 2)),
            ("sm% at hm 0.5 %", interval(&figures.sm_at_hm_05, 2)),
            ("hm%", interval(&figures.hm, 2)),
            ("sm%", interval(&figures.sm, 2)),
            ("LAM%", interval(&figures.lam, 2)),
            ("accuracy %", (format!("{:.2}", figures.accuracy), String::new())),
            ("F1", (format!("{:.4}", figures.f1), String::new())),
            ("ham called spam %", (format!("{:.2}", figures.ham_called_spam), String::new())),
            ("spam called ham %", (format!("{:.2}", figures.spam_called_ham), String::new())),
            ("unsure %", (format!("{:.2}", figures.unsure), String::new())),
            ("Brier", (format!("{:.5}", figures.brier), String::new())),
            ("ECE %", (format!("{:.2}", figures.ece), String::new())),
        ] {
            table.add_row([name, &value, &range]);
        }
        writeln!(out, "{} ham and {} spam judged\n{table}", figures.ham, figures.spam)
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)
}
