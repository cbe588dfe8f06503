#include "tools/explore_page.h"

namespace skerry::tools {

const std::string_view explore_page_before = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>skerry explore</title>
<style>
:root { color-scheme: light dark;
  --ground: #ffffff; --panel: #f4f5f7; --line: #d9dce1; --text: #1d2127; --soft: #6b7280; --accent: #1f6feb;
  --tint-s: 75%; --tint-l: 95%; --lit-s: 90%; --lit-l: 84%; --edge-l: 55%; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171c; --panel: #1b1f26; --line: #313742; --text: #dde1e7; --soft: #8b94a3; --accent: #6cb0ff;
  --tint-s: 28%; --tint-l: 13%; --lit-s: 45%; --lit-l: 27%; --edge-l: 50%; } }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: grid; grid-template: auto 1fr / 15rem 1fr; background: var(--ground); color: var(--text);
  font: 14px/1.4 system-ui, sans-serif; }
header { grid-column: 1 / 3; display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; padding: .5rem .8rem;
  border-bottom: 1px solid var(--line); background: var(--panel); }
h1 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.facts { color: var(--soft); font-size: .85rem; }
nav { display: flex; flex-direction: column; min-height: 0; border-right: 1px solid var(--line);
  background: var(--panel); }
nav input { margin: .5rem; padding: .3rem .5rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: 4px; }
nav .note { margin: 0 .6rem .4rem; color: var(--soft); font-size: .8rem; }
nav ul { list-style: none; margin: 0; padding: 0 0 1rem; overflow-y: auto; flex: 1; }
nav li { display: flex; gap: .5rem; padding: .12rem .6rem; cursor: pointer; font-size: .85rem; white-space: nowrap; }
nav li span:first-child { overflow: hidden; text-overflow: ellipsis; flex: 1; }
nav li span:last-child { color: var(--soft); font-variant-numeric: tabular-nums; }
nav li:hover { background: var(--line); }
nav li[aria-current] { background: var(--accent); color: var(--ground); }
nav li[aria-current] span:last-child { color: inherit; }
main { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.stages { display: flex; flex-wrap: wrap; gap: .35rem; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
.stages button { font: inherit; font-size: .8rem; padding: .1rem .6rem; border: 1px solid var(--line);
  border-radius: 1rem; background: none; color: var(--soft); cursor: pointer; }
.stages button[aria-pressed=true] { border-color: var(--accent); color: var(--text); }
.columns { display: flex; flex: 1; min-height: 0; }
section { flex: 1 1 0; min-width: 12rem; display: flex; flex-direction: column; border-right: 1px solid var(--line); }
section:last-child { border-right: 0; flex-grow: 1.4; }
h2 { margin: 0; padding: .25rem .6rem; font-size: .8rem; font-weight: 600; color: var(--soft);
  border-bottom: 1px solid var(--line); background: var(--panel); }
h2 small { font-weight: 400; }
ol { flex: 1; list-style: none; margin: 0; padding: .3rem 0 50vh; overflow: auto; }
ol li { width: max-content; min-width: 100%; padding: 0 .7rem 0 .5rem; border-left: 4px solid transparent;
  white-space: pre; font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
ol li.at { border-left-color: hsl(var(--h) 60% var(--edge-l)); cursor: pointer;
  background: hsl(var(--h) var(--tint-s) var(--tint-l)); }
ol li.lit { background: hsl(var(--h) var(--lit-s) var(--lit-l)); }
ol li.alone { color: var(--soft); background: none; border-left-style: dotted; }
ol li.head, ol li.plain { color: var(--soft); }
ol li.head { padding-top: .3rem; }
ol li i { font-style: normal; color: var(--soft); }
ol li b { font-weight: 400; color: var(--soft); display: inline-block; width: 5.5ch; }
</style>
</head>
<body>
<header><h1 id="name"></h1><span class="facts" id="facts"></span></header>
<nav><input id="search" type="search" placeholder="name or index ( / )" aria-label="Search functions">
<p class="note" id="note"></p><ul id="list"></ul></nav>
<main><div class="stages" id="stages"></div><div class="columns" id="columns"></div></main>
<script type="application/json" id="data">)html";

const std::string_view explore_page_behind = R"html(</script>
<script>
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
const make = (tag, text, name) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (name) e.className = name;
  return e;
};
const hex = n => '0x' + n.toString(16);
const shown_at_most = 1000;
let current = null, hidden = null, pinned = null;

// First and last of the forms of the IR stand side by side with the ends of the way; those between are a click away.
function usual(stages) {
  const ir = stages.map((s, i) => s.kind === 'ir' ? i : -1).filter(i => i >= 0);
  return new Set(ir.slice(1, -1));
}

function list() {
  const wanted = $('search').value.trim().toLowerCase();
  const is_wanted = f => !wanted || f.name.toLowerCase().includes(wanted) || String(f.index) === wanted;
  const found = data.functions.filter(is_wanted);
  $('list').replaceChildren(...found.slice(0, shown_at_most).map(f => {
    const item = make('li');
    item.append(make('span', f.name), make('span', f.size));
    item.title = `function ${f.index}, ${f.size} bytes`;
    if (f === current) item.setAttribute('aria-current', 'true');
    item.onclick = () => { location.hash = f.index; };
    return item;
  }));
  const more = found.length > shown_at_most ? `; the first ${shown_at_most} are listed` : '';
  $('note').textContent = data.left_out
    ? `${data.functions.length} of ${data.functions.length + data.left_out} functions are in this page${more}`
    : `${found.length} functions${more}`;
}

function show(f) {
  current = f;
  pinned = null;
  if (!hidden) hidden = usual(f.stages);
  document.title = f.name + ' · skerry explore';
  $('name').textContent = f.name;
  $('facts').textContent = `function ${f.index} of ${data.module} · ${hex(f.begin)}, ${f.size} bytes of wasm · ` +
    `${f.code} bytes of code for ${data.target}`;
  $('stages').replaceChildren(...f.stages.map((stage, i) => {
    const button = make('button', stage.title);
    button.setAttribute('aria-pressed', !hidden.has(i));
    button.onclick = () => { hidden.has(i) ? hidden.delete(i) : hidden.add(i); show(f); };
    return button;
  }));
  // A colour each place, far from its neighbours'; those that only the .wasm has are nothing's origin.
  const hues = new Map(), uses = new Map();
  for (const stage of f.stages)
    for (const place of new Set(stage.lines.map(l => l[0]))) uses.set(place, (uses.get(place) || 0) + 1);
  [...uses.keys()].filter(p => p >= 0).sort((a, b) => a - b).forEach((p, i) => hues.set(p, (i * 137.5) % 360));
  $('columns').replaceChildren(...f.stages.flatMap((stage, i) => hidden.has(i) ? [] : [column(stage, hues, uses)]));
  list();
}

function column(stage, hues, uses) {
  const section = make('section'), head = make('h2', stage.title + ' '), lines = make('ol');
  head.append(make('small', `${stage.lines.length} lines`));
  for (const [place, text, note] of stage.lines) {
    const line = make('li');
    if (stage.kind === 'wasm') line.append(make('b', place >= 0 ? place.toString(16) : ''));
    line.append(text);
    if (note) line.append(make('i', '  ; ' + note));
    if (hues.has(place)) {
      line.className = uses.get(place) > 1 ? 'at' : 'at alone';
      line.style.setProperty('--h', hues.get(place));
      line.dataset.at = place;
    } else {
      line.className = stage.kind !== 'code' && /^\S/.test(text) ? 'head' : 'plain';
    }
    lines.append(line);
  }
  section.append(head, lines);
  return section;
}

function light(place) {
  for (const line of document.querySelectorAll('ol li.lit')) line.classList.remove('lit');
  if (place === null) return;
  for (const line of document.querySelectorAll(`ol li[data-at="${place}"]`)) line.classList.add('lit');
}

// Each other column goes to its first line of the place, to stand beside the one that was clicked.
function align(line) {
  const own = line.parentElement, top = line.getBoundingClientRect().top;
  for (const lines of document.querySelectorAll('ol')) {
    const first = lines !== own && lines.querySelector(`li[data-at="${line.dataset.at}"]`);
    if (first) lines.scrollTop += first.getBoundingClientRect().top - top;
  }
}

$('columns').onmouseover = e => {
  const line = e.target.closest('li[data-at]');
  light(line ? line.dataset.at : pinned);
};
$('columns').onmouseleave = () => light(pinned);
$('columns').onclick = e => {
  const line = e.target.closest('li[data-at]');
  pinned = line && line.dataset.at !== pinned ? line.dataset.at : null;
  light(pinned);
  if (pinned !== null) align(line);
};
$('search').oninput = list;
onkeydown = e => {
  if (e.key === '/' && document.activeElement !== $('search')) { $('search').focus(); e.preventDefault(); }
  if (e.key === 'Escape') { $('search').blur(); pinned = null; light(null); }
};
function go() {
  const index = Number(location.hash.slice(1));
  const f = data.functions.find(f => f.index === index) || data.functions[0];
  if (f) show(f); else list();
}
onhashchange = go;
go();
</script>
</body>
</html>
)html";

}  // namespace skerry::tools
