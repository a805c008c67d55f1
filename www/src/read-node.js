import { readFile } from "node:fs/promises";

import { fetchBytes } from "./load.js";

/** Reads a file or an address: `fetch` of Node does not know `file:`. */
export async function read(address) {
  const text = String(address);
  return /^(https?|data|blob):/.test(text) ? fetchBytes(address) : readFile(text.startsWith("file:") ? new URL(text) : text);
}
