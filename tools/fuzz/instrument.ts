import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vite';

/**
 * Coverage for the fuzzer: a load hook that puts a counter into every branch of the code under test, and collects the
 * literals their code compares with (magic bytes, member names), which make the best mutations. Node's own coverage
 * cannot be read after each of a million executions a minute; a byte array can.
 */

/** One counter per branch met in the code; more branches than this share counters. */
export const coverage = new Uint8Array(65_536);

/** Text and byte strings that the code compares with. */
export const literals = new Set<string>();

let next = 0;

/** Counters given out so far: the number of branches in the code loaded. */
export function branchCount(): number {
  return next;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [member: string]: unknown;
}

/** From here on, modules with a matching path are instrumented when they are loaded. */
export function instrumentModules(matches: (path: string) => boolean): void {
  Reflect.set(globalThis, '__cov', coverage);
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || !url.endsWith('.ts') || !matches(fileURLToPath(url)))
        return nextLoad(url, context);
      const loaded = nextLoad(url, context);
      const text =
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(asBytes(loaded.source)).toString();
      return { format: 'module', shortCircuit: true, source: instrumented(stripTypeScriptTypes(text)) };
    },
  });
}

function asBytes(source: unknown): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return source instanceof Uint8Array ? source : new Uint8Array();
}

/** The code with `__cov[n]++` at the start of every branch: blocks, cases, arms of `?:`, right sides of `&&` and `||`. */
function instrumented(code: string): string {
  const inserts: { at: number; text: string; order: number }[] = [];
  const put = (at: number, text: string): void => {
    inserts.push({ at, text, order: inserts.length });
  };
  const count = (): string => `__cov[${next++ % coverage.length}]++`;
  const expression = (node: Node): void => {
    put(node.start, `(${count()},`);
    closes.push(node.end);
  };
  const closes: number[] = [];
  const statement = (node: Node | null | undefined): void => {
    if (!node) return;
    if (node.type === 'BlockStatement') put(node.start + 1, `${count()};`);
    else if (node.type !== 'IfStatement') {
      put(node.start, `{${count()};`);
      blocks.push(node.end);
    }
  };
  const blocks: number[] = [];
  walk(parseAst(code), (node) => {
    switch (node.type) {
      case 'IfStatement':
        statement(child(node, 'consequent'));
        statement(child(node, 'alternate'));
        break;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
      case 'WhileStatement':
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        statement(child(node, 'body'));
        break;
      case 'ArrowFunctionExpression': {
        const body = child(node, 'body');
        if (body?.type === 'BlockStatement') statement(body);
        break;
      }
      case 'SwitchCase': {
        const [first] = children(node, 'consequent');
        if (first) put(first.start, `${count()};`);
        break;
      }
      case 'ConditionalExpression':
        for (const name of ['consequent', 'alternate']) {
          const arm = child(node, name);
          if (arm) expression(arm);
        }
        break;
      case 'LogicalExpression': {
        const right = child(node, 'right');
        if (right) expression(right);
        break;
      }
      case 'Literal':
        if (typeof node.value === 'string' && node.value.length > 0 && node.value.length <= 40)
          literals.add(node.value);
        break;
    }
  });
  const ends = [
    ...closes.map((at) => ({ at, text: ')', length: 1 })),
    ...blocks.map((at) => ({ at, text: '}', length: 1 })),
  ];
  // At one place, what ends comes before what begins; what begins first is the outer one.
  const all = [
    ...ends.map((one) => ({ at: one.at, text: one.text, rank: 0, order: 0 })),
    ...inserts.map((one) => ({ ...one, rank: 1 })),
  ].sort((a, b) => a.at - b.at || a.rank - b.rank || a.order - b.order);
  let out = '';
  let from = 0;
  for (const { at, text } of all) {
    out += code.slice(from, at) + text;
    from = at;
  }
  return out + code.slice(from);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function child(node: Node, name: string): Node | null {
  const value = node[name];
  return isNode(value) ? value : null;
}

function children(node: Node, name: string): Node[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function walk(root: unknown, visit: (node: Node) => void): void {
  if (!isNode(root)) return;
  visit(root);
  for (const value of Object.values(root)) {
    if (Array.isArray(value)) for (const one of value) walk(one, visit);
    else if (isNode(value)) walk(value, visit);
  }
}
