//! tamis: a spam classification engine.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod codec;
pub mod counts;
pub mod error;
pub mod features;
pub mod label;
pub mod limits;
pub mod message;
pub mod model;
pub mod personal;
pub mod score;
pub mod text;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "wasm")]
pub mod wasm;

pub use counts::{Counts, Learned};
pub use error::{Error, Result};
pub use features::{Extractor, Features};
pub use label::{Class, Label};
pub use message::transport::Trust;
pub use model::Model;
pub use personal::{Correction, correct};
pub use score::{Evidence, Verdict, explain, score};
