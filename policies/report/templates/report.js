"use strict";
{
  const all = (query, under = document) => [...under.querySelectorAll(query)];
  const form = document.getElementById("filters");
  const target = document.getElementById("target");
  const entries = all(".entry");

  const offerCopy = (block) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const text = block.querySelector("pre");
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
    });
    block.append(button);
  };

  const filter = () => {
    const asked = all("[data-filter]", form).filter((one) => one.value !== "");
    for (const entry of entries) {
      entry.hidden = !asked.every((one) => entry.dataset[one.dataset.filter].split(" ").includes(one.value));
    }
    const items = entries.filter((entry) => entry.localName === "li");
    const left = items.filter((entry) => !entry.hidden).length;
    document.getElementById("shown").textContent = asked.length ? `${left} of ${items.length} findings` : "";
  };

  const configure = () => {
    for (const place of all("div.recipe")) {
      const query = `details[data-target="${target.value}"]`;
      const server = document.getElementById(place.dataset.server);
      const recipe = target.value ? server.querySelector(query) : null;
      place.replaceChildren();
      place.hidden = recipe === null;
      if (recipe !== null) {
        const title = document.createElement("h4");
        title.textContent = recipe.querySelector("summary").textContent;
        place.append(title, ...all(".block, p", recipe).map((one) => one.cloneNode(true)));
        for (const block of all(".block", place)) {
          all("button", block).forEach((button) => button.remove());
          offerCopy(block);
        }
      }
    }
  };

  const open = (element) => {
    for (let one = element; one; one = one.parentElement) {
      if (one.localName === "details") one.open = true;
    }
    all(":scope > details", element).forEach((one) => { one.open = true; });
  };

  const follow = () => {
    const named = document.getElementById(location.hash.slice(1));
    if (named !== null && /^[fs][0-9]+$/.test(named.id)) open(named);
  };

  all(".block").forEach(offerCopy);
  if (form !== null) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    all("[data-filter]", form).forEach((one) => one.addEventListener("change", filter));
    target?.addEventListener("change", configure);
    const button = document.getElementById("open");
    button.addEventListener("click", () => {
      const opened = button.textContent === "Open all";
      all(".finding").forEach((one) => { one.open = opened; });
      button.textContent = opened ? "Close all" : "Open all";
    });
  }
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => all(".finding").forEach((one) => { one.open = true; }));
  follow();
}
