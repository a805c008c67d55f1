//! `tamis learn`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use tamis::train::sample::for_each;
use tamis::{Counts, Features, Label, Learned, Model, correct, score};

use crate::files::{self, TrustArgs};
use crate::{Outcome, output};

/// Correct mistakes: remember messages as ham or spam, or forget them again.
///
/// Corrections are kept in a small file of your own, which `classify --personal` puts over the model.
/// A corrected message is called what you said from then on, and so is mail like it. Learning the same
/// message again changes nothing; learning it with the other label moves it.
#[derive(clap::Args)]
pub struct Args {
    /// What the messages are
    #[arg(long = "as", value_enum, value_name = "LABEL")]
    label: As,

    /// The file of corrections; made if it is not there
    #[arg(short, long, value_name = "FILE")]
    personal: PathBuf,

    /// The model to correct, if it is not the embedded one
    #[arg(short, long, value_name = "FILE")]
    model: Option<PathBuf>,

    /// Count each message once, even if that does not turn its verdict
    #[arg(long)]
    once: bool,

    /// Keep at most this many features in the file: the least seen go first
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    max_features: usize,

    /// Messages, mailboxes, folders, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum As {
    Ham,
    Spam,
    /// As if it had never been learned
    Forget,
}

/// How often corrections that were learned together are gone through again: what the later ones say may
/// turn an earlier one back.
const ROUNDS: usize = 8;

/// How many of them are, at most: their features are held in memory.
const CHECKED: usize = 10_000;

pub fn run(args: &Args) -> Outcome {
    let label = match args.label {
        As::Ham => Some(Label::Ham),
        As::Spam => Some(Label::Spam),
        As::Forget => None,
    };
    let model = files::model(args.model.as_deref())?;
    let (_, mail) = files::mail(&args.paths, None)?;
    let _lock = files::lock(&args.personal)?;
    let mut personal = files::counts_or_new(&args.personal)?;
    let (mut changed, mut known, mut failed) = (0, 0, 0);
    let mut corrected = Vec::new();
    for_each(
        mail,
        &args.trust.trust(),
        false,
        |mail, extractor| extractor.extract(&mail.raw),
        |message| {
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    output::complain(&error);
                    failed += 1;
                    return Ok(());
                }
            };
            match label {
                None if personal.forget(&message) => changed += 1,
                None => known += 1,
                Some(label) => {
                    let learned = if args.once {
                        personal.learn(&message, label)
                    } else {
                        correct(&model, &mut personal, &message, label).learned
                    };
                    if !args.once && corrected.len() < CHECKED {
                        corrected.push(message);
                    }
                    if learned == Learned::Known { known += 1 } else { changed += 1 }
                }
            }
            Ok(())
        },
    )?;
    let mut unturned = 0;
    if let Some(label) = label {
        unturned = settle(&model, &mut personal, &corrected, label);
    }
    personal.prune(args.max_features);
    files::write(&args.personal, &personal.to_bytes())?;
    match label {
        Some(label) => output::say(format_args!("learned {changed} as {label}, {known} known before")),
        None => output::say(format_args!("forgot {changed}, {known} were not known")),
    }
    if unturned > 0 {
        output::warn(&format!(
            "{unturned} of these messages are still not called so: try them by themselves"
        ));
    }
    Ok(if failed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Corrects again what other corrections have turned back, until nothing is left or nothing helps, and
/// returns how many messages are still not called `label`.
fn settle(model: &Model<'_>, personal: &mut Counts, corrected: &[Features], label: Label) -> usize {
    let mut rounds = 0..ROUNDS;
    loop {
        let called = |message: &&Features| score(model, Some(personal), message).class.as_str();
        let left: Vec<&Features> =
            corrected.iter().filter(|message| called(message) != label.as_str()).collect();
        if left.is_empty() || rounds.next().is_none() {
            return left.len();
        }
        for message in left {
            correct(model, personal, message, label);
        }
    }
}
