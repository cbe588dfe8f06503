// What JavaScript programs do: objects, closures, strings, maps, sorting, big integers, regular expressions.
function Task(id, next) { this.id = id; this.next = next; this.ran = 0; }
Task.prototype.run = function (state) { this.ran++; return (state * 1103515245 + this.id) & 0x7fffffff; };
function schedule(rounds) {
  let first = null, state = 1;
  for (let i = 0; i < 40; i++) first = new Task(i, first);
  for (let i = 0; i < rounds; i++) for (let t = first; t; t = t.next) state = t.run(state);
  return state;
}
function words(count) {
  const seen = new Map();
  let text = '', state = 7;
  for (let i = 0; i < count; i++) {
    state = (state * 48271) % 2147483647;
    text += String.fromCharCode(97 + state % 26) + (state % 5 === 0 ? ' ' : '');
  }
  for (const [word] of text.matchAll(/[a-m]+[n-z]?/g)) seen.set(word, (seen.get(word) || 0) + 1);
  return [...seen].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 3).join(';');
}
function queens(n, row = 0, columns = 0, left = 0, right = 0) {
  if (row === n) return 1;
  let count = 0;
  for (let free = ~(columns | left | right) & ((1 << n) - 1); free; free &= free - 1) {
    const bit = free & -free;
    count += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}
function factorial(n) { let x = 1n; for (let i = 2n; i <= n; i++) x *= i; return x.toString().length; }
console.log(schedule(60000), words(300000), queens(10), factorial(2000n));
