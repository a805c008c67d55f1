//! The scoring artefact: weights of features in a small file that is read in place.
//!
//! A [`Model`] is a view of the bytes it was given; loading checks them and copies nothing but the
//! metadata. See [`format`](self::format) for the layout.

mod format;
mod info;
mod table;

use std::borrow::Cow;

use crate::error::Result;

pub use build::{Entry, build};
pub use format::VERSION;
pub use info::{Combine, Component, Info, Thresholds};
pub use table::{Row, Table};

mod build;

/// Weights of features, with everything that turns their sum into a verdict.
///
/// ```
/// let model = tamis::Model::embedded();
/// assert!(model.len() > 1000);
/// println!("{}", model.info().description);
/// ```
#[derive(Debug, Clone)]
pub struct Model<'a> {
    bytes: Cow<'a, [u8]>,
    layout: format::Layout,
    info: Info,
}

impl<'a> Model<'a> {
    /// Reads a model in place.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) with the byte offset if the bytes are not a model or
    /// are damaged; [`Error::Version`](crate::Error::Version) if another version of the format or the
    /// tokenizer made them.
    pub fn from_bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        let (layout, info) = format::read(&bytes)?;
        Ok(Self { bytes, layout, info })
    }

    /// What the model says of itself.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The file's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Number of features that have a weight.
    pub fn len(&self) -> usize {
        self.layout.table.rows
    }

    /// Whether no feature has a weight.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The weights.
    #[inline]
    pub fn table(&self) -> Table<'_> {
        Table::new(&self.bytes, &self.layout.table)
    }

    /// The name of the feature in a row of the table, where the model carries it.
    pub fn name(&self, row: usize) -> Option<&str> {
        let names = self.layout.names.as_ref()?;
        names.get(&self.bytes, row).filter(|name| !name.is_empty())
    }

    /// The same model without the names of its features, for hosts that do not list them.
    /// Explanations do not need them: there names come from the message.
    ///
    /// # Errors
    /// None for a model that was read from bytes.
    pub fn without_names(&self) -> Result<Model<'static>> {
        Model::from_bytes(format::write(&self.info, &self.rows(), None))
    }

    /// The same model with these names for its rows, in the table's order; an empty one is none.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if there are fewer names than rows.
    pub fn with_names(&self, names: &[&str]) -> Result<Model<'static>> {
        Model::from_bytes(format::write(&self.info, &self.rows(), Some(names)))
    }

    fn rows(&self) -> Vec<Row> {
        self.table().rows().collect()
    }
}

/// The trained model that the library carries.
static EMBEDDED: &[u8] = include_bytes!("../../models/default.tamis");

impl Model<'static> {
    /// The model that comes with the library; `models/README.md` says what it was trained on.
    pub fn embedded() -> Self {
        // That these very bytes are a model of this version is a test of this module.
        Self::from_bytes(EMBEDDED).unwrap_or_else(|error| unreachable!("{error}"))
    }
}
