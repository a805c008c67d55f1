// Messages that reach every table of the engine: all two-byte sequences in every charset, all of Unicode's
// planes 0 and 1, all named character references' shapes, and random damage. The same at every run.

const CHARSETS = [
  "utf-8", "gb2312", "gbk", "gb18030", "big5", "big5-hkscs", "euc-kr", "ks_c_5601-1987", "shift_jis", "euc-jp", "iso-2022-jp",
  "iso-8859-1", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8",
  "iso-8859-9", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u",
  "macintosh", "x-mac-cyrillic", "ibm866", "windows-874", "windows-1250", "windows-1251", "windows-1252",
  "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "utf-16le",
  "utf-16be", "utf-7", "cp850", "cp437", "unknown-charset",
];

const bytes = (text) => Buffer.from(text, "utf8");

/** Pairs of a name and a message. */
export function* generate() {
  const head = (type, extra = "") =>
    bytes(`From: "Ann Li" <ann@news.example.co.uk>\r\nTo: bob@example.org\r\nSubject: order 12345\r\nDate: Tue, 1 Oct 2024 10:00:00 +0200\r\n` +
      `Message-ID: <1.a@mx.example.co.uk>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n${extra}\r\n`);
  for (const charset of CHARSETS) {
    for (let first = 0x80; first < 0x100; first += 16) {
      const pairs = [];
      for (let lead = first; lead < first + 16; lead++) {
        for (let trail = 0x21; trail < 0x100; trail++) pairs.push(lead, trail, ...(trail % 8 ? [] : [0x20]));
        pairs.push(0x0a);
      }
      yield [`pairs-${charset}-${first}`, Buffer.concat([head(`text/plain; charset=${charset}`), Buffer.from(pairs)])];
    }
    const words = `=?${charset}?B?${Buffer.from(Array.from({ length: 40 }, (_, i) => 0xa1 + ((i * 7) % 0x5d))).toString("base64")}?=`;
    yield [`subject-${charset}`, bytes(`Subject: ${words} ${words}\r\nFrom: ${words} <a@b.example>\r\n\r\nx`)];
  }
  for (let start = 0x80; start < 0x20000; start += 0x400) {
    let text = "";
    for (let code = start; code < start + 0x400; code++) {
      if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code) + (code % 5 ? "" : " a");
    }
    yield [`plane-${start}`, Buffer.concat([head("text/plain; charset=utf-8"), bytes(text)])];
    yield [`marks-${start}`, Buffer.concat([head("text/html; charset=utf-8"), bytes(`<p>pay${[...text].slice(0, 200).join("pal l")}`)])];
  }
  // Each host is asked for its public suffix.
  for (const suffix of ["com", "co.uk", "github.io", "kawasaki.jp", "xn--p1ai", "com.cn", "blogspot.com", "zz"]) {
    const link = `<a href="http://a.b.c.${suffix}/x?y=1">www.d.${suffix}</a> <a href="http://e.${suffix}">http://e.${suffix}/</a>`;
    yield [`suffix-${suffix}`, Buffer.concat([head("text/html", `Reply-To: x@y.${suffix}\r\n`), bytes(link)])];
  }
  const random = generator(20240229);
  const seeds = [
    'Content-Type: multipart/mixed; boundary="b"\r\nSubject: =?utf-8?Q?caf=C3=A9?=\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p style="font-size:1px;opacity:.05">x&amp;&eacute;&notit;&#x56;</p>\r\n--b\r\nContent-Type: application/pdf; name="a.pdf.exe"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n',
    "Received: from a (b.example [192.0.2.7]) by c.example with ESMTPS id 1; Tue, 1 Oct 2024 10:00:00 GMT\r\nSubject: Fr€€ m0ney!!!\r\n\r\nCall 1-800-555-0199 for $1,000.00 or visit http://1.2.3.4/x%20y?z=1#q",
  ];
  for (let i = 0; i < 400; i++) {
    const message = bytes(seeds[i % seeds.length]);
    for (let n = 0; n < 1 + (i % 30); n++) message[random() % message.length] = random() % 256;
    yield [`damaged-${i}`, message.subarray(0, 1 + (random() % message.length))];
  }
  yield ["empty", Buffer.alloc(0)];
  yield ["large", Buffer.concat([head("text/plain"), Buffer.alloc(5 << 20, "free money now \n")])];
}

/** xorshift32. */
function generator(state) {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
