//! Corpora, fitting and measuring: native only.

pub mod audit;
pub mod bootstrap;
pub mod calibrate;
pub mod compare;
pub mod corpus;
pub mod curves;
pub mod dense;
pub mod duplicates;
pub mod estimator;
pub mod evaluate;
pub mod fit;
mod folder;
pub mod linear;
pub mod metrics;
pub mod names;
pub mod online;
pub mod report;
pub mod results;
pub mod sample;
