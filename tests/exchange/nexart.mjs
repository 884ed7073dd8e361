// Makes and verifies records with the publisher's own package.
//
//   node nexart.mjs make SEED COUNT   prints COUNT records and as many with one member edited, a
//                                     line each: {"text": ..., "edited": PATH or absent}
//   node nexart.mjs verify            reads such lines, and prints what the package says of each:
//                                     {"ok": ..., "errors": [...]} or {"thrown": ...}

import { createSnapshot, sealCer, verifyCer } from '@nexart/ai-execution';
import { createInterface } from 'node:readline';

function random(seed) {
  // Mulberry32: any run can be repeated by its seed.
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (bound) => Math.floor(next() * bound),
    bits: () => Math.floor(next() * 2 ** 32),
  };
}

const PIECES = ['a', 'Z', '7', ' ', '"', '\\', '/', '\n', '\t', '\u0000', '\u001f', '\u007f', 'é',
  'ß', '\u2028', '\u2029', '\ufeff', '\uffff', '中', '😀', '\u{10ffff}', '\ud83d', '\udc00'];
const NAMES = ['10', '2', 'constructor', 'toString', '', 'a.b', 'é', '😀', '\ue000', 'hash', '_redacted'];

function text(dice) {
  let made = '';
  for (let left = dice.below(24); left > 0; --left) made += PIECES[dice.below(PIECES.length)];
  return made;
}

function number(dice) {
  switch (dice.below(4)) {
    case 0: return dice.below(2000) - 1000;
    case 1: return (dice.below(2 ** 31) - 2 ** 30) / 1000;
    case 2: return 10 ** (dice.below(50) - 25);
    default: {
      const view = new DataView(new ArrayBuffer(8));
      view.setUint32(0, dice.bits());
      view.setUint32(4, dice.bits());
      const any = view.getFloat64(0);
      return Number.isFinite(any) ? any : 0;
    }
  }
}

function object(dice, depth) {
  const made = {};
  for (let left = dice.below(5); left > 0; --left) {
    made[dice.below(2) ? NAMES[dice.below(NAMES.length)] : text(dice)] = value(dice, depth - 1);
  }
  return made;
}

function value(dice, depth) {
  switch (dice.below(depth > 0 ? 7 : 5)) {
    case 0: return null;
    case 1: return dice.below(2) === 0;
    case 2: return number(dice);
    case 3:
    case 4: return text(dice);
    case 5: return Array.from({ length: dice.below(4) }, () => value(dice, depth - 1));
    default: return object(dice, depth);
  }
}

function record(dice, index) {
  const content = () => (dice.below(2) ? text(dice) : object(dice, 4));
  const snapshot = createSnapshot({
    executionId: `execution-${index}`,
    timestamp: '2026-02-03T04:05:06.789Z',
    provider: `p${text(dice)}`,
    model: `m${text(dice)}`,
    modelVersion: dice.below(2) ? null : text(dice),
    prompt: `q${text(dice)}`,
    input: content(),
    output: content(),
    parameters: {
      temperature: number(dice),
      maxTokens: dice.below(5000),
      topP: dice.below(2) ? null : number(dice),
      seed: dice.below(2) ? null : dice.below(2 ** 31),
    },
  });
  return sealCer(snapshot, { createdAt: '2026-02-03T04:05:07.000Z' });
}

// Another value of the same type for one member that a hash covers.
function edit(dice, sealed) {
  const changed = structuredClone(sealed);
  const inner = ['executionId', 'timestamp', 'provider', 'model', 'prompt', 'inputHash', 'outputHash'];
  const name = inner[dice.below(inner.length)];
  const old = changed.snapshot[name];
  changed.snapshot[name] = old.slice(0, -1) + (old.endsWith('0') ? '1' : '0');
  return { changed, path: `snapshot.${name}` };
}

function make(seed, count) {
  const dice = random(seed);
  for (let index = 0; index < count; ++index) {
    const sealed = record(dice, index);
    const { changed, path } = edit(dice, sealed);
    console.log(JSON.stringify({ text: JSON.stringify(sealed) }));
    console.log(JSON.stringify({ text: JSON.stringify(changed), edited: path }));
  }
}

async function verify() {
  for await (const line of createInterface({ input: process.stdin })) {
    let found;
    try {
      found = verifyCer(JSON.parse(JSON.parse(line).text));
    } catch (error) {
      found = { thrown: String(error.message) };
    }
    console.log(JSON.stringify(found));
  }
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'make' && rest.length === 2) {
  make(Number(rest[0]), Number(rest[1]));
} else if (command === 'verify' && rest.length === 0) {
  await verify();
} else {
  console.error('nexart: expected `make SEED COUNT` or `verify`');
  process.exit(2);
}
