//! Files that are not what they should be: each is told what is wrong with it, and where.

use crate::program::{Folder, data, message, tamis};

fn file(name: &str) -> String {
    data(name).to_str().unwrap().to_owned()
}

#[test]
fn a_damaged_or_foreign_model_is_told_what_is_wrong_and_where() {
    let folder = Folder::new();
    folder.train(&["--counts", &folder.at("counts")]);
    let model = folder.read("model.tamis");
    let with = |at: usize, byte: u8| {
        let mut bytes = model.clone();
        bytes[at] = byte;
        bytes
    };
    let mail = message("ham/reply.eml");
    for (name, bytes, expected) in [
        ("nothing", &[][..], &["at byte 0"][..]),
        ("start", &model[..5], &["at byte 0"]),
        ("header", &model[..20], &["at byte 16"]),
        ("half", &model[..model.len() / 2], &["at byte 16", "cut short or changed"]),
        ("changed", &with(model.len() - 9, 0x7f), &["at byte 16", "cut short or changed"]),
        ("later", &with(8, 99), &["format version 99", "reads version"]),
        ("tokenizer", &with(12, 98), &["tokenizer version 98", "reads version"]),
        ("mail", &mail, &["at byte 0", "does not begin as a model file does"]),
        ("counts", &folder.read("counts"), &["at byte 0", "model"]),
    ] {
        let path = folder.write(&format!("bad-{name}"), bytes);
        let named = format!("bad-{name}");
        let run = tamis(["classify", "--model", &path, &file("ham/reply.eml")]).exits(3);
        assert!(run.out.is_empty(), "{name}: {}", run.out);
        run.complains(expected).complains(&[&named]);
        if name != "counts" {
            tamis(["inspect", &path]).exits(3).complains(&[&named]);
        }
        tamis(["learn", "--as", "ham", "--model", &path, "--personal", &folder.at("p"), &path]).exits(3);
    }
    assert!(!folder.list().contains(&"p".to_owned()), "nothing is written with a model that is none");
    tamis(["classify", "--model", &folder.at("gone"), &file("ham")]).exits(3).complains(&["gone"]);
    tamis(["classify", "--model", &file("ham"), &file("ham")]).exits(3).complains(&["ham"]);
}

#[test]
fn damaged_counts_are_never_written_over() {
    let folder = Folder::new();
    let counts = folder.at("counts");
    tamis(["count", "--ham", &file("ham"), "-o", &counts]).exits(0);
    let good = folder.read("counts");
    let mut other_version = good.clone();
    other_version[8] = 77;
    for (bytes, expected) in [
        (&good[..good.len() - 1], "at byte 16"),
        (&[][..], "at byte 0"),
        (&message("ham/reply.eml"), "does not begin as a counts file does"),
        (&other_version, "format version 77"),
    ] {
        folder.write("counts", bytes);
        let learn = ["learn", "--as", "ham", "--personal", &counts, &file("ham/reply.eml")];
        tamis(learn).exits(3).complains(&["counts", expected]);
        tamis(["classify", "--personal", &counts, &file("ham/reply.eml")]).exits(3).complains(&[expected]);
        tamis(["merge", "-o", &folder.at("out"), &counts]).exits(3).complains(&[expected]);
        tamis(["fit", "-o", &folder.at("out"), &counts]).exits(3).complains(&[expected]);
        assert_eq!(folder.read("counts"), bytes);
    }
    assert!(!folder.list().contains(&"out".to_owned()));
}
