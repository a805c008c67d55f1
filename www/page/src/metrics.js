// Measures of a spam filter, as the TREC Spam Track defined them (Cormack and Lynam 2005, "TREC 2005 Spam
// Track Overview"). A judged message is `{ label, logOdds, class }`.

/** Points of the ROC curve, from the strictest threshold to the loosest: shares of ham lost and spam caught. */
export function rocOf(judged) {
  const [ham, spam] = totals(judged);
  const points = [{ threshold: Infinity, lost: 0, caught: 0 }];
  let [lost, caught] = [0, 0];
  const sorted = judged.toSorted((a, b) => b.logOdds - a.logOdds);
  sorted.forEach(({ label, logOdds }, i) => {
    if (label === "spam") caught += 1;
    else lost += 1;
    // Messages of the same score are on the same side of every threshold.
    if (sorted[i + 1]?.logOdds !== logOdds) points.push({ threshold: logOdds, lost: lost / ham, caught: caught / spam });
  });
  return points;
}

/** All figures; percentages are 0 to 100. Both classes must be there. */
export function figuresOf(judged) {
  const [ham, spam] = totals(judged);
  const roc = rocOf(judged);
  const share = (label, is) => (100 * judged.filter((mail) => mail.label === label && is(mail)).length) / (label === "ham" ? ham : spam);
  const hm = share("ham", ({ logOdds }) => logOdds >= 0);
  const sm = share("spam", ({ logOdds }) => logOdds < 0);
  return {
    roca: 100 * areaAbove(roc),
    sm01: 100 * (1 - roc.findLast(({ lost }) => lost <= 0.001).caught),
    hm,
    sm,
    lam: lam(hm, sm, ham, spam),
    hamSpam: share("ham", (mail) => mail.class === "spam"),
    spamHam: share("spam", (mail) => mail.class === "ham"),
    unsure: (100 * judged.filter((mail) => mail.class === "unsure").length) / judged.length,
  };
}

/** How often a ham scores above a spam, ties counted half. */
function areaAbove(roc) {
  let area = 0;
  for (let i = 1; i < roc.length; i += 1) {
    area += (roc[i].lost - roc[i - 1].lost) * (1 - (roc[i].caught + roc[i - 1].caught) / 2);
  }
  return area;
}

/** Logistic average of two percentages; half a message stands for none, so that it is finite. */
function lam(hm, sm, ham, spam) {
  const logit = (percentage, n) => {
    const wrong = Math.round((percentage / 100) * n);
    return Math.log((wrong + 0.5) / (n - wrong + 0.5));
  };
  return 100 / (1 + Math.exp(-(logit(hm, ham) + logit(sm, spam)) / 2));
}

function totals(judged) {
  const spam = judged.filter(({ label }) => label === "spam").length;
  return [judged.length - spam, spam];
}

/** Numbers of ham and spam by log-odds, in bins of width 1; the outermost hold all beyond. */
export function histogramOf(judged, limit) {
  const bins = Array.from({ length: 2 * limit }, (_, i) => ({ from: i - limit, ham: 0, spam: 0 }));
  for (const { label, logOdds } of judged) {
    bins[Math.max(0, Math.min(bins.length - 1, Math.floor(logOdds) + limit))][label] += 1;
  }
  return bins;
}
