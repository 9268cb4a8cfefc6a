/* One month to pick a day from. Python says which days there are and what they are called;
   arrows move, Enter picks, Page Up and Page Down turn the month. */

export function draw({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root") ?? parentElement
  const turn = (way) => setTriggerValue("turn", way)
  const grid = element("div", { role: "grid", "aria-label": data.title, class: "grid" })
  const names = data.weekdays.map((day) => element("span", { role: "columnheader", "aria-label": day.name }, day.short))
  grid.append(row(names))
  const days = data.days.map((day, place) => button(day, place, data, setTriggerValue))
  for (let first = -data.offset; first < days.length; first += 7) grid.append(row(days.slice(Math.max(0, first), first + 7)))
  root.replaceChildren(element("div", { class: "month", dir: data.dir, lang: data.lang }, head(data, turn), grid))
  grid.onkeydown = (event) => keys(event, grid, data, turn)
}

function element(tag, props, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) if (value !== null) node.setAttribute(name, value)
  node.append(...children)
  return node
}

function row(cells) {
  return element("div", { role: "row" }, ...cells)
}

function head(data, turn) {
  const before = element("button", { type: "button", "aria-label": data.say.before }, data.dir === "rtl" ? "›" : "‹")
  const after = element("button", { type: "button", "aria-label": data.say.after }, data.dir === "rtl" ? "‹" : "›")
  before.onclick = () => turn(-1)
  after.onclick = () => turn(1)
  return element("div", { class: "head" }, before, element("b", { "aria-live": "polite" }, data.title), after)
}

function button(day, place, data, setTriggerValue) {
  const marks = ["day", day.off ? "off" : "", day.today ? "today" : "", day.chosen ? "chosen" : ""].join(" ")
  const node = element("button", { type: "button", role: "gridcell", class: marks, "aria-label": day.name, title: day.note || null,
    "aria-selected": String(day.chosen), tabindex: day.focus ? "0" : "-1", disabled: day.closed ? "" : null }, day.figure)
  if (place === 0) node.style.gridColumnStart = String(data.offset + 1)
  node.onclick = () => setTriggerValue("pick", day.iso)
  return node
}

function keys(event, grid, data, turn) {
  const days = [...grid.querySelectorAll(".day")]
  const at = days.indexOf(grid.getRootNode().activeElement)
  const ahead = data.dir === "rtl" ? -1 : 1
  const step = { ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: 7, ArrowUp: -7 }[event.key]
  if (event.key === "PageDown" || event.key === "PageUp") { turn(event.key === "PageDown" ? 1 : -1); event.preventDefault() }
  if (step === undefined || at < 0) return
  event.preventDefault()
  const next = days[at + step]
  if (!next) return turn(step > 0 ? 1 : -1)
  days[at].tabIndex = -1
  next.tabIndex = 0
  next.focus()
}
