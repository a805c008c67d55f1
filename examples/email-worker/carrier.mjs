// A worker in the place of Email Routing: hands over any message, and answers with what became of it.

export default {
  async fetch(request, { WORKER }) {
    const told = { forwarded: [] };
    const raw = new Uint8Array(await request.arrayBuffer());
    await WORKER.email({
      from: "sender@example.org",
      to: "me@example.com",
      headers: new Headers(),
      raw: new Response(raw).body,
      rawSize: raw.length,
      setReject: (reason) => void (told.rejected = reason),
      forward: async (to, headers) => void told.forwarded.push({ to, ...Object.fromEntries(headers) }),
    });
    return Response.json(told);
  },
};
