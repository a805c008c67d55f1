// Keeps the whole page, so that it works without a network. Nothing but the page's own files is ever asked for.

const VERSION = "{{VERSION}}";
const FILES = "{{FILES}}";
const CACHE = `tamis-page-${VERSION}`;

self.addEventListener("install", (event) => {
  const requests = FILES.map((file) => new Request(file, { cache: "no-cache" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("tamis-page-") && name !== CACHE);
  const clean = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const key = event.request.mode === "navigate" ? new URL("index.html", self.registration.scope).href : url.href;
  event.respondWith(
    caches.open(CACHE).then((cache) => cache.match(key)).then((kept) => kept ?? fetch(event.request)),
  );
});
