//! What a delivered message shows of SMTP: its hops, how they were secured, and whether the identities
//! in it agree. Functions here take the text of header fields and know nothing of a message.

mod authentication;
mod date;
mod identity;
mod received;
mod suffix;

use serde::{Deserialize, Serialize};

pub use authentication::{AuthenticationResults, DkimSignature, MethodResult, arc_seal, received_spf};
pub use date::{DateFacts, Weekday};
pub use identity::{
    Alignment, address_in_name, align, domain_of, is_freemail, message_id_shape, organisational_domain,
};
pub use received::{HeloMatch, Hop, Protocol};

/// The servers whose word counts. Anyone can write an `Authentication-Results` or `Received` field
/// into a message before sending it, so none is believed unless it names a server that the user runs
/// or trusts (RFC 8601, section 5). The default trusts nobody.
///
/// Names are compared without regard to case; one that starts with a dot stands for all hosts below it.
///
/// ```
/// use tamis::message::transport::Trust;
/// let trust = Trust::default().authserv_id("mx.example.com").host(".example.com");
/// assert!(trust.trusts_host("MX1.example.com") && !trust.trusts_host("example.com.evil.example"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Trust {
    /// Names in `Authentication-Results` that are believed.
    pub authserv_ids: Vec<String>,
    /// Hosts whose `Received` fields are believed, by the name after `by`.
    pub hosts: Vec<String>,
}

impl Trust {
    /// Trusts the `Authentication-Results` of this authserv-id too.
    pub fn authserv_id(mut self, id: impl Into<String>) -> Self {
        self.authserv_ids.push(id.into());
        self
    }

    /// Trusts the `Received` fields of this host, or of all hosts below a name with a leading dot, too.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Whether the host's `Received` fields are believed.
    pub fn trusts_host(&self, host: &str) -> bool {
        named(&self.hosts, host)
    }

    /// Whether this server's `Authentication-Results` are believed.
    pub fn trusts_authserv_id(&self, id: &str) -> bool {
        named(&self.authserv_ids, id)
    }

    /// The hop at which the message came from outside to a trusted host. `hops` are in the order of the
    /// message, newest first; a trusted name below an untrusted hop is a forgery, and not believed.
    pub fn boundary<'h, 'a>(&self, hops: &'h [Hop<'a>]) -> Option<&'h Hop<'a>> {
        hops.iter().take_while(|hop| hop.by.is_some_and(|by| self.trusts_host(by))).last()
    }
}

fn named(names: &[String], name: &str) -> bool {
    let name = name.trim_end_matches('.');
    names.iter().any(|known| {
        let start = name.len().saturating_sub(known.len());
        let tail = name.get(start..).is_some_and(|tail| tail.eq_ignore_ascii_case(known));
        tail && (start == 0 || known.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_servers_are_trusted() {
        let trust = Trust::default().host("mx.example.com").host(".internal.example");
        for (host, trusted) in [
            ("MX.example.com.", true),
            ("a.mx.example.com", false),
            ("b.internal.example", true),
            ("internal.example", false),
            ("xinternal.example", false),
            ("", false),
        ] {
            assert_eq!(trust.trusts_host(host), trusted, "{host}");
        }
        assert!(!Trust::default().trusts_host("") && !Trust::default().trusts_authserv_id("x"));
    }

    #[test]
    fn the_boundary_is_the_last_trusted_hop_from_the_top() {
        let received = [
            "from edge.example.com by store.example.com with LMTP",
            "from sender.example.net ([192.0.2.1]) by edge.example.com with ESMTPS",
            "from x by sender.example.net with ESMTPA",
            "from forged by edge.example.com with ESMTPSA",
        ];
        let hops = received.map(Hop::parse);
        let trust = Trust::default().host(".example.com");
        assert_eq!(trust.boundary(&hops), Some(&hops[1]));
        assert_eq!(Trust::default().boundary(&hops), None);
        assert_eq!(Trust::default().host("edge.example.com").boundary(&hops), None);
    }
}
