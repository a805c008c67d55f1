// HTML as text. The document that is made of it has no window: it runs nothing and loads nothing, and none
// of its nodes gets into the page.

const BLOCKS = new Set(
  ("ADDRESS ARTICLE BLOCKQUOTE BR CENTER DD DIV DL DT FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE " +
    "SECTION TABLE TR UL").split(" "),
);
const SKIPPED = new Set("HEAD SCRIPT STYLE NOSCRIPT TEMPLATE SVG MATH OBJECT IFRAME".split(" "));
const INVISIBLE =
  /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](px|pt|em|%)?\s*(;|$)|opacity\s*:\s*0\s*(;|$)|max-height\s*:\s*0/i;

/** The text as runs: `hidden` ones are not seen where HTML is rendered, `target` is where a link goes. */
export function textOfHtml(html, limit) {
  const runs = [];
  const body = new DOMParser().parseFromString(html, "text/html").body;
  let left = limit;
  const put = (text, hidden, target) => {
    const last = runs.at(-1);
    if (!text || left <= 0) return;
    left -= text.length;
    if (last && last.hidden === hidden && last.target === target) last.text += text;
    else runs.push({ text: text.slice(0, left + text.length), hidden, target });
  };
  const visit = (node, hidden, pre) => {
    for (const child of node.childNodes) {
      if (left <= 0) return;
      if (child.nodeType === Node.TEXT_NODE) {
        put(pre ? child.data : child.data.replace(/\s+/g, " "), hidden);
      } else if (child.nodeType === Node.ELEMENT_NODE && !SKIPPED.has(child.tagName.toUpperCase())) {
        const inside = hidden || child.hasAttribute("hidden") || INVISIBLE.test(child.getAttribute("style") ?? "");
        const block = BLOCKS.has(child.tagName);
        if (block) put("\n", inside);
        if (child.tagName === "IMG") put(child.alt ? `[${child.alt}]` : "", inside);
        if (child.tagName === "TD" || child.tagName === "TH") put(" ", inside);
        visit(child, inside, pre || child.tagName === "PRE");
        if (child.tagName === "A") put(shownTarget(child), inside, child.getAttribute("href")?.trim());
        if (block && child.tagName !== "BR") put("\n", inside);
      }
    }
  };
  if (body) visit(body, false, false);
  return tidy(runs);
}

/** A link's address, unless its text is the address already. */
function shownTarget(link) {
  const href = link.getAttribute("href")?.trim() ?? "";
  const text = link.textContent.trim();
  return href && !href.startsWith("#") && href !== text ? ` ⟨${href.slice(0, 300)}⟩` : "";
}

/** No more than one empty line in a row, none at the ends. */
function tidy(runs) {
  for (const run of runs) run.text = run.text.replace(/ *\n */g, "\n").replace(/\n{3,}/g, "\n\n");
  let breaks = 2;
  for (const run of runs) {
    run.text = run.text.replace(/^\s*\n/, (blank) => "\n".repeat(Math.min(blank.split("\n").length - 1, 2 - breaks)));
    const end = run.text.match(/\n*$/)[0].length;
    breaks = run.text.length === end ? Math.min(2, breaks + end) : end;
  }
  return runs.filter((run) => run.text);
}
