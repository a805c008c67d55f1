// Evidence laid over text.

import { find, partsOf } from "./finders.js";
import { fold } from "./fold.js";

/** Fields of features that come from a place in the message. */
const FIELDS = {
  subject: ["subject", "subject-gram"],
  from: ["from", "from-name", "from-host"],
  to: ["to", "to-name", "to-host", "cc", "cc-name", "cc-host"],
  body: ["body", "url-host", "url-path", "url-query", "email-host"],
  hidden: ["hidden", "title", "url-host", "url-path", "url-query"],
};

/** The evidence that a place of the message can show. */
export function evidenceOf(place, evidence) {
  const fields = FIELDS[place] ?? [place];
  return evidence.filter(({ feature }) => fields.includes(partsOf(feature)[0]));
}

/**
 * The text in segments `{ text, pull, features }`: `pull` is what all features that come from there add to the
 * log-odds together, and `features` are their names.
 */
export function segmentsOf(text, evidence) {
  const folded = fold(text);
  const edges = new Map();
  const at = (position) => edges.get(position) ?? edges.set(position, { begin: [], end: [] }).get(position);
  for (const reason of evidence) {
    for (const [start, end] of find(reason.feature, folded)) {
      at(folded.at[start]).begin.push(reason);
      at(folded.at[end]).end.push(reason);
    }
  }
  const segments = [];
  const open = new Map();
  let from = 0;
  const cut = (to) => {
    if (to === from) return;
    const reasons = [...open.keys()];
    segments.push({
      text: text.slice(from, to),
      pull: reasons.reduce((sum, reason) => sum + reason.pull, 0),
      features: reasons.map((reason) => reason.feature),
    });
    from = to;
  };
  for (const position of [...edges.keys()].sort((a, b) => a - b)) {
    cut(position);
    const { begin, end } = edges.get(position);
    for (const reason of begin) open.set(reason, (open.get(reason) ?? 0) + 1);
    for (const reason of end) {
      const left = open.get(reason) - 1;
      if (left) open.set(reason, left);
      else open.delete(reason);
    }
  }
  cut(text.length);
  return segments;
}
