// Header fields: what a server adds to a message that it receives.

const OWN = /^x-tamis-/i;

/** The message as it is delivered, but for the verdict: with trace fields (RFC 5321, 4.4), without forged verdicts. */
export function traced(source, session, host) {
  const { mailFrom } = session.envelope;
  const hello = (session.hostNameAppearsAs || "unknown").replace(/[^\w.:[\]-]/g, "");
  // Without a name in the DNS it is the address in brackets once more.
  const name = session.clientHostname?.startsWith("[") ? "" : `${session.clientHostname} `;
  const trace = [
    `Return-Path: <${mailFrom ? mailFrom.address : ""}>`,
    `Received: from ${hello} (${name}[${session.remoteAddress}])`,
    `\tby ${host} with ${session.transmissionType} id ${session.id};`,
    `\t${new Date().toUTCString().replace("GMT", "+0000")}`,
  ];
  return Buffer.concat([lines(trace), withoutVerdict(source)]);
}

/** The message with the verdict in its header. */
export function withVerdict(message, { class: name, probability, logOdds, evidence }) {
  // A feature may be of any script; a header field is ASCII.
  const reasons = evidence.map(({ feature, pull }) => `${encodeURIComponent(feature)}=${pull.toFixed(2)}`);
  const fields = [
    `X-Tamis-Class: ${name}`,
    `X-Tamis-Probability: ${probability.toFixed(4)}`,
    `X-Tamis-Score: ${logOdds.toFixed(3)}`,
    `X-Tamis-Evidence: ${reasons.join(";\r\n\t")}`,
  ];
  return Buffer.concat([lines(fields), message]);
}

/** The class that this server gave a message, from the fields that it put first. */
export function classOf(message) {
  return /^X-Tamis-Class: (ham|unsure|spam)\r\n/.exec(message.subarray(0, 40).toString("latin1"))?.[1];
}

/** The message without such fields, whoever put them in. */
export function withoutVerdict(source) {
  const kept = [];
  let from = 0;
  let at = 0;
  let dropping = false;
  while (at < source.length && source[at] !== 0x0d && source[at] !== 0x0a) {
    const next = source.indexOf(0x0a, at) + 1 || source.length;
    const continues = source[at] === 0x20 || source[at] === 0x09;
    const drop = continues ? dropping : OWN.test(source.subarray(at, at + 8).toString("latin1"));
    if (drop !== dropping) {
      if (drop) kept.push(source.subarray(from, at));
      else from = at;
      dropping = drop;
    }
    at = next;
  }
  kept.push(source.subarray(dropping ? at : from));
  return Buffer.concat(kept);
}

const lines = (list) => Buffer.from(list.map((line) => `${line}\r\n`).join(""));
