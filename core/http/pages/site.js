/* Tells Chapar what a visitor of this site looks at. Keeps nothing before it may; sets no cookie. */
(function () {
  "use strict"
  var script = document.currentScript
  if (!script) return
  var address = script.src.replace(/\.js([?#].*)?$/, "")
  var waits = "__WAITS__" === "yes" || navigator.globalPrivacyControl === true
  var KEPT = "chapar.visitor"
  var MOST = 50
  var kinds = ["page", "product", "cart", "download", "search"]
  var files = /\.(pdf|zip|rar|7z|gz|csv|docx?|xlsx?|pptx?|epub|mp3|mp4|apk|exe|dmg)$/i
  var said = (window.chapar && window.chapar.q) || []
  var waiting = []
  var visitor = ""
  var refused = false
  var timer = 0
  var lastPage = ""
  var forms = address.replace(/\/e\/[^/]*$/, "/f/")

  function random() {
    var bytes = new Uint8Array(16)
    crypto.getRandomValues(bytes)
    return Array.prototype.map.call(bytes, function (one) {
      return (one + 256).toString(16).slice(1)
    }).join("")
  }

  function kept(value) {
    try {
      if (value === undefined) return localStorage.getItem(KEPT) || ""
      if (value) localStorage.setItem(KEPT, value)
      else localStorage.removeItem(KEPT)
    } catch (_) { /* storage is shut: the visitor lasts as long as the page */ }
    return value || ""
  }

  function add(hit) {
    if (refused) return
    hit.id = random()
    hit.at = Date.now()
    waiting.push(hit)
    if (waiting.length > MOST) waiting.shift()
    if (visitor && !timer) timer = setTimeout(send, 300)
  }

  function send() {
    clearTimeout(timer)
    timer = 0
    if (!visitor || !waiting.length) return
    var body = JSON.stringify({ visitor: visitor, hits: waiting })
    waiting = []
    if (navigator.sendBeacon && navigator.sendBeacon(address, body)) return
    fetch(address, { method: "POST", body: body, keepalive: true, credentials: "omit" })
      .catch(function () {})
  }

  function consent(yes) {
    refused = !yes
    visitor = yes ? visitor || kept() || random() : ""
    kept(visitor)
    frames()
    if (yes) send()
    else waiting = []
  }

  /* Our own forms learn whose visit it was; what stands behind the # is sent to nobody. */
  function named(url) {
    return url.replace(/#visitor=.*$/, "") + (visitor ? "#visitor=" + visitor : "")
  }

  function frames() {
    document.querySelectorAll('iframe[src^="' + forms + '"]').forEach(function (one) {
      if (one.src !== named(one.src)) one.src = named(one.src)
    })
  }

  function page() {
    var here = location.pathname
    if (here === lastPage) return
    lastPage = here
    var query = new URLSearchParams(location.search)
    var told = { path: here.slice(0, 500), title: document.title.slice(0, 200) }
    query.forEach(function (value, name) {
      if (/^utm_[a-z]{1,12}$/.test(name)) told[name] = value.slice(0, 100)
    })
    if (document.referrer) told.referrer = document.referrer.split(/[?#]/)[0].slice(0, 300)
    add({ kind: "page", properties: told })
    var words = query.get("q") || query.get("s") || query.get("query") || query.get("search")
    if (words) add({ kind: "search", properties: { query: words.slice(0, 200) } })
  }

  function chapar(kind, given, proof) {
    if (kind === "consent") consent(given !== false)
    else if (kind === "identify") add({ kind: kind, user: String(given), proof: String(proof || "") })
    else if (kind === "page" && !given) page()
    else if (kinds.indexOf(kind) >= 0) add({ kind: kind, properties: given || {} })
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href]")
    if (link && link.href.indexOf(forms) === 0) link.href = named(link.href)
    if (!link || !(link.hasAttribute("download") || files.test(link.pathname))) return
    add({ kind: "download", properties: { file: link.pathname.slice(0, 300) } })
    send()
  }, true)
  document.addEventListener("submit", function (event) {
    var form = event.target
    if (!visitor || (form.getAttribute("action") || "").indexOf(forms) !== 0) return
    var field = form.querySelector("input[name=visitor]") || document.createElement("input")
    field.type = "hidden"
    field.name = "visitor"
    field.value = visitor
    form.appendChild(field)
  }, true)
  addEventListener("DOMContentLoaded", frames)
  addEventListener("pagehide", send)
  addEventListener("popstate", page)
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") send()
  })
  var push = history.pushState
  history.pushState = function () {
    push.apply(history, arguments)
    setTimeout(page, 0)
  }

  visitor = kept()
  if (!visitor && !waits) visitor = kept(random())
  page()
  frames()
  for (var n = 0; n < said.length; n++) chapar.apply(null, said[n])
  window.chapar = chapar
})()
