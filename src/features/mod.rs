//! From a message to features: the one place that decides what the classifier sees.
//!
//! A feature is present in a message or not. Its name is `field:value` (`subject:free`,
//! `url-host:bit.ly`, `auth:dkim=fail`), and its identity is the [`hash`] of that name. Hash and
//! names are part of the model format: whoever changes either must raise [`TOKENIZER_VERSION`].

mod body;
pub(crate) mod delivery;
mod emit;
mod envelope;
mod headers;
mod mime;
mod style;

use twox_hash::XxHash3_64;

use crate::limits;
use crate::message::Message;
use crate::message::transport::Trust;
use crate::text::Tokenizer;

use emit::Emitter;

/// Version of everything that decides which features a message has: parser limits, tokenizer, field
/// names, hash. A model scores only with the version that made it.
pub const TOKENIZER_VERSION: u32 = 5;

/// Fields of the text that a message has to be read: its words are many and repeat each other, so that
/// models weigh them apart from the other features.
const TEXT_FIELDS: [&str; 3] = ["body:", "hidden:", "title:"];

/// The hash that stands for the feature with this name: the highest bit says whether its field is
/// [text](is_text), the others are the highest of the name's XXH3-64.
///
/// ```
/// use tamis::features::{hash, is_text};
/// assert_eq!(hash("subject:free"), 1_667_479_715_455_398_755);
/// assert_ne!(hash("subject:free"), hash("subject:money"));
/// assert!(is_text(hash("body:free")) && !is_text(hash("subject:free")));
/// ```
#[inline]
pub fn hash(name: &str) -> u64 {
    let text = TEXT_FIELDS.iter().any(|field| name.starts_with(field));
    XxHash3_64::oneshot(name.as_bytes()) >> 1 | u64::from(text) << 63
}

/// Whether the feature with this hash is a word, or a pair of words, of the text that a message has to be
/// read (`body`, `hidden`, `title`).
#[inline]
pub fn is_text(hash: u64) -> bool {
    hash >> 63 == 1
}

/// Features that each kind of evidence may have; what is left of [`limits::FEATURES`] is the body's.
const HEADER_FEATURES: usize = 600;
const ENVELOPE_FEATURES: usize = 200;
const MIME_FEATURES: usize = 150;

/// Features of provenance that there may be besides.
const PROVENANCE_FEATURES: usize = 600;

/// The features of one message: a set of hashes, with the features' names if they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// Ascending and distinct.
    hashes: Vec<u64>,
    /// Parallel to `hashes`, or empty.
    names: Vec<Box<str>>,
    /// Those of `hashes` that tell to whom the message was delivered; empty if names were not read for it.
    delivery: Vec<u64>,
}

impl Features {
    /// Features that have no names, from their hashes in any order.
    pub fn from_hashes(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        Self { hashes, ..Self::default() }
    }

    /// The hashes, ascending and distinct.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// How many features are not [text](is_text): these come first.
    pub fn others(&self) -> usize {
        self.hashes.partition_point(|&hash| !is_text(hash))
    }

    /// The name of the `i`-th feature; its hash as `#0123456789abcdef` if names were not extracted.
    pub fn name(&self, i: usize) -> String {
        match (self.names.get(i), self.hashes.get(i)) {
            (Some(name), _) => name.to_string(),
            (None, hash) => format!("#{:016x}", hash.copied().unwrap_or_default()),
        }
    }

    /// The names, in the order of [`hashes`](Self::hashes); empty if they were not extracted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// What there is to learn from the features of those fields (the part of the name before the colon) that
    /// `keeps` says: without names, which they must have here, but with the knowledge which of them tell to whom the
    /// message was [delivered](Self::own).
    ///
    /// ```
    /// use tamis::features::hash;
    /// let features = tamis::Extractor::default().extract_named(b"To: a@b.example\r\nSubject: Hi\r\n\r\nBuy");
    /// let subject_and_to = features.of_fields(|field| field == "subject" || field == "to");
    /// assert_eq!(subject_and_to.own().collect::<Vec<_>>(), [hash("subject:hi")]);
    /// ```
    pub fn of_fields(&self, keeps: impl Fn(&str) -> bool) -> Features {
        let mut of = Features::default();
        for (&hash, name) in self.hashes.iter().zip(self.names()) {
            if keeps(&name[..name.find(':').unwrap_or(name.len())]) {
                of.hashes.push(hash);
                if delivery::is_delivery(name) {
                    of.delivery.push(hash);
                }
            }
        }
        of
    }

    /// The hashes of the message's own features besides its [text](is_text): not those that tell to whom or over
    /// which list it was delivered, as far as these are known, which is what [`of_fields`](Self::of_fields) is for.
    pub fn own(&self) -> impl Iterator<Item = u64> {
        let mut delivery = self.delivery.iter().peekable();
        let others = self.hashes[..self.others()].iter();
        others.filter(move |hash| delivery.next_if_eq(hash).is_none()).copied()
    }

    /// Identifies the message by what was learned of it: two messages with the same features are the
    /// same to every count. Verdict headers that a filter added in between do not change it.
    pub fn digest(&self) -> u64 {
        let bytes: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        XxHash3_64::oneshot(&bytes)
    }
}

/// Turns messages into features. It holds scratch memory: use one for many messages.
///
/// ```
/// let mut extractor = tamis::Extractor::default();
/// let features = extractor.extract_named(b"Subject: Free money\r\n\r\nCall now");
/// assert!(features.names().any(|name| name == "subject:free"));
/// ```
#[derive(Debug, Default)]
pub struct Extractor {
    trust: Trust,
    tokenizer: Tokenizer,
    emitter: Emitter,
}

impl Extractor {
    /// An extractor that believes what the servers named in `trust` say of a message's transport. The
    /// default believes nobody: anyone can write a header.
    pub fn new(trust: Trust) -> Self {
        Self { trust, ..Self::default() }
    }

    /// The features of a raw message (RFC 5322). Never fails: damage is evidence.
    pub fn extract(&mut self, raw: &[u8]) -> Features {
        self.run(&Message::parse(raw), false, false)
    }

    /// As [`extract`](Self::extract), with the features' names, for explanations.
    pub fn extract_named(&mut self, raw: &[u8]) -> Features {
        self.run(&Message::parse(raw), true, false)
    }

    /// The features of a message that is parsed already.
    pub fn features_of(&mut self, message: &Message<'_>, named: bool) -> Features {
        self.run(message, named, false)
    }

    /// As [`features_of`](Self::features_of), and besides what tells by which software a message was written and
    /// carried: names, order and number of its header fields. Where ham and spam were collected at different places,
    /// these tell them apart, and tell nothing about other mail: an audit looks at them, models are never given
    /// them.
    ///
    /// ```
    /// use tamis::{Extractor, message::Message};
    /// let message = Message::parse(b"List-Id: <talk.example>\r\n\r\nHello");
    /// let mut extractor = Extractor::default();
    /// let has = |features: tamis::Features, name| features.names().any(|one| one == name);
    /// assert!(has(extractor.extract_provenance(&message, true), "header:List-Id"));
    /// assert!(!has(extractor.features_of(&message, true), "header:List-Id"));
    /// ```
    pub fn extract_provenance(&mut self, message: &Message<'_>, named: bool) -> Features {
        self.run(message, named, true)
    }

    /// The hashes of the features in the readable text of the message that was extracted last: what
    /// near-duplicates have in common, whoever they were sent to.
    pub fn text_hashes(&self) -> impl Iterator<Item = u64> {
        self.emitter.text()
    }

    fn run(&mut self, message: &Message<'_>, named: bool, provenance: bool) -> Features {
        let Self { trust, tokenizer, emitter } = self;
        emitter.start(named);
        emitter.allow(HEADER_FEATURES);
        headers::emit(message, tokenizer, emitter);
        emitter.allow(MIME_FEATURES);
        mime::emit(message, emitter);
        emitter.allow(limits::FEATURES - HEADER_FEATURES - ENVELOPE_FEATURES - MIME_FEATURES);
        body::emit(message, tokenizer, emitter);
        // After the body, since it also says who of those that the body names carried the message.
        emitter.allow(ENVELOPE_FEATURES);
        envelope::emit(message, trust, emitter);
        if provenance {
            emitter.allow(PROVENANCE_FEATURES);
            headers::emit_provenance(message, emitter);
        }
        emitter.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str) -> Vec<String> {
        names_with(raw, Trust::default())
    }

    fn names_with(raw: &str, trust: Trust) -> Vec<String> {
        let features = Extractor::new(trust).extract_named(raw.as_bytes());
        assert!(features.hashes().windows(2).all(|pair| pair[0] < pair[1]));
        assert!(features.hashes().iter().zip(features.names()).all(|(&h, name)| hash(name) == h));
        features.names().map(str::to_owned).collect()
    }

    fn assert_has(raw: &str, expected: &[&str]) {
        let found = names(raw);
        for name in expected {
            assert!(found.iter().any(|f| f == name), "{name} is not in {found:#?}");
        }
    }

    #[test]
    fn evidence_is_named_by_its_field() {
        assert_has(
            "Received: from a.example.net (unknown [192.0.2.7]) by mx.example.com with ESMTPSA\n\
             From: \"Bank <help@bank.example>\" <x@gmail.com>\nReply-To: y@yahoo.com\n\
             Subject: FREE money!!!\nX-Mailer: The Bat! (v2)\nMessage-ID: <1@mail.gmail.com>\n\n\
             Cheap watches at http://bit.ly/deal?id=1 for $99, 50% off\n",
            &[
                "subject:free",
                "subject:caps=free",
                "subject:punct=!3",
                "subject:free money",
                "subject-gram:mone",
                "from-host:gmail.com",
                "from:freemail",
                "from-name:other-address",
                "x-mailer:bat",
                "body:cheap watches",
                "body:money=usd:1e1",
                "url-host:bit.ly",
                "url-path:deal",
                "url-query:id",
                "first-hop:with=ESMTPSA",
                "first-hop:helo=no-reverse",
                "first-hop:authenticated",
                "received-ip:192.0.2.*",
                "align:reply-to=different",
                "align:reply-to=other-freemail",
                "align:message-id=aligned",
                "align:return-path=absent",
                "auth:absent",
                "hop:absent",
                "date:absent",
            ],
        );
    }

    #[test]
    fn who_carried_the_message_is_compared_with_who_it_names() {
        let received = "Received: from a.Example.co.uk (mail.shop.example [192.0.2.1]) by mx.here.example\n";
        let carried = |rest: &str| {
            let mut of = names(&format!("{received}{rest}"));
            of.retain(|name| name.starts_with("carried:"));
            of.sort();
            of
        };
        let named = carried(
            "Return-Path: <bounce@news.shop.EXAMPLE>\nFrom: a@b.example.co.uk\n\n\
             http://www.shop.example/a ask@here.example",
        );
        assert_eq!(
            named,
            ["carried:addresses", "carried:from=helo", "carried:links", "carried:return-path=reverse"]
        );
        assert_eq!(
            carried("From: a@here.example\n\nhttp://here.example"),
            ["carried:from=by", "carried:links"]
        );
        assert_eq!(carried("From: a@co.uk\n\nhttp://notshop.example b@else.example"), [""; 0]);
    }

    #[test]
    fn how_a_text_is_written_is_evidence() {
        let style = |raw: &str| {
            let mut of = names(raw);
            let parts = ["style:", "text-per-url:", "url-count:"];
            of.retain(|name| parts.iter().any(|part| name.starts_with(part)));
            of.sort();
            of
        };
        let answer = "From: Ann Lee <a@b.example>\nTo: Joe@c.example\n\n\
                      > See http://d.example/ and\n > https://e.example/joe@C.example\n\nThanks, ANN\n";
        assert_eq!(
            style(answer),
            [
                "style:line=60",
                "style:names-recipient",
                "style:names-sender",
                "style:quoted",
                "style:quoted=2^1",
                "text-per-url:2^5",
                "url-count:2^1",
            ]
        );
        let none = ["style:line=72", "text-per-url:2^6", "url-count:0"];
        assert_eq!(style(&format!("From: Li <a@b.example>\n\nhi\n{}\n", "Li ".repeat(24))), none);
        // Of a long name the first words are looked for.
        let long = |word| style(&format!("From: {}Ann <a@b.example>\n\n{word}\n", "Bob ".repeat(8)));
        assert!(long("bob").contains(&"style:names-sender".into()));
        assert!(!long("ann").contains(&"style:names-sender".into()));
        // The longest line of all texts counts; that of a script without spaces does not.
        let html =
            format!("Content-Type: text/html; charset=utf-8\n\n<p>short</p><p>{}</p>", "é".repeat(999));
        assert_eq!(style(&html)[0], "style:line=longer");
        assert_eq!(style("\n优惠发票"), ["text-per-url:2^2", "url-count:0"]);
    }

    #[test]
    fn what_tells_to_whom_it_was_delivered_is_not_a_messages_own() {
        let named = Extractor::default().extract_named(
            b"Return-Path: <x@list.example>\nSender: y@list.example\nTo: Talk <talk@list.example>\nCc: z@z.example\n\
              List-Id: <talk.list.example>\nX-List-Admin: w\nX-Loop: talk\nReceived: by mx.example\n\
              Touch: 1\nLoop: 2\nFrom: a@a.example\n\nHello",
        );
        let learned = named.of_fields(|_| true);
        assert_eq!(learned.hashes(), named.hashes());
        let own: Vec<u64> = learned.own().collect();
        let delivered = named.names().filter(|name| !own.contains(&hash(name)) && !is_text(hash(name)));
        let mut fields: Vec<&str> = delivered.map(|name| name.split([':', '=']).next().unwrap()).collect();
        fields.sort_unstable();
        fields.dedup();
        let expected =
            "align cc cc-count cc-host cc-name list-id to to-count to-host to-name x-list-admin x-loop";
        assert_eq!(fields.join(" "), expected);
        let also = ["align:reply-to=absent", "align:message-id=absent", "received-by:mx.example"];
        assert!(also.iter().all(|name| own.contains(&hash(name))));
        // Of a subset too, and of nothing else.
        assert_eq!(named.own().count(), named.others());
        assert_eq!(named.of_fields(|field| field == "to").own().count(), 0);
    }

    #[test]
    fn provenance_is_for_audits_only() {
        let raw = b"X-Mailer: bat\nX-Priority: 1\nList-Id: <talk.example>\nX-Mailman-Version: 2.1\n\nHello";
        let message = Message::parse(raw);
        let mut extractor = Extractor::default();
        let plain = extractor.extract_named(raw);
        let all = extractor.extract_provenance(&message, true);
        assert!(plain.names().all(|name| all.names().any(|other| other == name)));
        let mut more: Vec<&str> =
            all.names().filter(|name| plain.names().all(|other| other != *name)).collect();
        more.sort_unstable();
        let expected = [
            "header-count:2^2",
            "header-order:List-Id X-Mailman-Version",
            "header-order:X-Mailer X-Priority",
            "header-order:X-Priority List-Id",
            "header-order:^ X-Mailer",
            "header:List-Id",
            "header:X-Mailer",
            "header:X-Mailman-Version",
            "header:X-Priority",
        ];
        assert_eq!(more, expected);
    }

    #[test]
    fn html_is_read_as_it_is_seen() {
        assert_has(
            "Subject: x\nContent-Type: text/html; charset=utf-8\n\n\
             <p style='color:#fff;background:#fff'>poem</p><b>via<!-- x -->gra</b>\
             \n<a href='http://evil.example/a'>www.bank.example</a><img src='http://t.example/p.gif' width=1 height=1>",
            &[
                "body:viagra",
                "hidden:poem",
                "tag:a",
                "url:text-shows-other-host",
                "image:pixel",
                "url-host:evil.example",
            ],
        );
    }

    #[test]
    fn chinese_is_bigrams_whatever_the_charset() {
        let utf8 =
            "Subject: =?utf-8?B?5Luj5byA5Y+R56Wo?=\nContent-Type: text/plain; charset=utf-8\n\n优惠发票";
        assert_has(utf8, &["subject:代开", "subject:发票", "body:优惠", "body:惠发", "text:script=han"]);
        let mut gbk =
            b"Subject: =?gb2312?B?tPq/qreixrE=?=\nContent-Type: text/plain; charset=gb2312\n\n".to_vec();
        gbk.extend([0xd3, 0xc5, 0xbb, 0xdd, 0xb7, 0xa2, 0xc6, 0xb1]);
        let features = Extractor::default().extract_named(&gbk);
        let found: Vec<_> = features.names().collect();
        assert!(
            ["subject:代开", "subject:发票", "body:优惠"].iter().all(|name| found.contains(name)),
            "{found:?}"
        );
    }

    #[test]
    fn verdicts_of_other_filters_and_of_the_receiving_side_are_no_evidence() {
        let plain = names("Subject: hello\nFrom: a@example.com\n\ntext");
        let judged = names(
            "X-Spam-Status: Yes, score=99\nX-Bogosity: Spam\nX-Tamis-Class: spam\nDelivered-To: me@example.org\n\
             X-MS-Exchange-Organization-SCL: 9\nSubject: hello\nFrom: a@example.com\n\ntext",
        );
        let without_size =
            |names: Vec<String>| names.into_iter().filter(|n| !n.starts_with("size:")).collect::<Vec<_>>();
        assert_eq!(without_size(plain), without_size(judged));
    }

    #[test]
    fn only_trusted_servers_are_believed() {
        let raw = "Authentication-Results: mx.example.com; spf=fail smtp.mailfrom=x; dkim=pass; madeup=pass\n\
                   Authentication-Results: forged.example; dmarc=pass\n\
                   Received: from a (b.example [192.0.2.1]) by mx.example.com with ESMTPS\nSubject: x\n\nx";
        let auth = |trust: Trust| {
            let of = names_with(raw, trust);
            of.into_iter().filter(|n| n.starts_with("auth:") || n.starts_with("hop:")).collect::<Vec<_>>()
        };
        let mut believed = auth(Trust::default().authserv_id("mx.example.com").host("mx.example.com"));
        believed.sort();
        assert_eq!(
            believed,
            [
                "auth:dkim=pass",
                "auth:spf=fail",
                "hop:authenticated=no",
                "hop:dynamic-reverse=no",
                "hop:encrypted=yes",
                "hop:helo=unqualified",
                "hop:tls=none",
                "hop:with=ESMTPS",
            ]
        );
        let mut nobody = auth(Trust::default());
        nobody.sort();
        assert_eq!(nobody, ["auth:absent", "hop:absent"]);
    }

    #[test]
    fn damage_is_evidence_and_never_an_end() {
        for (raw, expected) in [
            (&b""[..], "damage:empty"),
            (b"just text, no header", "damage:no-header"),
            (b"Subject: x", "damage:no-body"),
            (b"\x00\x01\xff\xfe\x00", "damage:nul"),
        ] {
            let features = Extractor::default().extract_named(raw);
            assert!(
                features.names().any(|name| name == expected),
                "{expected}: {:?}",
                features.names().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn header_fields_hide_neither_body_nor_damage() {
        let mut raw: String = (0..600).map(|i| format!("X-{i}-{}: {i}\n", "a".repeat(i % 30))).collect();
        raw.push_str("Subject: x\nSender: a@b.example (Ann)\nFrom: a@b.example\n\ncheap watches\n");
        let found = names(&raw);
        for name in ["damage:many-headers", "body:cheap watches", "mime:none"] {
            assert!(found.iter().any(|f| f == name), "{name} is not in {found:?}");
        }
        assert_has("Sender: a@b.example (Ann)\nFrom: a@b.example\n\nx", &["align:sender=same"]);
    }

    #[test]
    fn a_message_has_a_bounded_number_of_features() {
        let mut raw = String::from("Subject: many\n\n");
        for i in 0..1_000_000 {
            raw.push_str(&format!(
                "word{} ",
                char::from(b'a' + (i % 26) as u8).to_string().repeat(1 + i % 20)
            ));
        }
        for i in 0..5_000 {
            raw.push_str(&format!("http://h{i}.example/ "));
        }
        assert!(Extractor::default().extract(raw.as_bytes()).hashes().len() <= limits::FEATURES);
    }

    #[test]
    fn an_extractor_remembers_nothing_of_the_message_before() {
        let mut used = Extractor::default();
        used.extract_named(b"Subject: spam\n\nbuy buy buy http://a.example/");
        let raw = b"Subject: hello\n\nSee you at noon.";
        assert_eq!(used.extract(raw), Extractor::default().extract(raw));
        assert_eq!(used.extract_named(raw).digest(), used.extract(raw).digest());
    }
}
