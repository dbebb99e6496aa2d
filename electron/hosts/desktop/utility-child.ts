import type { ChildStarters } from '../../bridge/engine/index.ts';
import {
  type ChildStarter,
  childEnvironment,
  NO_CHILD,
  runWorkerEnvironment,
} from '../../core/children/index.ts';
import type { ElectronMain } from './electron.ts';

/** Absolute paths of the built programs of child processes. */
export interface ChildFiles {
  readonly twoStep: string;
  readonly run: string;
}

/**
 * Starts child processes as Electron's utility processes: the executable of the application is no Node here. Each gets an
 * environment of its own, no argument and no terminal. Electron ends them with the main process, however that ends.
 */
export const utilityChildren = (
  utilityProcess: ElectronMain['utilityProcess'],
  files: ChildFiles,
): ChildStarters => ({
  'two-step': starterOf(utilityProcess, files.twoStep, 'Rewrap two-step', childEnvironment),
  run: starterOf(utilityProcess, files.run, 'Rewrap run', runWorkerEnvironment),
});

function starterOf(
  utilityProcess: ElectronMain['utilityProcess'],
  file: string,
  serviceName: string,
  environment: () => Record<string, string>,
): ChildStarter {
  return () => {
    let child: ReturnType<typeof utilityProcess.fork>;
    try {
      child = utilityProcess.fork(file, [], { env: environment(), stdio: 'ignore', serviceName });
    } catch {
      return NO_CHILD;
    }
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return {
      send: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', listener),
      onEnd: (listener) => void ended.then(listener),
      kill: () => void child.kill(),
    };
  };
}
