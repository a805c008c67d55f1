//! Corpora, fitting and measuring.
pub mod corpus;
pub mod metrics;
