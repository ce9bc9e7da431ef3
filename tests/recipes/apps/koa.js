const Koa = require("koa");
const app = new Koa();
app.silent = true;
// @RECIPE@
app.use(async (ctx) => {
  if (ctx.path === "/v1/secret") ctx.throw(401, "who are you?");
  if (ctx.path === "/v1/broken") throw new Error("broken");
  if (ctx.path === "/v1/items") {
    ctx.set("X-Total", "3");
    // By hand, and half right.
    ctx.set({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other", "Access-Control-Max-Age": "9", Vary: "Accept-Encoding" });
    ctx.body = [];
  }
});
app.listen(@PORT@, "127.0.0.1");
