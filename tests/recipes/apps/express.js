const express = require("express");
const app = express();
// @RECIPE@
app.use("/v1/secret", (request, response) => response.status(401).send("who are you?"));
// By hand, and half right.
app.all("/v1/items", (request, response) => {
  response.set({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other", "Access-Control-Max-Age": "9", Vary: "Accept-Encoding" });
  response.append("Access-Control-Allow-Origin", request.get("Origin") ?? "*").set("X-Total", "3").json([]);
});
app.all("/v1/broken", (request, response, next) => {
  if (request.method === "PUT") return next();
  response.writeHead(500, { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other", "Access-Control-Max-Age": "9", Vary: "Accept-Encoding" }).end();
});
app.all("/v1/broken", () => { throw new Error("broken"); });
app.listen(@PORT@, "127.0.0.1");
