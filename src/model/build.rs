//! From weights in floating point to a model file.

use crate::error::Result;
use crate::model::{Info, Model, Row, format, table};

/// A feature with its weights, on the way into a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The feature's hash.
    pub hash: u64,
    /// Number of training messages that had it.
    pub messages: u32,
    /// Its weight in each of the model's components.
    pub weights: Vec<f64>,
    /// Its name, if the model may carry it; empty otherwise.
    pub name: String,
}

/// Makes a model. Each component's [`step`](super::Component::step) is set so that its largest weight
/// fills the signed byte that a weight has in the file.
///
/// # Errors
/// [`Error::Corrupt`](crate::Error::Corrupt) if a number in `info` is out of range or the model would
/// be too large for its format.
///
/// The result depends on `info` and the set of `entries` only, not on their order.
pub fn build(mut info: Info, mut entries: Vec<Entry>) -> Result<Model<'static>> {
    let columns = info.components.len();
    entries.sort_by_key(|entry| entry.hash);
    table::arrange(&mut entries, |entry| entry.hash);
    for (column, component) in info.components.iter_mut().enumerate() {
        let largest = entries.iter().map(|entry| entry.weights[column].abs()).fold(0.0, f64::max);
        component.step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    }
    let rows: Vec<Row> = (entries.iter())
        .map(|entry| Row {
            hash: entry.hash,
            frequency: libm::rint(8.0 * libm::log2(f64::from(entry.messages.max(1)))) as u8,
            weights: (0..columns)
                .map(|column| libm::rint(entry.weights[column] / info.components[column].step) as i8)
                .collect(),
        })
        .collect();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let names = names.iter().any(|name| !name.is_empty()).then_some(&names[..]);
    let bytes = format::write(&info, &rows, names);
    Model::from_bytes(bytes)
}
