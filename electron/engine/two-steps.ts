import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { type ChildStarter, TwoStepKms } from '../two-step/index.ts';
import type { Connection } from './connection.ts';
import type { OtherRegions } from './other-regions.ts';

export interface TwoStepsParts {
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
  const source = connection.kms();
  const chosen = destination.chosen !== null;
  const to = chosen ? destination.kms() : await regions.reach(destinationKeyId);
  const described = chosen
    ? `${connection.describe()} → ${destination.describe()}`
    : to.region === source.region
      ? connection.describe()
      : `${connection.describe()} → ${to.region}`;
  const there = chosen ? destination.target() : to.region;
  const target = `two-step ${connection.target()} → ${there}`;
  return { target, kms: new TwoStepKms({ source, destination: to, startChild }), described };
}

/** Of an engine whose host starts no children. */
export const noChild: ChildStarter = () => {
  throw new FaultError(explainOwn('TwoStepUnavailable'));
};
