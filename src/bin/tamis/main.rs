//! The `tamis` program: train, classify, correct, measure.
#![forbid(unsafe_code)]

mod audit;
mod classify;
mod compare;
mod counts;
mod eval;
mod files;
mod inspect;
mod learn;
mod output;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a command came to: an exit code, or an error to print.
type Outcome = Result<ExitCode, tamis::Error>;

/// Exit code of an error, wrong usage too, as bogofilter has it: 0, 1 and 2 can be verdicts.
const FAILED: u8 = 3;

/// A spam filter that learns from your mail, says why, and gives the same score everywhere.
///
/// Wherever a command takes PATH, it may be a message, an mbox, a Maildir, a folder of any of these, a
/// TREC index file called `index`, or `-` for standard input.
#[derive(Parser)]
#[command(name = "tamis", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tamis classify --explain 10 message.eml          what is it, and why
  tamis classify --format ndjson ~/Maildir         one JSON object a message
  tamis learn --as spam --personal my.counts x.eml correct a mistake
  tamis train --ham Maildir --spam Junk -o my.tamis train a model of your own

Exit codes: 0 done; 1 done, but some messages could not be read; 3 failed, or wrong usage.
`tamis classify --exit-code` answers with 0 spam, 1 ham, 2 unsure, 3 error instead.";

#[derive(Subcommand)]
enum Command {
    Classify(classify::Args),
    Explain(classify::ExplainArgs),
    Learn(learn::Args),
    Train(train::Args),
    Count(counts::CountArgs),
    Merge(counts::MergeArgs),
    Fit(counts::FitArgs),
    Inspect(inspect::Args),
    Eval(eval::Args),
    Audit(audit::Args),
    Compare(compare::Args),
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => {
            let _ = usage.print();
            return if usage.use_stderr() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match args.command {
        Command::Classify(args) => classify::run(&args),
        Command::Explain(args) => classify::explain(&args),
        Command::Learn(args) => learn::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Count(args) => counts::count(&args),
        Command::Merge(args) => counts::merge(&args),
        Command::Fit(args) => counts::fit(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Compare(args) => compare::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        // The reader of a pipe went away, as `head` does: nothing is wrong.
        if matches!(&error, tamis::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        output::complain(&error);
        ExitCode::from(FAILED)
    })
}
