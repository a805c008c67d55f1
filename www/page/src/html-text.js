// HTML as text. It is only ever split into tags and text: no document is made of it, so nothing in it can run
// or load anything.

import { Parser } from "htmlparser2";

const BLOCKS = new Set(
  ("address article blockquote br center dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre " +
    "section table tr ul").split(" "),
);
const SKIPPED = new Set("head script style noscript template svg math object iframe title".split(" "));
const INVISIBLE =
  /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](px|pt|em|%)?\s*(;|$)|opacity\s*:\s*0\s*(;|$)|max-height\s*:\s*0/i;

/** The text as runs: `hidden` ones are not seen where HTML is rendered, `target` is where a link goes. */
export function textOfHtml(html, limit) {
  const runs = [];
  let left = limit;
  const put = (text, hidden, target) => {
    if (!text || left <= 0) return;
    const last = runs.at(-1);
    const head = text.slice(0, left);
    left -= head.length;
    if (last && last.hidden === hidden && last.target === target) last.text += head;
    else runs.push({ text: head, hidden, target });
  };

  // What holds inside each element that is open.
  const open = [{ name: "", hidden: false, skipped: false, pre: false }];
  const parser = new Parser({
    onopentag(name, attributes) {
      const outer = open.at(-1);
      const inner = {
        name,
        hidden: outer.hidden || "hidden" in attributes || INVISIBLE.test(attributes.style ?? ""),
        skipped: outer.skipped || SKIPPED.has(name),
        pre: outer.pre || name === "pre",
        href: name === "a" ? attributes.href?.trim() : undefined,
        text: "",
      };
      open.push(inner);
      if (inner.skipped) return;
      if (BLOCKS.has(name)) put("\n", inner.hidden);
      if (name === "img" && attributes.alt) put(`[${attributes.alt}]`, inner.hidden);
      if (name === "td" || name === "th") put(" ", inner.hidden);
    },
    ontext(text) {
      const { hidden, skipped, pre } = open.at(-1);
      if (skipped) return;
      const link = open.findLast(({ name }) => name === "a");
      if (link) link.text += text;
      put(pre ? text : text.replace(/\s+/g, " "), hidden);
    },
    onclosetag(name) {
      const { hidden, skipped, href, text } = open.pop();
      if (skipped) return;
      if (href) put(shownTarget(href, text.trim()), hidden, href);
      if (BLOCKS.has(name) && name !== "br") put("\n", hidden);
    },
  });
  parser.end(html);
  return tidy(runs);
}

/** A link's address, unless its text is the address already. */
function shownTarget(href, text) {
  return href.startsWith("#") || href === text ? "" : ` ⟨${href.slice(0, 300)}⟩`;
}

/** No more than one empty line in a row, none at the ends. */
function tidy(runs) {
  let breaks = 2;
  for (const run of runs) {
    run.text = run.text
      .replace(/[ \u00a0]*\n\s*/g, (blank) => "\n".repeat(Math.min(2, blank.split("\n").length - 1)))
      .replace(/^\n*/, (blank) => "\n".repeat(Math.min(blank.length, 2 - breaks)));
    const end = run.text.match(/\n*$/)[0].length;
    if (run.text) breaks = run.text.length === end ? Math.min(2, breaks + end) : end;
  }
  const last = runs.at(-1);
  if (last) last.text = last.text.trimEnd();
  return runs.filter((run) => run.text);
}
