//! A message as the classifier sees it.
pub mod transport;
