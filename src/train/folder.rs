//! The files of a mail folder, in the order of their names, however many there are: memory holds some
//! thousand names at a time, where a sorted listing of a large Maildir would take hundreds of megabytes.

use std::collections::BinaryHeap;
use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, read_dir};
use std::io;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use crate::error::{Error, Result};

/// Names held of one folder, some megabytes of them. A folder of more is listed again for the next ones.
const NAMES: usize = if cfg!(test) { 64 } else { 1 << 16 };

/// The files below a folder. Of a Maildir these are its messages (in `cur` and `new`): what a mail server
/// keeps beside them is no mail, `tmp` is still being written, and its subfolders are mailboxes of their
/// own. Elsewhere hidden files are left out. Links to folders are not followed.
pub struct Folder {
    stack: Vec<Level>,
}

/// A folder on the way down.
struct Level {
    path: PathBuf,
    names: IntoIter<Name>,
    /// The last of `names`: whatever is after it has not been listed yet.
    last: Option<OsString>,
    listed: bool,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: OsString,
    folder: bool,
}

impl Folder {
    /// The files below `path`, and how many there are now.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn open(path: &Path) -> Result<(Self, usize)> {
        let files = count(path).map_err(|e| Error::io(path, e))?;
        Ok((Folder { stack: vec![Level::new(path.to_path_buf())] }, files))
    }
}

impl Iterator for Folder {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let level = self.stack.last_mut()?;
            match level.next() {
                Ok(Some((path, true))) => self.stack.push(Level::new(path)),
                Ok(Some((path, false))) => return Some(Ok(path)),
                Ok(None) => drop(self.stack.pop()),
                Err(e) => {
                    let error = Error::io(&level.path, e);
                    self.stack.pop();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Level {
    fn new(path: PathBuf) -> Self {
        Self { path, names: Vec::new().into_iter(), last: None, listed: false }
    }

    /// The next entry, and whether it is a folder.
    fn next(&mut self) -> io::Result<Option<(PathBuf, bool)>> {
        if self.names.len() == 0 && !self.listed {
            self.list()?;
        }
        Ok(self.names.next().map(|Name { name, folder }| (self.path.join(name), folder)))
    }

    /// Finds the first names after those that were listed before.
    fn list(&mut self) -> io::Result<()> {
        let mut first = BinaryHeap::new();
        for name in entries(&self.path)? {
            let name = name?;
            if self.last.as_ref().is_some_and(|last| name.name <= *last) {
                continue;
            }
            if first.len() < NAMES {
                first.push(name);
            } else if let Some(mut largest) = first.peek_mut()
                && name < *largest
            {
                *largest = name;
            }
        }
        self.listed = first.len() < NAMES;
        let names = first.into_sorted_vec();
        self.last = names.last().map(|name| name.name.clone());
        self.names = names.into_iter();
        Ok(())
    }
}

/// How many files there are below a folder; one of its folders that cannot be listed counts as one.
fn count(path: &Path) -> io::Result<usize> {
    let mut files = 0;
    for name in entries(path)? {
        let Name { name, folder } = name?;
        files += if folder { count(&path.join(name)).unwrap_or(1) } else { 1 };
    }
    Ok(files)
}

/// The mail and the folders in a folder, in no particular order.
fn entries(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Name>>> {
    let maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let entry = move |entry: DirEntry| {
        let name = entry.file_name();
        let kind = entry.file_type()?;
        let folder = kind.is_dir();
        let belongs = match maildir {
            true => folder && (name == *"cur" || name == *"new"),
            false => !is_hidden(&name) && (folder || kind.is_file() || entry.path().is_file()),
        };
        Ok(belongs.then_some(Name { name, folder }))
    };
    Ok(read_dir(path)?.filter_map(move |found| found.and_then(entry).transpose()))
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let (files, number) = Folder::open(folder).unwrap();
        let name = |path: Result<PathBuf>| path.unwrap().strip_prefix(folder).unwrap().display().to_string();
        let names: Vec<_> = files.map(name).collect();
        assert_eq!(names.len(), number);
        names
    }

    #[test]
    fn mail_is_found_wherever_it_lies_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b",
            "a/2",
            "a/1",
            ".hidden/x",
            "md/cur/1:2,S",
            "md/new/2",
            "md/tmp/3",
            "md/dovecot-uidlist",
            "md/.Junk/cur/4",
            "md/.Junk/new/5",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        assert_eq!(files(folder.path()), ["a/1", "a/2", "b", "md/cur/1:2,S", "md/new/2"]);
        assert_eq!(files(&folder.path().join("md")), ["cur/1:2,S", "new/2"]);
        assert_eq!(files(&folder.path().join("md/.Junk")), ["cur/4", "new/5"]);
    }

    #[test]
    fn a_large_folder_is_listed_in_pieces_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let expected: Vec<_> = (0..NAMES + 100).map(|i| format!("{i:06}")).collect();
        for name in expected.iter().rev() {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(files(folder.path()), expected);
    }
}
