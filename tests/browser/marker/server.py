"""The pages and APIs, as a mitmproxy script that answers in their place, and keeps what a server would have seen."""

import json
from pathlib import Path

from mitmproxy import ctx, http

from tests.browser.marker.steps import ANSWERS, GRANTS

PAGE = Path(__file__).with_name("page.html").read_bytes()


class Servers:
    def load(self, loader) -> None:
        loader.add_option("marker_folder", str, "", "where the steps are, and the results go")

    def running(self) -> None:
        self.folder = Path(ctx.options.marker_folder)
        self.steps = json.loads((self.folder / "steps.json").read_text())

    def request(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        page = f"{request.scheme}://{request.headers.get('host', request.host)}"
        with (self.folder / "seen.jsonl").open("a") as seen:
            seen.write(json.dumps([request.method, request.url, list(request.headers.items(multi=True))]) + "\n")
        match request.path.split("/"):
            case ["", ""]:
                flow.response = http.Response.make(200, PAGE, {"Content-Type": "text/html"})
            case ["", "list"]:
                mine = [step for step in self.steps if step["page"] == page]
                flow.response = http.Response.make(200, json.dumps(mine))
            case ["", "result"]:
                with (self.folder / "results.jsonl").open("a") as file:
                    file.write(json.dumps([page, json.loads(request.content)]) + "\n")
                flow.response = http.Response.make(200)
            case ["", "step", name]:
                step = next(step for step in self.steps if step["name"] == name)
                answer = [(key, value.format(origin=step["page"])) for key, value in ANSWERS[step["answer"]]]
                grants = GRANTS if request.method == "OPTIONS" else []
                fields = [(key.encode(), value.encode()) for key, value in [*answer, *grants]]
                flow.response = http.Response.make(200, b"ok", fields)
            case _:
                flow.response = http.Response.make(404)


addons = [Servers()]
