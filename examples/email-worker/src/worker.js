// An Email Worker: says of each message what it is, rejects what is clearly spam, forwards the rest.

import { createClassifier } from "tamis";

/** Made with the first message, kept as long as the isolate. */
let ready;

export default {
  async email(message, env) {
    const headers = new Headers();
    let verdict;
    try {
      const classifier = await (ready ??= start(env));
      await restore(classifier, env, headers);
      verdict = await classifier.classify(message.raw, { explain: 5 });
      describe(verdict, headers);
    } catch (error) {
      // Mail is never lost over the filter.
      complain(error, headers);
    }
    if (verdict?.class === "spam") {
      if (verdict.probability >= Number(env.REJECT_FROM ?? 0.999)) {
        await message.setReject("5.7.1 This message looks like spam");
        return;
      }
      if (env.JUNK_TO) {
        await message.forward(env.JUNK_TO, headers);
        return;
      }
    }
    await message.forward(env.FORWARD_TO, headers);
  },
};

function start(env) {
  const authservIds = (env.AUTHSERV_IDS ?? "mx.cloudflare.net").split(/[\s,]+/).filter(Boolean);
  const starting = createClassifier({ trust: { authservIds } });
  // The next message tries again.
  starting.catch(() => (ready = undefined));
  return starting;
}

/** Takes over the corrections in a KV namespace or an R2 bucket, if one is bound. */
async function restore(classifier, env, headers) {
  if (!env.PERSONAL) return;
  try {
    const stored = await env.PERSONAL.get("personal", { type: "arrayBuffer", cacheTtl: 60 });
    if (stored) classifier.importPersonal(new Uint8Array(await (stored.arrayBuffer?.() ?? stored)));
    else classifier.clearPersonal();
  } catch (error) {
    // The model is worth something without corrections.
    complain(error, headers);
  }
}

/** Cloudflare lets a forwarded message have more header fields if their names start with `X-`. */
function describe({ class: name, probability, logOdds, evidence }, headers) {
  headers.set("X-Tamis-Class", name);
  headers.set("X-Tamis-Probability", probability.toFixed(4));
  headers.set("X-Tamis-Score", logOdds.toFixed(3));
  // A feature may be of any script; a header field is ASCII.
  const reasons = evidence.map(({ feature, pull }) => `${encodeURIComponent(feature)}=${pull.toFixed(2)}`);
  headers.set("X-Tamis-Evidence", reasons.join("; "));
}

function complain(error, headers) {
  console.error(error);
  headers.set("X-Tamis-Error", error?.code ?? "failed");
}
