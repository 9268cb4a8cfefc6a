// A little work that shows somebody meant to send this form: done while they type, no outside service.
(() => {
  "use strict";
  const form = document.querySelector("form[data-bits]");
  if (!form) return;
  const bits = Number(form.dataset.bits);
  const stamp = form.elements.stamp.value;
  const K = [];
  const isPrime = (n) => { for (let i = 2; i * i <= n; i++) if (n % i === 0) return false; return true; };
  for (let n = 2; K.length < 64; n++) if (isPrime(n)) K.push(((Math.cbrt(n) % 1) * 4294967296) | 0);
  const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  // The first 32 bits of SHA-256 of a short ASCII text.
  const hash = (text) => {
    const size = (((text.length + 8) >> 6) + 1) * 16;
    const words = new Int32Array(size);
    for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i & 3) * 8);
    words[text.length >> 2] |= 0x80 << (24 - (text.length & 3) * 8);
    words[size - 1] = text.length * 8;
    const h = Int32Array.from(START);
    const w = new Int32Array(64);
    for (let block = 0; block < size; block += 16) {
      for (let i = 0; i < 64; i++) {
        if (i < 16) { w[i] = words[block + i]; continue; }
        const a = w[i - 15], b = w[i - 2];
        const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3), s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, last] = h;
      for (let i = 0; i < 64; i++) {
        const t1 = (last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        last = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      [a, b, c, d, e, f, g, last].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    return h[0] >>> 0;
  };

  let nonce = 0;
  const work = (until) => {
    while (performance.now() < until) {
      if (hash(`${stamp}:${nonce}`) >>> (32 - bits) === 0) {
        form.elements.nonce.value = String(nonce);
        return true;
      }
      nonce++;
    }
    return false;
  };
  const goOn = () => { if (!work(performance.now() + 12)) setTimeout(goOn, 4); };
  goOn();
  form.addEventListener("submit", () => {
    const visit = /^#visitor=([\w-]{1,64})$/.exec(location.hash);
    if (visit) form.elements.visitor.value = visit[1];
    if (!form.elements.nonce.value) work(performance.now() + 2000);
  });
})();
