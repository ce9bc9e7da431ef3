"""HARs of HTTP clients, which are no browsers: nothing is blocked there, whatever the answers say."""

from __future__ import annotations

from corsight.scripts.recordings.har.producers.model import Producer


class Client(Producer):
    """Insomnia and Postman: what a person sent by hand, often with the headers that a browser had sent."""

    title = "an HTTP client"
    names = (
        *("insomnia", "postman", "paw", "rapidapi", "hoppscotch", "bruno", "thunder client", "advanced rest client"),
        *("httpie", "yaak", "apidog", "k6", "capture-har"),
    )
    engine = "standard"
    preflights = False
    leaves_out = (
        "No browser sent these requests, so they are judged by the Fetch standard, as far as their headers look like "
        "those of a page."
    )
