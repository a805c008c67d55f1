//! The scoring artefact: weights of features in a small file that is read in place.
//!
//! A [`Model`] is a view of the bytes it was given; loading checks them and copies nothing but the
//! metadata. See [`mod@format`] for the layout.

pub mod format;
mod info;
mod table;

use std::borrow::Cow;

use crate::error::Result;

pub use build::{Entry, build};
pub use format::VERSION;
pub use info::{Combine, Component, FEW, Info, Thresholds};
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

    /// The log-odds that a row of the table adds where all of it counts, see [`Component::unit`].
    pub fn pull(&self, row: usize) -> f64 {
        let (table, text) = (self.table(), self.table().is_text(row));
        let parts = self.info.components.iter().enumerate();
        parts.map(|(i, part)| part.unit(text) * part.step * f64::from(table.weight(row, i))).sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn info() -> Info {
        Info {
            description: "test".into(),
            created: None,
            algorithm: "test".into(),
            sources: Vec::new(),
            messages: [10, 20],
            components: vec![Component {
                name: "test".into(),
                step: 1.0,
                combine: Combine::Sum,
                bias: 0.0,
                slope: 1.0,
            }],
            intercept: 0.0,
            calibration: "none".into(),
            thresholds: Thresholds::default(),
        }
    }

    fn hash(i: u64) -> u64 {
        (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn model(rows: u64) -> Model<'static> {
        let entry = |i| Entry {
            hash: hash(i),
            messages: i as u32,
            weights: vec![i as f64 - 500.0],
            name: format!("body:{i}"),
        };
        build(info(), (0..rows).map(entry).collect()).unwrap()
    }

    #[test]
    fn the_embedded_model_is_one() {
        let model = Model::embedded();
        assert!(model.len() > 10_000 && model.as_bytes().len() <= 1 << 20);
        let names = (0..model.len()).filter_map(|row| model.name(row));
        assert!(names.clone().count() > 1000);
        assert!(names.clone().all(|name| !name.contains('@')), "an address in the embedded model");
    }

    #[test]
    fn every_feature_is_found_with_its_weight_and_name() {
        for rows in [0, 1, 15, 1001] {
            let model = model(rows);
            assert_eq!(model.len() as u64, rows);
            for i in 0..rows {
                let row = model.table().find(hash(i)).unwrap();
                let weight = f64::from(model.table().weight(row, 0)) * model.info().components[0].step;
                assert!((weight - (i as f64 - 500.0)).abs() < 2.5, "{i}: {weight}");
                assert_eq!(model.name(row), Some(format!("body:{i}").as_str()));
            }
            assert_eq!(model.table().find(12345), None);
        }
    }

    #[test]
    fn names_can_go_and_nothing_else_changes() {
        let with = model(300);
        let without = with.without_names().unwrap();
        assert!(without.as_bytes().len() < with.as_bytes().len() && without.name(3).is_none());
        assert!(with.table().rows().eq(without.table().rows()));
        assert!(with.with_names(&["only one"]).is_err());
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_an_error() {
        let model = model(40);
        let bytes = model.as_bytes();
        for end in 0..bytes.len() {
            assert!(Model::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
        for i in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[i] ^= 0x20;
            assert!(Model::from_bytes(damaged).is_err(), "bit at {i}");
        }
    }

    #[test]
    fn other_versions_are_named() {
        for (at, expected) in [(8, "format"), (12, "tokenizer")] {
            let mut bytes = model(3).as_bytes().to_vec();
            bytes[at] = 77;
            match Model::from_bytes(bytes) {
                Err(Error::Version { part, found: 77, .. }) => assert_eq!(part, expected),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Damage that a checksum does not show, as a hostile file has.
    #[test]
    fn a_checksum_does_not_make_nonsense_a_model() {
        let valid = model(40);
        let rewritten = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = valid.as_bytes().to_vec();
            change(&mut bytes);
            let sum = twox_hash::XxHash3_64::oneshot(&bytes[24..]);
            bytes[16..24].copy_from_slice(&sum.to_le_bytes());
            Model::from_bytes(bytes).err().map(|e| e.to_string()).unwrap_or_default()
        };
        let table =
            u32::from_le_bytes(valid.as_bytes()[28 + 12 + 4..28 + 12 + 8].try_into().unwrap()) as usize;
        for (expected, change) in [
            ("sections", &(|b: &mut Vec<u8>| b[24] = 200) as &dyn Fn(&mut Vec<u8>)),
            ("bytes should stand", &|b| b[28 + 8..28 + 12].fill(0xff)),
            ("is missing", &|b| b[28..32].copy_from_slice(b"ELSE")),
            ("do not fit", &|b| b[table] = 41),
            ("bits a bucket", &|b| b[table + 4] = 60),
            ("columns", &|b| b[table + 8] = 2),
            ("buckets", &|b| b[table + 12] = 9),
        ] {
            let error = rewritten(change);
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn numbers_that_would_spoil_every_score_are_refused() {
        let spoiled = |change: fn(&mut Info)| {
            let mut info = info();
            change(&mut info);
            build(info, Vec::new()).is_err()
        };
        assert!(spoiled(|info| info.intercept = 1e300));
        assert!(spoiled(|info| info.components.clear()));
        assert!(spoiled(|info| info.components[0].combine = Combine::Normalised { text: 2.1, other: 1.0 }));
        assert!(spoiled(
            |info| info.components[0].combine = Combine::Normalised { text: 0.5, other: f64::NAN }
        ));
        assert!(!spoiled(|info| info.components[0].combine = Combine::Normalised { text: 0.0, other: 2.0 }));
        assert!(spoiled(|info| info.thresholds = Thresholds { ham: 0.9, spam: 0.1 }));
        assert!(!spoiled(|_| {}));
    }
}
