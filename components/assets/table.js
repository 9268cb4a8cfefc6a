/* A table that reads in both directions, folds into cards on a phone and works by keyboard.
   Python owns the rows; this file only draws them and says what was pressed. */

const kept = new WeakMap()

export function draw({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".root") ?? parentElement
  const picked = new Set(data.picked ?? kept.get(parentElement) ?? [])
  for (const id of [...picked]) if (!data.rows.some((row) => row.id === id)) picked.delete(id)
  const say = { open: (id) => setTriggerValue("open", id), act: (id, k) => setTriggerValue("act", { id, action: k }),
    sort: (k) => setTriggerValue("sort", k), pick: () => { kept.set(parentElement, [...picked]); setStateValue("picked", [...picked]) } }
  const focus = focusMark(root)
  root.replaceChildren(table(data, picked, say))
  root.querySelector(`[data-mark="${focus}"]`)?.focus()
  kept.set(parentElement, [...picked])
}

function focusMark(root) {
  const active = root.getRootNode().activeElement
  return active && root.contains(active) ? active.dataset.mark : ""
}

function make(tag, props = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith("on")) node[name] = value
    else if (name === "className") node.className = value
    else node.setAttribute(name, value === true ? "" : value)
  }
  node.append(...children.filter((child) => child !== null && child !== undefined))
  return node
}

function table(data, picked, say) {
  const boxes = []
  const head = make("tr", {}, data.picks ? pickAll(data, picked, boxes, say) : null,
    ...data.columns.map((column) => heading(column, say)),
    data.rows.some((row) => row.actions.length) ? make("th", { scope: "col" }, make("span", { className: "hidden" }, data.say.menu)) : null)
  const body = data.rows.map((row, place) => line(data, row, place, picked, boxes, say))
  return make("div", { className: "scroll", dir: data.dir, lang: data.lang, tabindex: -1 },
    make("table", { "aria-label": data.label }, make("thead", {}, head), make("tbody", {}, ...body)))
}

function heading(column, say) {
  const side = column.kind === "number" ? "end" : ""
  if (column.sort === null) return make("th", { scope: "col", className: side }, column.label)
  const order = { asc: "ascending", desc: "descending", "": "none" }[column.sort]
  const arrow = { asc: " ↑", desc: " ↓", "": "" }[column.sort]
  return make("th", { scope: "col", className: side, "aria-sort": order },
    make("button", { type: "button", className: "sort", "data-mark": `sort-${column.k}`, onclick: () => say.sort(column.k) }, column.label + arrow))
}

function pickAll(data, picked, boxes, say) {
  const box = make("input", { type: "checkbox", "aria-label": data.say.all, "data-mark": "all" })
  box.checked = data.rows.length > 0 && data.rows.every((row) => picked.has(row.id))
  box.indeterminate = !box.checked && picked.size > 0
  box.onchange = () => {
    for (const row of data.rows) box.checked ? picked.add(row.id) : picked.delete(row.id)
    for (const other of boxes) other.checked = box.checked
    say.pick()
  }
  return make("th", { scope: "col", className: "pick" }, box)
}

function line(data, row, place, picked, boxes, say) {
  const cells = data.columns.map((column, index) => cell(data, row, column, index, say))
  const tr = make("tr", { className: picked.has(row.id) ? "picked" : "" })
  if (data.picks) tr.append(pickOne(data, row, picked, boxes, tr, say))
  tr.append(...cells)
  if (row.actions.length) tr.append(make("td", { className: "menu" }, menu(data, row, say)))
  else if (data.rows.some((other) => other.actions.length)) tr.append(make("td", { className: "menu" }))
  if (data.opens) {
    tr.classList.add("opens")
    tr.onclick = (event) => { if (!event.target.closest("button, input, a, .menu, .pick")) say.open(row.id) }
  }
  return tr
}

function pickOne(data, row, picked, boxes, tr, say) {
  const box = make("input", { type: "checkbox", "aria-label": `${data.say.one} ${row.cells[data.columns[0].k].t}`, "data-mark": `pick-${row.id}` })
  box.checked = picked.has(row.id)
  boxes.push(box)
  box.onchange = () => {
    box.checked ? picked.add(row.id) : picked.delete(row.id)
    tr.classList.toggle("picked", box.checked)
    say.pick()
  }
  return make("td", { className: "pick" }, box)
}

function cell(data, row, column, index, say) {
  const value = row.cells[column.k] ?? { t: "" }
  const text = value.tone ? make("span", { className: `badge ${value.tone}` }, value.t) : make("bdi", {}, value.t)
  const shown = index === 0 && data.opens
    ? make("button", { type: "button", className: "open", "data-mark": `open-${row.id}`, onclick: () => say.open(row.id) }, text) : text
  const note = value.s ? make("small", {}, value.s) : null
  const side = column.kind === "number" ? "end" : ""
  return make(index === 0 ? "th" : "td", { scope: index === 0 ? "row" : null, className: `${side} ${index === 0 ? "first" : ""}`, title: value.h, "data-label": column.label }, shown, note)
}

function menu(data, row, say) {
  const list = make("div", { className: "list", role: "menu", hidden: true })
  const button = make("button", { type: "button", className: "dots", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": `${data.say.menu} ${row.cells[data.columns[0].k].t}`, "data-mark": `menu-${row.id}` }, "⋮")
  const close = () => { list.hidden = true; button.setAttribute("aria-expanded", "false") }
  row.actions.forEach((action) => list.append(make("button", { type: "button", role: "menuitem", className: action.tone ?? "",
    onclick: () => { close(); say.act(row.id, action.k) } }, action.label)))
  button.onclick = () => {
    const opening = list.hidden
    list.hidden = !opening
    button.setAttribute("aria-expanded", String(opening))
    if (opening) { placeMenu(button, list); list.firstChild.focus() }
  }
  const holder = make("span", { className: "holder" }, button, list)
  holder.onkeydown = (event) => keys(event, list, button, close)
  holder.onfocusout = (event) => { if (!holder.contains(event.relatedTarget)) close() }
  return holder
}

function placeMenu(button, list) {
  const seat = button.getBoundingClientRect()
  list.style.top = `${Math.min(seat.bottom + 4, innerHeight - list.offsetHeight - 8)}px`
  const wide = list.offsetWidth
  const left = getComputedStyle(button).direction === "rtl" ? seat.left : seat.right - wide
  list.style.left = `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`
}

function keys(event, list, button, close) {
  if (list.hidden) return
  const items = [...list.children]
  const at = items.indexOf(list.getRootNode().activeElement)
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key]
  if (next !== undefined) { items[(next + items.length) % items.length].focus(); event.preventDefault() }
  if (event.key === "Escape") { close(); button.focus(); event.stopPropagation() }
}
