//! `learn`: corrections turn verdicts, and are neither lost nor counted twice.

use crate::program::{Folder, command, data, message, messages, tamis, tamis_reads};

fn class(model: &[&str], personal: &str, file: &str) -> String {
    let args = ["classify", "--format", "ndjson", "--personal", personal, file];
    let run = tamis(args.iter().chain(model)).exits(0);
    run.ndjson()[0]["class"].as_str().unwrap().to_owned()
}

fn learn(model: &[&str], label: &str, personal: &str, files: &[&str]) -> String {
    let args = ["learn", "--as", label, "--personal", personal];
    tamis(args.iter().chain(files).chain(model)).exits(0).err
}

/// The same letter to somebody else, with other numbers in it.
fn near_duplicate(name: &str) -> Vec<u8> {
    let text = String::from_utf8(message(name)).unwrap();
    let changed = text
        .replace("jonas@fernbrook.example", "lisa@hillside.example")
        .replace("$ 18,500,000.00", "$ 9,200,000.00")
        .replace("2017", "2018")
        .replace("10 Sep 2023", "12 Sep 2023")
        .replace("1D2E7C0412", "8A1C44F0B7");
    assert_ne!(text, changed);
    changed.into_bytes()
}

#[test]
fn a_correction_turns_a_message_and_one_like_it_and_back() {
    let folder = Folder::new();
    let keep = |name: &str, more: &[&str]| {
        std::fs::rename(folder.train(more), folder.at(name)).unwrap();
        folder.at(name)
    };
    let (own, surer) = (keep("own", &[]), keep("surer", &["--algorithm", "multinomial"]));
    let spam = data("spam/advance-fee.eml").to_str().unwrap().to_owned();
    let similar = folder.write("similar.eml", near_duplicate("spam/advance-fee.eml"));
    let other = data("ham/mailing-list.eml").to_str().unwrap().to_owned();
    // With models of one's own, of which the first is too small to be certain, and with the embedded one.
    for (model, certain) in [(&["--model", &own][..], false), (&["--model", &surer], true), (&[], true)] {
        let personal = folder.at("personal");
        let classes = || [&spam, &similar].map(|file| class(model, &personal, file));
        let (before, other_before) = (classes(), class(model, &personal, &other));
        if certain {
            assert_eq!(before, ["spam", "spam"]);
        }
        assert!(learn(model, "ham", &personal, &[&spam]).contains("learned 1 as ham, 0 known before"));
        assert_eq!(classes(), ["ham", "ham"]);
        assert_eq!(class(model, &personal, &other), other_before);
        let once = folder.read("personal");
        assert!(learn(model, "ham", &personal, &[&spam]).contains("learned 0 as ham, 1 known before"));
        assert_eq!(folder.read("personal"), once, "the same correction again changes nothing");

        assert!(learn(model, "spam", &personal, &[&spam]).contains("learned 1 as spam"));
        assert_eq!(classes(), ["spam", "spam"]);
        assert!(learn(model, "forget", &personal, &[&spam]).contains("forgot 1"));
        assert_eq!(classes(), before);
        assert!(learn(model, "forget", &personal, &[&spam]).contains("forgot 0, 1 were not known"));
        let run = tamis(["inspect", &personal]).exits(0);
        assert!(run.out.contains("0 ham and 0 spam: 0 features"), "forgetting is exact: {}", run.out);
        std::fs::remove_file(personal).unwrap();
    }
}

#[test]
fn every_form_of_mail_can_be_learned() {
    let folder = Folder::new();
    let personal = folder.at("personal");
    let ham = data("ham").to_str().unwrap().to_owned();
    let number = messages("ham").len();
    let known = |n: usize, k: usize| format!("learned {n} as ham, {k} known before");
    assert!(learn(&[], "ham", &personal, &[&ham]).contains(&known(number, 0)));
    assert!(learn(&[], "ham", &personal, &[&ham]).contains(&known(0, number)));
    let piped =
        tamis_reads(["learn", "--as", "forget", "--personal", &personal, "-"], &message("ham/reply.eml"));
    piped.exits(0).complains(&["forgot 1"]);
    assert!(learn(&[], "ham", &personal, &["--once", &ham]).contains(&known(1, number - 1)));
}

#[test]
fn learning_much_of_one_class_does_not_speak_for_the_other() {
    let folder = Folder::new();
    let personal = folder.at("personal");
    for (label, other) in [("ham", "spam"), ("spam", "ham")] {
        let mail = data(label).to_str().unwrap().to_owned();
        learn(&[], label, &personal, &[&mail]);
        let args = ["classify", "--format", "ndjson", "--personal", &personal, &mail];
        for answer in tamis(args).exits(0).ndjson() {
            assert_ne!(answer["class"], other, "{answer}");
        }
        // However much was learned, no feature that only one class had pulls towards the other.
        let args = ["learn", "--as", label, "--once", "--personal", &folder.at("once"), &mail];
        tamis(args).exits(0);
        let file = data(&messages(label)[0].0).to_str().unwrap().to_owned();
        let log_odds = |personal: &str| {
            let run = tamis(["classify", "--format", "ndjson", "--personal", personal, &file]).exits(0);
            run.ndjson()[0]["log_odds"].as_f64().unwrap()
        };
        let moved = log_odds(&folder.at("once")) - log_odds(&folder.at("none"));
        assert!(if label == "ham" { moved < 0.0 } else { moved > 0.0 }, "{other} by {moved}");
        std::fs::remove_file(folder.at("personal")).unwrap();
        std::fs::remove_file(folder.at("once")).unwrap();
    }
}

#[test]
fn corrections_learned_together_hold_or_are_told_of() {
    let folder = Folder::new();
    let all = ["ham", "spam"].map(|name| data(name).to_str().unwrap().to_owned());
    for label in ["ham", "spam"] {
        let personal = folder.at(label);
        let told = learn(&[], label, &personal, &all.each_ref().map(String::as_str));
        let args = ["classify", "--format=ndjson", "--personal", &personal, &all[0], &all[1]];
        let verdicts = tamis(args).exits(0).ndjson();
        let left = verdicts.iter().filter(|verdict| verdict["class"] != label).count();
        assert!(left <= 1, "{left} are not {label}: {told}");
        assert_eq!(
            told.contains(&format!("{left} of these messages are still not called so")),
            left > 0,
            "{told}"
        );
    }
}

#[test]
fn many_learners_at_once_lose_nothing() {
    let folder = Folder::new();
    let personal = folder.at("personal");
    let ham = messages("ham");
    let mut children = Vec::new();
    for (name, _) in &ham {
        let args = ["learn", "--once", "--as", "ham", "--personal", &personal];
        children.push(command(args).arg(data(name)).spawn().unwrap());
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let run = tamis(["inspect", &personal]).exits(0);
    assert!(run.out.contains(&format!("counts of {} ham and 0 spam", ham.len())), "{}", run.out);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_learned() {
    let folder = Folder::new();
    folder.write("a", message("ham/reply.eml"));
    let index = folder.write("index", "ham gone\nham a\n");
    let personal = folder.at("personal");
    let run = tamis(["learn", "--as", "ham", "--personal", &personal, &index]).exits(1);
    run.complains(&["gone", "learned 1 as ham"]);
    tamis(["learn", "--as", "spam", "--personal", &personal, &folder.at("missing")]).exits(3);
    tamis(["learn", "--as", "junk", "--personal", &personal, &index])
        .exits(3)
        .complains(&["ham, spam, forget"]);
}
