// What a message is, as far as its owner has already said.

import { headerEnd, latin1 } from "./bytes.js";

/** Fields that mail programs and filters write for it, and what they mean. */
const FIELDS = [
  [/^(x-label|x-spam-label):\s*(spam|ham)\b/i, (match) => match[2].toLowerCase()],
  [/^x-spam-(flag|status):\s*(yes|no)\b/i, (match) => (/yes/i.test(match[2]) ? "spam" : "ham")],
  [/^x-gmail-labels:(.*)/is, (match) => (/\bspam\b/i.test(match[1]) ? "spam" : "ham")],
  [/^x-mozilla-keys:.*?\b(nonjunk|junk)\b/is, (match) => (/non/i.test(match[1]) ? "ham" : "spam")],
];

/** The label that a path gives: that of its last part with a word for it. */
export function labelOfPath(path) {
  for (const part of path.split("/").reverse()) {
    if (/(^|[^a-z])(ham|inbox|not-?spam|nonjunk)(?![a-z])/i.test(part)) return "ham";
    if (/(^|[^a-z])(spam|junk|phish(ing)?)(?![a-z])/i.test(part)) return "spam";
  }
  return undefined;
}

/**
 * The label that a header field gives, and the message without all such fields: a filter that read them
 * would be graded on another's work.
 */
export function takeLabel(bytes) {
  const header = latin1(bytes.subarray(0, headerEnd(bytes)));
  const fields = header.match(/[^\n]*\n(?:[ \t][^\n]*\n)*/g) ?? [];
  let label;
  const others = fields.filter((field) => {
    const known = FIELDS.find(([pattern]) => pattern.test(field));
    if (known) label ??= known[1](field.match(known[0]));
    return !known;
  });
  if (!label) return { bytes };
  const kept = Uint8Array.from(others.join(""), (c) => c.charCodeAt(0));
  const rest = bytes.subarray(fields.join("").length);
  const without = new Uint8Array(kept.length + rest.length);
  without.set(kept);
  without.set(rest, kept.length);
  return { label, bytes: without };
}

/** The labels of a TREC index: lines of `spam PATH` or `ham PATH`, relative to its folder. */
export function readIndex(text, folder) {
  const labels = new Map();
  for (const line of text.split("\n")) {
    const match = line.trim().match(/^(spam|ham)\s+(.+)$/i);
    if (match) labels.set(resolve(folder, match[2]), match[1].toLowerCase());
  }
  return labels;
}

function resolve(folder, path) {
  const parts = folder ? folder.split("/") : [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
