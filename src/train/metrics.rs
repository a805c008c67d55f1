//! Measures of a spam filter.
