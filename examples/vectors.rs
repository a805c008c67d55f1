//! What the native engine says of messages, as a reference for every other build of it.
//!
//! `cargo run --release --example vectors -- MODEL OUT PATH...` writes to OUT one JSON object a line for
//! each message, in the order of the paths' names: bits instead of numbers, so that nothing is rounded. A
//! PATH is a message, a folder of messages, or an index file (`spam PATH` or `ham PATH` a line).
//! Each third message is learned on the way, so that later ones are scored with a personal layer.
//!
//! `cargo run --release --example vectors -- --time MODEL PATH...` prints how many messages a second one
//! core classifies.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use serde_json::json;
use tamis::{Counts, Extractor, Features, Label, Model, Verdict, correct, explain, score};

/// Features of each message that are compared.
const EVIDENCE: usize = 20;

struct Mail {
    path: PathBuf,
    raw: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--time", model, ref paths @ ..] => time(&read_model(model)?, &messages(paths)?),
        [model, out, ref paths @ ..] => fs::write(out, vectors(&read_model(model)?, &messages(paths)?)?)?,
        _ => return Err("usage: vectors MODEL OUT PATH... or vectors --time MODEL PATH...".into()),
    }
    Ok(())
}

fn read_model(path: &str) -> Result<Model<'static>, Box<dyn Error>> {
    Ok(Model::from_bytes(fs::read(path)?).map_err(|error| format!("{path}: {error}"))?)
}

fn messages(paths: &[&str]) -> Result<Vec<Mail>, Box<dyn Error>> {
    let mut files = Vec::new();
    for path in paths.iter().map(Path::new) {
        if path.as_os_str().to_string_lossy().ends_with("index") {
            let folder = path.parent().unwrap_or(Path::new("."));
            let index = fs::read_to_string(path)?;
            let names = index.lines().filter_map(|line| line.split_once(' '));
            files.extend(names.map(|(_, name)| folder.join(name)));
        } else {
            walk(path, &mut files)?;
        }
    }
    files.into_iter().map(|path| Ok(Mail { raw: fs::read(&path)?, path })).collect()
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut inside: Vec<_> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    inside.sort();
    inside.iter().try_for_each(|path| walk(path, files))
}

fn vectors(model: &Model<'_>, messages: &[Mail]) -> Result<String, Box<dyn Error>> {
    let mut extractor = Extractor::default();
    let mut personal = Counts::new();
    let mut out = String::new();
    for (i, Mail { path, raw }) in messages.iter().enumerate() {
        let message = extractor.extract_named(raw);
        let line = json!({
            "path": path,
            "digest": format!("{:016x}", message.digest()),
            "shared": verdict(&explain(model, None, &message, EVIDENCE)),
            "personal": verdict(&explain(model, Some(&personal), &message, EVIDENCE)),
        });
        writeln!(out, "{line}")?;
        if i.is_multiple_of(3) {
            learn(model, &mut personal, &message, i);
        }
    }
    let bytes: Vec<u8> = personal.to_bytes();
    let personal = json!({ "messages": personal.distinct(), "bytes": bytes.len(), "hash": hash(&bytes) });
    writeln!(out, "{}", json!({ "end": personal }))?;
    Ok(out)
}

/// Labels are of no account here, but that both occur.
fn learn(model: &Model<'_>, personal: &mut Counts, message: &Features, i: usize) {
    let label = if i.is_multiple_of(2) { Label::Spam } else { Label::Ham };
    correct(model, personal, message, label);
}

fn verdict(verdict: &Verdict) -> serde_json::Value {
    let bits = |number: f64| format!("{:016x}", number.to_bits());
    let evidence = verdict.evidence.iter().map(|evidence| (&evidence.feature, bits(evidence.pull)));
    json!([verdict.class, bits(verdict.probability), bits(verdict.log_odds), evidence.collect::<Vec<_>>()])
}

/// FNV-1a, which a line of JavaScript can do as well.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn time(model: &Model<'_>, messages: &[Mail]) {
    let mut extractor = Extractor::default();
    let mut run = || {
        let start = Instant::now();
        let spam: f64 =
            messages.iter().map(|mail| score(model, None, &extractor.extract(&mail.raw)).probability).sum();
        assert!(spam.is_finite());
        messages.len() as f64 / start.elapsed().as_secs_f64()
    };
    let best = (0..5).map(|_| run()).fold(0.0, f64::max);
    println!("{}", json!({ "messages": messages.len(), "perSecond": best }));
}
