//! Reading mail: single messages, folders, Maildir, mbox, TREC index files and standard input.
//!
//! Everything streams: memory holds one message at a time, and of that at most
//! [`limits::MESSAGE_BYTES`] and a little, whatever the size of the mailbox.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::label::Label;
use crate::limits;

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

/// The messages of one or more paths, in order. Unreadable files yield an error each, and reading goes on.
pub struct Corpus {
    pending: VecDeque<Item>,
    mailbox: Option<Mailbox>,
    stdin: bool,
}

struct Item {
    path: PathBuf,
    name: String,
    label: Option<Label>,
}

impl Corpus {
    /// The mail at `path`: `-` for standard input (one message or an mbox), a file (one message or an
    /// mbox), a Maildir, a folder of any of these, or a TREC index if the file is called `index`.
    /// All of it gets `label`, unless an index says otherwise.
    ///
    /// # Errors
    /// [`Error::Io`] if the path cannot be read, [`Error::Data`] if a folder has no mail,
    /// [`Error::Format`] if an index has a bad line.
    pub fn open(path: &Path, label: Option<Label>) -> Result<Self> {
        let mut corpus = Corpus { pending: VecDeque::new(), mailbox: None, stdin: false };
        if path == Path::new("-") {
            corpus.stdin = true;
            corpus.pending.push_back(Item { path: path.into(), name: "-".into(), label });
            return Ok(corpus);
        }
        let metadata = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
        if !metadata.is_dir() {
            if path.file_name().is_some_and(|name| name == "index") {
                return Self::index(path);
            }
            corpus.push(path.to_path_buf(), label);
            return Ok(corpus);
        }
        let maildir = path.join("cur").is_dir() && path.join("new").is_dir();
        let walk = WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(move |entry| {
            let name = entry.file_name();
            // A Maildir's tmp is what is still being written, and its dot-folders are other Maildirs.
            let skip = name.as_encoded_bytes().starts_with(b".") && !maildir || maildir && name == "tmp";
            entry.depth() == 0 || !skip
        });
        for entry in walk {
            let entry = entry.map_err(|e| Error::io(e.path().unwrap_or(path).to_path_buf(), e.into()))?;
            let file = std::fs::metadata(entry.path()).is_ok_and(|m| m.is_file());
            let in_maildir = || {
                let parent = entry.path().parent().and_then(Path::file_name);
                parent.is_some_and(|name| name == "cur" || name == "new")
            };
            if file && (!maildir || in_maildir()) {
                corpus.push(entry.into_path(), label);
            }
        }
        if corpus.pending.is_empty() {
            return Err(Error::Data(format!("{}: no mail in this folder", path.display())));
        }
        Ok(corpus)
    }

    /// The messages of a TREC Spam Track index: one `spam PATH` or `ham PATH` a line, paths relative to
    /// the index file. Empty lines and lines that start with `#` are passed over.
    ///
    /// # Errors
    /// [`Error::Io`] if the index cannot be read, [`Error::Format`] with the number of a bad line.
    pub fn index(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut corpus = Corpus { pending: VecDeque::new(), mailbox: None, stdin: false };
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = |reason: &str| Error::Format { path: path.into(), line: i + 1, reason: reason.into() };
            let (label, file) =
                line.split_once([' ', '\t']).ok_or_else(|| bad("expected `spam PATH` or `ham PATH`"))?;
            let label = label.parse().map_err(|_| bad("expected `spam` or `ham` first"))?;
            let file = file.trim();
            corpus.pending.push_back(Item { path: folder.join(file), name: file.into(), label: Some(label) });
        }
        if corpus.pending.is_empty() {
            return Err(Error::Data(format!("{}: the index names no mail", path.display())));
        }
        Ok(corpus)
    }

    /// Files that are still to be read; an mbox counts as one.
    pub fn files(&self) -> usize {
        self.pending.len()
    }

    fn push(&mut self, path: PathBuf, label: Option<Label>) {
        let name = path.display().to_string();
        self.pending.push_back(Item { path, name, label });
    }

    fn open_next(&mut self, item: Item) -> Result<Option<Mail>> {
        let fail = |e| Error::io(&item.path, e);
        if self.stdin {
            self.mailbox = Some(Mailbox::new(Box::new(BufReader::new(io::stdin())), item));
            return Ok(None);
        }
        let mut file = File::open(&item.path).map_err(fail)?;
        let mut start = [0; 5];
        let got = read_full(&mut file, &mut start).map_err(fail)?;
        if start == *b"From " {
            let reader = BufReader::new(io::Cursor::new(start).chain(file));
            self.mailbox = Some(Mailbox::new(Box::new(reader), item));
            return Ok(None);
        }
        let mut raw = start[..got].to_vec();
        file.take((KEEP - got) as u64).read_to_end(&mut raw).map_err(fail)?;
        Ok(Some(Mail { path: item.name, label: item.label, raw }))
    }
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
            let item = self.pending.pop_front()?;
            match self.open_next(item) {
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
    /// The line read last, if it starts the next message.
    start: Option<Vec<u8>>,
    done: bool,
}

impl Mailbox {
    fn new(reader: Box<dyn BufRead>, item: Item) -> Self {
        Self { reader, item, number: 0, start: None, done: false }
    }

    fn next_mail(&mut self) -> Option<Result<Mail>> {
        if self.done {
            return None;
        }
        let mut raw = self.start.take().unwrap_or_default();
        let mbox = self.number > 0 || {
            // Only what begins as an mbox is split.
            match self.line() {
                Ok(line) => raw = line,
                Err(e) => return self.fail(e),
            }
            is_separator(&raw)
        };
        self.number += 1;
        let mut blank = false;
        loop {
            let line = match self.line() {
                Ok(line) => line,
                Err(e) => return self.fail(e),
            };
            if line.is_empty() {
                self.done = true;
                break;
            }
            if mbox && blank && is_separator(&line) {
                self.start = Some(line);
                break;
            }
            blank = line == b"\n" || line == b"\r\n";
            let quotes = line.iter().take_while(|&&byte| byte == b'>').count();
            let unquote = usize::from(mbox && quotes > 0 && line[quotes..].starts_with(b"From "));
            if raw.len() < KEEP {
                raw.extend_from_slice(&line[unquote..]);
                raw.truncate(KEEP);
            }
        }
        let only = self.done && self.number == 1;
        let path = if only { self.item.name.clone() } else { format!("{}#{}", self.item.name, self.number) };
        Some(Ok(Mail { path, label: self.item.label, raw }))
    }

    fn fail(&mut self, e: io::Error) -> Option<Result<Mail>> {
        self.done = true;
        Some(Err(Error::io(&self.item.path, e)))
    }

    /// The next line, of a very long one a piece; empty at the end.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.reader).take(1 << 20).read_until(b'\n', &mut line)?;
        Ok(line)
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
    fn folders_and_maildirs_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        };
        [
            "plain/b",
            "plain/sub/a",
            "plain/.hidden",
            "md/cur/1:2,S",
            "md/new/2",
            "md/tmp/3",
            "md/dovecot-uidlist",
        ]
        .iter()
        .for_each(|name| at(name));
        let names =
            |path: &str| read(&folder.path().join(path)).into_iter().map(|mail| mail.0).collect::<Vec<_>>();
        assert_eq!(names("plain"), ["b", "a"]);
        assert_eq!(names("md"), ["1:2,S", "2"]);
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
