// From what a host has of a message to what the engine reads.

import { argument } from "./errors.js";

const encoder = new TextEncoder();

/** The bytes of a value that has them at hand; `undefined` if it is of another kind. */
export function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return encoder.encode(value);
  const view = ArrayBuffer.isView(value);
  // Of whatever realm: what a worker or a frame sent is no instance of this one's ArrayBuffer.
  if (!view && Object.prototype.toString.call(value) !== "[object ArrayBuffer]") return undefined;
  try {
    return view ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
  } catch {
    throw argument("the buffer was transferred: its bytes are somewhere else");
  }
}

/** What the engine reads of a message: the first `limit` bytes of its source and their number, or its fields. */
export async function readMessage(message, limit) {
  const known = messageAtHand(message, limit);
  if (known) return known;
  if (typeof message?.stream === "function" && typeof message.slice === "function") {
    const start = await message.slice(0, limit).arrayBuffer();
    return { start: new Uint8Array(start), size: message.size };
  }
  if (message?.locked) throw argument("the stream is locked: somebody else reads it");
  if (typeof message?.getReader === "function" || typeof message?.[Symbol.asyncIterator] === "function") {
    return readStream(message, limit);
  }
  throw notAMessage(message);
}

/** As `readMessage`, of one that needs no waiting. */
export function readMessageSync(message, limit) {
  const known = messageAtHand(message, limit);
  if (!known) throw notAMessage(message);
  return known;
}

function messageAtHand(message, limit) {
  const bytes = bytesOf(message);
  if (bytes) return { start: bytes.subarray(0, limit), size: bytes.length };
  // A message that was read on the other side of a worker.
  if (message?.start instanceof Uint8Array) return { start: message.start.subarray(0, limit), size: message.size };
  return message?.headers === undefined ? undefined : readFields(message, limit);
}

function notAMessage(value) {
  const kind = value === null ? "null" : (value?.constructor?.name ?? typeof value);
  return argument(`a message is bytes, a string, a Blob, a stream or an object with headers, not ${kind}`);
}

/** Reads a stream to its end, and keeps the start. */
async function readStream(stream, limit) {
  const chunks = [];
  let size = 0;
  for await (const chunk of typeof stream.getReader === "function" ? chunksOf(stream) : stream) {
    const bytes = typeof chunk === "string" ? undefined : bytesOf(chunk);
    if (!bytes) throw argument(`a message's stream is of bytes, not of ${typeof chunk}`);
    // The stream's owner may use the chunk's memory again.
    if (size < limit) chunks.push(bytes.slice(0, limit - size));
    size += bytes.length;
  }
  const start = new Uint8Array(Math.min(size, limit));
  let at = 0;
  for (const chunk of chunks) {
    start.set(chunk, at);
    at += chunk.length;
  }
  return { start, size };
}

/** A ReadableStream is not an async iterable everywhere. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** The parsed fields of a message, flattened; of its texts no more than is looked at. */
export function readFields(fields, limit) {
  if (typeof fields?.headers !== "object" || fields.headers === null) {
    throw argument("`headers` is a list of fields, or an object of their values by name");
  }
  const headers = [];
  const add = (name, value) => {
    if (typeof name !== "string" || typeof value !== "string") {
      throw argument("a header field is [name, value], { name, value } or { key, value } of strings");
    }
    headers.push(name, value);
  };
  if (typeof fields.headers[Symbol.iterator] === "function") {
    for (const field of fields.headers) {
      if (Array.isArray(field)) add(field[0], field[1]);
      else add(field?.name ?? field?.originalKey ?? field?.key, field?.value);
    }
  } else {
    for (const [name, values] of Object.entries(fields.headers)) {
      for (const value of Array.isArray(values) ? values : [values]) add(name, value);
    }
  }
  const attachments = [];
  for (const attachment of listOf(fields.attachments ?? [], "attachments")) {
    if (typeof attachment !== "object" || attachment === null) throw argument("`attachments` are objects");
    for (const value of [attachment.type ?? attachment.mimeType ?? "", attachment.name ?? attachment.filename ?? ""]) {
      if (typeof value !== "string") throw argument("an attachment's type and name are strings");
      attachments.push(value);
    }
  }
  return { headers, text: text(fields, "text", limit), html: text(fields, "html", limit), attachments, size: size(fields.size) };
}

/** The servers to be trusted, as lists. */
export function serversOf(trust = {}) {
  if (typeof trust !== "object" || trust === null) throw argument("`trust` is an object");
  return { authservIds: namesOf(trust.authservIds ?? [], "authservIds"), hosts: namesOf(trust.hosts ?? [], "hosts") };
}

function namesOf(names, what) {
  const list = typeof names === "string" ? [names] : listOf(names, what);
  if (list.every((name) => typeof name === "string")) return list;
  throw argument(`\`${what}\` are strings`);
}

function listOf(values, what) {
  if (typeof values?.[Symbol.iterator] === "function") return [...values];
  throw argument(`\`${what}\` is a list`);
}

function text(fields, name, limit) {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  // So many characters are as many bytes, or more.
  if (typeof value === "string") return value.slice(0, limit);
  throw argument(`\`${name}\` is a string`);
}

function size(value) {
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw argument("`size` is a number of bytes");
}
