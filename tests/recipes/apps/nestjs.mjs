import "reflect-metadata";
import { All, Controller, Header, HttpCode, Module, UnauthorizedException, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

// Decorators without a compiler: they are functions.
class Api {
  items() { return []; }
  broken() { throw new Error("broken"); }
  secret() { return "secret"; }
}
class Guard {
  canActivate() { throw new UnauthorizedException("who are you?"); }
}
const on = (name, ...decorators) => {
  for (const decorator of decorators) decorator(Api.prototype, name, Object.getOwnPropertyDescriptor(Api.prototype, name));
};
// By hand, and half right.
const cors = Object.entries({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other", "Access-Control-Max-Age": "9", Vary: "Accept-Encoding" }).map(([name, value]) => Header(name, value));
on("items", All("items"), Header("X-Total", "3"), HttpCode(200), ...cors);
on("broken", All("broken"));
on("secret", All("secret"), UseGuards(Guard));
Controller("v1")(Api);
class App {}
Module({ controllers: [Api] })(App);

const app = await NestFactory.create(App, { logger: false });
// @RECIPE@
await app.listen(@PORT@, "127.0.0.1");
