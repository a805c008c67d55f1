//! What mail is, and what it is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a person says of a message.
///
/// ```
/// use tamis::Label;
/// assert_eq!("spam".parse::<Label>().unwrap(), Label::Spam);
/// assert_eq!(Label::Ham.other(), Label::Spam);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Mail that its reader wants.
    Ham,
    /// Mail that its reader does not want.
    Spam,
}

impl Label {
    /// The position of this label's number wherever ham and spam stand side by side: ham 0, spam 1.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The label that this one is not.
    pub const fn other(self) -> Label {
        match self {
            Label::Ham => Label::Spam,
            Label::Spam => Label::Ham,
        }
    }

    /// `"ham"` or `"spam"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Label::Ham => "ham",
            Label::Spam => "spam",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("ham") {
            Ok(Label::Ham)
        } else if text.eq_ignore_ascii_case("spam") {
            Ok(Label::Spam)
        } else {
            Err(Error::Parameter { name: "label", reason: format!("`{text}` is neither ham nor spam") })
        }
    }
}

/// What a message is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Its probability of spam is below the model's ham threshold.
    Ham,
    /// Between the thresholds.
    Unsure,
    /// At the spam threshold or above it.
    Spam,
}

impl Class {
    /// `"ham"`, `"unsure"` or `"spam"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Ham => "ham",
            Class::Unsure => "unsure",
            Class::Spam => "spam",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
