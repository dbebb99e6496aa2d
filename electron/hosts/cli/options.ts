import { InvalidArgumentError } from 'commander';
import { count, shellWord } from '#shared/format.ts';
import { ENCRYPTION_ALGORITHMS, type EncryptionAlgorithm } from '#shared/kms/facts.ts';
import { keyNameProblem } from '#shared/kms/key-names.ts';
import { MOST_SHARDS } from '#shared/kms/scale.ts';
import type { AwsChoice, ConnectionChoice } from '#shared/model/connection.ts';
import type { HistoryHead } from '#shared/model/history.ts';
import { isLoopback } from '../../core/limits/loopback.ts';
import { warn } from './output/say.ts';
import { safe } from './output/text.ts';

export interface ConnectionFlags {
  practice?: true;
  profile?: string;
  region?: string;
  endpointUrl?: string;
  fips?: true;
  dualStack?: true;
}

/** No connection flag: the SDK's default chain, as the AWS CLI does. */
export const AWS_DEFAULT: AwsChoice = {
  kind: 'aws',
  profile: null,
  region: null,
  endpointUrl: null,
  fips: null,
  dualStack: null,
};

/** AWS's own connection flags as a choice; null when none was given. */
export function connectionChoice(flags: ConnectionFlags): ConnectionChoice | null {
  if (flags.practice) return { kind: 'practice' };
  const { profile, region, endpointUrl, fips, dualStack } = flags;
  if ([profile, region, endpointUrl, fips, dualStack].every((flag) => flag === undefined)) return null;
  return {
    ...AWS_DEFAULT,
    profile: profile ?? null,
    region: region ?? null,
    endpointUrl: endpointUrl ?? null,
    fips: fips ?? null,
    dualStack: dualStack ?? null,
  };
}

/** The connection flags as the words of a command. */
function connectionArgv(flags: ConnectionFlags): string[] {
  const { practice, profile, region, endpointUrl, fips, dualStack } = flags;
  const valued = { '--profile': profile, '--region': region, '--endpoint-url': endpointUrl };
  return [
    ...(practice ? ['--practice'] : []),
    ...Object.entries(valued).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    ...(fips ? ['--fips'] : []),
    ...(dualStack ? ['--dual-stack'] : []),
  ];
}

/** The same as they would be typed again, each after a space. */
export const connectionArguments = (flags: ConnectionFlags): string =>
  connectionArgv(flags)
    .map((word) => ` ${shellWord(word)}`)
    .join('');

/** A key as KMS takes it. Throws InvalidArgumentError with the hint for what is most often mistyped. */
export function keyName(value: string): string {
  const problem = keyNameProblem(value);
  if (problem !== null) throw new InvalidArgumentError(problem);
  return value;
}

/** A value that must not be empty: an unset variable of a shell gives an empty one. Throws InvalidArgumentError. */
export function filled(value: string): string {
  if (value.trim() === '')
    throw new InvalidArgumentError('It is empty: is the variable that it comes from set?');
  return value;
}

export function algorithm(value: string): EncryptionAlgorithm {
  const known = ENCRYPTION_ALGORITHMS.find((name) => name === value.toUpperCase());
  if (known === undefined) throw new InvalidArgumentError(`One of ${ENCRYPTION_ALGORITHMS.join(', ')}.`);
  return known;
}

/** Requests a second. */
export function rate(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('A rate is a number of requests a second above 0.');
  return number;
}

export function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535; 0 takes a free one.');
  return number;
}

export function repeated(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), filled(value)];
}

export function url(value: string): string {
  const parsed = URL.parse(value);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new InvalidArgumentError('An endpoint URL begins with http:// or https://.');
  if (parsed.username !== '' || parsed.password !== '')
    throw new InvalidArgumentError('An endpoint URL holds no user name and no password.');
  return value;
}

/** Collects repeated `--allow-endpoint URL`. */
export const urls = (value: string, previous: string[] | undefined): string[] => [
  ...(previous ?? []),
  url(value),
];

/** A person in a shell may name an http: endpoint of another machine; what that means is said once. */
export function warnOfHttp(endpoints: readonly (string | null | undefined)[]): void {
  for (const endpoint of endpoints)
    if (endpoint?.startsWith('http:') && !isLoopback(endpoint))
      warn(
        `${safe(endpoint)} is plain HTTP: anyone on the way sees the session token and may change every answer`,
      );
}

/** Collects repeated `--allow-account ID`. */
export function accountId(value: string, previous: string[] | undefined): string[] {
  if (!/^\d{12}$/.test(value)) throw new InvalidArgumentError('An account ID is twelve digits.');
  return [...(previous ?? []), value];
}

/** A number of blobs. Throws InvalidArgumentError. */
export function blobCount(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 10_000_000)
    throw new InvalidArgumentError('A whole number from 1 to 10000000.');
  return number;
}

/** Seconds, at most a day. Throws InvalidArgumentError. @returns Milliseconds. */
export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number > 0) || number > 86_400)
    throw new InvalidArgumentError('Seconds, as in 30 or 2.5.');
  return number * 1000;
}

export function parseCount(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 128)
    throw new InvalidArgumentError('A whole number from 1 to 128.');
  return number;
}

/** A number of shards. Throws InvalidArgumentError. */
export function shardCount(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > MOST_SHARDS)
    throw new InvalidArgumentError(`A whole number from 1 to ${count(MOST_SHARDS)}.`);
  return number;
}

/** Number of a shard, from 0. Throws InvalidArgumentError. */
export function shardIndex(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number >= MOST_SHARDS)
    throw new InvalidArgumentError(`A whole number from 0 to ${count(MOST_SHARDS - 1)}.`);
  return number;
}

/** `COUNT:HASH`, as reports and `verify` print it. */
export function headOption(value: string): HistoryHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(value);
  if (match === null) throw new InvalidArgumentError('Give it as COUNT:HASH, as a report states it.');
  return { count: Number(match[1]), hash: match[2] ?? '' };
}

/** A number of records. Throws InvalidArgumentError. */
export function limitOption(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 5000)
    throw new InvalidArgumentError('A number from 1 to 5000.');
  return number;
}
