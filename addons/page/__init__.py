"""The live page: what is judged, in a browser window, as it comes. Nothing here is loaded before the page is wanted."""
