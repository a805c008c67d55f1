//! What can go wrong, with the data that a caller needs to say so.

use std::fmt;
use std::path::PathBuf;

/// A [`std::result::Result`] with tamis's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Scoring a message never fails: errors come from files, models and arguments.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing `path` failed.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A line of an index file or of a mailbox is not of its format.
    Format {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What was expected there.
        reason: String,
    },
    /// Bytes that should be a model or a counts file are not.
    Corrupt {
        /// What was being read (`"model"`, `"counts"`).
        what: &'static str,
        /// Byte offset of the first thing that is wrong.
        offset: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The file is well-formed, but of another version than this program reads.
    Version {
        /// What was being read (`"model"`, `"counts"`).
        what: &'static str,
        /// Which of its versions differs (`"format"`, `"tokenizer"`).
        part: &'static str,
        /// The version in the file.
        found: u32,
        /// The version that this program has.
        expected: u32,
    },
    /// Something is wrong with the content of a file.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// The mail given cannot be learned from or measured on, for instance because it has only one class.
    Data(String),
    /// A parameter is outside its range.
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it may be.
        reason: String,
    },
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { path: path.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Format { path, line, reason } => {
                write!(f, "{}, line {line}: {reason}", path.display())
            }
            Error::Corrupt { what, offset, reason } => {
                write!(f, "not a readable {what} file: at byte {offset}: {reason}")
            }
            Error::Version { what, part, found, expected } => {
                write!(f, "{what} file of {part} version {found}: this program reads version {expected}")
            }
            Error::File { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Data(reason) => f.write_str(reason),
            Error::Parameter { name, reason } => write!(f, "{name}: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
