//! Reading labelled and unlabelled mail.
