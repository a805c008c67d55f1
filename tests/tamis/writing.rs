//! Files are written as a whole or not at all.

use crate::program::{Folder, data, tamis, tamis_reads};

fn file(name: &str) -> String {
    data(name).to_str().unwrap().to_owned()
}

#[test]
fn a_link_stays_a_link_and_dashes_are_standard_output() {
    let folder = Folder::new();
    let counts = folder.at("counts");
    tamis(["count", "--ham", &file("ham"), "-o", &counts]).exits(0);
    // Bytes are no text: to a file by a pipe.
    let piped = folder.at("piped");
    let args = format!("'{}' count --ham '{}' -o - > '{piped}'", env!("CARGO_BIN_EXE_tamis"), file("ham"));
    assert!(std::process::Command::new("sh").args(["-c", &args]).status().unwrap().success());
    assert_eq!(folder.read("piped"), folder.read("counts"));
    #[cfg(unix)]
    {
        let link = folder.at("link");
        std::os::unix::fs::symlink(&piped, &link).unwrap();
        tamis(["count", "--spam", &file("spam"), "-o", &link]).exits(0);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_ne!(folder.read("piped"), folder.read("counts"));
    }
    tamis(["count", "--ham", &file("ham"), "-o", &folder.at("no/such/folder")])
        .exits(3)
        .complains(&["no/such"]);
    tamis_reads(["merge", "-o", &folder.at("sum"), "-"], &folder.read("counts")).exits(0);
    assert_eq!(folder.read("sum"), folder.read("counts"));
}

#[test]
fn what_cannot_be_written_is_told_before_the_work() {
    let folder = Folder::new();
    let (counts, results) = (folder.at("counts"), folder.at("results"));
    let missing = folder.at("no/such/model");
    for unwritable in [&folder.at(""), &missing] {
        let mail = ["--ham", &file("ham"), "--spam", &file("spam")];
        let train = [&["train", "--counts", &counts, "-o", unwritable], &mail[..]].concat();
        tamis(train).exits(3).complains(&[unwritable]);
        let index = folder.write("index", "");
        let eval = ["eval", "--index", &index, "--results", &results, "--report", unwritable];
        tamis(eval).exits(3).complains(&[unwritable]);
        for reader in [&["count", "--ham"][..], &["merge"], &["fit"]] {
            let args = [reader, &["no-such-input", "-o", unwritable]].concat();
            tamis(args).exits(3).complains(&[unwritable]);
        }
        assert_eq!(folder.list(), ["index"], "nothing is left, and nothing was written");
    }
}

/// Runs the program in a shell that sets limits first.
#[cfg(unix)]
fn limited(limits: &str, args: &[&str]) -> crate::program::Run {
    let script = format!("{limits}; exec \"$0\" \"$@\"");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_tamis")]).args(args);
    shell.output().unwrap().into()
}

#[cfg(unix)]
#[test]
fn a_full_disk_or_a_crash_leaves_the_old_file() {
    let folder = Folder::new();
    let personal = folder.at("personal");
    tamis(["learn", "--as", "ham", "--personal", &personal, &file("ham/reply.eml")]).exits(0);
    let old = folder.read("personal");
    let learn = ["learn", "--as", "ham", "--personal", &personal, &file("ham")];

    // No file may grow beyond one block: writing fails as on a full disk.
    limited("trap '' XFSZ; ulimit -f 1", &learn).exits(3).complains(&["personal"]);
    assert_eq!(folder.read("personal"), old);
    assert_eq!(folder.list(), ["personal", "personal.lock"], "nothing half-written is left");

    // The same, but the system ends the program in the middle of writing.
    let killed = limited("ulimit -f 1", &learn);
    assert_eq!(killed.code, None, "{}", killed.err);
    assert_eq!(folder.read("personal"), old);
    tamis(learn).exits(0);
    assert_ne!(folder.read("personal"), old);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    tamis(["count", "--ham", &file("ham"), "-o", "/dev/full"]).exits(3).complains(&["/dev/full"]);
    tamis(["count", "--ham", &file("ham"), "-o", "/dev/null"]).exits(0);
    for device in ["/dev/full", "/dev/null"] {
        assert!(std::fs::metadata(device).unwrap().file_type().is_char_device(), "{device}");
    }
    let run = limited("exec >/dev/full", &["classify", &file("ham")]).exits(3);
    run.complains(&["standard output"]);
}

#[cfg(unix)]
#[test]
fn files_have_the_mode_that_they_should() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let personal = folder.at("personal");
    let learn = ["learn", "--as", "ham", "--personal", &personal];
    let mode = || std::fs::metadata(&personal).unwrap().permissions().mode() & 0o777;
    limited("umask 027", &[&learn[..], &[&file("ham/reply.eml")]].concat()).exits(0);
    assert_eq!(mode(), 0o640);
    std::fs::set_permissions(&personal, PermissionsExt::from_mode(0o600)).unwrap();
    limited("umask 022", &[&learn[..], &[&file("ham/receipt.eml")]].concat()).exits(0);
    assert_eq!(mode(), 0o600, "the mode that its owner gave it stays");
}
