import { type ChildStarter, childEnvironment } from '../../core/two-step/index.ts';
import type { ElectronMain } from './electron.ts';

/**
 * Starts the two-step child as an Electron utility process: the executable of the application is no Node here. It gets
 * a minimal environment of its own, no argument and no terminal. Electron ends it with the main process, however that ends.
 */
export function utilityChild(utilityProcess: ElectronMain['utilityProcess'], file: string): ChildStarter {
  return () => {
    const child = utilityProcess.fork(file, [], {
      env: childEnvironment(),
      stdio: 'ignore',
      serviceName: 'Rewrap two-step',
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return {
      send: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', listener),
      onEnd: (listener) => void ended.then(listener),
      kill: () => void child.kill(),
    };
  };
}
