/**
 * Loaded into every process of a command that is measured: each leaves what it took in the folder that TOOK_FOLDER names, and
 * with it what the processes took that do files of its run, which get no environment to be measured by.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const childProcess = require('node:child_process');
const { isMainThread } = require('node:worker_threads');

/** A clock tick of /proc, milliseconds: 100 a second wherever Linux runs Node. */
const TICK_MS = 10;
/** How often the children's peaks are looked at, milliseconds. */
const EVERY_MS = 250;

const children = new Set();
let childPeakMiB = 0;

/** The largest that each child has been so far; where there is no /proc, nothing is known. */
function lookAtChildren() {
  for (const pid of children)
    try {
      const [, kib = 0] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      childPeakMiB = Math.max(childPeakMiB, kib / 1024);
    } catch {
      children.delete(pid);
    }
}

/** Processor time of the children that have ended. */
function childrenCpuMs() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
  } catch {
    return 0;
  }
}

if (isMainThread) {
  const { spawn } = childProcess;
  childProcess.spawn = (...args) => {
    const child = spawn(...args);
    if (children.size === 0) setInterval(lookAtChildren, EVERY_MS).unref();
    children.add(child.pid);
    return child;
  };
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const took = {
      cpuMs: (user + system) / 1000,
      peakMiB: process.resourceUsage().maxRSS / 1024,
      childrenCpuMs: childrenCpuMs(),
      childPeakMiB,
    };
    writeFileSync(`${process.env.TOOK_FOLDER}/${process.pid}.json`, JSON.stringify(took));
  });
}
