// Makes the module's tables compress better. Most of the module is tables: of charsets, of Unicode, of HTML's
// character names. They are arrays of numbers of 16 or 32 bits, alone or in records, and what compresses
// files is made for text. So a table is rearranged where that makes it smaller: all first bytes, then all
// second bytes, and so on; 16-bit numbers also as differences from the one before. An instance puts its tables
// back before anything else runs (tables.wat).

import { brotliCompressSync } from "node:zlib";

const SMALLEST = 512;
/** What tables.wat has room for. */
const LARGEST = 3 << 16;
const WIDTHS = [2, 4, 6, 8, 12, 16, 24];

/** The tables in a map that the linker wrote: addresses and sizes. */
export function tablesOf(map) {
  const line = /^\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\S*:\(\.rodata/;
  const tables = map.split("\n").map((text) => line.exec(text)).filter(Boolean);
  return tables.map(([, at, size]) => ({ at: parseInt(at, 16), size: parseInt(size, 16) }))
    .filter(({ size }) => size >= SMALLEST && size <= LARGEST);
}

/** Rearranges tables in a module, and gives it with the list of what to put back: at, rows, width, deltas. */
export function fold(module, tables) {
  const folded = Buffer.from(module);
  const list = [];
  for (const { at, size } of tables) {
    const place = placeOf(module, at, size);
    if (place === undefined) continue;
    const table = module.subarray(place, place + size);
    let best = { bytes: table, length: brotliCompressSync(table).length - 8 };
    for (const width of WIDTHS) {
      for (const deltas of [0, 1]) {
        const bytes = rearranged(table, width, deltas);
        const { length } = brotliCompressSync(bytes);
        if (length < best.length) best = { bytes, length, entry: [at, Math.floor(size / width), width, deltas] };
      }
    }
    if (best.entry) {
      best.bytes.copy(folded, place);
      list.push(best.entry);
    }
  }
  return { folded, list };
}

function rearranged(table, width, deltas) {
  const rows = Math.floor(table.length / width);
  const result = Buffer.from(table);
  for (let column = 0; column < width; column += 2) {
    let last = 0;
    for (let row = 0; row < rows; row++) {
      let value = table.readUInt16LE(row * width + column);
      if (deltas) {
        const step = ((value - last) << 16) >> 16;
        last = value;
        value = ((step << 1) ^ (step >> 31)) & 0xffff;
      }
      result[column * rows + row] = value & 0xff;
      result[(column + 1) * rows + row] = value >> 8;
    }
  }
  return result;
}

/** Where in a module's bytes an address of its memory is filled from; `undefined` if not from one segment. */
function placeOf(module, at, size) {
  const data = [...sections(module)].find(({ id }) => id === 11);
  let [left, position] = data ? numberAt(module, data.start) : [0];
  for (; left > 0; left--) {
    // Flags 0 and `i32.const ADDRESS end`: the only kind that the linker makes.
    if (module[position] !== 0 || module[position + 1] !== 0x41) throw new Error("a data segment of another kind");
    const [start, end] = numberAt(module, position + 2);
    const [length, bytes] = numberAt(module, end + 1);
    if (at >= start && at + size <= start + length) return bytes + at - start;
    position = bytes + length;
  }
  return undefined;
}

/** The sections of a module: `id`, where it is (`at`), and its body, from `start` until before `end`. */
export function* sections(module) {
  for (let at = 8; at < module.length; ) {
    const [length, start] = numberAt(module, at + 1);
    yield { id: module[at], at, start, end: start + length };
    at = start + length;
  }
}

/** A number in a module (LEB128), and where it ends. */
export function numberAt(module, at) {
  let value = 0, shift = 0, byte;
  do {
    byte = module[at++];
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  return [value >>> 0, at];
}
