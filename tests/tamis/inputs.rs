//! Every form in which mail can be given, and what is no mail.

use crate::program::{Folder, data, message, tamis, tamis_reads};

const SEPARATOR: &[u8] = b"From sender@example.com  Tue Feb  6 10:00:00 2024\n";

/// Messages as an mbox has them: a separator before, an empty line after, `From ` lines quoted.
fn mbox(messages: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        bytes.extend_from_slice(SEPARATOR);
        let mut blank = false;
        for line in message.split_inclusive(|&byte| byte == b'\n') {
            let unquoted = line.iter().position(|&byte| byte != b'>').unwrap_or(0);
            if blank && line[unquoted..].starts_with(b"From ") {
                bytes.push(b'>');
            }
            blank = line == b"\n" || blank;
            bytes.extend_from_slice(line);
        }
        bytes.push(b'\n');
    }
    bytes
}

/// Last parts of the paths that `classify` answers for.
fn paths(args: &[&str]) -> Vec<String> {
    let answers = tamis(["classify", "--format", "ndjson"].iter().chain(args)).exits(0).ndjson();
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    answers.iter().map(|answer| last(answer["path"].as_str().unwrap())).collect()
}

#[test]
fn files_folders_maildirs_mboxes_and_indexes_are_read() {
    let folder = Folder::new();
    let (reply, receipt) = (message("ham/reply.eml"), message("ham/receipt.eml"));
    let file = folder.write("one.eml", &reply);
    assert_eq!(paths(&[&file]), ["one.eml"]);

    folder.write("tree/b.eml", &reply);
    folder.write("tree/a/1.eml", &receipt);
    folder.write("tree/.hidden", "no mail");
    folder.write("tree/box", mbox(&[&reply, &receipt]));
    assert_eq!(paths(&[&folder.at("tree")]), ["1.eml", "b.eml", "box#1", "box#2"]);

    for (name, bytes) in [
        ("cur/1.host:2,S", &reply[..]),
        ("new/2.host", &receipt),
        ("tmp/3.host", b"half a mess"),
        ("dovecot.index", b"\x01\x02"),
        (".Junk/cur/4.host:2,", &receipt),
        (".Junk/new/5.host", &receipt),
    ] {
        folder.write(&format!("mail/Inbox/{name}"), bytes);
    }
    assert_eq!(paths(&[&folder.at("mail/Inbox")]), ["1.host:2,S", "2.host"]);
    assert_eq!(paths(&[&folder.at("mail")]), ["1.host:2,S", "2.host"]);
    assert_eq!(paths(&[&folder.at("mail/Inbox/.Junk")]), ["4.host:2,", "5.host"]);

    let index = folder.write("tree/index", "# order of arrival\nham b.eml\nspam a/1.eml\n");
    assert_eq!(paths(&[&index]), ["b.eml", "1.eml"]);
    assert_eq!(paths(&[&folder.at("tree")]).len(), 4, "an index is no mail");
    assert_eq!(paths(&[&file, &folder.at("mail"), &index]).len(), 5);
}

#[test]
fn standard_input_is_a_message_or_an_mbox() {
    let args = ["classify", "--format", "ndjson", "-"];
    let (ham, spam) = (message("ham/mailing-list.eml"), message("spam/pharmacy.eml"));
    let one = tamis_reads(args, &ham).exits(0).ndjson();
    assert_eq!((one.len(), one[0]["path"].as_str()), (1, Some("-")));
    let many = tamis_reads(args, &mbox(&[&ham, &spam, &ham])).exits(0).ndjson();
    let paths: Vec<_> = many.iter().map(|answer| answer["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["-#1", "-#2", "-#3"]);
    assert_eq!(many[0]["log_odds"], many[2]["log_odds"]);
    let nothing = tamis_reads(args, b"").exits(0).ndjson();
    assert_eq!(nothing.len(), 1, "nothing is an empty message");
    tamis(["classify", "-", "-"]).exits(3).complains(&["standard input can be given only once"]);
    tamis(["train", "--ham", "-", "--spam", "-", "--dry-run"]).exits(3).complains(&["only once"]);
}

#[test]
fn a_message_gets_the_same_score_wherever_it_is_found() {
    let folder = Folder::new();
    let raw = message("spam/phishing-bank.eml");
    let file = folder.write("x.eml", &raw);
    folder.write("md/cur/x", &raw);
    folder.write("md/new/y", &raw);
    folder.write("md/index", "spam cur/x\n");
    let score = |args: &[&str]| {
        let answers = tamis(["classify", "--format", "ndjson"].iter().chain(args)).exits(0).ndjson();
        answers[0]["log_odds"].as_f64().unwrap().to_bits()
    };
    let expected = score(&[&file]);
    assert_eq!(score(&[&folder.at("md")]), expected);
    assert_eq!(score(&[&folder.at("md/index")]), expected);
    let piped = tamis_reads(["classify", "--format", "ndjson", "-"], &raw).exits(0).ndjson();
    assert_eq!(piped[0]["log_odds"].as_f64().unwrap().to_bits(), expected);
}

#[test]
fn what_is_no_mail_is_told_apart() {
    let folder = Folder::new();
    std::fs::create_dir(folder.at("empty")).unwrap();
    tamis(["classify", &folder.at("empty")]).exits(3).complains(&[&folder.at("empty"), "no mail"]);
    tamis(["classify", &folder.at("missing")]).exits(3).complains(&[&folder.at("missing")]);
    tamis(["classify"]).exits(3).complains(&["PATH"]);
    let index = folder.write("index", "spam a\nperhaps b\n");
    tamis(["classify", &index]).exits(3).complains(&["index, line 2", "`spam` or `ham`"]);
    let index = folder.write("index", "\n# nothing\n");
    tamis(["classify", &index]).exits(3).complains(&["names no mail"]);
    // Any bytes are a message.
    for name in ["malformed/empty.eml", "malformed/binary.eml"] {
        let answers = tamis(["classify".as_ref(), "--format=ndjson".as_ref(), data(name).as_os_str()]);
        assert!(answers.exits(0).ndjson()[0]["probability"].is_f64(), "{name}");
    }
}

#[test]
fn one_unreadable_message_does_not_stop_the_others() {
    let folder = Folder::new();
    folder.write("a", message("ham/reply.eml"));
    let index = folder.write("index", "ham a\nham gone\nspam a\n");
    let run = tamis(["classify", "--format", "ndjson", &index]).exits(1).complains(&["gone"]);
    assert_eq!(run.ndjson().len(), 2);
    tamis(["classify", "--exit-code", &index]).exits(3);
}
