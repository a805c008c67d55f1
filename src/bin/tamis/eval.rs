//! `tamis eval`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use tamis::train::bootstrap::Interval;
use tamis::train::curves::{Progress, learning_curve};
use tamis::train::estimator::Parameters;
use tamis::train::evaluate::{self, Protocol};
use tamis::train::fit::Options;
use tamis::train::metrics::{Judged, Summary};
use tamis::train::names::named;
use tamis::train::report::{self, Report};
use tamis::train::results;
use tamis::train::sample::{Sample, load};
use tamis::{Error, Model, Result};

use crate::files::{self, FieldArgs, TrustArgs};
use crate::{Outcome, output, train};

/// Measure the classifier on labelled mail, by the protocols of the TREC Spam Track.
///
/// 1-ROCA% is the area above the ROC curve; sm% at hm 0.1 % the spam missed when 0.1 % of ham may be lost;
/// hm% and sm% are ham and spam misclassified at a probability of one half; LAM% is their logistic
/// average; the shares called spam, ham and unsure are at the thresholds. Intervals are of 95 %, by
/// bootstrap.
#[derive(clap::Args)]
#[command(after_help = PROTOCOLS)]
pub struct Args {
    /// TREC index files of the mail to judge
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    index: Vec<PathBuf>,

    /// How mail is judged and learned; see below
    #[arg(long, value_name = "PROTOCOL", default_value = "kfold:5")]
    protocol: Protocol,

    /// TREC index files of the mail to learn from, for cross
    #[arg(long, value_name = "FILE", num_args = 1.., required_if_eq("protocol", "cross"))]
    train_index: Vec<PathBuf>,

    /// Write one line for each message here: `PATH judge=spam class=spam score=4.2`
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,

    /// Write a report to look at here: one HTML file with the curves, the worst mistakes and the model's
    /// strongest features. It quotes mail: subjects, senders and words
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,

    /// How counts become weights
    #[arg(long, value_name = "NAME", default_value = "blend", value_parser = train::algorithms())]
    algorithm: String,

    #[arg(
        long,
        value_name = "NAME=VALUE",
        help = format!("Set a number of the learner (may be repeated): {}", Parameters::NAMES)
    )]
    set: Vec<String>,

    /// Keep at most this many features in each model; all if not given, where `train` keeps 40,000. Not for
    /// immediate, delayed and active, whose filter keeps all
    #[arg(long, value_name = "N")]
    max_features: Option<usize>,

    /// Learn also from what models are never given: names, order and number of header fields. This tells how much
    /// of a corpus they give away
    #[arg(long)]
    provenance: bool,

    /// Print the figures as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    fields: FieldArgs,

    #[command(flatten)]
    trust: TrustArgs,
}

const PROTOCOLS: &str = "\
Protocols:
  kfold:K    K folds, each judged by a model of the others; near-duplicates stay together
  kfold:K:N  the same with the N-th of the random splits into folds
  immediate  each message is judged, then learned, in the order of the index
  delayed:N  as immediate, but only the first N are learned
  active:N   as immediate, but only N are learned: those that the filter is least sure of
             (in these three the linear model is also trained anew with every quarter more mail)
  batch:N    the first N are learned, the others judged
  cross      the mail of --train-index is learned, that of --index judged

Examples:
  tamis eval --index corpus/index
  tamis eval --index stream/index --protocol immediate --results run.txt
  tamis eval --train-index ours/index --index theirs/index --protocol cross --report report.html
  tamis compare bogofilter.txt run.txt";

/// Rows of the learning curve.
const ROWS: usize = 10;

pub fn run(args: &Args) -> Outcome {
    if args.protocol != Protocol::Cross && !args.train_index.is_empty() {
        let reason = format!("only `cross` learns from it; the protocol is `{}`", args.protocol);
        return Err(Error::Parameter { name: "train-index", reason });
    }
    let one_by_one =
        matches!(args.protocol, Protocol::Immediate | Protocol::Delayed(_) | Protocol::Active(_));
    if one_by_one && args.max_features.is_some() {
        let reason = format!("the filter of `{}` keeps all features", args.protocol);
        return Err(Error::Parameter { name: "max-features", reason });
    }
    files::writable(args.results.iter().chain(&args.report))?;
    // A report reads mail again.
    let (mut index, mut train_index) = (args.index.clone(), args.train_index.clone());
    files::once(index.iter().chain(&train_index))?;
    let _spooled = files::spool(index.iter_mut().chain(&mut train_index), Path::new("."))?;
    let mut parameters = Parameters::default();
    args.set.iter().try_for_each(|setting| parameters.set(setting))?;
    let options = Options {
        parameters,
        algorithm: train::algorithm(&args.algorithm),
        max_features: args.max_features,
        ..Options::default()
    };
    let mut fields = args.fields.fields();
    fields.provenance = args.provenance;
    let read = |paths: &[PathBuf]| {
        let (total, mail) = files::indexed(paths)?;
        let bar = output::progress(total, "reading");
        let samples = load(mail, &args.trust.trust(), &fields, || bar.inc(1));
        bar.finish_and_clear();
        samples
    };
    let samples = read(&index)?;
    let learned = if args.protocol == Protocol::Cross { read(&train_index)? } else { Vec::new() };
    files::warn_of_unmet(&fields);
    let nothing = |of: &[Sample]| !of.is_empty() && of.iter().all(|one| one.features.hashes().is_empty());
    if nothing(&samples) || nothing(&learned) {
        return Err(files::no_features());
    }
    let bar = output::progress(samples.len() - args.protocol.unjudged().min(samples.len()), "judging");
    let judged = evaluate::run(args.protocol, &samples, &learned, &options, |n| bar.inc(n as u64))?;
    bar.finish_and_clear();
    if let Some(path) = &args.results {
        let mut lines = Vec::new();
        for one in &judged {
            results::write(&mut lines, one).map_err(|e| Error::io(path, e))?;
        }
        files::write(path, &lines)?;
    }
    let summary = Summary::of(&judged)?;
    let stream = args.protocol.is_stream();
    let curve = if stream { learning_curve(&judged, ROWS)? } else { Vec::new() };
    if let Some(path) = &args.report {
        let model = evaluate::model(args.protocol, &samples, &learned, &judged, &options)?;
        let learned = if args.protocol == Protocol::Cross { &train_index } else { &index };
        files::write(path, report(args, [&index, learned], &judged, &summary, model.as_ref())?.as_bytes())?;
    }
    // Last: who reads it may go away.
    print(&summary, &curve, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// How many mistakes of each class, and how many features for each, a report shows.
const SHOWN: usize = 20;

/// `index` and `learned` are where the mail that was judged and the mail that was learned from can be read.
fn report(
    args: &Args,
    [index, learned]: [&[PathBuf]; 2],
    judged: &[Judged],
    summary: &Summary,
    model: Option<&Model<'_>>,
) -> Result<String> {
    let trust = args.trust.trust();
    let (total, mail) = files::indexed(index)?;
    let bar = output::progress(total, "finding mistakes");
    let mail = mail.skip(args.protocol.unjudged()).inspect(|_| bar.inc(1));
    let worst = report::mistakes(judged, report::worst(judged, SHOWN), mail, &trust)?;
    bar.finish_and_clear();

    let mut strongest = [Vec::new(), Vec::new()];
    if let Some(model) = model {
        let (total, mail) = files::indexed(learned)?;
        let bar = output::progress(total, "naming");
        strongest = report::strongest(&named(model, mail, &trust, || bar.inc(1))?, SHOWN);
        bar.finish_and_clear();
    }

    let paths = |paths: &[PathBuf]| {
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    let mut facts = vec![("mail", paths(&args.index)), ("protocol", args.protocol.to_string())];
    if args.protocol == Protocol::Cross {
        facts.push(("trained on", paths(&args.train_index)));
    }
    facts.push(("algorithm", args.algorithm.clone()));
    let features = args.max_features.iter().map(usize::to_string).collect();
    let provenance = if args.provenance { vec!["yes".into()] } else { Vec::new() };
    let [only, without] = args.fields.named();
    let settings = [
        ("settings", &args.set),
        ("features at most", &features),
        ("provenance", &provenance),
        ("only", only),
        ("without", without),
    ];
    let given = settings.into_iter().filter(|(_, values)| !values.is_empty());
    facts.extend(given.map(|(name, values)| (name, values.join(", "))));
    Report { facts, judged, summary, stream: args.protocol.is_stream(), worst, strongest }.html()
}

fn print(figures: &Summary, curve: &[Progress], json: bool) -> Result<()> {
    let mut out = output::stdout();
    let printed = if json {
        let mut value = json!(figures);
        value["curve"] = json!(curve);
        serde_json::to_writer_pretty(&mut out, &value).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        let mut table = output::table(&["", "", "95 % interval"]);
        for (name, Interval { value, low, high }, digits) in figures.rows() {
            let range = format!("{low:.digits$} – {high:.digits$}");
            table.add_row([name, &format!("{value:.digits$}"), &range]);
        }
        writeln!(out, "{} ham and {} spam judged\n{table}", figures.ham, figures.spam)
            .and_then(|()| if curve.is_empty() { Ok(()) } else { writeln!(out, "\n{}", curve_table(curve)) })
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)
}

/// How it went over time.
fn curve_table(curve: &[Progress]) -> comfy_table::Table {
    let figure = |value: Option<f64>, digits: usize| value.map_or("–".into(), |v| format!("{v:.digits$}"));
    let header = ["messages", "1-ROCA% so far", "1-ROCA% since the last row", "hm%", "sm%"];
    let mut table = output::table(&header);
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    for at in curve {
        table.add_row([
            at.messages.to_string(),
            figure(at.one_minus_roca, 4),
            figure(at.window_one_minus_roca, 4),
            figure(at.window_hm, 2),
            figure(at.window_sm, 2),
        ]);
    }
    table
}
