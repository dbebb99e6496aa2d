import { spawn } from 'node:child_process';
import { startedBy } from './fork.ts';

// A host for the test that kills one: starts a child that hears nothing, and says its process id once it hangs.
const child = startedBy(() =>
  spawn(process.execPath, ['-e', 'process.send({}, () => { for (;;) {} })'], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  }),
);
child.onMessage(() => console.log(child.pid));
setInterval(() => {}, 60_000);
