//! `tamis train`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::ProgressBar;
use mail_parser::DateTime;
use tamis::train::corpus::Mail;
use tamis::train::estimator::{Algorithm, Parameters};
use tamis::train::fit::{Calibrated, Options, calibrated, fit};
use tamis::train::metrics::{Judged, SplitMix, Summary};
use tamis::train::names::named;
use tamis::train::sample::{Fields, Sample, for_each};
use tamis::{Counts, Error, Extractor, Label, Learned, Model, Result, Trust};

use crate::files::{self, FieldArgs, TrustArgs};
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

    #[command(flatten)]
    fields: FieldArgs,

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
#[derive(clap::Args, Clone)]
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

    /// Makes standard input readable twice, as long as what is returned lives. What an index there names is
    /// relative to the folder that the program runs in.
    fn spool(&mut self) -> Result<[Option<tempfile::NamedTempFile>; 2]> {
        self.once()?;
        let mail = files::spool(self.ham.iter_mut().chain(&mut self.spam), &std::env::temp_dir())?;
        Ok([mail, files::spool(&mut self.index, Path::new("."))?])
    }

    fn once(&self) -> Result<()> {
        files::once(self.ham.iter().chain(&self.spam).chain(&self.index))
    }

    /// The number of files and the mail in them: ham, spam, then what the indexes name.
    pub fn open(&self) -> Result<(usize, impl Iterator<Item = Result<Mail>>)> {
        self.once()?;
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

    /// How to learn: by default `blend`, and for `fit`, which has only counts, `naive-bayes`
    #[arg(long, value_name = "NAME", value_parser = algorithms())]
    algorithm: Option<String>,

    /// One line that says what the model is
    #[arg(long, value_name = "TEXT", default_value = "a model trained by tamis")]
    description: String,

    /// Date to write into the model; today if not given
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    created: Option<String>,
}

/// A day that there is in the calendar, in the form that models have it.
fn date(text: &str) -> std::result::Result<String, &'static str> {
    // The 31st of June is told by its coming back as the 1st of July.
    DateTime::parse_rfc3339(&format!("{text}T00:00:00Z"))
        .filter(|day| day.is_valid() && day_of(day.to_timestamp()) == text)
        .map(|_| text.to_owned())
        .ok_or("it must be a date, YYYY-MM-DD")
}

/// The date of a number of seconds since 1970, in UTC.
fn day_of(seconds: i64) -> String {
    DateTime::from_timestamp(seconds).to_rfc3339().chars().take_while(|&c| c != 'T').collect()
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
    pub fn options(&self, sources: Vec<String>, default: Algorithm) -> Options {
        let today = || {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            day_of(now.as_secs() as i64)
        };
        Options {
            parameters: Parameters::default(),
            algorithm: self.algorithm.as_deref().map_or(default, algorithm),
            max_features: Some(self.max_features),
            description: self.description.clone(),
            created: Some(self.created.clone().unwrap_or_else(today)),
            sources,
        }
    }
}

/// How many messages are held in memory for calibration, at most; the others only count.
const SAMPLE: usize = 40_000;

/// What is counted of labelled mail, and what was met in it.
#[derive(Default)]
pub struct Learner {
    pub counts: Counts,
    duplicates: usize,
    conflicts: usize,
    verdict_headers: usize,
    unreadable: usize,
}

impl Learner {
    /// Counts mail, and gives each message that was new to `each`. Mail that cannot be read is told of and
    /// passed over.
    pub fn learn(
        &mut self,
        mail: impl Iterator<Item = Result<Mail>>,
        trust: &Trust,
        fields: &Fields,
        bar: &ProgressBar,
        mut each: impl FnMut(Sample),
    ) -> Result<()> {
        let work = |mail: &Mail, extractor: &mut Extractor| {
            Sample::of(mail, mail.label.unwrap_or(Label::Ham), fields, extractor)
        };
        for_each(mail, trust, false, work, |result| {
            output::advance(bar);
            match result {
                Ok(message) if self.count(&message) => each(message),
                Ok(_) => {}
                Err(error) => {
                    self.unreadable += 1;
                    bar.suspend(|| output::complain(&error));
                }
            }
            Ok(())
        })
    }

    /// Counts a message, if it is new.
    fn count(&mut self, message: &Sample) -> bool {
        self.verdict_headers += usize::from(message.verdict_headers > 0);
        // The first label stands: which it is must not depend on what is done with the message after.
        if self.counts.times(&message.features)[message.label.other().index()] > 0 {
            self.conflicts += 1;
            return false;
        }
        let learned = self.counts.learn(&message.features, message.label);
        self.duplicates += usize::from(learned == Learned::Known);
        learned == Learned::New
    }

    /// Tells of what may spoil a model.
    pub fn warn(&self) {
        let [ham, spam] = self.counts.messages();
        if ham.min(spam) > 0 && ham.max(spam) / ham.min(spam) >= 10 {
            output::warn(&format!("{ham} ham against {spam} spam: the rarer class will be known badly"));
        }
        for (number, what) in [
            (self.duplicates, "messages are exact duplicates and were counted once"),
            (self.conflicts, "messages are in both classes; the label given first counts"),
            (self.verdict_headers, "messages carried verdicts of another filter, which were left out"),
            (self.unreadable, "messages could not be read"),
        ] {
            if number > 0 {
                output::warn(&format!("{number} {what}"));
            }
        }
    }

    /// The exit code of a command that has counted.
    pub fn code(&self) -> ExitCode {
        if self.unreadable > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
    }
}

pub fn run(args: &Args) -> Outcome {
    if !args.dry_run {
        files::writable(args.output.iter().chain(&args.counts))?;
    }
    let trust = args.trust.trust();
    let sources = args.mail.sources();
    let mut labelled = args.mail.clone();
    let _spooled = labelled.spool()?;
    let (total, mail) = labelled.open()?;
    let bar = output::progress(total, "learning");
    let (mut learner, mut sample) = (Learner::default(), Vec::new());
    let mut random = SplitMix(1);
    let mut new = 0;
    let fields = args.fields.fields();
    learner.learn(mail, &trust, &fields, &bar, |message| {
        // Each message is in the sample with the same probability, whatever the order (Vitter 1985,
        // "Random Sampling with a Reservoir").
        new += 1;
        if sample.len() < SAMPLE {
            sample.push(message);
        } else if let Some(place) = sample.get_mut(random.below(new)) {
            *place = message;
        }
    })?;
    bar.finish_and_clear();
    files::warn_of_unmet(&fields);
    let counts = &learner.counts;
    let features = counts.len();
    if features == 0 && !counts.is_empty() {
        return Err(files::no_features());
    }
    learner.warn();

    let options = args.fitting.options(sources, Algorithm::default());
    let bar = output::waiting("calibrating");
    let fitted = calibrated(counts, &sample, &options);
    bar.finish_and_clear();
    let fitted = match fitted {
        // Of so little mail, or mail so alike, nothing can be held out that leaves both classes.
        Err(Error::Data(_)) if !counts.messages().contains(&0) => {
            output::warn("too little mail to calibrate with: probabilities and thresholds are rough");
            Calibrated { model: fit(counts, &sample, &options)?, held_out: Vec::new() }
        }
        other => other?,
    };
    let mut model = fitted.model;
    if !args.no_names && !args.dry_run {
        let (total, mail) = labelled.open()?;
        let bar = output::progress(total, "naming");
        model = named(&model, mail.filter(Result::is_ok), &trust, || output::advance(&bar))?;
        bar.finish_and_clear();
    }
    summary(counts, &model, &fitted.held_out)?;
    if args.dry_run {
        output::say(format_args!("dry run: nothing written"));
        return Ok(learner.code());
    }
    if let Some(path) = &args.counts {
        files::write(path, &counts.to_bytes())?;
    }
    if let Some(path) = &args.output {
        files::write(path, model.as_bytes())?;
        output::say(format_args!("wrote {}", path.display()));
    }
    Ok(learner.code())
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
    let mut table = output::table(&["", ""]);
    let mut rows = vec![
        ("messages", format!("{ham} ham, {spam} spam")),
        ("features", format!("{} counted, {} in the model", counts.len(), model.len())),
        ("model", format!("{} bytes", model.as_bytes().len())),
        ("thresholds", format!("ham below {:.3}, spam from {:.3}", thresholds.ham, thresholds.spam)),
    ];
    if !judged.is_empty() {
        let figures = Summary::of(&judged)?;
        rows.extend([
            ("held out: 1-ROCA%", format!("{:.4}", figures.one_minus_roca.value)),
            ("held out: ham called spam", format!("{:.2} %", figures.ham_called_spam.value)),
            ("held out: spam called ham", format!("{:.2} %", figures.spam_called_ham.value)),
            ("held out: unsure", format!("{:.2} %", figures.unsure.value)),
        ]);
    }
    for (name, value) in rows {
        table.add_row([name, &value]);
    }
    output::say(format_args!("{table}"));
    Ok(())
}
