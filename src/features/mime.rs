//! Evidence in a message's MIME shape and in its damage.

use crate::features::emit::Emitter;
use crate::message::Message;
use crate::text::lowercase;
use crate::text::shape::word_shape;

pub(super) fn emit(message: &Message<'_>, out: &mut Emitter) {
    let mut tree = String::new();
    for part in &message.parts {
        let media_type = if part.media_type.is_empty() { "none" } else { &part.media_type };
        out.put("mime", media_type);
        let charset = part.charset.as_deref().unwrap_or("none");
        out.put("charset", charset);
        out.put_joined("mime", &[media_type, " ", charset]);
        out.put_joined(
            "mime",
            &[media_type, " ", if part.encoding.is_empty() { "none" } else { &part.encoding }],
        );
        if let Some(disposition) = &part.disposition {
            out.put_joined("mime", &[media_type, " ", disposition]);
        }
        if let Some(name) = &part.file_name {
            let extension = name.rsplit_once('.').map_or("none", |(_, extension)| extension);
            let extension = [".", &lowercase(extension)].concat();
            out.put("attachment", &extension);
            out.put_joined("attachment", &[media_type, " ", &extension]);
            // `invoice.pdf.exe`
            if name.split('.').count() > 2 {
                out.put("attachment", "two-extensions");
            }
        }
        if tree.len() < 80 {
            tree.extend(std::iter::repeat_n('>', part.depth));
            tree.push_str(media_type);
            tree.push(' ');
        }
    }
    out.put("mime-tree", tree.trim_end());
    if let Some(header) = message.header("Content-Type") {
        boundary(&header.raw, out);
    }
    out.put_size("size", message.size);
    out.put_size("parts", message.parts.len());
    for damage in message.damage.iter() {
        out.put("damage", damage.name());
    }
}

/// The form of a multipart boundary names the program that made it.
fn boundary(content_type: &str, out: &mut Emitter) {
    let Some((_, rest)) = content_type.split_once("oundary=") else { return };
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
        None => rest.split([';', ' ']).next().unwrap_or(rest),
    };
    let mut shape = String::new();
    word_shape(value, &mut shape);
    out.put("boundary", &shape);
}
