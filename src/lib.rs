//! tamis: a spam classification engine.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod error;
pub mod limits;
pub mod message;
pub mod text;
#[cfg(feature = "train")]
pub mod train;

pub use error::{Error, Result};
