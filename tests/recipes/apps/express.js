const express = require("express");
const app = express();
// @RECIPE@
app.use("/v1/secret", (request, response) => response.status(401).send("who are you?"));
app.all("/v1/items", (request, response) => response.set("X-Total", "3").json([]));
app.all("/v1/broken", () => { throw new Error("broken"); });
app.listen(@PORT@, "127.0.0.1");
