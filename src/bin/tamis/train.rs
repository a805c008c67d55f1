//! `tamis train`.

use std::path::PathBuf;
use std::process::ExitCode;

use tamis::train::estimator::Algorithm;
use tamis::train::fit::{Options, calibrated};
use tamis::train::metrics::{Judged, Summary};
use tamis::train::names::named;
use tamis::train::sample::{Sample, for_each};
use tamis::{Counts, Error, Label, Learned, Model, Result};

use crate::files::{self, TrustArgs};
use crate::{Outcome, output};

/// Train a model from labelled mail.
///
/// Every message counts once, however often it is given. Verdict headers of other filters (X-Spam-*, …)
/// are left out, since they would give the label away. Part of the mail is held out in turn to calibrate
/// probabilities and to choose the thresholds between ham, unsure and spam; the figures shown at the end
/// come from that.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    mail: Labelled,

    /// Write the model here
    #[arg(short, long, value_name = "MODEL", required_unless_present = "dry_run")]
    output: Option<PathBuf>,

    /// Write the counts here too, for `merge` and `fit`
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,

    /// Learn nothing from these fields, for instance `to` and `received-by` where the classes come from
    /// different mailboxes
    #[arg(long, value_name = "FIELD", num_args = 1.., value_delimiter = ',')]
    without: Vec<String>,

    /// Leave the features' names out of the model; explanations do not need them
    #[arg(long)]
    no_names: bool,

    /// Read and measure, but write nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    fitting: Fitting,

    #[command(flatten)]
    trust: TrustArgs,
}

/// Labelled mail.
#[derive(clap::Args)]
pub struct Labelled {
    /// Messages, mailboxes or folders of ham
    #[arg(long, value_name = "PATH", num_args = 1..)]
    ham: Vec<PathBuf>,

    /// Messages, mailboxes or folders of spam
    #[arg(long, value_name = "PATH", num_args = 1..)]
    spam: Vec<PathBuf>,

    /// TREC index files: `spam PATH` or `ham PATH` a line, paths relative to the index
    #[arg(long, value_name = "FILE", num_args = 1..)]
    index: Vec<PathBuf>,
}

impl Labelled {
    pub fn is_empty(&self) -> bool {
        self.ham.is_empty() && self.spam.is_empty() && self.index.is_empty()
    }

    /// The number of files and the mail in them: ham, spam, then what the indexes name.
    pub fn open(&self) -> Result<(usize, impl Iterator<Item = Result<tamis::train::corpus::Mail>>)> {
        let (ham, ham_mail) = files::mail(&self.ham, Some(Label::Ham))?;
        let (spam, spam_mail) = files::mail(&self.spam, Some(Label::Spam))?;
        let (indexed, index_mail) = files::indexed(&self.index)?;
        if self.is_empty() {
            return Err(Error::Data("no mail given: use --ham and --spam, or --index".into()));
        }
        Ok((ham + spam + indexed, ham_mail.chain(spam_mail).chain(index_mail)))
    }

    /// The paths, for the model's metadata: their last parts, since the others are nobody's business.
    pub fn sources(&self) -> Vec<String> {
        let name = |path: &PathBuf| {
            let parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
            parts.into_iter().rev().collect::<Vec<_>>().join("/")
        };
        [&self.ham, &self.spam, &self.index].into_iter().flatten().map(name).collect()
    }
}

/// How to make a model of counts.
#[derive(clap::Args)]
pub struct Fitting {
    /// Keep at most this many features in the model
    #[arg(long, value_name = "N", default_value_t = 40_000)]
    max_features: usize,

    /// How counts become weights
    #[arg(long, value_name = "NAME", default_value = "naive-bayes", value_parser = algorithms())]
    algorithm: String,

    /// One line that says what the model is
    #[arg(long, value_name = "TEXT", default_value = "a model trained by tamis")]
    description: String,

    /// Date to write into the model; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    created: Option<String>,
}

/// The names of the algorithms.
pub fn algorithms() -> clap::builder::PossibleValuesParser {
    Algorithm::ALL.map(Algorithm::name).into()
}

/// The algorithm of this name; clap has checked that there is one.
pub fn algorithm(name: &str) -> Algorithm {
    Algorithm::ALL.into_iter().find(|a| a.name() == name).unwrap_or_default()
}

impl Fitting {
    pub fn options(&self, sources: Vec<String>) -> Options {
        let today = || {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            mail_parser::DateTime::from_timestamp(now.as_secs() as i64).to_rfc3339()[..10].to_owned()
        };
        Options {
            algorithm: algorithm(&self.algorithm),
            max_features: Some(self.max_features),
            description: self.description.clone(),
            created: Some(self.created.clone().unwrap_or_else(today)),
            sources,
        }
    }
}

/// How many messages are held in memory for calibration, at most; the others only count.
const SAMPLE: usize = 40_000;

/// What was met in the mail.
#[derive(Default)]
struct Seen {
    duplicates: usize,
    conflicts: usize,
    verdict_headers: usize,
    unreadable: usize,
}

pub fn run(args: &Args) -> Outcome {
    let trust = args.trust.trust();
    let (total, mail) = args.mail.open()?;
    let bar = output::progress(total, "learning");
    let (mut counts, mut sample, mut seen) = (Counts::new(), Vec::new(), Seen::default());
    let work = |mail: &tamis::train::corpus::Mail, extractor: &mut tamis::Extractor| {
        let label = mail.label.unwrap_or(Label::Ham);
        Sample::of(mail, label, &args.without, extractor)
    };
    for_each(mail, &trust, false, work, |result| {
        bar.inc(1);
        match result {
            Ok(message) => learn(message, &mut counts, &mut sample, &mut seen),
            Err(error) => {
                seen.unreadable += 1;
                bar.suspend(|| output::complain(&error));
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    warn(&counts, &seen);

    let options = args.fitting.options(args.mail.sources());
    let fitted = calibrated(&counts, &sample, &options)?;
    let mut model = fitted.model;
    if !args.no_names && !args.dry_run {
        let (total, mail) = args.mail.open()?;
        let bar = output::progress(total, "naming");
        model = named(&model, mail.filter(Result::is_ok), &trust, || bar.inc(1))?;
        bar.finish_and_clear();
    }
    summary(&counts, &model, &fitted.held_out)?;
    if args.dry_run {
        eprintln!("dry run: nothing written");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &args.counts {
        files::write(path, &counts.to_bytes())?;
    }
    if let Some(path) = &args.output {
        files::write(path, model.as_bytes())?;
        eprintln!("wrote {}", path.display());
    }
    Ok(if seen.unreadable > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn learn(message: Sample, counts: &mut Counts, sample: &mut Vec<Sample>, seen: &mut Seen) {
    seen.verdict_headers += usize::from(message.verdict_headers > 0);
    // The first label stands: moving it would leave the sample behind.
    if counts.times(&message.features)[message.label.other().index()] > 0 {
        seen.conflicts += 1;
    } else if counts.learn(&message.features, message.label) == Learned::Known {
        seen.duplicates += 1;
    } else if sample.len() < SAMPLE {
        sample.push(message);
    }
}

fn warn(counts: &Counts, seen: &Seen) {
    let [ham, spam] = counts.messages();
    if ham.min(spam) > 0 && ham.max(spam) / ham.min(spam) >= 10 {
        output::warn(&format!("{ham} ham against {spam} spam: the rarer class will be known badly"));
    }
    for (number, what) in [
        (seen.duplicates, "messages are exact duplicates and were counted once"),
        (seen.conflicts, "messages are in both classes; the label given first counts"),
        (seen.verdict_headers, "messages carried verdicts of another filter, which were left out"),
        (seen.unreadable, "messages could not be read"),
    ] {
        if number > 0 {
            output::warn(&format!("{number} {what}"));
        }
    }
}

fn summary(counts: &Counts, model: &Model<'_>, held_out: &[(f64, Label)]) -> Result<()> {
    let [ham, spam] = counts.messages();
    let thresholds = model.info().thresholds;
    let judged: Vec<Judged> = held_out
        .iter()
        .map(|&(score, label)| {
            let class = thresholds.class(1.0 / (1.0 + (-score).exp()));
            Judged { path: String::new(), label, class, score, evidence: Vec::new() }
        })
        .collect();
    let figures = Summary::of(&judged)?;
    let mut table = output::table(&["", ""]);
    for (name, value) in [
        ("messages", format!("{ham} ham, {spam} spam")),
        ("features", format!("{} counted, {} in the model", counts.len(), model.len())),
        ("model", format!("{} bytes", model.as_bytes().len())),
        ("thresholds", format!("ham below {:.3}, spam from {:.3}", thresholds.ham, thresholds.spam)),
        ("held out: 1-ROCA%", format!("{:.4}", figures.one_minus_roca.value)),
        ("held out: ham called spam", format!("{:.2} %", figures.ham_called_spam.value)),
        ("held out: spam called ham", format!("{:.2} %", figures.spam_called_ham.value)),
        ("held out: unsure", format!("{:.2} %", figures.unsure.value)),
    ] {
        table.add_row([name, &value]);
    }
    eprintln!("{table}");
    Ok(())
}
