//! Evidence of transport and identity: hops, authentication, and whether the identities agree.

use std::net::IpAddr;

use crate::features::emit::{Emitter, decimal};
use crate::features::headers::host_suffixes;
use crate::message::Message;
use crate::message::transport::{
    AuthenticationResults, DateFacts, DkimSignature, Hop, Trust, Weekday, address_in_name, align, arc_seal,
    domain_of, is_freemail, organisational_domain, received_spf,
};

/// Hops of a message that are read, newest first.
const HOPS: usize = 12;

/// Methods of `Authentication-Results` whose results are features; a field may invent others.
const METHODS: [&str; 8] = ["arc", "auth", "dkim", "dkim-adsp", "dmarc", "iprev", "sender-id", "spf"];

pub(super) fn emit(message: &Message<'_>, trust: &Trust, out: &mut Emitter) {
    let hops: Vec<Hop<'_>> =
        message.headers_named("Received").take(HOPS).map(|header| Hop::parse(&header.raw)).collect();
    out.put_size("hops", message.headers_named("Received").count());
    for (i, hop) in hops.iter().enumerate() {
        claimed_hop(hop, i + 1 == hops.len(), out);
    }
    match trust.boundary(&hops) {
        Some(hop) => trusted_hop(hop, out),
        None => out.put("hop", "absent"),
    }
    date(message, &hops, out);
    authentication(message, trust, out);
    identity(message, out);
    carried(message, &hops, out);
}

/// What any hop claims. All but the trusted ones may be forged, but forgers have habits too.
fn claimed_hop(hop: &Hop<'_>, first: bool, out: &mut Emitter) {
    for host in [hop.helo, hop.reverse].into_iter().flatten() {
        host_suffixes("received-from", &host.to_ascii_lowercase(), out);
    }
    if let Some(by) = hop.by {
        host_suffixes("received-by", &by.to_ascii_lowercase(), out);
    }
    if let Some(IpAddr::V4(ip)) = hop.ip {
        let [a, b, c, d] = ip.octets().map(decimal);
        out.put_joined("received-ip", &[&a, ".", &b, ".", &c, ".", &d]);
        out.put_joined("received-ip", &[&a, ".", &b, ".", &c, ".*"]);
        out.put_joined("received-ip", &[&a, ".", &b, ".*"]);
    }
    out.put("received-with", hop.protocol.name());
    // The oldest hop is where the message entered the network.
    let place = if first { "first-hop" } else { "later-hop" };
    out.put_joined(place, &["with=", hop.protocol.name()]);
    out.put_joined(place, &["helo=", hop.helo_match().name()]);
    for (holds, name) in [
        (hop.private_address(), "private-address"),
        (hop.dynamic_reverse(), "dynamic-reverse"),
        (hop.forged, "may-be-forged"),
        (hop.addressed, "for"),
        (hop.protocol.authenticated(), "authenticated"),
        (hop.protocol.encrypted() || hop.tls.is_some(), "encrypted"),
    ] {
        if holds {
            out.put(place, name);
        }
    }
    if let Some(tls) = hop.tls {
        out.put_joined(place, &["tls=", tls]);
    }
}

/// What a trusted server saw of the client that brought the message from outside.
fn trusted_hop(hop: &Hop<'_>, out: &mut Emitter) {
    out.put_joined("hop", &["with=", hop.protocol.name()]);
    out.put_joined("hop", &["helo=", hop.helo_match().name()]);
    out.put_joined("hop", &["tls=", hop.tls.unwrap_or("none")]);
    for (holds, name) in [
        (hop.dynamic_reverse(), "dynamic-reverse"),
        (hop.protocol.authenticated(), "authenticated"),
        (hop.protocol.encrypted() || hop.tls.is_some(), "encrypted"),
    ] {
        out.put_joined("hop", &[name, "=", if holds { "yes" } else { "no" }]);
    }
    if let Some(reverse) = hop.reverse {
        host_suffixes("hop-reverse", &reverse.to_ascii_lowercase(), out);
    }
}

fn date(message: &Message<'_>, hops: &[Hop<'_>], out: &mut Emitter) {
    let Some(header) = message.header("Date") else { return out.put("date", "absent") };
    let Some(facts) = DateFacts::parse(header.value()) else { return out.put("date", "unreadable") };
    out.put("date-zone", facts.zone);
    out.put("date-hour", &decimal(facts.hour));
    out.put("date", if facts.comment { "comment" } else { "no-comment" });
    match facts.weekday {
        Weekday::Right => {}
        Weekday::Wrong => out.put("date", "wrong-weekday"),
        Weekday::Absent => out.put("date", "no-weekday"),
    }
    if let Some(received) = hops.iter().find_map(|hop| DateFacts::parse(hop.date?)) {
        out.put_joined("date", &["age=", facts.age(&received)]);
    }
}

/// What servers say of the sender, where a trusted one says it; and what the sender's own signatures
/// show, which anyone can read.
fn authentication(message: &Message<'_>, trust: &Trust, out: &mut Emitter) {
    let mut known = false;
    // Only fields above all untrusted ones: those below came with the message (RFC 8601, section 5).
    for header in message.headers_named("Authentication-Results") {
        let field = AuthenticationResults::parse(&header.raw);
        if !field.authserv_id.is_some_and(|id| trust.trusts_authserv_id(id)) {
            break;
        }
        known = true;
        for result in &field.results {
            let method = result.method.to_ascii_lowercase();
            if METHODS.contains(&&*method) {
                out.put_joined("auth", &[&method, "=", &result.result.to_ascii_lowercase()]);
            }
        }
    }
    if let Some(header) = message.header("Received-SPF") {
        let (result, receiver) = received_spf(&header.raw);
        if receiver.is_some_and(|host| trust.trusts_host(host) || trust.trusts_authserv_id(host)) {
            known = true;
            out.put_joined("auth", &["spf=", &result.to_ascii_lowercase()]);
        }
    }
    if !known {
        out.put("auth", "absent");
    }

    let mut signed = false;
    for header in message.headers_named("DKIM-Signature").take(8) {
        let dkim = DkimSignature::parse(&header.raw);
        signed = true;
        out.put_joined("dkim", &["a=", dkim.algorithm.unwrap_or("absent")]);
        for (holds, name) in
            [(dkim.partial, "partial"), (dkim.expires, "expires"), (dkim.incomplete, "incomplete")]
        {
            if holds {
                out.put("dkim", name);
            }
        }
    }
    if !signed {
        out.put("dkim", "absent");
    }
    if let Some(seal) = message.header("ARC-Seal") {
        let (instance, validation) = arc_seal(&seal.raw);
        out.put_joined("arc", &["i=", &decimal(instance.unwrap_or(0))]);
        out.put_joined("arc", &["cv=", validation.unwrap_or("absent")]);
    }
}

/// Whether the names that a message goes by belong to one organisation.
fn identity(message: &Message<'_>, out: &mut Emitter) {
    let from = message.mailboxes("From").into_iter().next().unwrap_or_default();
    let from_domain = domain_of(&from.address);
    for field in ["Return-Path", "Reply-To", "Sender", "Message-ID"] {
        let value = message.header(field).map(|header| header.value());
        let mailbox = message.mailboxes(field).into_iter().next().unwrap_or_default();
        let domain = match field {
            // It looks like a mailbox but is none.
            "Message-ID" => value.map(|value| value.rsplit_once('<').map_or(value, |(_, inner)| inner)),
            _ => Some(mailbox.address.as_str()),
        };
        let domain = domain.and_then(domain_of);
        out.put_joined("align", &[&field.to_ascii_lowercase(), "=", align(from_domain, domain).name()]);
        if field == "Return-Path" && value.is_some_and(|value| value.trim() == "<>") {
            out.put("align", "return-path=null");
        }
        if field == "Reply-To" {
            let free = |domain: Option<&str>| domain.is_some_and(is_freemail);
            if free(domain) && from_domain.is_none_or(|from| Some(from) != domain) {
                out.put(
                    "align",
                    if free(from_domain) { "reply-to=other-freemail" } else { "reply-to=freemail" },
                );
            }
        }
    }
    let signers = message.headers_named("DKIM-Signature").take(8).map(|header| {
        let signer = DkimSignature::parse(&header.raw).domain.map(str::to_owned);
        align(from_domain, signer.as_deref()) as u8
    });
    // The best of them counts: one aligned signature is enough for DMARC.
    let best = signers.min().unwrap_or(3);
    out.put_joined("align", &["dkim=", ["same", "aligned", "different", "absent"][usize::from(best.min(3))]]);
    match address_in_name(&from.name) {
        Some(address) if address.eq_ignore_ascii_case(&from.address) => out.put("from-name", "own-address"),
        Some(_) => out.put("from-name", "other-address"),
        None => {}
    }
    if from_domain.is_some_and(is_freemail) {
        out.put("from", "freemail");
    }
    let to = message.mailboxes("To").into_iter().next().unwrap_or_default();
    if !to.address.is_empty() && to.address.eq_ignore_ascii_case(&from.address) {
        out.put("align", "to=from");
    }
}

/// Whether those whom a message names had a hand in carrying it: the organisation that it says it is from, that of
/// a link, or that of an address in the text. Hops may be forged, and are evidence as claims too; that none
/// carried it is no evidence: a list or a forwarder is none of them.
fn carried(message: &Message<'_>, hops: &[Hop<'_>], out: &mut Emitter) {
    let mut carriers: Vec<(String, &str)> = Vec::new();
    // From what is hardest to forge to what is easiest: the first that names an organisation is the one that counts.
    for (i, place) in ["reverse", "helo", "by"].into_iter().enumerate() {
        let hosts = hops.iter().filter_map(|hop| [hop.reverse, hop.helo, hop.by][i]);
        for organisation in hosts.filter_map(organisational_domain) {
            if !carriers.iter().any(|carrier| carrier.0.eq_ignore_ascii_case(organisation)) {
                carriers.push((organisation.to_ascii_lowercase(), place));
            }
        }
    }
    for field in ["From", "Return-Path"] {
        let mailbox = message.mailboxes(field).into_iter().next().unwrap_or_default();
        let named = domain_of(&mailbox.address).and_then(organisational_domain);
        let carrier =
            carriers.iter().find(|carrier| named.is_some_and(|n| n.eq_ignore_ascii_case(&carrier.0)));
        if let Some((_, place)) = carrier {
            out.put_joined("carried", &[&field.to_ascii_lowercase(), "=", place]);
        }
    }
    for (name, hosts) in [("links", "url-host"), ("addresses", "email-host")] {
        if carriers.iter().any(|(organisation, _)| has_host(hosts, organisation, out)) {
            out.put("carried", name);
        }
    }
}

/// Whether there is a host of this organisation among those that [`host_suffixes`] wrote.
fn has_host(field: &str, organisation: &str, out: &mut Emitter) -> bool {
    out.has(field, organisation) || out.has(field, &["*.", organisation].concat())
}
