import { regionOfArn } from '#shared/kms/facts.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import type { RunItem } from '#shared/model/run.ts';

interface RunSides {
  readonly connection: ConnectionState | null;
  /** The second connection, where one is in use. */
  readonly destination: ConnectionState | null;
  readonly destinationKeyArn: string | null;
}

/** Region and account of each side, as far as they are known. */
interface RunPlaces {
  readonly from: string | null;
  readonly to: string | null;
}

/** Where the source's Decrypt and the destination's Encrypt would be asked for. */
export function placesOf({ connection, destination, destinationKeyArn }: RunSides): RunPlaces {
  const keyRegion = destinationKeyArn === null ? null : regionOfArn(destinationKeyArn);
  return {
    from: connection?.region ?? null,
    to: destination === null ? (keyRegion ?? connection?.region ?? null) : destination.region,
  };
}

/**
 * Why `ReEncrypt` cannot do this, in one sentence, so that decrypting here and encrypting there is offered. Null:
 * nothing says that it cannot. `preflight`: what the last preflight said of the blobs, where there was one.
 */
export function whyTwoSteps(sides: RunSides, preflight: readonly RunItem[]): string | null {
  const { connection, destination, destinationKeyArn } = sides;
  if (destinationKeyArn === null) return null;
  const { from, to } = placesOf(sides);
  if (from !== null && to !== null && from !== to)
    return `The destination key is in ${to} and the blobs are in ${from}: ReEncrypt does not cross Regions.`;
  const [one, other] = [connection?.identity?.arn, destination?.identity?.arn];
  if (destination !== null && one !== other)
    return `The destination key is reached as ${other ?? 'another principal'}, the blobs as ${one ?? 'this one'}: ReEncrypt needs one principal that may use both keys.`;
  const denied = preflight.find(
    ({ fault }) =>
      fault?.code === 'AccessDeniedException' &&
      /kms:ReEncrypt(?:From|To)/.test(`${fault.message} ${fault.detail}`),
  );
  return denied === undefined
    ? null
    : 'The preflight found no right to re-encrypt from or to one of the keys: ReEncrypt needs one principal that may use both.';
}
