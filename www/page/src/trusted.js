// The servers whose word counts, as the person names them.

import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { keep, kept } from "./kept.js";
import { attempt, say } from "./status.js";

const KEY = "tamis-trusted";

export function trustedBy(mailbox, evaluator) {
  const hosts = () => byId("trust-hosts").value.split(/[\s,;]+/).filter(Boolean);
  const believe = async () => {
    await evaluator.trust({ authservIds: hosts(), hosts: hosts() });
    return mailbox.trust(hosts());
  };
  byId("trust-hosts").value = kept(KEY) ?? "";
  if (hosts().length > 0) attempt(believe);
  byId("trust").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      keep(KEY, hosts().join(" "));
      const { moved } = await believe();
      say(t("trustedSaved", { n: hosts().length, moved }));
    });
  });
}
