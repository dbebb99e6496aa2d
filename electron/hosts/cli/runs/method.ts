import { FaultError, fault } from '#shared/model/fault.ts';
import type { RunMethod } from '#shared/model/run.ts';
import type { Client } from '../client.ts';
import { connectionChoice, warnOfHttp } from '../options.ts';

/** `--decrypt-here` and where to, of `rewrap reencrypt`. */
export interface MethodFlags {
  decryptHere?: true;
  acceptPlaintextInMemory?: true;
  toProfile?: string;
  toRegion?: string;
  toEndpointUrl?: string;
}

export const methodOf = (flags: MethodFlags): RunMethod =>
  flags.decryptHere ? 'decrypt-encrypt' : 'reencrypt';

/** The choice is made anew in each command, by a flag that says what it means. Throws FaultError `BadUsage`. */
export function checkMethod(flags: MethodFlags): void {
  if (flags.decryptHere) {
    if (flags.acceptPlaintextInMemory) return;
    throw new FaultError(
      fault(
        'BadUsage',
        '--decrypt-here takes the plaintext out of KMS.',
        'ReEncrypt keeps it inside KMS. This way KMS sends it to this machine, where a child process holds it in memory until it is encrypted again: it is not written to disk by Rewrap, but a memory dump or swap space could hold it. CloudTrail shows Decrypt and Encrypt instead of ReEncrypt.',
        'If that is acceptable for this data, add --accept-plaintext-in-memory. Otherwise use ReEncrypt with one principal that may use both keys, in one Region.',
      ),
    );
  }
  const stray = Object.entries({
    '--accept-plaintext-in-memory': flags.acceptPlaintextInMemory,
    '--to-profile': flags.toProfile,
    '--to-region': flags.toRegion,
    '--to-endpoint-url': flags.toEndpointUrl,
  }).find(([, value]) => value !== undefined);
  if (stray !== undefined)
    throw new FaultError(
      fault(
        'BadUsage',
        `${stray[0]} is for --decrypt-here: ReEncrypt works on one connection alone.`,
        '',
        'Leave it out, or add --decrypt-here.',
      ),
    );
}

/** Connects the destination where flags name one. Throws FaultError as connecting fails. */
export async function connectDestination({ page }: Client, flags: MethodFlags): Promise<void> {
  const choice = connectionChoice({
    ...(flags.toProfile === undefined ? {} : { profile: flags.toProfile }),
    ...(flags.toRegion === undefined ? {} : { region: flags.toRegion }),
    ...(flags.toEndpointUrl === undefined ? {} : { endpointUrl: flags.toEndpointUrl }),
  });
  if (choice === null) return;
  warnOfHttp([flags.toEndpointUrl]);
  const { useDestination: connect } = page.connection;
  const { destination } = await connect({ choice });
  if (destination?.fault) throw new FaultError(destination.fault);
}
