// Reads a page of what changes again every few seconds, filters tables, and answers three keys. Without it the pages are whole, and stand still.
"use strict";

const SECONDS = 3;
const main = () => document.getElementById("main");
const filters = new Map();

function addFilters() {
  for (const table of main().querySelectorAll("table[data-filter]")) {
    const rows = [...table.tBodies[0].rows];
    const name = table.getAttribute("aria-label");
    if (rows.length < 8 && !filters.get(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "search", className: "filter", placeholder: "Filter", value: filters.get(name) || "" });
    field.setAttribute("aria-label", "Filter: " + name);
    const apply = () => {
      filters.set(name, field.value);
      const wanted = field.value.toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    };
    field.addEventListener("input", apply);
    table.parentElement.before(field);
    apply();
  }
}

function isInUse() {
  const held = document.activeElement;
  return (held && held !== main() && main().contains(held)) || String(getSelection()) || main().querySelector("details[open]:not(.entry)");
}

async function readAgain() {
  const fresh = document.getElementById("fresh");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const scrolled = [...main().querySelectorAll("pre, .wide, .graph")].map((each) => [each.scrollLeft, each.scrollTop]);
    main().replaceWith(document.adoptNode(page.getElementById("main")));
    [...main().querySelectorAll("pre, .wide, .graph")].forEach((each, place) => scrolled[place] && each.scrollTo(...scrolled[place]));
    addFilters();
    fresh.textContent = "as of " + new Date().toLocaleTimeString();
  } catch {
    fresh.textContent = "the endpoint does not answer";
  }
}

async function keepFresh() {
  if ("live" in main().dataset && !document.hidden && !isInUse()) await readAgain();
  setTimeout(keepFresh, SECONDS * 1000);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const field = main().querySelector(".filter");
    if (field) {
      field.focus();
      event.preventDefault();
    }
  } else if (event.key === "r") readAgain();
  else if (event.key === "g") location.href = document.querySelector(".brand").href;
});

addFilters();
setTimeout(keepFresh, SECONDS * 1000);
