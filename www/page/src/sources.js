// From what a person drops, picks or pastes to single messages.

import { isMbox, splitMbox, unquote } from "./mbox.js";

/** Files that are no mail, whatever folder they lie in. */
const OTHER = /\.(png|jpe?g|gif|webp|svg|pdf|zip|docx?|xlsx?|mp[34]|html?|css|js|json|md)$/i;

/** A message: where it is, and how to read it. */
class Source {
  #blob;
  #quoted;

  constructor(path, blob, quoted) {
    this.path = path;
    this.size = blob.size;
    this.#blob = blob;
    this.#quoted = quoted;
  }

  async bytes() {
    const bytes = new Uint8Array(await this.#blob.arrayBuffer());
    return this.#quoted ? unquote(bytes) : bytes;
  }
}

/** The messages of these files, in order. What cannot be read fails when its bytes are asked for. */
export async function* messagesOf(files) {
  for await (const { path, file } of files) {
    if (file.size === 0 || OTHER.test(path)) continue;
    try {
      yield* messagesOfFile(path, /\.gz$/i.test(path) ? await gunzip(file) : file);
    } catch (error) {
      yield new Source(path, { size: file.size, arrayBuffer: () => Promise.reject(error) }, false);
    }
  }
}

async function* messagesOfFile(path, blob) {
  if (!(await isMbox(blob))) {
    yield new Source(path, blob, false);
    return;
  }
  let number = 0;
  for await (const slice of splitMbox(blob)) yield new Source(`${path}#${(number += 1)}`, slice, true);
}

function gunzip(file) {
  return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).blob();
}

/** The files of an `<input type=file>`. */
export function filesOfInput(input) {
  return inOrder([...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** The files of a drop, folders to their bottom. Must be called before the event is over. */
export function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
  return walk(entries);
}

async function* walk(entries) {
  for (const entry of entries) {
    if (entry instanceof File) yield { path: entry.name, file: entry };
    else if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      yield* inOrder([{ path: entry.fullPath.replace(/^\//, ""), file }]);
    } else yield* walk((await children(entry)).sort((a, b) => (a.name < b.name ? -1 : 1)));
  }
}

/** A folder gives its entries in pieces. */
async function children(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Without hidden files and what a Maildir is still writing. */
function inOrder(files) {
  const visible = ({ path }) => !path.split("/").some((part) => /^\../.test(part) || part === "tmp");
  return files.filter(visible).sort((a, b) => (a.path < b.path ? -1 : 1));
}
