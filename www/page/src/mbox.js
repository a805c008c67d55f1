// Splitting an mbox (RFC 4155, with the `>From ` quoting of mboxrd) where the tamis program splits it.

import { latin1 } from "./bytes.js";

const CHUNK = 4 << 20;

/** A separator is looked for in this much text after its `From `. */
const LINE = 1 << 10;

/** `From sender date`, where the date has a time and a year: prose that begins with "From " has not. */
function isSeparator(text, at) {
  const line = text.slice(at, at + LINE).split("\n", 1)[0];
  return line.startsWith("From ") && /\d:\d\d/.test(line.slice(5)) && /(^|\s)\d{4}(\s|$)/.test(line.slice(5));
}

export async function isMbox(blob) {
  return isSeparator(latin1(new Uint8Array(await blob.slice(0, LINE).arrayBuffer())), 0);
}

/** The messages of an mbox, as slices of it that still are quoted. Memory does not grow with the mbox. */
export async function* splitMbox(blob) {
  let start = 0;
  let base = 0;
  let text = "";
  while (base + text.length < blob.size) {
    const at = base + text.length;
    text += latin1(new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer()));
    const last = base + text.length >= blob.size;
    const known = last ? text.length : text.length - LINE;
    for (const match of text.matchAll(/\n\r?\n(?=From )/g)) {
      const end = match.index + match[0].length;
      if (end > known) break;
      if (base + end <= start || !isSeparator(text, end)) continue;
      yield blob.slice(start, base + end);
      start = base + end;
    }
    // What is kept may begin with the line breaks before a separator.
    const keep = Math.max(0, known - 3);
    base += keep;
    text = text.slice(keep);
    if (last) break;
  }
  yield blob.slice(start);
}

/** One message's bytes without the quoting that the mbox needed. */
export function unquote(bytes) {
  const out = new Uint8Array(bytes.length);
  let size = 0;
  let from = 0;
  const put = (end) => {
    out.set(bytes.subarray(from, end), size);
    size += end - from;
  };
  for (let i = bytes.indexOf(62); i >= 0; i = bytes.indexOf(62, i + 1)) {
    if (i > 0 && bytes[i - 1] !== 10) continue;
    let end = i;
    while (bytes[end] === 62) end += 1;
    if (String.fromCharCode(...bytes.subarray(end, end + 5)) !== "From ") continue;
    put(i);
    from = i + 1;
    i = end;
  }
  put(bytes.length);
  return out.subarray(0, size);
}
