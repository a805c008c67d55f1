// Chromium's decoder of ISO-2022-JP keeps state between calls: what it decodes next begins with U+FFFD.
// postal-mime keeps its decoders; so each is left with a letter of ASCII as the last that it read.

const { decode } = TextDecoder.prototype;
const ASCII = Uint8Array.of(65);

TextDecoder.prototype.decode = function (...args) {
  const text = decode.apply(this, args);
  if (this.encoding === "iso-2022-jp" && !args[1]?.stream) decode.call(this, ASCII);
  return text;
};
