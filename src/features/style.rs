//! Evidence in how a text is written: its lines, its links, and whom it names.

use memchr::memchr_iter;

use crate::features::emit::{Emitter, decimal};
use crate::message::{Message, find};
use crate::text::{Script, TextFacts};

/// A longest line is told by the first of these that it does not go beyond, in characters: where mail programs
/// wrap what is typed, and the longest line that there may be (RFC 5322, section 2.1.1).
const LINE_LENGTHS: [u32; 8] = [60, 66, 72, 76, 80, 100, 200, 998];

/// Words of the sender's name that are looked for, so that a long name takes no longer.
const NAME_WORDS: usize = 8;

/// Bytes of what is looked for: those of the longest address (RFC 5321, section 4.5.3.1.3).
const SOUGHT_BYTES: usize = 254;

/// What is seen of all texts of one message together.
pub(super) struct Style {
    /// The address of the first recipient.
    recipient: String,
    /// Words of the sender's name.
    sender: Vec<String>,
    chars: usize,
    links: usize,
    quoted: u32,
    longest: usize,
    names_recipient: bool,
    names_sender: bool,
}

impl Style {
    pub fn of(message: &Message<'_>) -> Self {
        let first = |field| message.mailboxes(field).into_iter().next().unwrap_or_default();
        let name = first("From").name.to_ascii_lowercase();
        let words = name.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| word.len() <= SOUGHT_BYTES && word.chars().count() > 2);
        Self {
            recipient: first("To").address.to_ascii_lowercase(),
            sender: words.take(NAME_WORDS).map(str::to_owned).collect(),
            chars: 0,
            links: message.html.iter().map(|html| html.links.len()).sum(),
            quoted: 0,
            longest: 0,
            names_recipient: false,
            names_sender: false,
        }
    }

    pub fn add(&mut self, text: &str, facts: &TextFacts) {
        self.chars += facts.chars as usize;
        self.links += memchr_iter(b':', text.as_bytes()).filter(|&i| text[i..].starts_with("://")).count();
        // Programs do not wrap what has no spaces.
        let wrapped = !facts.dominant().is_some_and(Script::is_unsegmented);
        for line in text.lines() {
            self.quoted += u32::from(line.trim_start().starts_with('>'));
            if wrapped && line.len() > self.longest {
                self.longest = self.longest.max(line.chars().count());
            }
        }
        let lower = text.to_ascii_lowercase();
        let named = |name: &str| find(lower.as_bytes(), name.as_bytes()).is_some();
        let address = self.recipient.len() <= SOUGHT_BYTES && self.recipient.contains('@');
        self.names_recipient = self.names_recipient || address && named(&self.recipient);
        self.names_sender = self.names_sender || self.sender.iter().any(|word| named(word));
    }

    pub fn emit(self, out: &mut Emitter) {
        if let Some(log) = self.quoted.checked_ilog2() {
            out.put("style", "quoted");
            out.put_joined("style", &["quoted=2^", &decimal(log)]);
        }
        if self.longest > 0 {
            let length = LINE_LENGTHS.into_iter().find(|&length| self.longest <= length as usize);
            out.put_joined("style", &["line=", &length.map_or_else(|| "longer".into(), decimal)]);
        }
        for (holds, name) in [(self.names_recipient, "names-recipient"), (self.names_sender, "names-sender")]
        {
            if holds {
                out.put("style", name);
            }
        }
        out.put_size("url-count", self.links);
        out.put_size("text-per-url", self.chars / self.links.max(1));
    }
}
