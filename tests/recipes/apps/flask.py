import sys

from flask import Flask, Response, request

app = Flask(__name__)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-Other",
    "Access-Control-Max-Age": "9",
    "Vary": "Accept-Encoding",
}
"""What is set by hand, and half right."""
# @RECIPE@


@app.before_request
def authenticate():
    if request.path == "/v1/secret":
        return "who are you?", 401


@app.route("/v1/items", methods=["GET", "PUT", "POST"])
def items():
    return Response("[]", headers={"X-Total": "3"} | CORS)


@app.route("/v1/broken", methods=["GET", "PUT", "POST"])
def broken():
    raise RuntimeError("broken")


app.run("127.0.0.1", int(sys.argv[1]))
