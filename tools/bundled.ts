import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleForNode, ENGINE, type Entry } from './node-bundles.ts';

const made = new Map<string, Promise<string>>();
let folder: string | null = null;

/**
 * Path of what a test starts as a thread or a process, bundled as the build bundles it, once for a process of tests. Each
 * start from the sources would read and strip the types of some hundred files: half a second to a whole one.
 */
export function bundled(entry: Entry): Promise<string> {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), 'rewrap-bundled-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const out = folder;
  const path = join(out, `${entry.entry}.cjs`);
  const bundle = made.get(entry.source) ?? bundleForNode(entry, out).then(() => path);
  made.set(entry.source, bundle);
  return bundle;
}

/** The same for a thread or child of the application, by its name in the build. */
export function bundledPart(name: string): Promise<string> {
  const entry = ENGINE.find((one) => one.entry === name);
  if (entry === undefined) throw new Error(`the build has no ${name}`);
  return bundled(entry);
}
