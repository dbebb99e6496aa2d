/** Loaded into every process of a command that is measured: each leaves what it took in the folder that TOOK_FOLDER names. */
const { writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (isMainThread)
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const took = { cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 };
    writeFileSync(`${process.env.TOOK_FOLDER}/${process.pid}.json`, JSON.stringify(took));
  });
