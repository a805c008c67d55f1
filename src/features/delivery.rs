//! To whom, over which list and from which envelope a message was delivered: what most mail of one mailbox has in
//! common, and what is different in another's.

/// Fields that mailing lists add, besides all that begin with one of `LIST_PREFIXES`.
const LIST: &[&str] =
    &["archived-at", "errors-to", "mailing-list", "x-beenthere", "x-loop", "x-mailing-list", "x-no-archive"];

const LIST_PREFIXES: &[&str] = &["list-", "x-list", "x-mailman-"];

/// Whether a mailing list adds the field with this name, in lower case.
pub(crate) fn is_list(lower_name: &str) -> bool {
    LIST.contains(&lower_name) || LIST_PREFIXES.iter().any(|prefix| lower_name.starts_with(prefix))
}

/// Whether the feature with this name tells how the message was delivered.
pub(super) fn is_delivery(name: &str) -> bool {
    let (field, value) = name.split_once(':').unwrap_or((name, ""));
    match field {
        "align" => value.starts_with("return-path=") || value.starts_with("sender="),
        "to" | "cc" => true,
        _ => field.starts_with("to-") || field.starts_with("cc-") || is_list(field),
    }
}
