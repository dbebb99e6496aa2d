import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ChildStarter } from '../../core/children/index.ts';
import type { KmsConnection } from '../../core/kms/index.ts';
import { TwoStepKms } from '../../core/two-step/index.ts';
import type { Connection } from './connection.ts';
import type { OtherRegions } from './other-regions.ts';

interface TwoStepsParts {
  readonly connection: Connection;
  /** Nothing chosen: the destination key is where its ARN says, or where the source is. */
  readonly destination: Connection;
  readonly regions: OtherRegions;
  readonly startChild: ChildStarter;
}

/** The way 'decrypt-encrypt' of a run. */
export interface TwoStep {
  readonly kms: TwoStepKms;
  /** Both sides in one line for people. */
  readonly described: string;
  /** The same for machines: a run is gone on with over the same two sides alone. */
  readonly target: string;
}

/** Opens one for a run; nothing is started yet. Throws FaultError where a side is not connected. */
export async function openTwoStep(parts: TwoStepsParts, destinationKeyId: string): Promise<TwoStep> {
  const { connection, destination, regions, startChild } = parts;
  const chosen = destination.chosen !== null;
  const from = latest(connection, () => connection.kms());
  const to = chosen
    ? latest(destination, () => destination.kms())
    : latest(connection, () => regions.reach(destinationKeyId));
  const source = await from();
  const there = await to();
  const described = chosen
    ? `${connection.describe()} → ${destination.describe()}`
    : there.region === source.region
      ? connection.describe()
      : `${connection.describe()} → ${there.region}`;
  const target = `two-step ${connection.target()} → ${chosen ? destination.target() : there.region}`;
  const kms = await TwoStepKms.open({ source: from, destination: to, startChild });
  return { target, kms, described };
}

/** Both sides are the connection in use: blobs before and after a `ReEncrypt` are compared so. */
export async function openBothSides({
  connection,
  startChild,
}: Pick<TwoStepsParts, 'connection' | 'startChild'>): Promise<TwoStep> {
  const side = latest(connection, () => connection.kms());
  const kms = await TwoStepKms.open({ source: side, destination: side, startChild });
  return { kms, described: connection.describe(), target: connection.target() ?? '' };
}

/**
 * The connection of the moment, as long as it leads where it led at first; while it does not, the one that last did. So a
 * connection that was made anew is used, and one to another account never is.
 */
function latest(
  connection: Connection,
  reach: () => KmsConnection | Promise<KmsConnection>,
): () => Promise<KmsConnection> {
  const target = connection.target();
  let last: KmsConnection | null = null;
  return async () => {
    if (last === null || connection.target() === target) last = await reach();
    return last;
  };
}

/** For a host that starts no children. */
export const noChild: ChildStarter = () => {
  throw new FaultError(explainOwn('TwoStepUnavailable'));
};
