//! Messages that are too large for anyone to have written them.

use std::fmt::Write;

use tamis::limits;

use crate::program::{Folder, tamis};

#[test]
fn a_million_tokens_and_fifty_megabytes_get_a_verdict() {
    let folder = Folder::new();
    let mut tokens = String::from("Subject: a million tokens\n\n");
    for i in 0..1_000_000u32 {
        let _ = write!(tokens, "{}{}", char::from(b'a' + (i % 26) as u8), i.wrapping_mul(2_654_435_761));
        tokens.push(if i % 12 == 0 { '\n' } else { ' ' });
    }
    let mut bytes = b"Subject: fifty megabytes\nContent-Type: application/octet-stream\n\n".to_vec();
    bytes.resize(50 << 20, b'x');
    let mut lines = b"Subject: fifty megabytes of lines\n\n".to_vec();
    lines.extend(b"free money\n".iter().cycle().take(50 << 20));
    for (name, raw) in [("tokens", tokens.as_bytes()), ("bytes", &bytes), ("lines", &lines)] {
        let file = folder.write(name, raw);
        let answer = tamis(["classify", "--format", "ndjson", "--explain", "5000", &file]).exits(0);
        let answer = answer.ndjson().remove(0);
        assert!(answer["probability"].is_f64() && answer["log_odds"].as_f64().unwrap().is_finite(), "{name}");
        assert!(answer["evidence"].as_array().unwrap().len() <= limits::FEATURES);
        // What is past the limit is not read, and that it is there is known.
        let mut extractor = tamis::Extractor::default();
        let features = extractor.extract_named(raw);
        let oversize = raw.len() > limits::MESSAGE_BYTES;
        assert_eq!(features.names().any(|name| name == "damage:oversize"), oversize, "{name}");
        // The file's end is not in memory, and makes no difference.
        let personal = folder.at("personal");
        tamis(["learn", "--as", "ham", "--personal", &personal, &file]).exits(0);
        let learned = tamis(["classify", "--format", "ndjson", "--personal", &personal, &file]).exits(0);
        assert_eq!(learned.ndjson()[0]["class"], "ham", "{name}");
        std::fs::remove_file(personal).unwrap();
    }
}

#[test]
fn a_mailbox_of_many_messages_is_answered_one_by_one() {
    let folder = Folder::new();
    let mut mbox = String::new();
    for i in 0..3000 {
        let _ =
            write!(mbox, "From a@example.com  Tue Feb  6 10:00:00 2024\nSubject: note {i}\n\nhello {i}\n\n");
    }
    let run = tamis(["classify", &folder.write("box", mbox)]).exits(0);
    assert_eq!(run.out.lines().count(), 3000);
    assert!(run.out.lines().last().unwrap().ends_with("box#3000"));
}
