import sys

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-Other",
    "Access-Control-Max-Age": "9",
    "Vary": "Accept-Encoding",
}
"""What is set by hand, and half right."""


@app.middleware("http")
async def authenticate(request: Request, call_next):
    return Response("who are you?", 401) if request.url.path == "/v1/secret" else await call_next(request)


@app.api_route("/v1/items", methods=["GET", "PUT", "POST"])
def items():
    return Response("[]", headers={"X-Total": "3"} | CORS)


@app.api_route("/v1/broken", methods=["GET", "PUT", "POST"])
def broken():
    raise RuntimeError("broken")


# @RECIPE@
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
