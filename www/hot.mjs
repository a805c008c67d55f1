// Which functions are compiled for speed and which for size: a few take most of the time, the others most of the
// bytes. Rust has no stable attribute for that, but LLVM can be told by the names of functions.
//
// The list is measured: a profile of the module over mail, and what each entry does to bytes and throughput. A path
// stands for all that is below it.

const HOT = [
  "features::body::run",
  "features::emit::Emitter",
  "features::style::Style::add",
  "message::Message::headers_named",
  "message::header::field",
  "message::html::find",
  "message::html::reader::push_text",
  "message::html::tally",
  "message::html::tokenizer::Tokenizer::skip_to",
  "message::html::tokenizer::Tokenizer::slice",
  "message::html::tokenizer::lower",
  "message::lexical::Chars",
  "score::Scorer::new",
  "score::part",
  "score::strongest",
  "text::Tokenizer::tokenize_to",
  "text::fold::lowercase",
  "text::number::word_after",
  "text::scan::Scan::ascii_word",
  "text::shape::word_shape",
];

/** What LLVM reads with `--forceattrs-csv-path`: the crate's own functions in this LLVM IR but the hot ones. */
export function forSize(ir) {
  const own = [...ir.matchAll(/^define [^@]*@(\w+)\(/gm)].map(([, symbol]) => symbol).filter(isOwn);
  const hot = new Set();
  for (const path of HOT) {
    // A symbol has the parts of its path in their order, each after its length.
    const pattern = new RegExp(["tamis", ...path.split("::")].map((part) => `${part.length}${part}`).join("\\w*?"));
    const found = own.filter((symbol) => pattern.test(symbol));
    if (found.length === 0) throw new Error(`hot.mjs: there is no function ${path}`);
    for (const symbol of found) hot.add(symbol);
  }
  return own.filter((symbol) => !hot.has(symbol)).map((symbol) => `${symbol},minsize\n`).join("");
}

/** A method that JavaScript sees, or of the first crate in its path: what generics of the standard library are not. */
function isOwn(symbol) {
  return symbol.startsWith("engine_") || /Cs[0-9A-Za-z]+_(\w+)/.exec(symbol)?.[1].startsWith("5tamis");
}
