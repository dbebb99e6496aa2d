import { execFileSync } from 'node:child_process';

/** Process ids of the two-step children that a host has now. */
export const twoStepChildren = (hostPid: number | undefined): number[] =>
  childrenOf(hostPid, 'two-step-child');

/** The same of the processes that do files of its runs. */
export const runProcesses = (hostPid: number | undefined): number[] => childrenOf(hostPid, 'run-worker');

function childrenOf(hostPid: number | undefined, program: string): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter(
      (m) => m !== null && Number(m[2]) === hostPid && !m[3]?.startsWith('Z') && m[4]?.includes(program),
    )
    .map((m) => Number(m?.[1]));
}

/** Whether there is such a process (one that only waits to be asked how it ended is gone). */
export function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
