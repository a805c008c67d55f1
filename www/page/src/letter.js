// A message as people see it. It is read for display only: what tamis scores are the bytes.

import "./iso-2022-jp.js";

import PostalMime from "postal-mime";

import { headerEnd } from "./bytes.js";
import { textOfHtml } from "./html-text.js";

/** Characters of one part that are shown. */
const SHOWN = 200_000;

/** Subject, sender and date. */
export async function summaryOf(bytes) {
  const { subject, from, date } = await parse(bytes.subarray(0, headerEnd(bytes)));
  return { subject: subject ?? "", from: nameOf(from), date: date ? new Date(date) : undefined };
}

/** All that is shown of a message: its fields, and its text as runs of `{ text, hidden, target }`. */
export async function letterOf(bytes) {
  const mail = await parse(bytes);
  const parts = [];
  if (mail.html?.trim()) parts.push({ kind: "html", runs: textOfHtml(mail.html.slice(0, 5 * SHOWN), SHOWN) });
  if (mail.text?.trim()) parts.push({ kind: "text", runs: [{ text: mail.text.slice(0, SHOWN) }] });
  return {
    subject: mail.subject ?? "",
    from: addressOf(mail.from),
    to: [...(mail.to ?? []), ...(mail.cc ?? [])].map(addressOf).join(", "),
    date: mail.date ? new Date(mail.date) : undefined,
    headers: mail.headers.map(({ originalKey, key, value }) => ({ name: originalKey ?? key, value })),
    parts,
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? mimeType,
      type: mimeType,
      size: content.byteLength ?? content.length,
    })),
  };
}

async function parse(bytes) {
  try {
    return await PostalMime.parse(withUtf8Header(withoutFromLine(bytes)), { attachmentEncoding: "arraybuffer" });
  } catch {
    // Too deep or too long for the reader: shown as it is.
    return { headers: [], attachments: [], text: new TextDecoder().decode(bytes.subarray(0, SHOWN)) };
  }
}

function nameOf(mailbox) {
  return mailbox?.name || mailbox?.address || mailbox?.group?.[0]?.address || "";
}

function addressOf(mailbox) {
  if (!mailbox) return "";
  if (!mailbox.address) return mailbox.name ?? "";
  return mailbox.name ? `${mailbox.name} <${mailbox.address}>` : mailbox.address;
}

function withoutFromLine(bytes) {
  const from = [70, 114, 111, 109, 32].every((byte, i) => bytes[i] === byte);
  return from ? bytes.subarray(bytes.indexOf(10) + 1) : bytes;
}

/**
 * Old mail has headers in the charset of its text, undeclared. Whatever is not UTF-8 is read as that
 * charset, or as GB 18030, or at last as Windows-1252, and becomes UTF-8 for the parser.
 */
function withUtf8Header(bytes) {
  const header = bytes.subarray(0, headerEnd(bytes));
  if (header.every((byte) => byte < 128) || decoded(header, "utf-8") !== undefined) return bytes;
  const ascii = decoded(bytes.subarray(0, 64 << 10), "windows-1252") ?? "";
  const declared = ascii.match(/charset="?([\w.:-]+)/i)?.[1];
  const text = decoded(header, declared) ?? decoded(header, "gb18030") ?? decoded(header, "windows-1252");
  if (text === undefined) return bytes;
  const start = new TextEncoder().encode(text);
  const whole = new Uint8Array(start.length + bytes.length - header.length);
  whole.set(start);
  whole.set(bytes.subarray(header.length), start.length);
  return whole;
}

function decoded(bytes, charset) {
  try {
    return charset && new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
