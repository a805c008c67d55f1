//! `tamis classify` and `tamis explain`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;
use tamis::train::sample::for_each;
use tamis::{Class, Evidence, Extractor, Verdict, explain as explain_message, score};

use crate::files::{self, TrustArgs};
use crate::{FAILED, Outcome, output};

/// Say of each message whether it is spam.
///
/// Text output has one line a message: class, probability of spam, path. The class is `unsure` between
/// the model's two thresholds.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    scoring: Scoring,

    /// Show the N features that pulled hardest, and how far
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "15")]
    explain: Option<usize>,

    /// How to print verdicts
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Answer for one message by exit code, as bogofilter does: 0 spam, 1 ham, 2 unsure, 3 error. Of
    /// several messages, the spammiest answers
    #[arg(long)]
    exit_code: bool,
}

/// Show why messages are ham or spam: `classify --explain 30`.
#[derive(clap::Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    scoring: Scoring,

    /// Features to show
    #[arg(short = 'n', long, default_value_t = 30)]
    top: usize,
}

#[derive(clap::Args)]
struct Scoring {
    /// Messages, mailboxes, folders, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Use this model instead of the embedded one
    #[arg(short, long, value_name = "FILE")]
    model: Option<PathBuf>,

    /// Put the corrections in this file, made by `tamis learn`, over the model; none if it is not there
    #[arg(short, long, value_name = "FILE")]
    personal: Option<PathBuf>,

    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON array
    Json,
    /// One JSON object a line
    Ndjson,
}

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    class: Class,
    probability: f64,
    log_odds: f64,
    evidence: &'a [Evidence],
}

pub fn run(args: &Args) -> Outcome {
    let result = verdicts(&args.scoring, args.explain.unwrap_or(0), args.format);
    if !args.exit_code {
        return result.map(|seen| if seen.failed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS });
    }
    // Also where the reader went away, which is no error elsewhere: 0 would say spam.
    let seen = match result {
        Ok(seen) => seen,
        Err(error) => {
            output::complain(&error);
            return Ok(ExitCode::from(FAILED));
        }
    };
    Ok(ExitCode::from(match seen.worst {
        _ if seen.failed > 0 => FAILED,
        Some(Class::Spam) => 0,
        Some(Class::Ham) => 1,
        Some(Class::Unsure) => 2,
        None => FAILED,
    }))
}

pub fn explain(args: &ExplainArgs) -> Outcome {
    let seen = verdicts(&args.scoring, args.top, Format::Text)?;
    Ok(if seen.failed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// What was met on the way.
#[derive(Default)]
struct Seen {
    worst: Option<Class>,
    messages: usize,
    failed: usize,
}

fn verdicts(args: &Scoring, evidence: usize, format: Format) -> tamis::Result<Seen> {
    let model = files::model(args.model.as_deref())?;
    let personal = args.personal.as_deref().map(files::counts_or_new).transpose()?;
    let (_, mail) = files::mail(&args.paths, None)?;
    let stream = args.paths.iter().any(|path| path == Path::new("-"));
    let work = |mail: &tamis::train::corpus::Mail, extractor: &mut Extractor| {
        let verdict = if evidence > 0 {
            explain_message(&model, personal.as_ref(), &extractor.extract_named(&mail.raw), evidence)
        } else {
            score(&model, personal.as_ref(), &extractor.extract(&mail.raw))
        };
        (mail.path.clone(), verdict)
    };
    let mut out = output::stdout();
    let mut seen = Seen::default();
    for_each(mail, &args.trust.trust(), stream, work, |result| {
        let (path, verdict) = match result {
            Ok(judged) => judged,
            Err(error) => {
                seen.failed += 1;
                output::complain(&error);
                return Ok(());
            }
        };
        print(&mut out, format, seen.messages, &path, &verdict).map_err(output::broken)?;
        if stream {
            out.flush().map_err(output::broken)?;
        }
        seen.messages += 1;
        seen.worst = seen.worst.max(Some(verdict.class));
        Ok(())
    })?;
    if format == Format::Json {
        writeln!(out, "{}", if seen.messages == 0 { "[]" } else { "\n]" }).map_err(output::broken)?;
    }
    out.flush().map_err(output::broken)?;
    Ok(seen)
}

fn print(
    out: &mut impl Write,
    format: Format,
    number: usize,
    path: &str,
    verdict: &Verdict,
) -> std::io::Result<()> {
    let &Verdict { class, probability, log_odds, ref evidence } = verdict;
    match format {
        Format::Text => {
            let colour = output::colour(class);
            let path = output::printable(path);
            writeln!(out, "{colour}{class:<6}{} {probability:>8.6}  {path}", output::RESET)?;
            output::evidence(out, evidence)
        }
        Format::Json | Format::Ndjson => {
            let before = match (format, number) {
                (Format::Ndjson, _) => "",
                (_, 0) => "[\n",
                _ => ",\n",
            };
            out.write_all(before.as_bytes())?;
            serde_json::to_writer(&mut *out, &Line { path, class, probability, log_odds, evidence })?;
            if format == Format::Ndjson { out.write_all(b"\n") } else { Ok(()) }
        }
    }
}
