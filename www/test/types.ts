// Uses the whole of the package's types: that it compiles is the test.
import {
  ArgumentError, Classifier, type ClassifyOptions, type Correction, createClassifier, FreedError, LoadError,
  type MessageFields, ModelError, PersonalError, TamisError, TrapError, type Verdict, version,
} from "tamis";
import { openPersonal } from "tamis/idb";
import { createClassifier as createSlim } from "tamis/slim";
import { createWorkerClassifier, type WorkerClassifier } from "tamis/worker";

export async function all(bytes: Uint8Array, stream: ReadableStream<Uint8Array>, file: File): Promise<string> {
  using classifier: Classifier = await createClassifier({ trust: { authservIds: ["mx.example"], hosts: new Set([".example"]) } });
  const options: ClassifyOptions = { explain: 3 };
  const verdicts: Verdict[] = [
    await classifier.classify(bytes, options), await classifier.classify(stream), await classifier.classify(file),
    await classifier.classify(new ArrayBuffer(3)), classifier.classifySync("Subject: x"),
    classifier.classifyFields({ headers: [["Subject", "x"]], text: "y" }),
  ];
  // A postal-mime message and a JMAP one.
  const fields: MessageFields[] = [
    { headers: [{ key: "subject", value: "x" }], html: "<p>y", attachments: [{ filename: null, mimeType: "image/png" }] },
    { headers: [{ name: "Subject", value: "x" }], text: null, size: 12, attachments: [{ type: "a/b", name: "c" }] },
    { headers: { Subject: "x", Received: ["a", "b"] } },
    { headers: new Headers({ subject: "x" }) },
  ];
  const correction: Correction = await classifier.learn(fields[0]!, "spam");
  const forgotten: boolean = await classifier.forget(bytes);
  const learnedAs: "ham" | "spam" | undefined = await classifier.labelOf(bytes);
  const exported: Uint8Array = classifier.exportPersonal();
  classifier.importPersonal(exported);
  classifier.mergePersonal(exported, exported);
  classifier.clearPersonal();
  classifier.trust({});
  const numbers: number[] = [classifier.model.thresholds.spam, classifier.model.messages.ham, classifier.personal().ham];

  const slim = await createSlim({ wasm: await fetch("x"), model: new URL("x:y") });
  slim[Symbol.dispose]();
  // @ts-expect-error module and model have no defaults there
  await createSlim({});
  // @ts-expect-error it is made by createClassifier
  new Classifier();

  const remote: WorkerClassifier = await createWorkerClassifier({ model: bytes });
  // As node:worker_threads has them.
  const thread = { postMessage(_: unknown) {}, terminate: () => Promise.resolve(0) };
  await createWorkerClassifier({ worker: () => thread });
  const verdict: Verdict = await remote.classifyFields(fields[1]!, options);
  const learnedThere: "ham" | "spam" | undefined = await remote.labelOf(file);
  await remote.importPersonal(await remote.exportPersonal());
  const store = await openPersonal({ name: "a" });
  await store.restore(remote);
  await store.save(classifier);
  store.close();

  const errors = [ArgumentError, FreedError, LoadError, ModelError, PersonalError, TrapError];
  try {
    await classifier.classify(bytes);
  } catch (error) {
    if (error instanceof ModelError && error.code === "model-corrupt") return `${error.offset}`;
    if (error instanceof TamisError) return error.code;
  }
  return [version, verdicts, correction, forgotten, learnedAs, numbers, verdict.evidence?.[0]?.pull, learnedThere, errors.length].join();
}
