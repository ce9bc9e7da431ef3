"""Web-platform-tests as a lab: a checkout's tests, run behind the proxy, held against what Corsight says.

    scripts/lab wpt DIR --browser firefox --only fetch/api cors

`ground` is the checkout: its tests and its own server; `web` leads the proxy's names to it, and gives each response its
flow's id; `chromium`, `firefox` and `webkit` open the pages, and note what their browser says of its requests; `truth`
joins that to the flows, `scoring` holds the verdicts against it, `run` puts these together.

A recording is a folder: `flows.mitm` (the traffic), `verdicts.jsonl` (the addon's log), `said.json` (what the browser
said of each request, a `Seen`, and when each page was opened), `tests.json` (the tests' own results).
"""
