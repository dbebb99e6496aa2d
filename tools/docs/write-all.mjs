// `npm run docs:write`: the pages that are made from the application's own lists, and the output of every example. Look
// at the diff before you commit it: it is what the documents will say.
import { spawnSync } from 'node:child_process';

const env = { ...process.env, REWRAP_WRITE_DOCS: '1' };
const run = (...command) =>
  spawnSync('npx', command, { stdio: 'inherit', env, shell: process.platform === 'win32' }).status === 0;

run('vitest', 'run', 'tools/docs');
process.exit(run('playwright', 'test', 'e2e/docs.spec.ts') ? 0 : 1);
