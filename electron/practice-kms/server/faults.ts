/**
 * Faults on purpose: what a client should live through, switched on by tests and for training. They bear on requests
 * over HTTP alone, never on {@link PracticeKms.call}. Each server process has its own.
 */
import { z } from 'zod';
import { FaultError, fault } from '#shared/model/fault.ts';
import { expiredToken } from '../access/identities.ts';
import { KmsError } from '../protocol/errors.ts';

/** The environment variable that holds the rules in force at start: a JSON array, as {@link Faults.set} takes it. */
export const FAULTS_VARIABLE = 'REWRAP_PRACTICE_FAULTS';

const count = z.number().int().min(0);
/** Which requests a rule bears on; without any of these, all of them. */
const matching = {
  /** Operation names (`ReEncrypt`, `AssumeRole`); absent: all. */
  operations: z.array(z.string().min(1)).min(1).optional(),
  /** Access key ids; absent: all. */
  accessKeyIds: z.array(z.string().min(1)).min(1).optional(),
  /** The first so many requests pass untouched. */
  skip: count.optional(),
  /** Then each n-th is hit; absent: every one. */
  every: z.number().int().min(1).optional(),
  /** After so many hits the rule is spent; absent: never. */
  times: count.optional(),
};
const milliseconds = z.number().int().min(0).max(600_000);

const FaultRules = z
  .array(
    z.discriminatedUnion('kind', [
      /** Answers, but only after `ms` milliseconds. */
      z.strictObject({ kind: z.literal('latency'), ...matching, ms: milliseconds }),
      /** Never answers; the connection is cut after `ms` milliseconds (absent: ten minutes). Nothing is done. */
      z.strictObject({ kind: z.literal('timeout'), ...matching, ms: milliseconds.optional() }),
      /** KMSInternalException, HTTP 500. */
      z.strictObject({ kind: z.literal('internal'), ...matching }),
      /** DependencyTimeoutException, HTTP 500. */
      z.strictObject({ kind: z.literal('dependency-timeout'), ...matching }),
      /** KeyUnavailableException, HTTP 500. */
      z.strictObject({ kind: z.literal('key-unavailable'), ...matching }),
      /** ThrottlingException, HTTP 400. */
      z.strictObject({ kind: z.literal('throttling'), ...matching }),
      /** ThrottlingException for what goes beyond `perSecond` requests of one account in a second. */
      z.strictObject({ kind: z.literal('quota'), ...matching, perSecond: z.number().int().min(1) }),
      /** ExpiredTokenException: the session has ended. */
      z.strictObject({ kind: z.literal('expired-token'), ...matching }),
      /** Any refusal: its name, its message (absent: none) and its HTTP status (absent: 400). */
      z.strictObject({
        kind: z.literal('error'),
        ...matching,
        code: z.string().regex(/^[A-Za-z]{1,80}$/),
        message: z.string().max(2000).optional(),
        status: z.number().int().min(400).max(599).optional(),
      }),
      /** Cuts the connection before anything is done. */
      z.strictObject({ kind: z.literal('drop'), ...matching }),
      /** Does what is asked, then cuts the connection: the reply is lost. */
      z.strictObject({ kind: z.literal('drop-after'), ...matching }),
      /** Sends half of the reply's body, then cuts the connection. */
      z.strictObject({ kind: z.literal('truncate'), ...matching }),
      /** Answers with a web page, as a proxy does; its HTTP status (absent: 200). */
      z.strictObject({
        kind: z.literal('garbage'),
        ...matching,
        status: z.number().int().min(200).max(599).optional(),
      }),
      /** Sends the reply twice on the connection. */
      z.strictObject({ kind: z.literal('duplicate'), ...matching }),
      /** Sends the reply to the request before, of the same operation; the first such request is answered rightly. */
      z.strictObject({ kind: z.literal('stale'), ...matching }),
      /** Does the thing although DryRun is set, as some emulators do. */
      z.strictObject({ kind: z.literal('ignore-dry-run'), ...matching }),
      /** Grants and aliases that were made, changed or removed in the last `ms` milliseconds are not known yet. */
      z.strictObject({ kind: z.literal('eventual-consistency'), ...matching, ms: milliseconds }),
      /** Of `AssumeRole`: sessions end after so many seconds, whatever was asked. */
      z.strictObject({ kind: z.literal('short-sessions'), ...matching, seconds: count }),
    ]),
  )
  .max(100);
export type FaultRule = z.infer<typeof FaultRules>[number];

/** What is to happen to one request. */
export interface Disturbance {
  readonly delayMs: number;
  /** Do not answer, for so many milliseconds; null: answer. */
  readonly holdMs: number | null;
  readonly error: KmsError | null;
  readonly drop: 'before' | 'after' | null;
  readonly truncate: boolean;
  readonly duplicate: boolean;
  /** HTTP status of a web page that is sent instead of the reply; null: none is. */
  readonly garbage: number | null;
  readonly stale: boolean;
  readonly ignoreDryRun: boolean;
  /** See {@link RequestContext.settleMs}. */
  readonly settleMs: number;
  readonly sessionSeconds: number | null;
}

export const UNDISTURBED: Disturbance = {
  delayMs: 0,
  holdMs: null,
  error: null,
  drop: null,
  truncate: false,
  duplicate: false,
  garbage: null,
  stale: false,
  ignoreDryRun: false,
  settleMs: 0,
  sessionSeconds: null,
};

interface Standing {
  readonly rule: FaultRule;
  seen: number;
  hits: number;
  /** `quota`: requests that each account has left, and when that was so. */
  readonly left: Map<string, { tokens: number; at: number }>;
}

/** The rules in force at one server. */
export class Faults {
  #standing: Standing[] = [];

  /**
   * Puts these rules in force instead of all others; none: all is well again.
   * @throws FaultError `BadPracticeFaults` for a rule that is none.
   */
  set(rules: readonly FaultRule[]): void {
    const checked = FaultRules.safeParse(rules);
    if (!checked.success)
      throw new FaultError(
        fault(
          'BadPracticeFaults',
          'These faults for the practice KMS cannot be read.',
          z.prettifyError(checked.error),
          'Give a JSON array of rules such as [{"kind":"latency","ms":500}]; the folder of the practice KMS has a README with all kinds.',
        ),
      );
    this.#standing = checked.data.map((item) => ({ rule: item, seen: 0, hits: 0, left: new Map() }));
  }

  clear(): void {
    this.#standing = [];
  }

  /** The rules with how many requests each has seen and hit. */
  list(): (FaultRule & { seen: number; hits: number })[] {
    return this.#standing.map(({ rule, seen, hits }) => ({ ...rule, seen, hits }));
  }

  /** What happens to the next request; counts it. */
  next(operation: string, accessKeyId: string, accountId: string): Disturbance {
    if (this.#standing.length === 0) return UNDISTURBED;
    let disturbance = UNDISTURBED;
    for (const standing of this.#standing)
      if (hits(standing, operation, accessKeyId, accountId))
        disturbance = { ...disturbance, ...effect(standing.rule) };
    return disturbance;
  }
}

/**
 * The rules in {@link FAULTS_VARIABLE}; none when it is not set.
 * @throws FaultError `BadPracticeFaults`.
 */
export function faultsFromEnvironment(environment: NodeJS.ProcessEnv): Faults {
  const faults = new Faults();
  const text = environment[FAULTS_VARIABLE];
  if (text === undefined || text.trim() === '') return faults;
  let rules: unknown;
  try {
    rules = JSON.parse(text);
  } catch {
    rules = text;
  }
  faults.set(rules as FaultRule[]);
  return faults;
}

function hits(standing: Standing, operation: string, accessKeyId: string, accountId: string): boolean {
  const { rule } = standing;
  if (rule.operations && !rule.operations.includes(operation)) return false;
  if (rule.accessKeyIds && !rule.accessKeyIds.includes(accessKeyId)) return false;
  standing.seen += 1;
  const after = standing.seen - (rule.skip ?? 0);
  if (after <= 0 || after % (rule.every ?? 1) !== 0) return false;
  if (rule.times !== undefined && standing.hits >= rule.times) return false;
  if (rule.kind === 'quota' && !exceeds(standing, rule.perSecond, accountId)) return false;
  standing.hits += 1;
  return true;
}

/** A bucket that holds one second's requests and fills evenly. */
function exceeds({ left }: Standing, perSecond: number, accountId: string): boolean {
  const now = performance.now();
  const before = left.get(accountId) ?? { tokens: perSecond, at: now };
  const tokens = Math.min(perSecond, before.tokens + ((now - before.at) / 1000) * perSecond);
  left.set(accountId, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
  return tokens < 1;
}

function effect(rule: FaultRule): Partial<Disturbance> {
  switch (rule.kind) {
    case 'latency':
      return { delayMs: rule.ms };
    case 'timeout':
      return { holdMs: rule.ms ?? 600_000 };
    case 'internal':
      return { error: new KmsError('KMSInternalException', 'An internal error occurred.', 500) };
    case 'dependency-timeout':
      return { error: new KmsError('DependencyTimeoutException', 'A dependency timed out.', 500) };
    case 'key-unavailable':
      return { error: new KmsError('KeyUnavailableException', 'The KMS key is not available.', 500) };
    case 'throttling':
    case 'quota':
      return { error: throttled() };
    case 'expired-token':
      return { error: expiredToken() };
    case 'error':
      return { error: new KmsError(rule.code, rule.message ?? null, rule.status ?? 400) };
    case 'drop':
      return { drop: 'before' };
    case 'drop-after':
      return { drop: 'after' };
    case 'truncate':
      return { truncate: true };
    case 'garbage':
      return { garbage: rule.status ?? 200 };
    case 'duplicate':
      return { duplicate: true };
    case 'stale':
      return { stale: true };
    case 'ignore-dry-run':
      return { ignoreDryRun: true };
    case 'eventual-consistency':
      return { settleMs: rule.ms };
    case 'short-sessions':
      return { sessionSeconds: rule.seconds };
  }
}

/** Wording observed. */
function throttled(): KmsError {
  return new KmsError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );
}
