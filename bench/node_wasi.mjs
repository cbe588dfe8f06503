// Runs a WASI program under node: node node_wasi.mjs [--dir HOST::GUEST]... PROGRAM.wasm ARGS...
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const args = process.argv.slice(2);
const preopens = {};
while (args[0] === '--dir') {
  const [host, guest] = args.splice(0, 2)[1].split('::');
  preopens[guest] = host;
}
const wasi = new WASI({ version: 'preview1', args, preopens, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(args[0]));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
