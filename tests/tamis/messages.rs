//! What is read of the messages under `tests/data`: charsets, standards, damage.

use tamis::message::Message;
use tamis::{Extractor, Model, Trust, score};

use crate::program::{message, messages};

fn names(file: &str, trust: Trust) -> Vec<String> {
    let raw = message(file);
    let features = Extractor::new(trust).extract_provenance(&Message::parse(&raw), true);
    features.names().map(str::to_owned).collect()
}

#[track_caller]
fn assert_names(file: &str, expected: &[&str]) {
    let found = names(file, Trust::default());
    for name in expected {
        assert!(found.iter().any(|f| f == name), "{file}: {name} is not in {found:#?}");
    }
}

#[test]
fn every_message_gets_a_score() {
    let model = Model::embedded();
    let mut extractor = Extractor::default();
    for folder in ["ham", "spam", "rfc", "malformed"] {
        for (name, raw) in messages(folder) {
            let verdict = score(&model, None, &extractor.extract(&raw));
            assert!((0.0..=1.0).contains(&verdict.probability) && verdict.log_odds.is_finite(), "{name}");
            // As mail is stored and as it is sent.
            let text = raw.iter().filter(|&&byte| byte != b'\r');
            let lf: Vec<u8> = text.clone().copied().collect();
            let crlf: Vec<u8> =
                text.flat_map(|&b| if b == b'\n' { vec![b'\r', b'\n'] } else { vec![b] }).collect();
            for cut in [raw.len() / 2, raw.len().saturating_sub(1)] {
                extractor.extract(&raw[..cut]);
            }
            if folder == "ham" || folder == "spam" {
                let words = |raw: &[u8], extractor: &mut Extractor| {
                    let features = extractor.extract_named(raw);
                    let of = features.names().filter(|n| n.starts_with("body:") || n.starts_with("subject:"));
                    of.map(str::to_owned).collect::<Vec<_>>()
                };
                assert_eq!(words(&lf, &mut extractor), words(&crlf, &mut extractor), "{name}");
            }
        }
    }
}

#[test]
fn charsets_are_read_as_their_writers_meant() {
    for (file, expected) in [
        // GB2312, UTF-8 in base64, GBK, GB18030
        ("ham/chinese-meeting.eml", &["subject:会议", "body:图书", "from-name:王建", "charset:gb2312"][..]),
        ("ham/chinese-family.eml", &["subject:照片", "body:冰箱", "body:火车"]),
        ("spam/chinese-invoice.eml", &["subject:发票", "body:增值", "from-name:深圳"]),
        ("spam/chinese-course.eml", &["subject:销售", "body:报名", "charset:gb18030"]),
        // Big5
        ("ham/taiwanese-library.eml", &["subject:圖書", "body:燈塔", "charset:big5"]),
        ("spam/taiwanese-loan.eml", &["subject:利率", "body:急需", "hidden:鋼琴"]),
        // ISO-2022-JP
        ("ham/japanese-notice.eml", &["subject:日程", "body:会議", "charset:iso-2022-jp"]),
        ("spam/japanese-dating.eml", &["subject:無料", "body:登録"]),
        // EUC-KR, and under Microsoft's name for it
        ("ham/korean-school.eml", &["subject:학부모", "charset:euc-kr"]),
        ("spam/korean-ad.eml", &["subject:광고", "charset:ks_c_5601-1987"]),
        // KOI8-R, windows-1251, windows-1252
        ("ham/russian-friend.eml", &["subject:поездка", "body:электричка", "charset:koi8-r"]),
        ("spam/russian-seminar.eml", &["subject:налоги", "body:бухгалтеры", "charset:windows-1251"]),
        ("ham/german-invoice.eml", &["subject:broschüren", "body:grüssen", "charset:windows-1252"]),
        ("spam/german-casino.eml", &["subject:glückwunsch", "body:auszahlung"]),
    ] {
        assert_names(file, expected);
    }
}

#[test]
fn what_spam_hides_is_found() {
    for (file, expected) in [
        (
            "spam/pharmacy.eml",
            &["body:viagra", "hidden:meadow", "hidden:boat", "text:zero-width", "url:ip"][..],
        ),
        (
            "spam/phishing-bank.eml",
            &[
                "url:text-shows-other-host",
                "html:passwords=2^0",
                "html:forms=2^0",
                "from-name:other-address",
                "align:reply-to=different",
            ],
        ),
        ("spam/phishing-mailbox.eml", &["hidden:geese", "align:dkim=same"]),
        ("spam/malware.eml", &["attachment:.exe", "attachment:two-extensions"]),
        ("spam/advance-fee.eml", &["align:reply-to=freemail", "first-hop:with=ESMTPA"]),
        ("spam/extortion.eml", &["align:to=from", "body:bitcoin"]),
        ("spam/replica-watches.eml", &["hidden:pigeon", "body:replica"]),
        ("ham/newsletter.eml", &["hidden:restored", "image:pixel", "list-unsubscribe-post:list-unsubscribe"]),
        ("ham/bounce.eml", &["align:return-path=null"]),
        ("ham/mailing-list.eml", &["first-hop:with=ESMTPS", "body:journal"]),
    ] {
        assert_names(file, expected);
    }
}

#[test]
fn standards_are_read_as_they_say() {
    for (file, expected) in [
        ("rfc/2045-encodings.eml", &["body:break", "body:zażółć", "body:sevenbit", "body:binarně"][..]),
        ("rfc/2046-nested.eml", &["body:plain", "body:marked", "body:forwarded", "mime:message/rfc822"]),
        ("rfc/2046-digest.eml", &["body:frost", "body:froze", "mime:multipart/digest"]),
        ("rfc/2047-encoded-words.eml", &["subject:you understand", "to:pirard@example.be"]),
        ("rfc/2231-parameters.eml", &["attachment:.ods", "body:übersicht"]),
        ("rfc/2369-list.eml", &["header:List-Unsubscribe-Post", "header:Feedback-ID"]),
        ("rfc/3676-flowed.eml", &["body:paragraph", "body:one line"]),
        (
            "rfc/3848-protocols.eml",
            &[
                "received-with:ESMTP",
                "received-with:ESMTPA",
                "received-with:ESMTPS",
                "received-with:ESMTPSA",
                "received-with:LMTP",
                "received-with:LMTPA",
                "received-with:LMTPS",
                "received-with:LMTPSA",
                "received-with:SMTP",
                "received-with:UTF8SMTPSA",
                "received-with:UTF8LMTPS",
                "first-hop:with=HTTP",
            ],
        ),
        (
            "rfc/5322-addresses.eml",
            &[
                "from:john.q.public@example.com",
                "reply-to:archive@example.org",
                "to:jdoe@one.test",
                "subject:folded lines",
            ],
        ),
        (
            "rfc/5322-obsolete.eml",
            &["subject:obsolete", "from:john.q.public@example.com", "to-host:example.net"],
        ),
        ("rfc/6532-internationalized.eml", &["subject:καλημέρα", "subject:你好", "received-with:UTF8SMTPS"]),
        ("rfc/8601-authentication-results.eml", &["auth:absent"]),
        (
            "rfc/8617-arc.eml",
            &["arc:i=2", "arc:cv=pass", "dkim:a=ed25519-sha256", "dkim:partial", "dkim:expires"],
        ),
    ] {
        assert_names(file, expected);
    }
    let trusted =
        names("rfc/8601-authentication-results.eml", Trust::default().authserv_id("mx.example.com"));
    for name in ["auth:spf=pass", "auth:dkim=pass", "auth:dkim=fail", "auth:dmarc=pass", "auth:iprev=pass"] {
        assert!(trusted.iter().any(|found| found == name), "{name}");
    }
    let forged = names("rfc/8601-authentication-results.eml", Trust::default().authserv_id("forged.example"));
    assert!(
        forged.iter().any(|name| name == "auth:absent"),
        "a field below an untrusted one came with the mail"
    );
}

/// What is wrong with each message of `malformed/`, and nothing else is.
const DAMAGE: &[(&str, &[&str])] = &[
    ("bad-base64", &["bad-transfer-encoding"]),
    ("bad-encoded-word", &["unknown-charset", "guessed-charset"]),
    ("bad-header-line", &["bad-header"]),
    ("binary", &["no-header", "nul", "guessed-charset"]),
    ("blank", &["empty", "no-header"]),
    ("cr-only", &["no-body"]),
    ("deep-messages", &["deep-messages"]),
    ("deep-multiparts", &[]),
    ("eight-bit-headers", &["eight-bit-header", "guessed-charset"]),
    ("empty", &["empty", "no-header"]),
    ("guessed-charset", &["guessed-charset"]),
    ("long-header", &["long-header"]),
    ("many-headers", &["many-headers"]),
    ("many-parts", &["many-parts"]),
    ("mbox-line", &[]),
    ("missing-boundary", &["missing-boundary"]),
    ("no-body", &["no-body"]),
    ("no-boundary", &["no-boundary"]),
    ("no-header", &["no-header"]),
    ("nul", &["nul"]),
    ("split-character", &["split-character"]),
    ("truncated-base64", &["bad-transfer-encoding"]),
    ("unclosed-multipart", &["unclosed-multipart"]),
    ("undeclared-html", &["undeclared-html"]),
    ("unknown-charset", &["unknown-charset", "guessed-charset"]),
    ("unknown-encoding", &["unknown-transfer-encoding"]),
    ("utf-16", &["no-header", "nul"]),
    ("uuencoded", &["encoded-block"]),
    ("wrong-charset", &["wrong-charset"]),
];

#[test]
fn damage_is_evidence() {
    let found = messages("malformed");
    assert_eq!(found.len(), DAMAGE.len());
    for ((name, raw), (stem, expected)) in found.iter().zip(DAMAGE) {
        assert_eq!(name, &format!("malformed/{stem}.eml"));
        let damage: Vec<_> = Message::parse(raw).damage.iter().map(|damage| damage.name()).collect();
        assert_eq!(&damage, expected, "{name}");
        let features = names(name, Trust::default());
        for damage in damage {
            assert!(features.contains(&format!("damage:{damage}")), "{name}: {damage}");
        }
    }
}

#[test]
fn what_a_damaged_message_says_is_read_all_the_same() {
    for (file, expected) in [
        ("malformed/deep-multiparts.eml", &["body:bottom"][..]),
        ("malformed/eight-bit-headers.eml", &["subject:grüsse", "from-name:müller"]),
        ("malformed/guessed-charset.eml", &["body:邮件"]),
        ("malformed/mbox-line.eml", &["subject:saved"]),
        ("malformed/bad-header-line.eml", &["subject:stray", "body:still"]),
        ("malformed/missing-boundary.eml", &["body:separator"]),
        ("malformed/no-boundary.eml", &["body:separates"]),
        ("malformed/no-header.eml", &["body:somebody"]),
        ("malformed/nul.eml", &["subject:nuls"]),
        ("malformed/truncated-base64.eml", &["body:download"]),
        ("malformed/bad-base64.eml", &["body:encoded"]),
        ("malformed/unclosed-multipart.eml", &["body:whole", "body:last"]),
        ("malformed/undeclared-html.eml", &["body:written", "tag:b"]),
        ("malformed/unknown-charset.eml", &["body:café"]),
        ("malformed/unknown-encoding.eml", &["body:uryyb"]),
        ("malformed/uuencoded.eml", &["body:below"]),
        ("malformed/wrong-charset.eml", &["body:brücken"]),
    ] {
        assert_names(file, expected);
    }
}
