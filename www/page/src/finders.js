// Where in a text a feature comes from. The engine gives names, not places; so this looks for what has
// that name. What it does not find is still in the table of the evidence.

// Repeats are bounded: text is hostile, and a pattern must not take quadratic time over it.

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const digits = (text) => text.replace(/\D/g, "").length;

/** Scripts without spaces between words. */
const UNSEGMENTED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]+\p{M}*$/u;

/** Characters that stand for others in words that are to be read but not found. */
const LOOKALIKES = {
  a: "aаα@4", b: "bв8", c: "cс(", e: "eеε3", g: "g9", h: "hн", i: "iі1l|!", k: "kк", l: "l1|і", m: "mм", n: "nп",
  o: "oоο0", p: "pрρ", s: "sѕ$5", t: "tт7+", u: "uυ", x: "xх", y: "yу", z: "z2",
};

/** Finders in `{ lower, plain }` by kind of token; each gives a pattern, and maybe a condition on its match. */
const KINDS = {
  caps: (value) => [`(?<!\\p{L})${escape(value.toUpperCase())}(?!\\p{L})`, undefined, "plain"],
  joined: (value) => [[...value].map(escape).join("[^\\p{L}\\p{N}]{1,3}")],
  skeleton: (value) => [[...value].map((c) => `[${escape(LOOKALIKES[c] ?? c)}]`).join("")],
  punct: (value) => {
    const [mark, count] = [[...value][0], Number(value.slice([...value][0].length))];
    const many = count >= 8 ? "{8,}" : `{${count}}`;
    return [`(?<!${escape(mark)})(?:${escape(mark)})${many}(?!${escape(mark)})`];
  },
  money: () => ["(?:us|usd|eur|rmb|cny)?\\s?[$€£¥]\\s?\\d[\\d.,]{0,20}|\\d[\\d.,]{0,20}\\s?(?:万|亿)?(?:元|€|usd|eur|euros?|dollars?)"],
  phone: (value) => ["\\+?[\\d(][\\d ().-]{5,24}\\d", (found) => digits(found) === Number(value.split(":")[1])],
  random: (value) => ["[a-z0-9+/=_-]{8,}", (found) => found.length === Number(value.split(":")[1])],
  number: (value) => {
    const [kind, count] = value.split(":");
    const whole = (pattern) => [`(?<![\\p{L}\\p{N}.,$€£¥])${pattern}(?![\\p{L}\\p{N}])`];
    const shapes = { date: "\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}", time: "\\d{1,2}:\\d\\d(?::\\d\\d)?", year: "(?:19|20)\\d\\d",
      ip: "(?:\\d{1,3}\\.){3}\\d{1,3}", version: "\\d{1,9}(?:\\.\\d{1,9}){2,5}" };
    if (shapes[kind]) return whole(shapes[kind]);
    const [pattern] = whole("\\d{1,20}(?:[.,]\\d{1,20}){0,9}");
    const fits = (found) => digits(found.replace(/\.\d{1,2}$/, "")) === Number(count);
    return [kind === "n%" ? `${pattern}\\s?%` : pattern, fits];
  },
};

/** `field:value` as its two halves. */
export function partsOf(feature) {
  const colon = feature.indexOf(":");
  return [feature.slice(0, colon), feature.slice(colon + 1)];
}

/** Where the feature is in the folded text, as `[start, end]` in it. */
export function find(feature, folded) {
  const [field, value] = partsOf(feature);
  if (field.startsWith("url-")) return inAddresses(field, value, folded.lower);
  if (field.endsWith("-gram")) return all(escape(value), folded.lower);
  if (field.endsWith("-host")) return all(escape(value.replace(/^\*\.?/, "")), folded.lower);
  const kind = value.match(/^([a-z]+)=(.+)$/);
  if (kind && KINDS[kind[1]]) {
    const [pattern, condition, text = "lower"] = KINDS[kind[1]](kind[2]);
    return all(pattern, folded[text], condition);
  }
  return all(patternOfWords(value), folded.lower);
}

function patternOfWords(value) {
  if (UNSEGMENTED.test(value)) return [...value].map(escape).join("[\\s\\p{P}\\p{S}]{0,2}");
  const words = value.split(" ").map(escape).join("[^\\p{L}]{1,40}?");
  const edge = (c) => (/[\p{L}\p{N}]/u.test(c) ? "[\\p{L}\\p{N}]" : "(?!)");
  return `(?<!${edge(value[0] ?? "")})${words}(?!${edge(value.at(-1) ?? "")})`;
}

const ADDRESS = /(?:https?:\/\/|www\.)[^\s⟩<>"]+/g;

function inAddresses(field, value, text) {
  const places = [];
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    const host = address.match(/^(?:https?:\/\/)?([^/?#:]*)/);
    const hostEnd = host[0].length;
    const wanted = value.replace(/^\*\.?/, "");
    let at;
    if (field !== "url-host") at = address.indexOf(wanted, hostEnd);
    else if (value.startsWith("*") ? host[1].endsWith(wanted) : host[1] === wanted) at = hostEnd - wanted.length;
    if (at >= 0 && wanted) places.push([index + at, index + at + wanted.length]);
  }
  return places;
}

function all(pattern, text, condition) {
  const places = [];
  for (const match of text.matchAll(new RegExp(pattern, "gu"))) {
    if (match[0] && (!condition || condition(match[0]))) places.push([match.index, match.index + match[0].length]);
    if (places.length >= 200) break;
  }
  return places;
}
