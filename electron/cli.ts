#!/usr/bin/env node
import { join } from 'node:path';
import { loadEngine } from './bridge/engine/thread.ts';
import { widenThreadPool } from './core/limits/thread-pool.ts';
import { keepYoungSpace, setBundles } from './hosts/cli/process.ts';

widenThreadPool();
setBundles(import.meta.dirname);
// Another core loads the engine while this one loads what reads the command line.
if (process.argv[2] === 'serve') loadEngine(join(import.meta.dirname, 'engine.cjs'));
else keepYoungSpace();
void import('./hosts/cli/command.ts');
