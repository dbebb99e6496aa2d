import { kindOf } from '#shared/connection-kind.ts';
import type { Emit, PageHandlers } from '#shared/contract/api.ts';
import type { IntakeResult } from '#shared/contract/define.ts';
import type { ConnectionChoice, Side } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { ChildStarter } from '../../core/children/index.ts';
import { listProfiles, watchProfiles } from '../../core/kms/index.ts';
import type { Approvals } from '../approvals/index.ts';
import { notHere } from '../faults.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { SettingsFile } from '../settings/index.ts';
import { Connection } from './connection.ts';
import { ConnectionApprovals } from './connection-approvals.ts';
import { MfaPrompts } from './mfa-prompts.ts';
import { OtherRegions } from './other-regions.ts';
import { Practice } from './practice.ts';
import { SignIn } from './sign-in.ts';
import { openBothSides, openTwoStep, type TwoStep } from './two-step.ts';

interface ConnectionsParts {
  readonly dataDir: string;
  /** Longest wait for one answer, milliseconds. */
  readonly waitMs?: number | undefined;
  readonly settings: SettingsFile;
  readonly approvals: Pick<Approvals, 'obtain'>;
  readonly recorder: Pick<HistoryRecorder, 'connected' | 'keysListed' | 'keyLookedUp' | 'note'>;
  /** In a shell a person names each connection: nothing is asked, and no file is watched. */
  readonly shell: boolean;
  /** What the host's start named. */
  readonly named: ConnectionChoice | null;
  /** Endpoints that the host's start allowed for every profile. */
  readonly endpoints: readonly string[];
  /** How this host starts the child of a run that decrypts here and encrypts there. */
  readonly startChild: ChildStarter;
  readonly emit: Emit;
  /** The source connection serves. */
  readonly ready: () => void;
  /** Puts files and folders on the list. */
  readonly addPaths: (paths: readonly string[]) => Promise<IntakeResult>;
}

/**
 * The two connections in use and how they are made: sign-in, codes of multi-factor devices, the practice KMS, and the
 * principal of the source in other Regions.
 */
export class Connections {
  readonly source: Connection;
  /** Where the destination key lives when it needs another principal or Region; most often nothing is chosen. */
  readonly destination: Connection;
  readonly regions: OtherRegions;
  readonly practice: Practice;
  readonly #parts: ConnectionsParts;
  readonly #signIn: SignIn;
  readonly #mfa: MfaPrompts;
  readonly #unwatch: () => void;

  constructor(parts: ConnectionsParts) {
    const { dataDir, waitMs, shell, emit, recorder } = parts;
    this.#parts = parts;
    this.practice = new Practice(dataDir);
    this.#mfa = new MfaPrompts({
      asked: (question) => emit('mfaAsked', question),
      settled: (id) => emit('mfaSettled', { id }),
    });
    const approvals = new ConnectionApprovals(parts);
    const common = {
      practice: this.practice,
      waitMs,
      askMfa: (profile: string | null, serial: string, signal: AbortSignal) =>
        this.#mfa.ask(profile, serial, signal),
      allow: (choice: ConnectionChoice) => approvals.prove(choice),
    };
    this.source = new Connection({
      ...common,
      changed: (state) => {
        if (state === null) return;
        recorder.connected(state, 'source');
        emit('connectionChanged', state);
        if (state.status === 'ready') parts.ready();
      },
      keysPage: (page) => emit('keysPage', { ...page, side: 'source' }),
      keysListed: (keys, gaps) => recorder.keysListed('source', this.source, keys, gaps),
    });
    this.destination = new Connection({
      ...common,
      changed: (state) => {
        if (state !== null) recorder.connected(state, 'destination');
        emit('destinationChanged', { destination: state });
      },
      keysPage: (page) => emit('keysPage', { ...page, side: 'destination' }),
      keysListed: (keys, gaps) => recorder.keysListed('destination', this.destination, keys, gaps),
    });
    this.regions = new OtherRegions({ ...common, connection: this.source });
    this.#signIn = new SignIn({
      code: (code) => emit('signInCode', code),
      ended: (profile, fault) => {
        emit('signInEnded', { profile, fault });
        if (fault === null) for (const each of this.#both) void each.retryFailed();
      },
    });
    // A command ends before a person edits a file under it.
    this.#unwatch = shell
      ? () => {}
      : watchProfiles(() => {
          emit('profilesChanged', {});
          for (const each of this.#both) void each.retryIfOfTheFiles();
        });
  }

  readonly requests: PageHandlers['connection'] = {
    profiles: () => listProfiles(),
    use: async (choice) => {
      const state = await this.source.use(choice);
      if (state.status === 'ready') this.#parts.settings.rememberConnection(choice);
      return state;
    },
    state: async () => this.source.state,
    renew: ({ side }) => (side === 'destination' ? this.destination : this.source).renew(),
    useDestination: async ({ choice }) => {
      if (choice === null) this.destination.drop();
      else await this.destination.use(choice);
      return { destination: this.destination.chosen };
    },
    destination: async () => ({ destination: this.destination.chosen }),
    signIn: ({ profile }) => this.#signIn.start(profile),
    cancelSignIn: async () => {
      this.#signIn.cancel();
      return {};
    },
    openSignIn: () => notHere('open a browser'),
    answerMfa: async ({ id, code }) => {
      this.#mfa.answer(id, code);
      return {};
    },
    waiting: async () => ({ signIn: this.#signIn.code, mfa: this.#mfa.waiting }),
  };

  readonly keysRequests: PageHandlers['keys'] = {
    list: async ({ refresh, side, offset, limit }) => {
      const { keys, gaps, listedAt } = await this.#at(side).keys(refresh);
      return { keys: keys.slice(offset, offset + limit), gaps: [...gaps], listedAt, total: keys.length };
    },
    describe: async ({ keyId, side }) => {
      const at = this.#at(side);
      const kms = at === this.source ? await this.regions.reach(keyId) : at.kms();
      return this.#parts.recorder.keyLookedUp(at, keyId, 'description', kms.describeKey(keyId));
    },
    detail: async ({ keyId, side }) => {
      const at = this.#at(side);
      const read = 'description, rotation, last use, tags';
      return this.#parts.recorder.keyLookedUp(at, keyId, read, at.keyDetail(keyId));
    },
  };

  readonly practiceRequests: PageHandlers['practice'] = {
    restoreVault: async () => {
      if (!kindOf(this.source.state.choice).practice)
        throw new FaultError(
          fault(
            'NotPractice',
            'The sample vault belongs to the practice KMS.',
            '',
            'Connect to practice first.',
          ),
        );
      const folder = await this.practice.restoreVault();
      this.#parts.recorder.note('vault-restored', { outcome: 'made anew', detail: 'the sample vault' });
      return this.#parts.addPaths([folder]);
    },
  };

  /** The way of a run that decrypts here and encrypts there; its child is the caller's to close. */
  twoStep(destinationKeyId: string): Promise<TwoStep> {
    const { source, destination, regions } = this;
    const { startChild } = this.#parts;
    return openTwoStep({ connection: source, destination, regions, startChild }, destinationKeyId);
  }

  /** A two-step child with the connection in use on both sides; the caller's to close. */
  bothSides(): Promise<TwoStep> {
    return openBothSides({ connection: this.source, startChild: this.#parts.startChild });
  }

  /** Asks a person nothing more. */
  stop(): void {
    this.#unwatch();
    this.#signIn.cancel();
    this.#mfa.close();
  }

  /** Ends both connections; the practice KMS serves on until {@link Practice.close}. */
  close(): void {
    this.regions.close();
    for (const each of this.#both) each.close();
  }

  get #both(): readonly Connection[] {
    return [this.source, this.destination];
  }

  /** Where no second connection is chosen, the destination key is where the source is. */
  #at(side: Side): Connection {
    return side === 'destination' && this.destination.chosen !== null ? this.destination : this.source;
  }
}
