//! Reading and writing the program's files.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tamis::train::corpus::{Corpus, Mail};
use tamis::train::sample::Fields;
use tamis::{Counts, Error, Label, Model, Result, Trust};
use tempfile::NamedTempFile;

use crate::output;

/// The servers whose word counts.
#[derive(clap::Args)]
pub struct TrustArgs {
    /// Believe Authentication-Results fields of this server (may be repeated)
    #[arg(long = "trust-authserv", value_name = "ID", help_heading = "Trust")]
    authserv_ids: Vec<String>,

    /// Believe Received fields written by this host, or by all below `.domain` (may be repeated)
    #[arg(long = "trust-host", value_name = "HOST", help_heading = "Trust")]
    hosts: Vec<String>,
}

impl TrustArgs {
    pub fn trust(&self) -> Trust {
        Trust { authserv_ids: self.authserv_ids.clone(), hosts: self.hosts.clone() }
    }
}

/// The fields that are learned from.
#[derive(clap::Args)]
pub struct FieldArgs {
    /// Learn nothing from these fields, for instance `to` and `received-by` where the classes come from
    /// different mailboxes, or `list-*` for all that begin so
    #[arg(long, value_name = "FIELD", num_args = 1.., value_delimiter = ',')]
    without: Vec<String>,

    /// Learn from these fields only, for instance `subject` and `body`
    #[arg(long, value_name = "FIELD", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
}

impl FieldArgs {
    pub fn fields(&self) -> Fields {
        Fields::new(&self.only, &self.without)
    }

    /// The fields to learn from only, and those to learn nothing from, as they were given.
    pub fn named(&self) -> [&Vec<String>; 2] {
        [&self.only, &self.without]
    }
}

/// Tells of the fields given that no message had: most likely they are misspelt.
pub fn warn_of_unmet(fields: &Fields) {
    for field in fields.unmet() {
        match field.strip_suffix('*') {
            Some(start) => output::warn(&format!("no message has a field that begins with `{start}`")),
            None => output::warn(&format!("no message has the field `{field}`")),
        }
    }
}

/// The error of mail whose every field was left out.
pub fn no_features() -> Error {
    Error::Data("no features are left: no message has a field that `--only` and `--without` keep".into())
}

/// The model in a file, or the embedded one.
pub fn model(path: Option<&Path>) -> Result<Model<'static>> {
    match path {
        Some(path) => Model::from_bytes(read(path)?).map_err(|e| located(path, e)),
        None => Ok(Model::embedded()),
    }
}

/// The counts in a file.
pub fn counts(path: &Path) -> Result<Counts> {
    Counts::from_bytes(&read(path)?).map_err(|e| located(path, e))
}

/// The counts in a file, or none if there is no such file yet.
pub fn counts_or_new(path: &Path) -> Result<Counts> {
    match counts(path) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(Counts::new()),
        other => other,
    }
}

/// The bytes of a file, or of standard input for `-`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().read_to_end(&mut bytes),
        false => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    read.map(|_| bytes).map_err(|e| Error::io(path, e))
}

/// Says which file an error is about.
pub fn located(path: &Path, error: Error) -> Error {
    Error::File { path: path.into(), source: Box::new(error) }
}

/// Writes a file as a whole or not at all: into a new file beside it, flushed to the disk, then renamed
/// over the old one. `-` is standard output.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |e| Error::io(path, e);
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(fail);
    }
    // A device or a pipe is written to, never replaced.
    if fs::metadata(path).is_ok_and(|old| !old.is_file()) {
        return File::options().write(true).open(path).and_then(|mut out| out.write_all(bytes)).map_err(fail);
    }
    let (path, mut file) = aside(path).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    if let Ok(old) = fs::metadata(&path) {
        file.as_file().set_permissions(old.permissions()).map_err(fail)?;
    }
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&path).map_err(|e| fail(e.error))?;
    // The rename itself is on the disk once the folder is. Not every file system can do that.
    let _ = File::open(folder(&path)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Tells now that [`write`] would fail for these files, rather than after the work whose results are for them.
pub fn writable<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    for path in paths {
        let fail = |e| Error::io(path, e);
        match fs::metadata(path) {
            _ if path == Path::new("-") => {}
            Ok(old) if old.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(old) if !old.is_file() => {}
            _ => drop(aside(path).map_err(fail)?),
        }
    }
    Ok(())
}

/// A new file beside the one of this path, and where to move it. A link stays a link: what it points to is
/// replaced.
fn aside(path: &Path) -> io::Result<(PathBuf, NamedTempFile)> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut builder = tempfile::Builder::new();
    // As any new file, not for its owner only as other temporary ones.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.prefix(".tamis-").tempfile_in(folder(&path))?;
    Ok((path, file))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Keeps others from changing a file between reading and writing it, until the lock is dropped: by whatever links
/// they name it.
pub fn lock(path: &Path) -> Result<File> {
    let mut name = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()).into_os_string();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = File::create(&name).map_err(|e| Error::io(&name, e))?;
    file.lock().map_err(|e| Error::io(&name, e))?;
    Ok(file)
}

/// The mail of several paths, each opened before any is read, so that a wrong path is told at once.
pub fn mail(paths: &[PathBuf], label: Option<Label>) -> Result<(usize, impl Iterator<Item = Result<Mail>>)> {
    once(paths)?;
    let opened = paths.iter().map(|path| Corpus::open(path, label)).collect::<Result<Vec<_>>>()?;
    Ok((opened.iter().map(Corpus::files).sum(), opened.into_iter().flatten()))
}

/// The mail of several TREC index files. Of one, messages are called what it calls them; several may call
/// different messages the same, so that their folders are told too.
pub fn indexed(paths: &[PathBuf]) -> Result<(usize, impl Iterator<Item = Result<Mail>>)> {
    let opened = paths.iter().map(|path| Corpus::index(path)).collect::<Result<Vec<_>>>()?;
    let files = opened.iter().map(Corpus::files).sum();
    let one = paths.len() == 1;
    let folders = paths.iter().map(|path| path.parent().unwrap_or(Path::new("")).to_path_buf());
    let folders: Vec<_> = folders.collect();
    let mail = opened.into_iter().zip(folders).flat_map(move |(corpus, folder)| {
        corpus.map(move |mail| {
            let mail = mail?;
            let path = if one { mail.path } else { folder.join(mail.path).display().to_string() };
            Ok(Mail { path, ..mail })
        })
    });
    Ok((files, mail))
}

/// Standard input can be read once only.
pub fn once<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
    match paths.into_iter().filter(|path| *path == Path::new("-")).count() {
        0 | 1 => Ok(()),
        _ => Err(Error::Data("`-`: standard input can be given only once".into())),
    }
}

/// Puts standard input, if it is among the paths, into a file in a folder. It can be read more than once,
/// as long as what is returned lives.
pub fn spool<'a>(
    paths: impl IntoIterator<Item = &'a mut PathBuf>,
    folder: &Path,
) -> Result<Option<tempfile::NamedTempFile>> {
    let Some(path) = paths.into_iter().find(|path| *path == Path::new("-")) else { return Ok(None) };
    let fail = |e| Error::io(folder, e);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    io::copy(&mut io::stdin(), &mut file).map_err(fail)?;
    *path = file.path().to_path_buf();
    Ok(Some(file))
}
