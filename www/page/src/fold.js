// Text as the engine compares it, with the way back to the text as it is written.

const IGNORED = /[\p{Cf}\p{Variation_Selector}\u0334-\u0338]/u;

/**
 * `plain` is without invisible characters and compatibility forms, `lower` is the same in lower case;
 * `at[i]` is where character `i` of both is in `text`, and the last one is the length of `text`.
 */
export function fold(text) {
  let plain = "";
  let lower = "";
  const at = [];
  let position = 0;
  for (const c of text) {
    if (!IGNORED.test(c)) {
      const small = /\s/.test(c) ? " " : lowered(c < "\x80" ? c : c.normalize("NFKC"));
      const same = /\s/.test(c) ? " " : c < "\x80" ? c : c.normalize("NFKC");
      plain += same.length === small.length ? same : small;
      lower += small;
      for (let i = 0; i < small.length; i += 1) at.push(position);
    }
    position += c.length;
  }
  at.push(text.length);
  return { plain, lower, at };
}

function lowered(text) {
  return text.toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").replaceAll("’", "'");
}
