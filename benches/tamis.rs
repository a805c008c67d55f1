//! How fast each step is: `cargo bench`. Messages are those under `tests/data`, and one of a megabyte.

use std::fmt::Write;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use tamis::message::Message;
use tamis::{Counts, Extractor, Features, Label, Model};

fn main() {
    divan::main();
}

/// What a benchmark runs over.
const MAIL: [Mail; 2] = [Mail::Usual, Mail::Large];

#[derive(Debug, Clone, Copy)]
enum Mail {
    /// The messages of `tests/data/ham` and `tests/data/spam`.
    Usual,
    /// One message of a megabyte, text and HTML.
    Large,
}

impl Mail {
    fn messages(self) -> Vec<Vec<u8>> {
        match self {
            Mail::Usual => usual(),
            Mail::Large => vec![large()],
        }
    }

    fn features(self) -> Vec<Features> {
        let mut extractor = Extractor::default();
        self.messages().iter().map(|raw| extractor.extract(raw)).collect()
    }
}

fn usual() -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = ["ham", "spam"]
        .iter()
        .flat_map(|folder| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
            std::fs::read_dir(folder).expect("tests/data is there").map(|entry| entry.unwrap().path())
        })
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn large() -> Vec<u8> {
    let mut text = String::new();
    for i in 0..60_000u32 {
        let mix = i.wrapping_mul(2_654_435_761);
        let letter = |shift: u32| char::from(b'a' + (mix >> shift & 15) as u8);
        let _ = write!(text, "{}{}{}{} ", letter(4), letter(9), letter(14), letter(19));
        match i % 50 {
            0 => text.push_str("https://host.example/path?id=1 "),
            1 => text.push_str("优惠发票 "),
            2 => text.push_str("$1,000 "),
            3 => text.push('\n'),
            _ => {}
        }
    }
    let rows: String =
        text.lines().map(|line| format!("<tr><td class=x><b>{line}</b></td></tr>\n")).collect();
    format!(
        "From: a@example.com\nSubject: large\nMIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\
         --b\nContent-Type: text/html; charset=utf-8\n\n<table>{rows}</table>\n--b--\n"
    )
    .into_bytes()
}

/// Runs `step` over messages, and counts messages and bytes.
fn over_messages(bencher: Bencher, mail: Mail, mut step: impl FnMut(&[u8])) {
    let messages = mail.messages();
    let bytes: usize = messages.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(messages.len()))
        .counter(BytesCount::new(bytes))
        .bench_local(|| messages.iter().for_each(|raw| step(raw)));
}

#[divan::bench(args = MAIL)]
fn parse(bencher: Bencher, mail: Mail) {
    over_messages(bencher, mail, |raw| drop(black_box(Message::parse(raw))));
}

/// Parsing included.
#[divan::bench(args = MAIL)]
fn tokenize(bencher: Bencher, mail: Mail) {
    let mut extractor = Extractor::default();
    over_messages(bencher, mail, |raw| drop(black_box(extractor.extract(raw))));
}

#[divan::bench(args = MAIL)]
fn score(bencher: Bencher, mail: Mail) {
    let (model, messages) = (Model::embedded(), mail.features());
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        for message in &messages {
            black_box(tamis::score(&model, None, message));
        }
    });
}

/// With corrections of all these messages over the model.
#[divan::bench(args = MAIL)]
fn score_personal(bencher: Bencher, mail: Mail) {
    let (model, messages) = (Model::embedded(), mail.features());
    let mut personal = Counts::new();
    for (i, message) in messages.iter().enumerate() {
        personal.learn(message, if i % 2 == 0 { Label::Ham } else { Label::Spam });
    }
    bencher.counter(ItemsCount::new(messages.len())).bench_local(|| {
        for message in &messages {
            black_box(tamis::score(&model, Some(&personal), message));
        }
    });
}

/// From bytes to the ten strongest reasons.
#[divan::bench(args = MAIL)]
fn explain(bencher: Bencher, mail: Mail) {
    let (model, mut extractor) = (Model::embedded(), Extractor::default());
    over_messages(bencher, mail, |raw| {
        drop(black_box(tamis::explain(&model, None, &extractor.extract_named(raw), 10)));
    });
}

#[divan::bench(args = MAIL)]
fn learn(bencher: Bencher, mail: Mail) {
    let messages = mail.features();
    bencher.counter(ItemsCount::new(messages.len())).with_inputs(Counts::new).bench_local_values(
        |mut counts| {
            for message in &messages {
                counts.learn(message, Label::Spam);
            }
            counts
        },
    );
}

/// A model from its bytes, all of them checked.
#[divan::bench]
fn load(bencher: Bencher) {
    let model = Model::embedded();
    let bytes = model.as_bytes();
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| drop(black_box(Model::from_bytes(bytes))));
}
