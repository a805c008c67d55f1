// The same check in every runtime: what the engine says of each message, bit for bit as it was said
// natively (examples/vectors.rs). Cases come as one sequence of bytes: for each, the length of its
// expected line, the line, the length of its message, the message; lengths are 32 bits, little endian.

/** Checks all cases; gives how many passed and failed, and says of the first few failures what differs. */
export async function check(createClassifier, cases) {
  const shared = await createClassifier();
  const personal = await createClassifier();
  const view = new DataView(cases.buffer, cases.byteOffset, cases.byteLength);
  const decoder = new TextDecoder();
  const failures = [];
  let passed = 0, failed = 0, at = 0, i = 0;
  const next = () => {
    const length = view.getUint32(at, true);
    at += 4 + length;
    return cases.subarray(at - length, at);
  };
  const compare = (name, found, expected) => {
    if (found === expected) return true;
    if (failures.length < 5) failures.push(`${name}: ${found} instead of ${expected}`.slice(0, 2000));
    return false;
  };
  while (at < cases.length) {
    const expected = JSON.parse(decoder.decode(next()));
    const message = next();
    let same;
    if (expected.end) {
      const { ham, spam } = personal.personal();
      const bytes = personal.exportPersonal();
      const found = { messages: [ham, spam], bytes: bytes.length, hash: hash(bytes) };
      same = compare("personal", text(found), text(expected.end));
    } else {
      const verdicts = [shared, personal].map((classifier) => bits(classifier.classifySync(message, { explain: 20 })));
      same =
        compare(`${expected.path} digest`, await shared.digest(message), expected.digest) &&
        compare(`${expected.path} shared`, text(verdicts[0]), text(expected.shared)) &&
        compare(`${expected.path} personal`, text(verdicts[1]), text(expected.personal));
      if (i % 3 === 0) await personal.learn(message, i % 2 === 0 ? "spam" : "ham");
    }
    if (same) passed++;
    else failed++;
    i++;
  }
  shared.free();
  personal.free();
  return { passed, failed, failures };
}

const text = (value) => JSON.stringify(value, (_, inner) =>
  inner && typeof inner === "object" && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner);

function bits(verdict) {
  const view = new DataView(new ArrayBuffer(8));
  const hex = (number) => {
    view.setFloat64(0, number);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  };
  const evidence = verdict.evidence.map(({ feature, pull }) => [feature, hex(pull)]);
  return [verdict.class, hex(verdict.probability), hex(verdict.logOdds), evidence];
}

/** FNV-1a. */
function hash(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
