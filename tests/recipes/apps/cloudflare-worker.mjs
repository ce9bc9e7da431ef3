// Cloudflare's side of the bargain: Node's Request and Response are the standard's, and fetch() goes to the upstream.
import { createServer } from "node:http";
const real = globalThis.fetch;
globalThis.fetch = (request) => {
  const url = new URL(request.url);
  const port = url.pathname === "/v1/dead" ? 1 : @UPSTREAM@;
  return real(`http://127.0.0.1:${port}${url.pathname}`, { method: request.method, headers: request.headers });
};
const worker = (await import("./recipe.mjs")).default;
createServer(async (incoming, outgoing) => {
  const headers = new Headers(Object.entries(incoming.headers).filter(([name]) => !["host", "connection"].includes(name)));
  const response = await worker.fetch(new Request(`http://127.0.0.1:@PORT@${incoming.url}`, { method: incoming.method, headers }));
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}).listen(@PORT@, "127.0.0.1");
