//! What a report shows of mail and model, beyond figures.

use std::collections::HashMap;

use crate::error::Result;
use crate::features::Extractor;
use crate::label::Label;
use crate::message::Message;
use crate::message::transport::Trust;
use crate::model::Model;
use crate::score::Evidence;
use crate::train::corpus::Mail;
use crate::train::metrics::Judged;
use crate::train::report::Mistake;

/// The positions of the `n` worst mistakes on ham and on spam, worst first.
pub fn worst(judged: &[Judged], n: usize) -> [Vec<usize>; 2] {
    [Label::Ham, Label::Spam].map(|label| {
        let of = |&i: &usize| judged[i].label == label && judged[i].is_mistake();
        let mut found: Vec<usize> = (0..judged.len()).filter(of).collect();
        found.sort_by(|&a, &b| judged[b].score.abs().total_cmp(&judged[a].score.abs()));
        found.truncate(n);
        found
    })
}

/// Reads judged mail once more, for the subjects and senders of the messages at `positions`, and for the
/// names of the features in their evidence. `mail` must be what was judged, from its first message.
///
/// # Errors
/// The first that reading meets.
pub fn mistakes<const N: usize>(
    judged: &[Judged],
    positions: [Vec<usize>; N],
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
) -> Result<[Vec<Mistake>; N]> {
    let mut extractor = Extractor::new(trust.clone());
    let mut read = HashMap::new();
    for (i, mail) in mail.enumerate() {
        let mail = mail?;
        if positions.iter().any(|of| of.contains(&i)) && i < judged.len() {
            read.insert(i, mistake(&judged[i], &mail, &mut extractor));
        }
    }
    Ok(positions.map(|of| of.iter().filter_map(|i| read.remove(i)).collect()))
}

fn mistake(judged: &Judged, mail: &Mail, extractor: &mut Extractor) -> Mistake {
    let message = Message::parse(&mail.raw);
    let features = extractor.extract_provenance(&message, true);
    let named: HashMap<String, &str> =
        features.hashes().iter().map(|hash| format!("#{hash:016x}")).zip(features.names()).collect();
    let mut judged = judged.clone();
    for one in &mut judged.evidence {
        if let Some(name) = named.get(&one.feature) {
            one.feature = (*name).into();
        }
    }
    let field = |name| message.header(name).map_or(String::new(), |header| header.value().trim().to_owned());
    Mistake { judged, subject: field("Subject"), from: field("From") }
}

/// The `n` named features with the largest weights towards ham and towards spam, in log-odds; of equal
/// ones those that more messages have.
pub fn strongest(model: &Model<'_>, n: usize) -> [Vec<Evidence>; 2] {
    let table = model.table();
    let mut named: Vec<(f64, u8, &str)> = (0..model.len())
        .filter_map(|row| Some((model.pull(row), table.frequency(row), model.name(row)?)))
        .collect();
    named.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(b.1.cmp(&a.1)).then(a.2.cmp(b.2)));
    [-1.0, 1.0].map(|side| {
        let of = named.iter().filter(|one| one.0 * side > 0.0).take(n);
        of.map(|&(pull, _, name)| Evidence { feature: name.into(), pull }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Class;

    #[test]
    fn mistakes_get_the_names_subjects_and_senders_of_their_messages() {
        let raw = b"From: Ann <a@b.example>\nSubject: =?utf-8?q?fr=C3=A9e?=\n\ntext".to_vec();
        let other = b"Subject: other\n\ntext".to_vec();
        let mail = [other, raw].map(|raw| Ok(Mail { path: "m".into(), label: Some(Label::Ham), raw }));
        let feature = format!("#{:016x}", crate::features::hash("body:text"));
        let evidence = vec![
            Evidence { feature, pull: 2.0 },
            Evidence { feature: "#0000000000000001".into(), pull: 1.0 },
        ];
        let judged = Judged { path: "m".into(), label: Label::Ham, class: Class::Spam, score: 3.0, evidence };
        let run = [judged.clone(), judged];
        let [found, none] = mistakes(&run, [vec![1], vec![]], mail.into_iter(), &Trust::default()).unwrap();
        assert!(none.is_empty() && found.len() == 1);
        assert_eq!((&*found[0].subject, &*found[0].from), ("frée", "Ann <a@b.example>"));
        let names: Vec<&str> = found[0].judged.evidence.iter().map(|one| &*one.feature).collect();
        assert_eq!(names, ["body:text", "#0000000000000001"]);
    }

    #[test]
    fn the_strongest_features_are_named_and_on_their_side() {
        let [ham, spam] = strongest(&Model::embedded(), 5);
        assert_eq!((ham.len(), spam.len()), (5, 5));
        assert!(ham.iter().all(|one| one.pull < 0.0) && spam.iter().all(|one| one.pull > 0.0));
        assert!(ham.windows(2).all(|pair| pair[0].pull <= pair[1].pull));
    }
}
