//! What makes a corpus separable by accident. Ham from one place and spam from another can be told apart
//! by where they were kept: a model that learned that is good on its own corpus and nowhere else.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use crate::counts::Counts;
use crate::error::Result;
use crate::features::delivery::is_list;
use crate::features::{Extractor, Features};
use crate::label::{Class, Label};
use crate::message::Message;
use crate::message::transport::Trust;
use crate::model::Model;
use crate::score::score;
use crate::train::corpus::Mail;
use crate::train::duplicates::{folds, groups};
use crate::train::estimator::Algorithm;
use crate::train::fit::{Options, fit};
use crate::train::metrics::{Judged, Ranking};
use crate::train::sample::{Fields, Sample, for_each, labelled};

/// What a feature speaks of, by its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Servers that a message went through.
    Hosts,
    /// What mailing lists add.
    Lists,
    /// To whom it went: anonymised in one way, or one mailbox.
    Recipients,
    /// From whom it came.
    Senders,
    /// When it was written.
    Dates,
    /// Numbers that programs give to messages.
    Ids,
    /// Other header fields: which there are, in what order, and what they say.
    Headers,
    /// Subject, text, links, markup and structure: what the classes should differ in.
    Content,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::Hosts,
        Kind::Lists,
        Kind::Recipients,
        Kind::Senders,
        Kind::Dates,
        Kind::Ids,
        Kind::Headers,
        Kind::Content,
    ];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Hosts => "hosts",
            Kind::Lists => "lists",
            Kind::Recipients => "recipients",
            Kind::Senders => "senders",
            Kind::Dates => "dates",
            Kind::Ids => "ids",
            Kind::Headers => "headers",
            Kind::Content => "content",
        }
    }

    /// The kind of the feature with this name.
    ///
    /// ```
    /// use tamis::train::audit::Kind;
    /// assert_eq!(Kind::of("received-by:*.example.org"), Kind::Hosts);
    /// assert_eq!(Kind::of("header:List-Id"), Kind::Lists);
    /// assert_eq!(Kind::of("body:free"), Kind::Content);
    /// ```
    pub fn of(feature: &str) -> Kind {
        let (field, value) = feature.split_once(':').unwrap_or((feature, ""));
        let kind_of = |name: &str| Kind::of_field(&name.to_ascii_lowercase());
        match field {
            // The names of fields are of the kind of what the fields say; their order shows the program
            // that wrote them, unless a list is one.
            "header" => Some(kind_of(value)).filter(|kind| *kind != Kind::Content).unwrap_or(Kind::Headers),
            "header-order" if value.split(' ').any(|name| kind_of(name) == Kind::Lists) => Kind::Lists,
            "header-order" => Kind::Headers,
            "align" if value.starts_with("to=") => Kind::Recipients,
            _ => Kind::of_field(field),
        }
    }

    fn of_field(field: &str) -> Kind {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| field.starts_with(prefix));
        let is = |bases: &[&str]| {
            let mut rests = bases.iter().filter_map(|base| field.strip_prefix(base));
            rests.any(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        if is_list(field) || field == "precedence" {
            Kind::Lists
        } else if starts(&["received", "x-received", "x-originating", "x-sender-ip"])
            || ["hop", "hops", "hop-reverse", "first-hop", "later-hop", "message-id-host"].contains(&field)
        {
            Kind::Hosts
        } else if is(&["to", "cc", "bcc"]) || starts(&["delivered-to", "envelope-to", "x-original-to"]) {
            Kind::Recipients
        } else if is(&["from", "reply-to", "sender", "return-path", "align", "carried"]) {
            Kind::Senders
        } else if is(&["date"]) || starts(&["x-date", "expires", "delivery-date"]) {
            Kind::Dates
        } else if field.ends_with("-id")
            || starts(&["x-uid", "thread-", "references", "in-reply-to", "message-id"])
        {
            Kind::Ids
        } else if is(&CONTENT) {
            Kind::Content
        } else {
            Kind::Headers
        }
    }
}

/// Fields, and beginnings of fields before a dash, that speak of what a message says.
const CONTENT: [&str; 21] = [
    "attachment",
    "attr",
    "body",
    "charset",
    "damage",
    "email",
    "encoding",
    "hidden",
    "html",
    "image",
    "mime",
    "part",
    "parts",
    "size",
    "style",
    "subject",
    "tag",
    "text",
    "title",
    "type",
    "url",
];

/// Mail that is read for an audit.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The message, as models see it.
    pub sample: Sample,
    /// All its features, with those of [provenance](Extractor::extract_provenance).
    features: Features,
    /// The kind of each of these, in their order.
    kinds: Vec<Kind>,
}

impl Audited {
    /// The features of one kind.
    fn of_kind(&self, kind: Kind) -> Features {
        let hashes = self.features.hashes().iter().zip(&self.kinds);
        Features::from_hashes(hashes.filter(|(_, k)| **k == kind).map(|(&hash, _)| hash).collect())
    }
}

/// Reads labelled mail.
///
/// # Errors
/// The first that reading meets; [`Error::Data`](crate::Error::Data) if a message has no label.
pub fn load(
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    progress: impl FnMut(),
) -> Result<Vec<Audited>> {
    labelled(mail, trust, progress, |mail, label, extractor| {
        let sample = Sample::of(mail, label, &Fields::default(), extractor);
        let all = extractor.extract_provenance(&Message::parse(&mail.raw), true);
        let kinds = all.names().map(Kind::of).collect();
        Audited { sample, features: Features::from_hashes(all.hashes().to_vec()), kinds }
    })
}

/// How well the features of one kind tell the classes apart when a model sees nothing else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alone {
    /// The kind.
    pub kind: Kind,
    /// Distinct features of that kind.
    pub features: usize,
    /// 1-ROCA% in five folds with near-duplicates kept together.
    pub one_minus_roca: f64,
}

/// Folds of [`alone`], as `tamis eval` has them.
const FOLDS: usize = 5;

/// Each kind of feature alone, the most telling first. `progress` is called after each kind.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) if one class is missing, or is missing outside of some fold.
pub fn alone(mail: &[Audited], mut progress: impl FnMut()) -> Result<Vec<Alone>> {
    let labels: Vec<Label> = mail.iter().map(|one| one.sample.label).collect();
    let signatures: Vec<_> = mail.iter().map(|one| one.sample.signature.clone()).collect();
    let fold_of = folds(&labels, &groups(&signatures), FOLDS, 1);
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let features: Vec<Features> = mail.par_iter().map(|one| one.of_kind(kind)).collect();
        let mut counts = Counts::new();
        features.iter().zip(&labels).for_each(|(of, &label)| counts.add(of, label, 1));
        let folds = (0..FOLDS).into_par_iter().map(|fold| without(fold, &features, &labels, &fold_of));
        let models = folds.collect::<Result<Vec<_>>>()?;
        let judged = (0..mail.len()).into_par_iter().map(|i| {
            let score = score(&models[fold_of[i]], None, &features[i]).log_odds;
            Judged {
                path: String::new(),
                label: labels[i],
                class: Class::Unsure,
                score,
                evidence: Vec::new(),
            }
        });
        let judged: Vec<Judged> = judged.collect();
        let [area, ..] = Ranking::new(&judged, Judged::is_spam)?.measures(&vec![1; judged.len()]);
        found.push(Alone { kind, features: counts.len(), one_minus_roca: area });
        progress();
    }
    found.sort_by(|a, b| a.one_minus_roca.total_cmp(&b.one_minus_roca));
    Ok(found)
}

/// A model of all messages but those of one fold.
fn without(
    fold: usize,
    features: &[Features],
    labels: &[Label],
    fold_of: &[usize],
) -> Result<Model<'static>> {
    let mut counts = Counts::new();
    for (i, of) in features.iter().enumerate().filter(|(i, _)| fold_of[*i] != fold) {
        counts.add(of, labels[i], 1);
    }
    fit(&counts, &[], &Options { algorithm: Algorithm::NaiveBayes, ..Options::default() })
}

/// A feature that many messages of one class have and hardly any of the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Separating {
    /// What it speaks of.
    pub kind: Kind,
    /// Its name.
    pub feature: String,
    /// Messages with it, of the ham and of the spam.
    pub messages: [usize; 2],
    /// The same in percent.
    pub shares: [f64; 2],
}

/// The features that at least `most` percent of one class have and at most `least` percent of the other,
/// the most telling first: at most `n` of each kind. Names are found by reading `mail` again.
///
/// # Errors
/// The first that reading meets.
pub fn separating(
    audited: &[Audited],
    mail: impl Iterator<Item = Result<Mail>>,
    trust: &Trust,
    (most, least): (f64, f64),
    n: usize,
    mut progress: impl FnMut(),
) -> Result<Vec<Separating>> {
    let mut seen: HashMap<u64, (Kind, [usize; 2])> = HashMap::new();
    let mut all = [0usize; 2];
    for one in audited {
        let label = one.sample.label.index();
        all[label] += 1;
        for (&hash, &kind) in one.features.hashes().iter().zip(&one.kinds) {
            seen.entry(hash).or_insert((kind, [0; 2])).1[label] += 1;
        }
    }
    let share = |messages: usize, class: usize| 100.0 * messages as f64 / all[class].max(1) as f64;
    let mut by_kind: BTreeMap<Kind, Vec<(u64, [usize; 2], f64)>> = BTreeMap::new();
    for (hash, (kind, messages)) in seen {
        let [ham, spam] = [share(messages[0], 0), share(messages[1], 1)];
        if ham.max(spam) >= most && ham.min(spam) <= least {
            by_kind.entry(kind).or_default().push((hash, messages, (ham - spam).abs()));
        }
    }
    for of in by_kind.values_mut() {
        of.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        of.truncate(n);
    }
    let mut names: HashMap<u64, String> =
        by_kind.values().flatten().map(|&(hash, ..)| (hash, String::new())).collect();
    let work = |mail: &Mail, extractor: &mut Extractor| {
        let features = extractor.extract_provenance(&Message::parse(&mail.raw), true);
        let wanted =
            features.hashes().iter().zip(features.names()).filter(|(hash, _)| names.contains_key(hash));
        wanted.map(|(&hash, name)| (hash, name.to_owned())).collect::<Vec<_>>()
    };
    let mut found = HashMap::new();
    for_each(mail, trust, false, work, |named| {
        progress();
        found.extend(named?);
        Ok(())
    })?;
    names.extend(found);
    let name = |kind: Kind, (hash, messages, _): &(u64, [usize; 2], f64)| Separating {
        kind,
        feature: names[hash].clone(),
        messages: *messages,
        shares: [share(messages[0], 0), share(messages[1], 1)],
    };
    Ok(by_kind
        .iter()
        .flat_map(|(&kind, of)| of.iter().map(move |one| (kind, one)))
        .map(|(kind, one)| name(kind, one))
        .collect())
}

/// Near-duplicates of which some are ham and some spam.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// How alike the two most alike are, 0 to 1: an estimate of the Jaccard similarity of their features.
    pub similarity: f64,
    /// The path of the ham of those two.
    pub ham: String,
    /// The path of the spam of those two.
    pub spam: String,
    /// Ham and spam in the whole group of near-duplicates.
    pub messages: [usize; 2],
}

/// Groups are made of chains of likenesses: only pairs as alike as this are the same message.
const ALIKE: f64 = 0.8;

/// The groups of near-duplicates that have both labels, each with its most alike pair, the most alike
/// first.
pub fn conflicts(mail: &[Audited]) -> Vec<Conflict> {
    let signatures: Vec<_> = mail.iter().map(|one| one.sample.signature.clone()).collect();
    let mut by_group: BTreeMap<usize, [Vec<&Sample>; 2]> = BTreeMap::new();
    for (one, group) in mail.iter().zip(groups(&signatures)) {
        by_group.entry(group).or_default()[one.sample.label.index()].push(&one.sample);
    }
    let closest = |[ham, spam]: &[Vec<&Sample>; 2]| {
        let pairs = ham.par_iter().flat_map_iter(|a| spam.iter().map(move |b| (*a, *b)));
        let alike = pairs.map(|(a, b)| (a.signature.similarity(&b.signature), a, b));
        let key = |(similarity, a, b): &(f64, &Sample, &Sample)| {
            ((similarity * 1e6) as u64, std::cmp::Reverse((a.path.clone(), b.path.clone())))
        };
        let found = alike.filter(|found| found.0 >= ALIKE).max_by_key(key);
        found.map(|(similarity, a, b)| Conflict {
            similarity,
            ham: a.path.clone(),
            spam: b.path.clone(),
            messages: [ham.len(), spam.len()],
        })
    };
    let mut found: Vec<Conflict> = by_group.values().filter_map(closest).collect();
    found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(b.messages.cmp(&a.messages)));
    found
}

/// Nine in ten, as log-odds.
const SURE: f64 = 2.197_224_577_336_219;

/// The positions of messages that are probably labelled wrong: a model of the other mail is sure, at nine
/// in ten, that they are of the other class. The surest first.
pub fn suspects(judged: &[Judged]) -> Vec<usize> {
    let sure = |&i: &usize| judged[i].is_mistake() && judged[i].score.abs() >= SURE;
    let mut found: Vec<usize> = (0..judged.len()).filter(sure).collect();
    found.sort_by(|&a, &b| judged[b].score.abs().total_cmp(&judged[a].score.abs()));
    found
}

/// The message as a model of words alone sees it: its [text](crate::features::is_text). Where hosts or lists
/// tell the classes apart, they explain a message whose label is wrong, too; what it says does not.
pub fn text_alone(mut sample: Sample) -> Sample {
    let text = &sample.features.hashes()[sample.features.others()..];
    sample.features = Features::from_hashes(text.to_vec());
    sample
}

/// A feature of a model, with what it speaks of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weighed {
    /// What it speaks of.
    pub kind: Kind,
    /// Its name.
    pub feature: String,
    /// Its weight in log-odds: positive towards spam.
    pub weight: f64,
    /// About how many messages it was learned from.
    pub messages: u64,
}

/// How much of a model's knowledge is of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// The kind.
    pub kind: Kind,
    /// Named features of that kind.
    pub features: usize,
    /// Their part in percent of the sum of all weights' magnitudes, each times the messages that it was
    /// learned from.
    pub weight: f64,
}

/// The named features of a model by kind: how much each kind weighs, the heaviest first, and the `n`
/// strongest features of each.
pub fn model(model: &Model<'_>, n: usize) -> (Vec<Share>, Vec<Weighed>) {
    let table = model.table();
    let mut by_kind: BTreeMap<Kind, Vec<Weighed>> = BTreeMap::new();
    for row in 0..model.len() {
        let Some(name) = model.name(row) else { continue };
        let weight = model.pull(row);
        let messages = libm::exp2(f64::from(table.frequency(row)) / 8.0).round() as u64;
        let kind = Kind::of(name);
        by_kind.entry(kind).or_default().push(Weighed { kind, feature: name.into(), weight, messages });
    }
    let heft = |of: &[Weighed]| of.iter().map(|one| one.weight.abs() * one.messages as f64).sum::<f64>();
    let all: f64 = by_kind.values().map(|of| heft(of)).sum();
    let share = |(&kind, of): (&Kind, &Vec<Weighed>)| Share {
        kind,
        features: of.len(),
        weight: 100.0 * heft(of) / all.max(f64::MIN_POSITIVE),
    };
    let mut shares: Vec<Share> = by_kind.iter().map(share).collect();
    shares.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let strongest = by_kind.into_values().flat_map(|mut of| {
        of.sort_by(|a, b| {
            let by_weight = b.weight.abs().total_cmp(&a.weight.abs());
            by_weight.then(b.messages.cmp(&a.messages)).then(a.feature.cmp(&b.feature))
        });
        of.truncate(n);
        of
    });
    (shares, strongest.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::evaluate::{self, Protocol};
    use crate::train::metrics::SplitMix;
    use crate::train::metrics::tests::judged;
    use Label::{Ham, Spam};

    #[test]
    fn kinds_follow_fields() {
        for (kind, features) in [
            (Kind::Hosts, &["received-ip:192.0.2.*", "first-hop:with=ESMTP", "header:X-Originating-IP"][..]),
            (Kind::Lists, &["list-id:x", "header:List-Post", "header-order:Date List-Id", "precedence:bulk"]),
            (Kind::Recipients, &["to:phishing@pot", "cc-host:*.org", "to-name:none", "align:to=from"]),
            (
                Kind::Senders,
                &["from-host:a.example", "reply-to:x", "align:return-path=same", "carried:links"],
            ),
            (Kind::Dates, &["date-zone:+0800", "date:age=day", "header:Date"]),
            (Kind::Ids, &["message-id:<8@a>", "x-google-group-id:1", "header:References", "thread-index:a"]),
            (Kind::Headers, &["header:X-Mailer", "header-order:From To", "x-mailer:bat", "header:Subject"]),
            (Kind::Content, &["body:free", "subject-gram:free", "url-host:a.example", "html:forms=2^1"]),
            (Kind::Content, &["style:quoted", "url-count:0", "text-per-url:2^5"]),
            (Kind::Headers, &["topic:x", "nonsense", ""]),
        ] {
            features.iter().for_each(|feature| assert_eq!(Kind::of(feature), kind, "{feature}"));
        }
    }

    /// Forty ham of lists and forty spam to one mailbox, all of the same random words; the first two have
    /// the same text.
    fn corpus() -> Vec<Mail> {
        let letter = |n: usize| char::from(b'a' + n as u8);
        let mail = |i: usize| {
            let mut random = SplitMix(i.max(1) as u64);
            let mut word = || (0..3).map(|_| letter(random.below(10))).collect::<String>() + " ";
            let words: String = (0..40).map(|_| word()).collect();
            let (label, header) = match i % 2 {
                0 => (Ham, format!("List-Id: <{}.example>", letter(i / 4))),
                _ => (Spam, "To: phishing@pot".into()),
            };
            Mail { path: format!("m{i:02}"), label: Some(label), raw: format!("{header}\n\n{words}").into() }
        };
        (0..80).map(mail).collect()
    }

    #[test]
    fn what_separates_by_accident_is_found() {
        let mail = || corpus().into_iter().map(Ok);
        let audited = load(mail(), &Trust::default(), || ()).unwrap();
        let found = separating(&audited, mail(), &Trust::default(), (90.0, 0.0), 20, || ()).unwrap();
        let of =
            |name: &str| found.iter().find(|one| one.feature == name).map(|one| (one.kind, one.messages));
        assert_eq!(of("to:phishing@pot"), Some((Kind::Recipients, [0, 40])));
        assert_eq!(of("header:List-Id"), Some((Kind::Lists, [40, 0])));
        assert!(found.iter().all(|one| one.kind != Kind::Content), "{found:?}");
        let one = separating(&audited, mail(), &Trust::default(), (90.0, 0.0), 1, || ()).unwrap();
        assert!(Kind::ALL.iter().all(|kind| one.iter().filter(|one| one.kind == *kind).count() <= 1));

        let alone = alone(&audited, || ()).unwrap();
        let of = |kind: Kind| alone.iter().find(|one| one.kind == kind).map(|one| one.one_minus_roca);
        assert_eq!((of(Kind::Recipients), of(Kind::Lists)), (Some(0.0), Some(0.0)));
        assert!(of(Kind::Content) > Some(20.0), "{alone:?}");
        assert_eq!(alone[0].one_minus_roca, 0.0);
    }

    #[test]
    fn one_message_in_both_classes_is_a_conflict() {
        let audited = load(corpus().into_iter().map(Ok), &Trust::default(), || ()).unwrap();
        let found = conflicts(&audited);
        assert_eq!((&*found[0].ham, &*found[0].spam, found[0].similarity), ("m00", "m01", 1.0));
        assert!(found.iter().all(|one| one.similarity >= ALIKE));
    }

    #[test]
    fn suspects_are_the_sure_mistakes() {
        let run = judged(&[(2.0, Ham), (2.3, Ham), (-9.0, Spam), (9.0, Spam), (-2.1, Spam)]);
        assert_eq!(suspects(&run), [2, 1]);
    }

    #[test]
    fn text_alone_shows_what_lists_hide() {
        let mail = |i: usize| {
            let mut random = SplitMix(i as u64 + 1);
            let spam = i % 2 == 1;
            // The first ham says what spam says.
            let says = if spam || i == 0 { "cheap pills buy" } else { "patch kernel merge" };
            let mut word =
                || char::from(b'a' + random.below(10) as u8).to_string().repeat(1 + random.below(9));
            let text: String = (0..30).map(|_| word() + " ").collect::<String>() + says;
            let header = if spam { "To: phishing@pot" } else { "List-Id: <a.example>\nPrecedence: list" };
            let label = if spam { Spam } else { Ham };
            Mail { path: format!("m{i:02}"), label: Some(label), raw: format!("{header}\n\n{text}").into() }
        };
        let audited = load((0..80).map(mail).map(Ok), &Trust::default(), || ()).unwrap();
        let whole: Vec<Sample> = audited.into_iter().map(|one| one.sample).collect();
        let texts: Vec<Sample> = whole.iter().cloned().map(text_alone).collect();
        let found = |samples: &[Sample]| {
            let protocol = Protocol::KFold(5, 1);
            suspects(&evaluate::run(protocol, samples, &[], &Options::default(), |_| ()).unwrap())
        };
        assert_eq!((found(&whole), found(&texts)), (vec![], vec![0]));
    }

    #[test]
    fn a_model_is_weighed_by_kind() {
        let (shares, strongest) = model(&Model::embedded(), 4);
        assert!((shares.iter().map(|share| share.weight).sum::<f64>() - 100.0).abs() < 1e-9);
        assert!(shares.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        for share in &shares {
            let of: Vec<_> = strongest.iter().filter(|one| one.kind == share.kind).collect();
            assert_eq!(of.len(), share.features.min(4));
            assert!(of.windows(2).all(|pair| pair[0].weight.abs() >= pair[1].weight.abs()));
        }
    }
}
