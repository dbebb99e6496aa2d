import { join, resolve } from 'node:path';
import type { ChildChannel } from '../children/index.ts';
import { forkChild } from '../children/index.ts';

const here = import.meta.dirname;
const root = resolve(here, '..', '..', '..');

/** The child run from its sources, which are several files; otherwise as the hosts start it. */
export function startFromSource(): ChildChannel & { readonly pid: number | undefined } {
  return forkChild(join(here, 'child', 'main.ts'), [
    join(here, 'child'),
    join(here, 'messages.ts'),
    join(root, 'electron', 'core', 'kms', 'sign'),
    join(root, 'package.json'),
  ]);
}
