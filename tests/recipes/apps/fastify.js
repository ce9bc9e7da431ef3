const fastify = require("fastify")();
(async () => {
// @RECIPE@
fastify.addHook("onRequest", async (request, reply) => {
  if (request.url === "/v1/secret") reply.code(401).send("who are you?");
});
fastify.route({ method: ["GET", "PUT", "POST"], url: "/v1/items", handler: async (request, reply) => reply
  .headers({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other", "Access-Control-Max-Age": "9", Vary: "Accept-Encoding" }) // by hand, and half right
  .header("X-Total", "3").send([]) });
fastify.route({ method: ["GET", "PUT", "POST"], url: "/v1/broken", handler: async () => { throw new Error("broken"); } });
fastify.route({ method: ["GET", "PUT", "POST"], url: "/v1/secret", handler: async () => "secret" });
await fastify.listen({ port: @PORT@, host: "127.0.0.1" });
})();
