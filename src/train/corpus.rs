//! Reading mail: single messages, folders, Maildir, mbox, TREC index files and standard input.
//!
//! Everything streams: memory holds one message at a time, and of that at most
//! [`limits::MESSAGE_BYTES`] and a little, whatever the size of the mailbox.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::label::Label;
use crate::limits;
use crate::train::folder::Folder;

/// Bytes kept of a message: one more than is looked at, so that a longer one is seen to be longer.
const KEEP: usize = limits::MESSAGE_BYTES + 1;

/// One message, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Where it is: the file's path, with `#N` after it for the N-th message (from 1) of an mbox, `-`
    /// for standard input.
    pub path: String,
    /// Its label, if the source has one.
    pub label: Option<Label>,
    /// Its bytes, of a very long one only the first.
    pub raw: Vec<u8>,
}

/// The messages of a path, in order. Unreadable files yield an error each, and reading goes on.
pub struct Corpus {
    source: Source,
    label: Option<Label>,
    files: usize,
    mailbox: Option<Mailbox>,
}

enum Source {
    /// A file, or `-`, until it was opened.
    File(Option<PathBuf>),
    Folder(Folder),
    Index(Index),
}

/// A TREC index that is being gone through.
struct Index {
    folder: PathBuf,
    text: String,
    /// Where the next line starts.
    at: usize,
}

struct Item {
    path: PathBuf,
    name: String,
    label: Option<Label>,
}

impl Corpus {
    /// The mail at `path`: `-` for standard input (one message or an mbox), a file (one message or an
    /// mbox), a Maildir, a folder of any of these, or a TREC index if the file is called `index`.
    /// All of it gets `label`, unless an index says otherwise. An index within a folder is passed over.
    ///
    /// # Errors
    /// [`Error::Io`] if the path cannot be read, [`Error::Data`] if a folder has no mail,
    /// [`Error::Format`] if an index has a bad line.
    pub fn open(path: &Path, label: Option<Label>) -> Result<Self> {
        let file = || Source::File(Some(path.to_path_buf()));
        let corpus = |source, files| Corpus { source, label, files, mailbox: None };
        if path == Path::new("-") {
            return Ok(corpus(file(), 1));
        }
        let metadata = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
        if metadata.is_dir() {
            return match Folder::open(path)? {
                (_, 0) => Err(Error::Data(format!("{}: no mail in this folder", path.display()))),
                (folder, files) => Ok(corpus(Source::Folder(folder), files)),
            };
        }
        if is_index(path) {
            return Self::index(path);
        }
        // What cannot be opened is told before anything else is read. A pipe can be opened only once.
        if metadata.is_file() {
            File::open(path).map_err(|e| Error::io(path, e)).map(drop)?;
        }
        Ok(corpus(file(), 1))
    }

    /// The messages of a TREC Spam Track index: one `spam PATH` or `ham PATH` a line, paths relative to
    /// the index file (of `-`, standard input, to the current folder). Empty lines and lines that start with
    /// `#` are passed over.
    ///
    /// # Errors
    /// [`Error::Io`] if the index cannot be read, [`Error::Format`] with the number of a bad line.
    pub fn index(path: &Path) -> Result<Self> {
        let text = match path == Path::new("-") {
            true => io::read_to_string(io::stdin()),
            false => std::fs::read_to_string(path),
        };
        let text = text.map_err(|e| Error::io(path, e))?;
        let mut files = 0;
        for (i, line) in text.lines().enumerate() {
            let bad = |reason: &str| Error::Format { path: path.into(), line: i + 1, reason: reason.into() };
            files += usize::from(index_line(line).map_err(bad)?.is_some());
        }
        if files == 0 {
            return Err(Error::Data(format!("{}: the index names no mail", path.display())));
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Corpus { source: Source::Index(Index { folder, text, at: 0 }), label: None, files, mailbox: None })
    }

    /// Files that it had when it was opened; an mbox counts as one.
    pub fn files(&self) -> usize {
        self.files
    }

    fn next_item(&mut self) -> Option<Result<Item>> {
        let label = self.label;
        let item = |path: PathBuf| Item { name: path.display().to_string(), path, label };
        match &mut self.source {
            Source::File(path) => path.take().map(|path| Ok(item(path))),
            Source::Folder(folder) => {
                let mail = |found: &Result<PathBuf>| !found.as_ref().is_ok_and(|path| is_index_of_mail(path));
                Some(folder.find(mail)?.map(item))
            }
            Source::Index(index) => index.next().map(Ok),
        }
    }

    fn read(&mut self, item: Item) -> Result<Option<Mail>> {
        let fail = |e| Error::io(&item.path, e);
        if item.path == Path::new("-") {
            self.mailbox = Some(Mailbox::new(Box::new(BufReader::new(io::stdin())), item));
            return Ok(None);
        }
        let mut file = File::open(&item.path).map_err(fail)?;
        let mut start = [0; 5];
        let got = read_full(&mut file, &mut start).map_err(fail)?;
        if start == *b"From " {
            let reader = BufReader::with_capacity(1 << 16, io::Cursor::new(start).chain(file));
            self.mailbox = Some(Mailbox::new(Box::new(reader), item));
            return Ok(None);
        }
        let mut raw = start[..got].to_vec();
        file.take((KEEP - got) as u64).read_to_end(&mut raw).map_err(fail)?;
        Ok(Some(Mail { path: item.name, label: item.label, raw }))
    }
}

impl Iterator for Index {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let line = self.text[self.at..].split_inclusive('\n').next()?;
            self.at += line.len();
            if let Ok(Some((label, file))) = index_line(line) {
                return Some(Item { path: self.folder.join(file), name: file.into(), label: Some(label) });
            }
        }
    }
}

/// A label and a path, or nothing in a line that is empty or a comment.
fn index_line(line: &str) -> Result<Option<(Label, &str)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (label, file) = line.split_once([' ', '\t']).ok_or("expected `spam PATH` or `ham PATH`")?;
    let label = label.parse().map_err(|_| "expected `spam` or `ham` first")?;
    Ok(Some((label, file.trim())))
}

fn is_index(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "index")
}

/// Whether a file in a folder is an index of the mail beside it: its name may be a message's too.
fn is_index_of_mail(path: &Path) -> bool {
    is_index(path) && Corpus::index(path).is_ok()
}

fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

impl Iterator for Corpus {
    type Item = Result<Mail>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(mailbox) = &mut self.mailbox {
                match mailbox.next_mail() {
                    Some(mail) => return Some(mail),
                    None => self.mailbox = None,
                }
            }
            match self.next_item()?.and_then(|item| self.read(item)) {
                Ok(None) => {}
                Ok(Some(mail)) => return Some(Ok(mail)),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

/// An mbox being read (RFC 4155, with the `>From ` quoting of mboxrd): a message starts at a line
/// `From ` with a date, at the beginning or after an empty line. A file or stream that does not begin
/// so is one message.
struct Mailbox {
    reader: Box<dyn BufRead>,
    item: Item,
    number: usize,
    /// The line read last: while a message is not being read, the one that starts the next.
    line: Vec<u8>,
    done: bool,
}

impl Mailbox {
    fn new(reader: Box<dyn BufRead>, item: Item) -> Self {
        Self { reader, item, number: 0, line: Vec::new(), done: false }
    }

    fn next_mail(&mut self) -> Option<Result<Mail>> {
        if self.done {
            return None;
        }
        let raw = self.message().map_err(|e| {
            self.done = true;
            Error::io(&self.item.path, e)
        });
        let only = self.done && self.number == 1;
        let path = if only { self.item.name.clone() } else { format!("{}#{}", self.item.name, self.number) };
        Some(raw.map(|raw| Mail { path, label: self.item.label, raw }))
    }

    /// The next message's bytes, up to the separator after it.
    fn message(&mut self) -> io::Result<Vec<u8>> {
        if self.number == 0 {
            self.next_line()?;
        }
        self.number += 1;
        // Only what begins as an mbox is split.
        let mbox = self.number > 1 || is_separator(&self.line);
        let mut raw = self.line.clone();
        let mut blank = false;
        loop {
            self.next_line()?;
            let line = &self.line;
            if line.is_empty() {
                self.done = true;
                return Ok(raw);
            }
            if mbox && blank && is_separator(line) {
                return Ok(raw);
            }
            blank = line == b"\n" || line == b"\r\n";
            let quotes = line.iter().take_while(|&&byte| byte == b'>').count();
            let unquote = usize::from(mbox && quotes > 0 && line[quotes..].starts_with(b"From "));
            if raw.len() < KEEP {
                raw.extend_from_slice(&line[unquote..]);
                raw.truncate(KEEP);
            }
        }
    }

    /// Reads the next line, of a very long one a piece; at the end it is empty.
    fn next_line(&mut self) -> io::Result<()> {
        self.line.clear();
        (&mut self.reader).take(1 << 20).read_until(b'\n', &mut self.line)?;
        Ok(())
    }
}

/// `From sender date`, where the date has a time and a year: prose that begins with "From " has not.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let digit = |i: usize| rest.get(i).is_some_and(u8::is_ascii_digit);
    let time = memchr::memchr_iter(b':', rest).any(|i| i > 0 && digit(i - 1) && digit(i + 1) && digit(i + 2));
    time && rest
        .split(|b| b.is_ascii_whitespace())
        .any(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<(String, String)> {
        let name = |mail: Mail| {
            let file = mail.path.rsplit('/').next().unwrap_or_default().to_string();
            (file, String::from_utf8_lossy(&mail.raw).replace('\n', "|"))
        };
        Corpus::open(path, None).unwrap().map(|mail| name(mail.unwrap())).collect()
    }

    #[test]
    fn an_mbox_is_split_at_separators_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("box");
        let text = "From a@b Thu Aug 22 12:36:23 2002\nA: 1\n\nFrom here on\n\n>From x\n\n\
                    From c@d Thu Aug 22 12:36:23 2002\nB: 2\n\n";
        std::fs::write(&path, text).unwrap();
        let mails = read(&path);
        assert_eq!(
            mails[0],
            ("box#1".into(), "From a@b Thu Aug 22 12:36:23 2002|A: 1||From here on||From x||".into())
        );
        assert_eq!(mails[1], ("box#2".into(), "From c@d Thu Aug 22 12:36:23 2002|B: 2||".into()));
        std::fs::write(&path, &text[..60]).unwrap();
        assert_eq!(read(&path)[0].0, "box");
        std::fs::write(&path, "From: x\n\nFrom a@b Thu Aug 22 12:36:23 2002\n").unwrap();
        assert_eq!(read(&path).len(), 1);
    }

    #[test]
    fn a_folder_is_read_but_for_its_index() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b", "From: b\n\nb"), ("a", "A: 1\n\na"), ("index", "ham a\nspam b\n")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let names = || read(folder.path()).into_iter().map(|mail| mail.0).collect::<Vec<_>>();
        assert_eq!(names(), ["a", "b"]);
        std::fs::write(folder.path().join("index"), "Subject: an old page\n\nx").unwrap();
        assert_eq!(names(), ["a", "b", "index"]);
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(matches!(Corpus::open(&folder.path().join("empty"), None), Err(Error::Data(_))));
        assert!(matches!(Corpus::open(&folder.path().join("missing"), None), Err(Error::Io { .. })));
    }

    #[test]
    fn an_index_names_labels_and_its_own_bad_lines() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index");
        std::fs::write(folder.path().join("m 1"), "x").unwrap();
        std::fs::write(&index, "# comment\nSPAM m 1\n\nham missing\n").unwrap();
        let mails: Vec<_> = Corpus::open(&index, None).unwrap().collect();
        assert_eq!(mails[0].as_ref().unwrap().label, Some(Label::Spam));
        assert!(matches!(&mails[1], Err(Error::Io { .. })));
        std::fs::write(&index, "spam a\nmaybe b\n").unwrap();
        assert!(matches!(Corpus::index(&index), Err(Error::Format { line: 2, .. })));
    }

    #[test]
    fn of_a_huge_message_only_the_first_bytes_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge");
        std::fs::write(&path, vec![b'x'; KEEP + 1000]).unwrap();
        assert_eq!(Corpus::open(&path, None).unwrap().next().unwrap().unwrap().raw.len(), KEEP);
    }
}
