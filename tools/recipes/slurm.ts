import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const MIB = 2000;

/** What is missing for a Slurm of one machine; null: nothing. */
export function slurmLacks(): string | null {
  if (process.platform !== 'linux') return 'it is for Linux';
  if (process.geteuid?.() !== 0) return 'its daemons need root';
  for (const program of ['munged', 'slurmctld', 'slurmd', 'sbatch'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
      return `there is no ${program} (Debian: apt install slurmctld slurmd slurm-client munge)`;
  return existsSync('/sys/fs/cgroup') ? null : '/sys/fs/cgroup is not mounted';
}

/** Slurm on this machine alone, with everything of it in a folder of its own. */
export class Slurm {
  readonly #folder: string;
  readonly #daemons: ChildProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  }

  static async start(): Promise<Slurm> {
    const folder = mkdtempSync(join(tmpdir(), 'rewrap-slurm-'));
    const slurm = new Slurm(folder);
    slurm.#configure();
    const at = (name: string): string => join(folder, name);
    slurm.#daemon('munged', [
      ...['--foreground', '--force', `--key-file=${at('munge.key')}`, `--socket=${at('munge.socket')}`],
      ...[
        `--pid-file=${at('munge.pid')}`,
        `--seed-file=${at('munge.seed')}`,
        `--log-file=${at('munge.log')}`,
      ],
    ]);
    await slurm.#until('munge', () => existsSync(at('munge.socket')));
    slurm.#daemon('slurmctld', ['-D', '-i']);
    await slurm.#until('slurmctld', () => slurm.#ask('scontrol', ['ping'])?.includes('UP') === true);
    slurm.#daemon('slurmd', ['-D', '-N', hostname()]);
    await slurm.#until('slurmd', () => /idle/.test(slurm.#ask('sinfo', ['-h', '-o', '%T']) ?? ''));
    return slurm;
  }

  /** Submits an array; its job id. `env` is given to each task. */
  submit(script: string, args: readonly string[], tasks: number, env: NodeJS.ProcessEnv): string {
    const out = execFileSync(
      'sbatch',
      [
        '--parsable',
        `--array=0-${tasks - 1}`,
        `--output=${join(this.#folder, 'task-%a.log')}`,
        '--open-mode=append',
        script,
        ...args,
      ],
      { env: { ...this.#env, ...env }, encoding: 'utf8' },
    );
    return out.trim();
  }

  /** Ends a task and puts it back into the queue, as when its node is drained. */
  requeue(task: string): boolean {
    return spawnSync('scontrol', ['requeue', task], { env: this.#env }).status === 0;
  }

  running(job: string): string[] {
    return (this.#ask('squeue', ['-h', '-r', '-j', job, '-t', 'RUNNING', '-o', '%F_%K']) ?? '')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** Resolves when no task of the job is left. */
  async done(job: string, ms: number): Promise<void> {
    await this.#until(
      `job ${job}`,
      () => (this.#ask('squeue', ['-h', '-r', '-j', job]) ?? '').trim() === '',
      ms,
    );
  }

  log(task: number): string {
    try {
      return readFileSync(join(this.#folder, `task-${task}.log`), 'utf8');
    } catch {
      return '';
    }
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.reverse()) {
      daemon.kill('SIGTERM');
      await Promise.race([new Promise((resolve) => daemon.once('close', resolve)), wait(5000)]);
      daemon.kill('SIGKILL');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configure(): void {
    const at = (name: string): string => join(this.#folder, name);
    for (const name of ['state', 'spool']) mkdirSync(at(name));
    writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    writeFileSync(
      at('slurm.conf'),
      [
        'ClusterName=rewrap',
        `SlurmctldHost=${hostname()}(127.0.0.1)`,
        'SlurmUser=root',
        'SlurmdUser=root',
        `SlurmctldPort=${port}`,
        `SlurmdPort=${port + 1}`,
        'AuthType=auth/munge',
        `AuthInfo=socket=${at('munge.socket')},cred_expire=10`,
        'CredType=cred/munge',
        `StateSaveLocation=${at('state')}`,
        `SlurmdSpoolDir=${at('spool')}`,
        `SlurmctldPidFile=${at('slurmctld.pid')}`,
        `SlurmdPidFile=${at('slurmd.pid')}`,
        `SlurmctldLogFile=${at('slurmctld.log')}`,
        `SlurmdLogFile=${at('slurmd.log')}`,
        'ProctrackType=proctrack/linuxproc',
        'TaskPlugin=task/none',
        'MpiDefault=none',
        'ReturnToService=2',
        'JobRequeue=1',
        'SchedulerParameters=sched_interval=2',
        'SelectType=select/cons_tres',
        'SelectTypeParameters=CR_CPU',
        `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=2 RealMemory=${MIB} State=UNKNOWN`,
        'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO',
        '',
      ].join('\n'),
    );
    writeFileSync(
      at('cgroup.conf'),
      'CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nCgroupAutomount=no\n',
    );
  }

  #daemon(program: string, args: readonly string[]): void {
    this.#daemons.push(spawn(program, args, { env: this.#env, stdio: 'ignore' }));
  }

  #ask(program: string, args: readonly string[]): string | null {
    const { status, stdout } = spawnSync(program, args, {
      env: this.#env,
      encoding: 'utf8',
      timeout: 20_000,
    });
    return status === 0 ? stdout : null;
  }

  async #until(what: string, holds: () => boolean, ms = 60_000): Promise<void> {
    const until = performance.now() + ms;
    while (!holds()) {
      if (performance.now() > until) {
        const logs = ['slurmctld.log', 'slurmd.log', 'munge.log'].map((name) => {
          const path = join(this.#folder, name);
          return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-15).join('\n') : '';
        });
        throw new Error(`Slurm: waited too long for ${what}\n${logs.join('\n')}`);
      }
      await wait(500);
    }
  }
}
