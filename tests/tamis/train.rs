//! `train`: what it warns of, what it writes, and what it keeps to itself.

use serde_json::Value;

use crate::program::{Folder, data, message, messages, tamis, tamis_reads};

fn inspect(file: &str) -> Value {
    serde_json::from_str(&tamis(["inspect", "--json", "-n", "100000", file]).exits(0).out).unwrap()
}

#[test]
fn training_is_repeatable_and_tells_its_own_mail_apart() {
    let folder = Folder::new();
    let model = folder.train(&[]);
    let first = folder.read("model.tamis");
    folder.train(&[]);
    assert_eq!(folder.read("model.tamis"), first);
    for (label, other) in [("ham", "spam"), ("spam", "ham")] {
        let path = data(label).to_str().unwrap().to_owned();
        let run = tamis(["classify", "--format=ndjson", "--model", &model, &path]).exits(0);
        for verdict in run.ndjson() {
            let spam = verdict["probability"].as_f64().unwrap() > 0.5;
            assert!(verdict["class"] != other && spam == (label == "spam"), "{verdict}");
        }
    }
}

#[test]
fn every_algorithm_makes_a_model() {
    let folder = Folder::new();
    for algorithm in tamis::train::estimator::Algorithm::ALL {
        let model = folder.train(&["--algorithm", algorithm.name()]);
        assert_eq!(inspect(&model)["info"]["algorithm"], algorithm.name());
        let spam = data("spam/phishing-bank.eml").to_str().unwrap().to_owned();
        let run = tamis(["classify", "--format=ndjson", "--model", &model, &spam]).exits(0);
        assert!(run.ndjson()[0]["probability"].as_f64().unwrap() > 0.5, "{algorithm:?}");
    }
    let run = tamis(["train", "--algorithm", "oracle", "--ham", "x", "--spam", "y", "-o", "z"]);
    run.exits(3).complains(&["oracle", "naive-bayes"]);
}

#[test]
fn a_dry_run_measures_and_writes_nothing() {
    let folder = Folder::new();
    let (ham, spam) = (data("ham"), data("spam"));
    let args = ["train", "--dry-run", "--ham", ham.to_str().unwrap(), "--spam", spam.to_str().unwrap()];
    let (model, counts) = (folder.at("m"), folder.at("c"));
    let run = tamis(args.iter().chain(&["-o", &model, "--counts", &counts])).exits(0);
    run.complains(&["14 ham, 16 spam", "1-ROCA%", "thresholds", "nothing written"]);
    assert!(folder.list().is_empty());
    tamis(&args[..2]).exits(3).complains(&["no mail given"]);
    tamis(args.iter().filter(|arg| **arg != "--dry-run")).exits(3).complains(&["--output"]);
}

#[test]
fn duplicates_conflicts_and_verdicts_of_other_filters_are_told() {
    let folder = Folder::new();
    let judged = |flag: &str, raw: &[u8]| [format!("X-Spam-Flag: {flag}\n").as_bytes(), raw].concat();
    for (name, raw) in messages("ham") {
        folder.write(&name, judged("NO", &raw));
    }
    for (name, raw) in messages("spam") {
        folder.write(&name, judged("YES", &raw));
    }
    folder.write("ham/again.eml", judged("NO", &message("ham/reply.eml")));
    folder.write("spam/ham-too.eml", judged("YES", &message("ham/receipt.eml")));
    let (ham, spam, model) = (folder.at("ham"), folder.at("spam"), folder.at("model"));
    let run = tamis(["train", "--ham", &ham, "--spam", &spam, "-o", &model]).exits(0);
    run.complains(&[
        "1 messages are exact duplicates",
        "1 messages are in both classes",
        "32 messages carried verdicts of another filter",
        "14 ham, 16 spam",
    ]);
    // The flag gave every label away; nothing of it was learned.
    let names = inspect(&model)["spam"].to_string().to_lowercase();
    assert!(!names.contains("x-spam"), "{names}");
    let asked = tamis(["inspect", "--json", "--feature", "header:X-Spam-Flag", &model]).exits(0).out;
    assert_eq!(serde_json::from_str::<Value>(&asked).unwrap()["asked"][0][1], Value::Null);
}

#[test]
fn a_lopsided_corpus_is_told() {
    let folder = Folder::new();
    for i in 0..120 {
        folder.write(&format!("ham/{i}"), format!("Subject: note {i}\n\nnumber {} of many\n", "i".repeat(i)));
    }
    let (ham, spam) = (folder.at("ham"), data("spam").to_str().unwrap().to_owned());
    for i in 0..10 {
        folder.write(&format!("few/{i}"), &messages("spam")[i].1);
    }
    let few = folder.at("few");
    let run = tamis(["train", "--ham", &ham, "--spam", &few, "--dry-run"]).exits(0);
    run.complains(&["120 ham against 10 spam"]);
    let run = tamis(["train", "--ham", &ham, "--spam", &spam, "--dry-run"]).exits(0);
    assert!(!run.err.contains("against"), "{}", run.err);
}

#[test]
fn unreadable_mail_is_told_and_the_rest_is_learned() {
    let folder = Folder::new();
    let mut index = String::new();
    for (name, raw) in messages("ham").into_iter().chain(messages("spam")) {
        folder.write(&name, raw);
        index += &format!("{} {name}\n", name.split('/').next().unwrap());
    }
    index += "spam spam/gone.eml\n";
    let index = folder.write("labels", index);
    let model = folder.at("model");
    let run = tamis(["train", "--index", &index, "-o", &model]).exits(1);
    run.complains(&["gone.eml", "1 messages could not be read", "14 ham, 16 spam"]);
    assert!(folder.list().contains(&"model".to_owned()));
}

#[test]
fn standard_input_is_learned_like_a_file() {
    let folder = Folder::new();
    let mut mbox = Vec::new();
    for (_, raw) in messages("spam") {
        mbox.extend_from_slice(b"From x@example.com  Tue Feb  6 10:00:00 2024\n");
        mbox.extend_from_slice(&raw);
        mbox.extend_from_slice(b"\n\n");
    }
    let ham = data("ham").to_str().unwrap().to_owned();
    let model = folder.at("model");
    let train = |spam: &str, input: &[u8]| {
        let args = ["train", "--ham", &ham, "--spam", spam, "-o", &model];
        tamis_reads(args.iter().chain(&["--created", "2026-01-01"]), input).exits(0);
        let mut value = inspect(&model);
        assert_eq!(value["info"]["sources"][1].as_str().unwrap().rsplit('/').next(), spam.rsplit('/').next());
        value["info"]["sources"] = Value::Null;
        value["bytes"] = Value::Null;
        value
    };
    let file = folder.write("spam.mbox", &mbox);
    assert_eq!(train("-", &mbox), train(&file, b""));
    // An index names its mail relative to where the program runs.
    let index = format!("ham {0}/ham/reply.eml\nspam {0}/spam/malware.eml\n", data("").display());
    let counts = folder.at("counts");
    tamis_reads(["count", "--index", "-", "-o", &counts], index.as_bytes())
        .exits(0)
        .complains(&["1 ham, 1 spam"]);
}

#[test]
fn two_messages_are_enough_for_a_model() {
    let folder = Folder::new();
    let (ham, spam) = (data("ham/reply.eml"), data("spam/pharmacy.eml"));
    let model = folder.at("model");
    let args = ["train", "--ham", ham.to_str().unwrap(), "--spam", spam.to_str().unwrap(), "-o", &model];
    tamis(args).exits(0).complains(&["too little mail to calibrate", "1 ham, 1 spam"]);
    let probability = |file: &std::path::Path| {
        let run = tamis(["classify", "--format=ndjson", "--model", &model, file.to_str().unwrap()]).exits(0);
        run.ndjson()[0]["probability"].as_f64().unwrap()
    };
    assert!(probability(&ham) < 0.5 && probability(&spam) > 0.5);
}

#[test]
fn a_model_says_nothing_of_the_people_in_it() {
    let folder = Folder::new();
    for i in 0..40 {
        let label = if i % 2 == 0 { "ham" } else { "spam" };
        let word = if i % 2 == 0 { "garden" } else { "casino" };
        let text = format!(
            "From: Person {i} <p{i}@h{i}.example>\nTo: one.victim@example.org\nSubject: {word} news\n\n\
             Dear reader, write to one.victim@example.org about the {word} before day {i} ends. {}\n",
            if i < 8 { "rareword" } else { "" }
        );
        folder.write(&format!("{label}/{i}"), text);
    }
    let (ham, spam, model) = (folder.at("ham"), folder.at("spam"), folder.at("model"));
    let args = ["train", "--ham", &ham, "--spam", &spam, "-o", &model];
    tamis(args).exits(0);
    let value = inspect(&model);
    let names: Vec<&str> = ["ham", "spam"]
        .iter()
        .flat_map(|class| value[class].as_array().unwrap())
        .map(|row| row[1].as_str().unwrap())
        .collect();
    assert!(names.contains(&"body:casino") && names.contains(&"body:garden"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains('@') || name.contains("rareword")), "{names:?}");
    let bytes = folder.read("model");
    for private in ["victim", "rareword", folder.at("").trim_end_matches('/')] {
        assert!(!bytes.windows(private.len()).any(|window| window == private.as_bytes()), "{private}");
    }
    tamis(args.iter().chain(&["--no-names"])).exits(0);
    assert_eq!(inspect(&model)["named"], 0);
    assert!(folder.read("model").len() < bytes.len());
}

#[test]
fn fields_and_servers_can_be_named() {
    let folder = Folder::new();
    let weight = |model: &str, feature: &str| {
        let run = tamis(["inspect", "--json", "--feature", feature, model]).exits(0);
        serde_json::from_str::<Value>(&run.out).unwrap()["asked"][0][1].clone()
    };
    let plain = folder.train(&[]);
    assert_ne!(weight(&plain, "hop:absent"), Value::Null);
    assert_eq!(weight(&plain, "header:Subject"), Value::Null, "names of header fields are for audits");
    assert_eq!(weight(&plain, "auth:dkim=pass"), Value::Null, "nobody is believed unasked");
    let trusting = folder.train(&["--trust-authserv", "mx1.fernbrook.example", "--without", "hop,subject"]);
    assert_ne!(weight(&trusting, "auth:dkim=pass"), Value::Null);
    assert_eq!(weight(&trusting, "hop:absent"), Value::Null);
    let small = folder.train(&["--max-features", "200"]);
    assert_eq!(inspect(&small)["features"], 200);
}

#[test]
fn the_date_of_a_model_is_a_date() {
    let folder = Folder::new();
    let (index, counts, model) = (folder.write("index", index()), folder.at("counts"), folder.at("model"));
    tamis(["count", "--index", &index, "-o", &counts]).exits(0);
    let wrong =
        ["foo", "", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-01-01T10:00:00Z"];
    for command in [&["train", "--index", &index][..], &["fit", &counts]] {
        let create = |created| command.iter().copied().chain(["-o", &model, "--created", created]);
        for created in wrong {
            tamis(create(created)).exits(3).complains(&["--created", "must be a date, YYYY-MM-DD"]);
        }
        tamis(create("2024-02-29")).exits(0);
        assert_eq!(inspect(&model)["info"]["created"], "2024-02-29");
    }
}

#[test]
fn a_field_that_no_message_has_is_told() {
    let folder = Folder::new();
    let index = folder.write("index", index());
    let counts = folder.at("counts");
    for command in [&["train", "--dry-run"][..], &["count", "-o", &counts], &["eval"]] {
        let mail = ["--index", &index, "--without", "subjet,list-id,list-*,hop,foo-*,bar"];
        let run = tamis(command.iter().chain(&mail)).exits(0);
        let told: Vec<_> =
            run.err.lines().filter(|line| line.starts_with("warning: no message has")).collect();
        let expected = [
            "warning: no message has the field `subjet`",
            "warning: no message has a field that begins with `foo-`",
            "warning: no message has the field `bar`",
        ];
        assert_eq!(told, expected, "{command:?}");
    }
    // Mail that is learned from counts as much as mail that is judged.
    let (plain, listed) = ("Subject: a\n\nb\n", "Subject: a\nList-Id: <c.example>\n\nd\n");
    let mail = |name: &str, ham: &str| {
        let (ham, spam) =
            (folder.write(&format!("{name}.ham"), ham), folder.write(&format!("{name}.spam"), plain));
        folder.write(name, format!("ham {ham}\nspam {spam}\n"))
    };
    let (learned, judged) = (mail("learned", listed), mail("judged", plain));
    let cross = ["eval", "--protocol", "cross", "--train-index", &learned, "--index", &judged, "--without"];
    let run = tamis(cross.iter().chain(&["list-id"])).exits(0);
    assert!(!run.err.contains("warning"), "{}", run.err);
    tamis(cross.iter().chain(&["list-ip"])).exits(0).complains(&["no message has the field `list-ip`"]);
}

#[test]
fn without_any_field_there_is_nothing_to_learn() {
    let folder = Folder::new();
    let (index, model) = (folder.write("index", index()), folder.at("model"));
    for fields in [["--only", "nothing"], ["--without", "*"]] {
        let train = ["train", "--index", &index, "-o", &model];
        for command in
            [&train[..], &["eval", "--index", &index], &["eval", "--index", &index, "--protocol=immediate"]]
        {
            tamis(command.iter().chain(&fields)).exits(3).complains(&["no features are left", "--only"]);
        }
    }
    assert_eq!(folder.list(), ["index"]);
}

/// A TREC index of the ham and spam under `tests/data`.
fn index() -> String {
    let line = |name: &str| format!("{} {}\n", name.split('/').next().unwrap(), data(name).display());
    messages("ham").into_iter().chain(messages("spam")).map(|(name, _)| line(&name)).collect()
}

#[test]
fn evaluation_prints_figures_and_writes_results() {
    let folder = Folder::new();
    let index = folder.write("index", index());
    let results = folder.at("results");
    let run = tamis(["eval", "--index", &index, "--protocol", "kfold:3", "--json", "--results", &results]);
    let figures: Value = serde_json::from_str(&run.exits(0).out).unwrap();
    assert_eq!((figures["ham"].as_u64(), figures["spam"].as_u64()), (Some(14), Some(16)));
    let text = String::from_utf8(folder.read("results")).unwrap();
    assert_eq!(text.lines().count(), 30);
    for line in text.lines() {
        let words: Vec<_> = line.rsplitn(4, ' ').collect();
        let score = words[0].strip_prefix("score=").unwrap();
        assert!(score.parse::<f64>().unwrap().is_finite(), "{line}");
        assert!(words[1].starts_with("class=") && words[2].starts_with("judge="), "{line}");
    }
    let run = tamis(["eval", "--index", &index, "--protocol", "cross", "--train-index", &index]).exits(0);
    assert!(run.out.contains("1-ROCA%") && run.out.contains("LAM%"), "{}", run.out);
    tamis(["eval", "--index", &index, "--protocol", "tarot"]).exits(3);
}

#[test]
fn a_report_and_an_audit_can_be_of_an_index_on_standard_input() {
    let folder = Folder::new();
    let report = folder.at("report.html");
    let args = ["eval", "--index", "-", "--protocol", "active:20", "--report", &report, "--set", "views=0.5"];
    assert!(tamis_reads(args, index().as_bytes()).exits(0).out.contains("14 ham and 16 spam judged"));
    let page = String::from_utf8(folder.read("report.html")).unwrap();
    assert!(page.contains("Learning curve") && page.contains("<bdi>active:20</bdi>"), "{page}");
    assert!(page.contains("<bdi>views=0.5</bdi>"), "{page}");
    let run = tamis_reads(["audit", "--json", "-"], index().as_bytes()).exits(0);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&found["kind"], &found["ham"], &found["spam"]), (&"mail".into(), &14.into(), &16.into()));
    assert!(found["label_errors"].is_array() && found["label_errors_by_text"].is_array(), "{found}");
}

#[test]
fn an_evaluation_that_cannot_be_says_why() {
    let folder = Folder::new();
    let index = folder.write("index", index());
    let fails = |protocol: &str, more: &[&str], why: &str| {
        let args = ["eval", "--index", &index, "--protocol", protocol];
        tamis(args.iter().chain(more)).exits(3).complains(&[why]);
    };
    fails("kfold:18446744073709551615", &[], "folds need as many messages that are no near-duplicates");
    fails("kfold:3", &["--train-index", &index], "only `cross` learns from it");
    fails(
        "immediate",
        &["--max-features", "9"],
        "max-features: the filter of `immediate` keeps all features",
    );
    let report = folder.at("report.html");
    let args =
        ["eval", "--index", &index, "--protocol", "delayed:0", "--set", "alpha=0", "--report", &report];
    tamis(args).exits(0);
    assert!(String::from_utf8(folder.read("report.html")).unwrap().contains("None that has a name."));
    tamis(["eval", "--index", &index, "--protocol", "kfold:2", "--set", "alpha=0"]).exits(0);
}

#[test]
fn results_are_compared_in_one_table() {
    let folder = Folder::new();
    // Not in the order of their paths.
    let index: Vec<String> = index().lines().rev().map(|line| format!("{line}\n")).collect();
    let index = folder.write("index", index.concat());
    let results = |algorithm: &str| {
        let path = folder.at(algorithm);
        let args = ["eval", "--index", &index, "--protocol", "kfold:2", "--results", &path, "--json"];
        let run = tamis(args.iter().chain(&["--algorithm", algorithm])).exits(0);
        (path, serde_json::from_str::<Value>(&run.out).unwrap())
    };
    let ((blend, evaluated), (bayes, _)) = (results("blend"), results("naive-bayes"));
    let run = tamis(["compare", &blend, &bayes]).exits(0);
    assert_eq!(run.out.matches("p = ").count() + run.out.matches("p < ").count(), 6, "{}", run.out);
    let run = tamis(["compare", "--json", &blend, &bayes, &blend]).exits(0);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found[2]["one_minus_roca"]["difference"]["p"], 1.0);
    assert_eq!(found[0]["lam"]["value"], found[2]["lam"]["value"]);
    // The same resamples: the intervals of one run are the same in both.
    assert_eq!(found[0]["one_minus_roca"], evaluated["one_minus_roca"]);
}

#[test]
fn messages_of_two_indexes_with_the_same_names_are_told_apart() {
    let folder = Folder::new();
    let indexes = ["ham", "spam"].map(|class| {
        let mail = messages(class);
        mail.iter().enumerate().for_each(|(i, (_, raw))| {
            folder.write(&format!("{class}/{i}"), raw);
        });
        folder.write(
            &format!("{class}/index"),
            (0..mail.len()).map(|i| format!("{class} {i}\n")).collect::<String>(),
        )
    });
    let results = folder.at("results");
    let args = ["eval", "--index", &indexes[0], &indexes[1], "--protocol", "kfold:2", "--results", &results];
    tamis(args).exits(0);
    tamis(["compare", &results, &results]).exits(0);
    let text = String::from_utf8(folder.read("results")).unwrap();
    assert!(text.contains(&format!("{} judge=ham", folder.at("ham/0"))), "{text}");
}
