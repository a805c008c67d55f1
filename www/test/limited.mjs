/** A module like this one, whose memory cannot grow beyond so many pages of 64 KiB than it starts with. */
export function limited(wasm, more) {
  const number = (at) => {
    let value = 0, shift = 0, byte;
    do {
      byte = wasm[at++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    return [value, at];
  };
  const encoded = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encoded(value >>> 7)]);
  let at = 8;
  while (at < wasm.length) {
    const [length, start] = number(at + 1);
    if (wasm[at] === 5) {
      const [pages] = number(start + 2);
      const body = [1, 1, ...encoded(pages), ...encoded(pages + more)];
      return Buffer.concat([wasm.subarray(0, at), Buffer.from([5, ...encoded(body.length), ...body]), wasm.subarray(start + length)]);
    }
    at = start + length;
  }
  throw new Error("the module has no memory");
}
