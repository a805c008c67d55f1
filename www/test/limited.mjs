import { numberAt, sections } from "../tables.mjs";

/** A module like this one, whose memory cannot grow beyond so many pages of 64 KiB than it starts with. */
export function limited(wasm, more) {
  const encoded = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encoded(value >>> 7)]);
  const memory = [...sections(wasm)].find(({ id }) => id === 5);
  if (!memory) throw new Error("the module has no memory");
  const [pages] = numberAt(wasm, memory.start + 2);
  const body = [1, 1, ...encoded(pages), ...encoded(pages + more)];
  return Buffer.concat([wasm.subarray(0, memory.at), Buffer.from([5, ...encoded(body.length), ...body]), wasm.subarray(memory.end)]);
}
