"""Origins that are no site's: of app shells, extensions and files. What sends them, and what a server has to list.

Sources: the documentation of Capacitor, Cordova, Tauri, Wails, Electron and VS Code; Chrome's, MDN's and Apple's pages
on extensions; Chromium's url/origin.cc (custom schemes that are registered as standard have tuple origins).
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.verdict import EngineName


class Shell(NamedTuple):
    """A kind of origin: how it begins (`sample` is an example), what sends it, in which engine, and what to list.

    `extension` tells that CORS does not apply where the extension's manifest names the host.
    """

    begins: str
    sample: str
    what: str
    engine: EngineName | None
    listing: str
    extension: bool = False

    @property
    def listed(self) -> bool:
        """Whether a server can and has to list the origin."""
        return not self.extension and not self.listing.startswith("No server")


SITES = ("http", "https", "ws", "wss", "ftp", "data", "blob", "about", "file")
"""Schemes whose pages are no app's."""
SHELLS = (
    Shell(
        "capacitor://",
        "capacitor://localhost",
        "a Capacitor app on iOS (server.hostname and iosScheme set it)",
        "webkit",
        "List it exactly as shown. The same app on Android is https://localhost (http://localhost before Capacitor 6), "
        "so list that too.",
    ),
    Shell(
        "ionic://",
        "ionic://localhost",
        "an Ionic app on iOS (its web view's scheme)",
        "webkit",
        "List it exactly as shown. On Android the same app is http://localhost or https://localhost.",
    ),
    Shell(
        "tauri://",
        "tauri://localhost",
        "a Tauri app on macOS, Linux or iOS",
        "webkit",
        "List it exactly as shown; and http://tauri.localhost and https://tauri.localhost, which the same app has on "
        "Windows and Android.",
    ),
    Shell(
        "http://tauri.localhost",
        "http://tauri.localhost",
        "a Tauri 2 app on Windows or Android",
        "chromium",
        "List it exactly as shown, beside https://tauri.localhost (Tauri 1, useHttpsScheme) and tauri://localhost "
        "(macOS, Linux, iOS).",
    ),
    Shell(
        "https://tauri.localhost",
        "https://tauri.localhost",
        "a Tauri app on Windows or Android (Tauri 1, or useHttpsScheme)",
        "chromium",
        "List it exactly as shown, beside http://tauri.localhost (Tauri 2) and tauri://localhost (macOS, Linux, iOS).",
    ),
    Shell(
        "wails://",
        "wails://wails",
        "a Wails app on macOS or Linux",
        "webkit",
        "List it exactly as shown; and http://wails.localhost, which the same app has on Windows.",
    ),
    Shell(
        "http://wails.localhost",
        "http://wails.localhost",
        "a Wails app on Windows",
        "chromium",
        "List it exactly as shown; and wails://wails, which the same app has elsewhere.",
    ),
    Shell(
        "app://",
        "app://obsidian.md",
        "an Electron app with a scheme of its own, registered as standard (one that is not sends null)",
        "chromium",
        "List it exactly as shown, with its host and without a slash at the end.",
    ),
    Shell(
        "file://",
        "file://",
        "a page from disk in Electron, Cordova or an Android web view; browsers send null",
        "chromium",
        "Every app and every page from disk has this origin. Better serve the app by a scheme of its own (Electron "
        "protocol.handle, Android WebViewAssetLoader) and list that. Let the server list file:// only for data that "
        "anybody may read.",
    ),
    Shell(
        "chrome-extension://",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "an extension's own page or worker in Chromium",
        "chromium",
        "Name the server in host_permissions of the manifest: then CORS does not apply, and no server has to list the "
        "origin. A content script's requests count as those of the page that it runs in: let the extension's worker "
        "send them instead.",
        True,
    ),
    Shell(
        "moz-extension://",
        "moz-extension://0a1b2c3d-0000-4000-8000-000000000000",
        "an extension's own page in Firefox; every installation has another one",
        "firefox",
        "No server can list it. Name the server in host_permissions (permissions in manifest 2): then CORS does not "
        "apply; in manifest 3 the user has to grant it first.",
        True,
    ),
    Shell(
        "safari-web-extension://",
        "safari-web-extension://0A1B2C3D-0000-4000-8000-000000000000",
        "an extension's own page in Safari; it changes with every start of the browser",
        "webkit",
        "No server can list it. Name the server in host_permissions: then CORS does not apply.",
        True,
    ),
    Shell(
        "ms-appx-web://",
        "ms-appx-web://contoso.app",
        "a Windows app's own page",
        "chromium",
        "List it exactly as shown, in lower case.",
    ),
    Shell(
        "vscode-webview://",
        "vscode-webview://0a1b2c3d",
        "a web view in VS Code; every one has another",
        "chromium",
        "No server can list it. Send the request from the extension's own process, and pass the response on with "
        "postMessage().",
    ),
    Shell(
        "vscode-file://",
        "vscode-file://vscode-app",
        "VS Code's own window",
        "chromium",
        "List it exactly as shown.",
    ),
)


def find_shell(origin: str | None) -> Shell | None:
    """Return what sends an origin, None where it is a site's."""
    scheme, colon, host = (origin or "").partition("://")
    if not origin or not colon:
        return None
    known = next(
        (
            one
            for one in SHELLS
            if origin == one.begins or (one.begins.endswith("://") and origin.lower().startswith(one.begins))
        ),
        None,
    )
    if known is None and host and scheme.lower() not in SITES:
        return Shell(
            f"{scheme}://", origin, "an app's own page (a scheme of its own)", None, "List it exactly as shown."
        )
    return known
