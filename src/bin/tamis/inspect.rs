//! `tamis inspect`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use tamis::features::hash;
use tamis::{Counts, Error, Model};

use crate::{Outcome, files, output};

/// Show what is in a model or a counts file.
///
/// Without a file, the embedded model is shown.
#[derive(clap::Args)]
pub struct Args {
    /// A model or counts file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// How many of the strongest features to list for each class
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Show what the file knows of this feature, such as `subject:free` (may be repeated)
    #[arg(long = "feature", value_name = "NAME")]
    features: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Outcome {
    let Some(path) = &args.file else {
        return show(args, &Model::embedded());
    };
    let bytes = files::read(path)?;
    // Both kinds say what they are in their first bytes; if neither fits, the model's error is told.
    match (Model::from_bytes(&bytes[..]), Counts::from_bytes(&bytes)) {
        (Ok(model), _) => show(args, &model),
        (Err(_), Ok(counts)) => show_counts(args, &counts),
        (Err(error), Err(Error::Corrupt { offset: 0, .. })) | (_, Err(error)) => {
            Err(files::located(path, error))
        }
    }
}

fn show(args: &Args, model: &Model<'_>) -> Outcome {
    let table = model.table();
    let messages = |row: usize| (f64::from(table.frequency(row)) / 8.0).exp2().round() as u64;
    let mut named: Vec<(f64, &str, u64)> =
        (0..model.len()).filter_map(|row| Some((model.pull(row), model.name(row)?, messages(row)))).collect();
    named.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.2.cmp(&a.2)).then(a.1.cmp(b.1)));
    let spam: Vec<_> = named.iter().take(args.top).filter(|row| row.0 > 0.0).collect();
    let ham: Vec<_> = named.iter().rev().take(args.top).filter(|row| row.0 < 0.0).collect();
    let asked: Vec<_> = (args.features.iter())
        .map(|name| (name, table.find(hash(name)).map(|row| (model.pull(row), messages(row)))))
        .collect();

    let mut out = output::stdout();
    let printed = if args.json {
        let value = json!({
            "kind": "model", "bytes": model.as_bytes().len(), "features": model.len(), "named": named.len(),
            "info": model.info(), "spam": spam, "ham": ham, "asked": asked,
        });
        serde_json::to_writer_pretty(&mut out, &value).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        let info = serde_json::to_string_pretty(model.info()).unwrap_or_default();
        let mut listing = output::table(&["log-odds", "messages", "  feature"]);
        if let Some(column) = listing.column_mut(2) {
            column.set_cell_alignment(comfy_table::CellAlignment::Left);
        }
        for (weight, name, messages) in spam.iter().chain(&ham) {
            listing.add_row([
                format!("{weight:+.3}"),
                format!("~{messages}"),
                format!("  {}", output::printable(name)),
            ]);
        }
        for (name, found) in &asked {
            let (weight, messages) = match found {
                Some((weight, messages)) => (format!("{weight:+.3}"), format!("~{messages}")),
                None => ("not in".into(), "the model".into()),
            };
            listing.add_row([weight, messages, format!("  {}", output::printable(name))]);
        }
        writeln!(
            out,
            "model of {} bytes: {} features, {} of them with names\n{info}\n\n{listing}",
            model.as_bytes().len(),
            model.len(),
            named.len()
        )
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)?;
    Ok(ExitCode::SUCCESS)
}

fn show_counts(args: &Args, counts: &Counts) -> Outcome {
    let [ham, spam] = counts.messages();
    let asked: Vec<_> = args.features.iter().map(|name| (name, counts.get(hash(name)))).collect();
    let mut out = output::stdout();
    let printed = if args.json {
        let value =
            json!({ "kind": "counts", "ham": ham, "spam": spam, "features": counts.len(), "asked": asked });
        serde_json::to_writer_pretty(&mut out, &value).map_err(Into::into).and_then(|()| writeln!(out))
    } else {
        let mut listing = output::table(&["feature", "ham", "spam"]);
        for (name, [ham, spam]) in &asked {
            listing.add_row([output::printable(name), ham.to_string(), spam.to_string()]);
        }
        writeln!(out, "counts of {ham} ham and {spam} spam: {} features", counts.len())
            .and_then(|()| if asked.is_empty() { Ok(()) } else { writeln!(out, "{listing}") })
    };
    printed.and_then(|()| out.flush()).map_err(output::broken)?;
    Ok(ExitCode::SUCCESS)
}
