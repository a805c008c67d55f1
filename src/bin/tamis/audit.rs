//! `tamis audit`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{CellAlignment, Table};
use serde_json::json;
use tamis::train::audit::{self, Alone, Conflict, Kind, Separating, Share, Weighed};
use tamis::train::evaluate::{self, Protocol};
use tamis::train::fit::Options;
use tamis::train::metrics::Judged;
use tamis::train::report::{Mistake, mistakes};
use tamis::train::sample::Sample;
use tamis::{Class, Error, Label, Model, Result};

use crate::files::{self, TrustArgs};
use crate::{Outcome, output};

/// Find what makes labelled mail, or a model, tell the classes apart by accident.
///
/// Ham from one place and spam from another differ in where they were kept: hosts, mailing lists,
/// anonymised recipients, dates. A model that learns that is good on its own corpus and nowhere else. Of
/// mail, given by TREC index files, this shows
///
/// - how well each kind of feature tells the classes apart when a model sees nothing else: where hosts,
///   lists, recipients, dates or ids do it about as well as content, figures from this corpus say little;
///
/// - features that many messages of one class have and hardly any of the other;
///
/// - near-duplicates that are ham here and spam there;
///
/// - probable label errors: messages that a model of the other mail puts into the other class, at nine in
///   ten or more, with what pulled them there; and those that a model of the text alone does, while
///   hosts, lists and other accidents hide them from the first.
///
/// Of a model it shows how much of its weight is on each kind of feature, and the strongest ones, as far
/// as it carries their names.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A model, or TREC index files
    #[arg(value_name = "MODEL|INDEX", required = true)]
    paths: Vec<PathBuf>,

    /// How many features of each kind, duplicates and label errors to list
    #[arg(short = 'n', long, value_name = "N", default_value_t = 8)]
    top: usize,

    /// List features that at least this share of one class has, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 25.0)]
    most: f64,

    /// … and at most this share of the other
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
    least: f64,

    /// Print JSON, with all duplicates and label errors
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    trust: TrustArgs,
}

const EXAMPLES: &str = "\
Examples:
  tamis audit corpus/index                       before training on a corpus
  tamis audit ours/index theirs/index            of a mixture
  tamis audit my.tamis                           what a model relies on
  tamis train --index corpus/index --without to,to-host,received-by -o my.tamis
                                                 train without what an audit found";

pub fn run(args: &Args) -> Outcome {
    // An audit of mail reads it more than once.
    let mut paths = args.paths.clone();
    files::once(&paths)?;
    let _spooled = files::spool(&mut paths, Path::new("."))?;
    if let [path] = &paths[..] {
        match Model::from_bytes(files::read(path)?) {
            Ok(model) => return show_model(args, &model),
            // Not a model at all: an index then.
            Err(Error::Corrupt { offset: 0, .. }) => {}
            Err(error) => return Err(files::located(&args.paths[0], error)),
        }
    }
    let found = find(args, &paths)?;
    let mut out = output::stdout();
    let printed = if args.json {
        let listed = |of: &Suspects| of.read.iter().map(suspect).collect::<Vec<_>>();
        let value = json!({
            "kind": "mail", "ham": found.messages[0], "spam": found.messages[1], "alone": found.alone,
            "separating": found.separating, "duplicates": found.conflicts, "label_errors": listed(&found.suspects),
            "label_errors_by_text": listed(&found.suspects_by_text),
        });
        serde_json::to_writer_pretty(&mut out, &value).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        found.print(&mut out, args)
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)?;
    Ok(ExitCode::SUCCESS)
}

/// What an audit of mail finds.
struct Found {
    messages: [usize; 2],
    alone: Vec<Alone>,
    separating: Vec<Separating>,
    conflicts: Vec<Conflict>,
    suspects: Suspects,
    suspects_by_text: Suspects,
}

/// Messages that are probably labelled wrong.
struct Suspects {
    /// All of them; for people, only the first are read again.
    count: usize,
    read: Vec<Mistake>,
}

/// Folds of the models that look for label errors.
const FOLDS: usize = 5;

fn find(args: &Args, paths: &[PathBuf]) -> Result<Found> {
    let trust = args.trust.trust();
    let read = |what| files::indexed(paths).map(|(total, mail)| (output::progress(total, what), mail));
    let (bar, mail) = read("reading")?;
    let audited = audit::load(mail, &trust, || bar.inc(1))?;
    bar.finish_and_clear();

    let bar = output::progress(Kind::ALL.len(), "trying each kind of feature");
    let alone = audit::alone(&audited, || bar.inc(1))?;
    bar.finish_and_clear();

    let (bar, mail) = read("naming")?;
    let limits = (args.most, args.least);
    let separating = audit::separating(&audited, mail, &trust, limits, args.top, || bar.inc(1))?;
    bar.finish_and_clear();

    let conflicts = audit::conflicts(&audited);
    let samples: Vec<Sample> = audited.into_iter().map(|one| one.sample).collect();
    let messages = [Label::Ham, Label::Spam].map(|label| samples.iter().filter(|s| s.label == label).count());
    let bar = output::progress(2 * samples.len(), "looking for label errors");
    let judge = |samples: &[Sample]| {
        let protocol = Protocol::KFold(FOLDS, 1);
        evaluate::run(protocol, samples, &[], &Options::default(), |n| bar.inc(n as u64))
    };
    let judged = judge(&samples)?;
    let texts: Vec<Sample> = samples.into_iter().map(audit::text_alone).collect();
    let judged_by_text = judge(&texts)?;
    bar.finish_and_clear();
    let all = audit::suspects(&judged);
    let mut by_text = audit::suspects(&judged_by_text);
    by_text.retain(|position| !all.contains(position));
    let suspects = |judged: &[Judged], mut positions: Vec<usize>| {
        let count = positions.len();
        if !args.json {
            positions.truncate(args.top);
        }
        let (bar, mail) = read("reading label errors")?;
        let [read] = mistakes(judged, [positions], mail.inspect(|_| bar.inc(1)), &trust)?;
        bar.finish_and_clear();
        Ok::<_, Error>(Suspects { count, read })
    };
    let (suspects, suspects_by_text) = (suspects(&judged, all)?, suspects(&judged_by_text, by_text)?);
    Ok(Found { messages, alone, separating, conflicts, suspects, suspects_by_text })
}

/// A probable label error for scripts.
fn suspect(mistake: &Mistake) -> serde_json::Value {
    let judged = &mistake.judged;
    json!({
        "path": judged.path, "label": judged.label, "probability": judged.probability(),
        "log_odds": judged.score, "subject": mistake.subject, "from": mistake.from,
        "evidence": judged.evidence,
    })
}

impl Found {
    fn print(&self, out: &mut impl Write, args: &Args) -> std::io::Result<()> {
        let [ham, spam] = self.messages;
        writeln!(out, "{ham} ham and {spam} spam\n")?;

        let mut table = output::table(&["each kind of feature alone", "features", "1-ROCA%"]);
        for Alone { kind, features, one_minus_roca } in &self.alone {
            table.add_row([kind.name(), &features.to_string(), &format!("{one_minus_roca:.3}")]);
        }
        writeln!(out, "{table}\n")?;

        let Args { most, least, top, .. } = args;
        let mut table = columns(&["kind", "ham %", "spam %", "  feature"]);
        for (i, one) in self.separating.iter().enumerate() {
            let first = i == 0 || self.separating[i - 1].kind != one.kind;
            table.add_row([
                if first { one.kind.name() } else { "" },
                &format!("{:.1}", one.shares[0]),
                &format!("{:.1}", one.shares[1]),
                &format!("  {}", output::printable(&one.feature)),
            ]);
        }
        let count = self.separating.len();
        heading(
            out,
            &format!("Features of {most} % of one class or more and {least} % of the other or less"),
        )?;
        or_none(out, count, &table)?;

        let mut table = columns(&["alike", "ham", "spam", "  most alike"]);
        for Conflict { similarity, ham, spam, messages } in self.conflicts.iter().take(*top) {
            table.add_row([
                format!("{:.0} %", 100.0 * similarity),
                messages[0].to_string(),
                messages[1].to_string(),
                format!("  {}  {}", output::printable(ham), output::printable(spam)),
            ]);
        }
        let count = self.conflicts.len();
        heading(out, &format!("Near-duplicates with both labels: {count} groups"))?;
        or_none(out, count, &table)?;

        let Found { suspects, suspects_by_text, .. } = self;
        heading(out, &format!("Probable label errors: {}", suspects.count))?;
        suspects.print(out)?;
        heading(out, &format!("More of them by the text alone: {}", suspects_by_text.count))?;
        suspects_by_text.print(out)
    }
}

impl Suspects {
    fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        for Mistake { judged, subject, from } in &self.read {
            let path = output::printable(&judged.path);
            let (label, other, reset) = (judged.label, judged.label.other(), output::RESET);
            let colour = output::colour(if other == Label::Spam { Class::Spam } else { Class::Ham });
            let sure = 100.0 / (1.0 + (-judged.score.abs()).exp());
            writeln!(out, " labelled {label}, but {colour}{other}{reset} at {sure:.2} %  {path}")?;
            let because = judged.evidence.iter().filter(|e| (e.pull > 0.0) == judged.is_spam()).take(4);
            let because: Vec<_> = because.map(|e| output::printable(&e.feature)).collect();
            writeln!(out, "   {}  from {}", output::printable(subject), output::printable(from))?;
            writeln!(out, "   because of {}", because.join(", "))?;
        }
        if self.count == 0 { writeln!(out, " none\n") } else { writeln!(out) }
    }
}

fn heading(out: &mut impl Write, text: &str) -> std::io::Result<()> {
    writeln!(out, "{}{text}{}", output::BOLD, output::RESET)
}

fn or_none(out: &mut impl Write, rows: usize, table: &Table) -> std::io::Result<()> {
    if rows == 0 { writeln!(out, " none\n") } else { writeln!(out, "{table}\n") }
}

/// A table whose last column is text again.
fn columns(header: &[&str]) -> Table {
    let mut table = output::table(header);
    if let Some(column) = table.column_mut(header.len() - 1) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    table
}

fn show_model(args: &Args, model: &Model<'_>) -> Outcome {
    let (shares, strongest) = audit::model(model, args.top);
    let named: usize = shares.iter().map(|share| share.features).sum();
    let mut out = output::stdout();
    let printed = if args.json {
        let value = json!({
            "kind": "model", "features": model.len(), "named": named, "shares": shares, "strongest": strongest,
        });
        serde_json::to_writer_pretty(&mut out, &value).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        let mut kinds = output::table(&["kind", "features", "weight %"]);
        for Share { kind, features, weight } in &shares {
            kinds.add_row([kind.name(), &features.to_string(), &format!("{weight:.1}")]);
        }
        let mut listing = columns(&["kind", "log-odds", "messages", "  feature"]);
        for (i, Weighed { kind, feature, weight, messages }) in strongest.iter().enumerate() {
            let first = i == 0 || strongest[i - 1].kind != *kind;
            listing.add_row([
                if first { kind.name() } else { "" },
                &format!("{weight:+.3}"),
                &format!("~{messages}"),
                &format!("  {}", output::printable(feature)),
            ]);
        }
        writeln!(out, "{} features, {named} of them with names\n\n{kinds}\n\n{listing}", model.len())
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)?;
    Ok(ExitCode::SUCCESS)
}
