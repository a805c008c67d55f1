//! `tamis count`, `tamis merge` and `tamis fit`: training in shards.

use std::path::PathBuf;
use std::process::ExitCode;

use tamis::Counts;
use tamis::train::estimator::Algorithm;
use tamis::train::fit::{fit as fit_counts, with_held_out};
use tamis::train::sample::load;

use crate::files::{self, FieldArgs, TrustArgs};
use crate::train::{Fitting, Labelled, Learner};
use crate::{Outcome, output};

/// Count labelled mail into a shard, for `merge` and `fit`.
#[derive(clap::Args)]
pub struct CountArgs {
    #[command(flatten)]
    mail: Labelled,

    /// Write the counts here
    #[arg(short, long, value_name = "COUNTS")]
    output: PathBuf,

    #[command(flatten)]
    fields: FieldArgs,

    #[command(flatten)]
    trust: TrustArgs,
}

/// Add shards up. The order does not matter: the result is the same to the byte.
#[derive(clap::Args)]
pub struct MergeArgs {
    /// Counts to add
    #[arg(value_name = "COUNTS", required = true)]
    shards: Vec<PathBuf>,

    /// Write the sum here
    #[arg(short, long, value_name = "COUNTS")]
    output: PathBuf,

    /// Keep at most this many features: the least seen go first. Exact unlearning ends there
    #[arg(long, value_name = "N")]
    max_features: Option<usize>,
}

/// Make a model of counts.
///
/// With `--ham`, `--spam` or `--index`, probabilities and thresholds are calibrated on that mail, which
/// must not be in the counts. Without, they are the algorithm's defaults.
#[derive(clap::Args)]
pub struct FitArgs {
    /// Counts to add up
    #[arg(value_name = "COUNTS", required = true)]
    shards: Vec<PathBuf>,

    /// Write the model here
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,

    #[command(flatten)]
    held_out: Labelled,

    #[command(flatten)]
    fields: FieldArgs,

    #[command(flatten)]
    fitting: Fitting,

    #[command(flatten)]
    trust: TrustArgs,
}

pub fn count(args: &CountArgs) -> Outcome {
    files::writable([&args.output])?;
    let (total, mail) = args.mail.open()?;
    let bar = output::progress(total, "counting");
    let mut learner = Learner::default();
    let fields = args.fields.fields();
    learner.learn(mail, &args.trust.trust(), &fields, &bar, drop)?;
    bar.finish_and_clear();
    files::warn_of_unmet(&fields);
    learner.warn();
    write(&args.output, &learner.counts)?;
    Ok(learner.code())
}

pub fn merge(args: &MergeArgs) -> Outcome {
    files::writable([&args.output])?;
    let mut counts = sum(&args.shards)?;
    if let Some(keep) = args.max_features {
        counts.prune(keep);
    }
    write(&args.output, &counts)?;
    Ok(ExitCode::SUCCESS)
}

pub fn fit(args: &FitArgs) -> Outcome {
    files::writable([&args.output])?;
    let counts = sum(&args.shards)?;
    let names = args.shards.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy().into());
    let mut names: Vec<String> = names.collect();
    // The model is the same whatever the order of its shards.
    names.sort_unstable();
    let options = args.fitting.options(names, Algorithm::NaiveBayes);
    let model = if args.held_out.is_empty() {
        fit_counts(&counts, &[], &options)?
    } else {
        let (total, mail) = args.held_out.open()?;
        let bar = output::progress(total, "calibrating");
        let fields = args.fields.fields();
        let sample = load(mail, &args.trust.trust(), &fields, || output::advance(&bar))?;
        bar.finish_and_clear();
        files::warn_of_unmet(&fields);
        with_held_out(&counts, &sample, &options)?.model
    };
    files::write(&args.output, model.as_bytes())?;
    let (path, size) = (args.output.display(), model.as_bytes().len());
    output::say(format_args!("wrote {path}: {} features, {size} bytes", model.len()));
    Ok(ExitCode::SUCCESS)
}

fn sum(shards: &[PathBuf]) -> tamis::Result<Counts> {
    files::once(shards)?;
    let mut all = Counts::new();
    for path in shards {
        all.merge(&files::counts(path)?);
    }
    Ok(all)
}

fn write(path: &std::path::Path, counts: &Counts) -> tamis::Result<()> {
    files::write(path, &counts.to_bytes())?;
    let [ham, spam] = counts.messages();
    let (path, features) = (path.display(), counts.len());
    output::say(format_args!("wrote {path}: {ham} ham, {spam} spam, {features} features"));
    Ok(())
}
