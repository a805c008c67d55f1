//! Corpora, fitting and measuring: native only.

pub mod calibrate;
pub mod corpus;
pub mod duplicates;
pub mod estimator;
pub mod evaluate;
pub mod fit;
mod folder;
pub mod linear;
pub mod metrics;
pub mod names;
pub mod online;
pub mod results;
pub mod sample;
