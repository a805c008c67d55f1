//! `count`, `merge` and `fit`: the same bytes, however the mail was divided.

use crate::program::{Folder, data, messages, tamis, tamis_reads};

/// Counts of three shards of `tests/data`, and of all of it at once.
fn shards(folder: &Folder) -> ([String; 3], String) {
    let mail: Vec<_> = messages("ham").into_iter().chain(messages("spam")).collect();
    let shards = [0, 1, 2].map(|shard| {
        let of = |label: &str| -> Vec<_> {
            let mine =
                mail.iter().enumerate().filter(|(i, (name, _))| i % 3 == shard && name.starts_with(label));
            mine.map(|(_, (name, _))| data(name).to_str().unwrap().to_owned()).collect()
        };
        let out = folder.at(&format!("shard{shard}"));
        let mut args = vec!["count".to_owned(), "-o".into(), out.clone(), "--ham".into()];
        args.extend(of("ham"));
        args.push("--spam".into());
        args.extend(of("spam"));
        tamis(args).exits(0);
        out
    });
    let all = folder.at("all");
    let (ham, spam) = (data("ham"), data("spam"));
    tamis(
        ["count".as_ref(), "-o".as_ref(), all.as_ref(), "--ham".as_ref(), ham.as_os_str()]
            .into_iter()
            .chain(["--spam".as_ref(), spam.as_os_str()]),
    )
    .exits(0);
    (shards, all)
}

#[test]
fn shards_add_up_in_any_order() {
    let folder = Folder::new();
    let ([a, b, c], _) = shards(&folder);
    let all = folder.read("all");
    let sum = folder.at("sum");
    for order in [[&a, &b, &c], [&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
        tamis(["merge", "-o", &sum].into_iter().chain(order.map(String::as_str))).exits(0);
        assert_eq!(folder.read("sum"), all, "{order:?}");
        let model = folder.at("model");
        let args = ["fit", "--created", "2026-01-01", "-o", &model];
        tamis(args.into_iter().chain(order.map(String::as_str))).exits(0);
        let bytes = folder.read("model");
        if folder.list().iter().any(|name| name == "first") {
            assert_eq!(bytes, folder.read("first"), "{order:?}");
        }
        folder.write("first", bytes);
    }
    // In two steps, and through a pipe.
    let (left, right) = (folder.at("left"), folder.at("right"));
    tamis(["merge", "-o", &left, &c, &a]).exits(0);
    tamis(["merge", "-o", &right, &b, &left]).exits(0);
    assert_eq!(folder.read("right"), all);
    tamis_reads(["merge", "-o", &sum, &left, "-"], &folder.read("shard1")).exits(0);
    assert_eq!(folder.read("sum"), all);
}

#[test]
fn training_counts_as_count_does() {
    let folder = Folder::new();
    shards(&folder);
    folder.train(&["--counts", &folder.at("trained")]);
    assert_eq!(folder.read("trained"), folder.read("all"));
}

#[test]
fn a_model_of_counts_alone_and_a_calibrated_one() {
    let folder = Folder::new();
    let (_, all) = shards(&folder);
    let model = folder.at("model");
    let spam = data("spam").to_str().unwrap().to_owned();
    let calibration = |held_out: &[&str]| {
        let args = ["fit", "-o", &model, &all, "--max-features", "500"];
        tamis(args.iter().chain(held_out)).exits(0).complains(&["wrote", "500 features"]);
        let run = tamis(["inspect", "--json", &model]).exits(0);
        let value: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        value["info"]["calibration"].as_str().unwrap().to_owned()
    };
    assert_eq!(calibration(&[]), "default");
    let ham = data("ham").to_str().unwrap().to_owned();
    assert_eq!(calibration(&["--ham", &ham, "--spam", &spam]), "held-out");
    let run = tamis(["classify", "--model", &model, &spam]).exits(0);
    assert!(run.out.lines().all(|line| !line.starts_with("ham")), "{}", run.out);
}

#[test]
fn counts_can_be_pruned() {
    let folder = Folder::new();
    let (_, all) = shards(&folder);
    let small = folder.at("small");
    tamis(["merge", "-o", &small, "--max-features", "300", &all]).exits(0).complains(&["300 features"]);
    assert!(folder.read("small").len() < folder.read("all").len() / 4);
}

#[test]
fn one_class_is_not_enough_for_a_model() {
    let folder = Folder::new();
    let ham = data("ham").to_str().unwrap().to_owned();
    let (counts, model) = (folder.at("counts"), folder.at("model"));
    tamis(["count", "--ham", &ham, "-o", &counts]).exits(0);
    tamis(["fit", "-o", &model, &counts]).exits(3).complains(&["both ham and spam", "0 spam"]);
    tamis(["train", "--ham", &ham, "-o", &model]).exits(3).complains(&["both ham and spam"]);
    assert!(!folder.list().contains(&"model".to_owned()));
}
