// The evidence as a table whose bars are a chart: ham pulls to the left, spam to the right.

import { partsOf } from "./finders.js";
import { h } from "./dom.js";
import { has, signed, t } from "./i18n.js";

/** Rows shown until more are asked for. */
const FIRST = 14;

/** `point` is told of the feature that the pointer or the focus is at, or of none. */
export function reasonsTable(evidence, point) {
  if (evidence.length === 0) return h("p", {}, t("noEvidence"));
  const strongest = Math.max(...evidence.map(({ pull }) => Math.abs(pull)));
  const rows = evidence.map((reason, i) => row(reason, strongest, i >= FIRST, point));
  const table = h("table", { class: "reasons" },
    h("caption", { class: "unseen" }, t("whyCaption")),
    h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, t("feature")),
      h("th", { scope: "col" },
        h("span", { class: "unseen" }, t("pull")),
        h("span", { class: "sides", "aria-hidden": "true" },
          h("span", { class: "ham" }, `← ${t("towardsHam")}`), h("span", { class: "spam" }, `${t("towardsSpam")} →`))))),
    h("tbody", {}, rows),
  );
  if (rows.length <= FIRST) return table;
  const more = h("button", { type: "button", class: "quiet", "aria-expanded": "false" }, t("showAll", { n: rows.length }));
  more.addEventListener("click", () => {
    const open = more.getAttribute("aria-expanded") === "false";
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? t("showFewer") : t("showAll", { n: rows.length });
    for (const hidden of rows.slice(FIRST)) hidden.hidden = !open;
  });
  return h("div", {}, table, more);
}

function row({ feature, pull }, strongest, hidden, point) {
  const [field, value] = partsOf(feature);
  const key = `field_${field}`;
  const side = pull > 0 ? "spam" : "ham";
  return h("tr", {
    hidden, "data-feature": feature, title: feature,
    onpointerenter: () => point(feature), onpointerleave: () => point(undefined),
  },
    h("th", { scope: "row" },
      h("span", { class: "field" }, has(key) ? t(key) : field), " ", h("span", { class: "value" }, shown(value))),
    h("td", { class: `pull ${side}` },
      h("span", { class: "bar", "aria-hidden": "true", style: { "--share": Math.abs(pull) / strongest } }),
      h("span", { class: "number" }, signed(pull))),
  );
}

/** A value with its spaces to be seen. */
const shown = (value) => value.replace(/^ | $/g, "␣");
