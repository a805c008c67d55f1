//! Names for a model's features, without giving anybody away.

use crate::error::Result;
use crate::features::{Extractor, hash};
use crate::message::Message;
use crate::message::transport::Trust;
use crate::model::Model;
use crate::train::corpus::Mail;
use crate::train::sample::for_each;

/// A name is kept if at least so many messages have the feature…
const MESSAGES: u32 = 10;

/// … from at least so many senders.
const SENDERS: usize = 3;

#[derive(Default, Clone)]
struct Row {
    name: Box<str>,
    messages: u32,
    /// Hashes of the addresses it came from, as many as matter.
    senders: Vec<u64>,
}

/// Reads the mail that a model was trained on once more, and gives the model the names of those features
/// that ten messages from three senders have. Addresses are never kept.
///
/// # Errors
/// The first that reading meets.
pub fn named(
    model: &Model<'_>,
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    mut progress: impl FnMut(),
) -> Result<Model<'static>> {
    let mut rows = vec![Row::default(); model.len()];
    let work = |mail: &Mail, extractor: &mut Extractor| {
        let message = Message::parse(&mail.raw);
        let sender = message.mailboxes("From").into_iter().next().unwrap_or_default();
        let features = extractor.extract_provenance(&message, true);
        let known = features.hashes().iter().zip(features.names());
        let found: Vec<(usize, Box<str>)> =
            known.filter_map(|(&hash, name)| Some((model.table().find(hash)?, name.into()))).collect();
        (hash(&sender.address.to_lowercase()), found)
    };
    for_each(mail, trust, false, work, |result| {
        progress();
        let (sender, found) = result?;
        for (row, name) in found {
            let row = &mut rows[row];
            row.messages += 1;
            if row.senders.len() < SENDERS && !row.senders.contains(&sender) {
                row.senders.push(sender);
            }
            row.name = name;
        }
        Ok(())
    })?;
    let public =
        |row: &Row| row.messages >= MESSAGES && row.senders.len() >= SENDERS && !row.name.contains('@');
    let names: Vec<&str> = rows.iter().map(|row| if public(row) { &*row.name } else { "" }).collect();
    model.with_names(&names)
}
