//! `classify`, `explain` and `inspect`: what is printed, how programs are answered.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tamis::model::{Combine, Component, Info, Thresholds, build};

use crate::program::{Folder, command, data, message, messages, tamis, tamis_reads};

fn path(name: &str) -> String {
    data(name).to_str().unwrap().to_owned()
}

/// A model that knows nothing, with these thresholds.
fn blank(ham: f64, spam: f64) -> Vec<u8> {
    let component =
        Component { name: "none".into(), step: 1.0, combine: Combine::Sum, bias: 0.0, slope: 1.0 };
    let info = Info {
        description: "knows nothing".into(),
        created: None,
        algorithm: "none".into(),
        sources: Vec::new(),
        messages: [0, 0],
        components: vec![component],
        intercept: 0.0,
        calibration: "none".into(),
        thresholds: Thresholds { ham, spam },
    };
    build(info, Vec::new()).unwrap().as_bytes().to_vec()
}

#[test]
fn text_has_a_line_a_message() {
    let run = tamis(["classify", &path("ham"), &path("spam")]).exits(0);
    assert_eq!(run.out.lines().count(), messages("ham").len() + messages("spam").len());
    for line in run.out.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [class, probability, path] = words[..] else { panic!("{line}") };
        assert!(["ham", "unsure", "spam"].contains(&class), "{line}");
        assert!((0.0..=1.0).contains(&probability.parse::<f64>().unwrap()), "{line}");
        assert!(path.ends_with(".eml"), "{line}");
    }
    assert!(!run.out.contains('\x1b'), "no colours where there is no terminal");
}

#[test]
fn json_carries_the_whole_verdict() {
    let args = |format| ["classify".into(), "--explain=3".into(), format!("--format={format}"), path("spam")];
    let array: Value = serde_json::from_str(&tamis(args("json")).exits(0).out).unwrap();
    let lines = Value::Array(tamis(args("ndjson")).exits(0).ndjson());
    assert_eq!(array, lines);
    for answer in array.as_array().unwrap() {
        let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["path", "class", "probability", "log_odds", "evidence"]);
        let evidence = answer["evidence"].as_array().unwrap();
        assert!((1..=3).contains(&evidence.len()));
        assert!(evidence[0]["feature"].as_str().unwrap().contains(':'), "{evidence:?}");
        assert!(evidence[0]["pull"].as_f64().unwrap().abs() >= evidence[1]["pull"].as_f64().unwrap().abs());
        let (p, l) = (answer["probability"].as_f64().unwrap(), answer["log_odds"].as_f64().unwrap());
        assert!((p - 1.0 / (1.0 + (-l).exp())).abs() < 1e-12);
    }
    let plain = tamis(["classify", "--format", "ndjson", &path("spam/malware.eml")]).exits(0).ndjson();
    assert_eq!(plain[0]["evidence"], Value::Array(Vec::new()));
}

#[test]
fn explanations_show_what_pulled_and_how_far() {
    let run = tamis(["explain", "-n", "7", &path("spam/advance-fee.eml")]).exits(0);
    let rows: Vec<_> = run.out.lines().skip(1).collect();
    assert_eq!(rows.len(), 7, "{}", run.out);
    // All messages: the bar of the strongest must fit its place whatever its pull.
    let run = tamis(["explain", &path("ham"), &path("spam"), &path("rfc"), &path("malformed")]).exits(0);
    let bars = run.out.lines().filter(|line| line.starts_with("  "));
    for line in bars {
        assert_eq!(line.find('│').map(|at| line[..at].chars().count()), Some(31), "{line}");
        assert!(line.contains('█'), "{line}");
    }
}

#[test]
fn names_from_mail_cannot_take_over_a_terminal() {
    let folder = Folder::new();
    let model = folder.train(&[]);
    let raw = "X-\x1b[31mRed: \u{202e}x\u{7}\nSubject: Viagra \u{9b}2J\n\nbuy\n";
    let file = folder.write("x", raw);
    let run = tamis(["explain", "--model", &model, "-n", "500", &file]).exits(0);
    assert!(!run.out.contains(['\x1b', '\u{7}', '\u{9b}', '\u{202e}']), "{:?}", run.out);
}

#[test]
fn exit_codes_are_those_of_bogofilter_when_asked_for() {
    let folder = Folder::new();
    let file = path("ham/reply.eml");
    for (name, ham, spam, code) in [("s", 0.1, 0.4, 0), ("h", 0.6, 0.9, 1), ("u", 0.4, 0.6, 2)] {
        let model = folder.write(name, blank(ham, spam));
        tamis(["classify", "--exit-code", "--model", &model, &file]).exits(code);
        tamis(["classify", "--model", &model, &file]).exits(0);
    }
    // Whatever goes wrong must not look like a verdict.
    tamis(["classify", "--exit-code", &folder.at("missing")]).exits(3);
    // Whoever reads the verdicts is gone: without `--exit-code` that is no error, with it 0 would say spam.
    for (flag, code) in [("--exit-code", 3), ("--explain=1", 0)] {
        use std::process::{Command, Stdio};
        let mut program = Command::new(env!("CARGO_BIN_EXE_tamis"));
        program
            .args(["classify", flag, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = program.spawn().unwrap();
        drop(child.stdout.take());
        let mut message = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut message, b"Subject: Hi\r\n\r\nHello").unwrap();
        drop(message);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{flag}");
    }
    let control = folder.write("a\u{1b}[31m.eml", "Subject: Hi\r\n\r\nHello");
    assert!(!tamis(["classify", &control]).exits(0).out.contains('\u{1b}'));
    tamis(["classify", "--exit-code", "--no-such-flag", &file]).exits(3);
    tamis(["classify", "--exit-code", "--model", &folder.write("no", "no model"), &file]).exits(3);
}

#[test]
fn a_pipe_is_answered_before_it_ends() {
    let mut child = command(["classify", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut line = String::new();
        while stdout.read_line(&mut line).unwrap() > 0 {
            let _ = sender.send(std::mem::take(&mut line));
        }
    });
    for number in 1..=3 {
        let separator = b"From a@example.com  Tue Feb  6 10:00:00 2024\n";
        stdin.write_all(&[separator, &message("ham/password-reset.eml")[..], b"\n"].concat()).unwrap();
        stdin.flush().unwrap();
        if number > 1 {
            // The separator of this message was the end of the one before.
            let line = lines.recv_timeout(Duration::from_secs(60)).expect("an answer before the end");
            assert!(line.trim_end().ends_with(&format!("-#{}", number - 1)), "{line}");
        }
    }
    drop(stdin);
    assert!(lines.recv_timeout(Duration::from_secs(60)).unwrap().contains("-#3"));
    reader.join().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(["explain", &path("ham"), &path("spam")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn help_and_version_are_no_failure() {
    for command in ["classify", "explain", "learn", "train", "count", "merge", "fit", "inspect", "eval"] {
        let run = tamis([command, "--help"]).exits(0);
        assert!(run.out.contains("Usage: tamis"), "{}", run.out);
    }
    assert!(tamis(["--help"]).exits(0).out.contains("Exit codes"));
    assert!(tamis(["--version"]).exits(0).out.contains(env!("CARGO_PKG_VERSION")));
    let nothing: [&str; 0] = [];
    tamis(nothing).exits(3).complains(&["Usage"]);
}

#[test]
fn a_model_tells_what_it_is() {
    let folder = Folder::new();
    let model = folder.train(&["--description", "for tests", "--counts", &folder.at("counts")]);
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&tamis(["inspect", "--json"].iter().chain(args)).exits(0).out).unwrap()
    };
    let value = json(&[&model]);
    assert_eq!(value["kind"], "model");
    assert_eq!(value["info"]["description"], "for tests");
    assert_eq!(value["info"]["created"], "2026-01-01");
    assert_eq!(value["info"]["messages"], serde_json::json!([messages("ham").len(), messages("spam").len()]));
    let counts = json(&[&folder.at("counts"), "--feature", "auth:absent"]);
    assert_eq!(counts["kind"], "counts");
    assert_eq!(counts["asked"][0][1], value["info"]["messages"], "nobody is believed unasked");
    let embedded = tamis(["inspect"]).exits(0);
    assert!(embedded.out.contains("thresholds"), "{}", embedded.out);
    // A model on standard input is one as well.
    assert_eq!(tamis_reads(["inspect", "-"], &folder.read("model.tamis")).exits(0).out.lines().count(), {
        tamis(["inspect", &model]).exits(0).out.lines().count()
    });
}
