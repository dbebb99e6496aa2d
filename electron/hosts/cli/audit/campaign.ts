import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { FaultError, fault } from '#shared/model/fault.ts';
import { campaignStatus, readCampaign, readSnapshots } from '../../../core/campaign/index.ts';
import { BAD_INPUT, NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { type ConnectionFlags, connectionChoice } from '../options.ts';
import { safe } from '../output/text.ts';
import { takeInNames, withEngine } from '../session.ts';

/** `rewrap campaign` alone. */
export function campaign(): Promise<number> {
  throw new FaultError(
    fault(
      'BadUsage',
      'It is not said what to do with a campaign.',
      '',
      'rewrap campaign snapshot FILE PATH… counts what is left; rewrap campaign status FILE shows it.',
    ),
  );
}

/** Beside the campaign: `leave-2019.yaml` has `leave-2019.snapshots.jsonl`. */
const snapshotsOf = (file: string): string => `${file.replace(/\.(?:ya?ml|json)$/i, '')}.snapshots.jsonl`;

/** `rewrap campaign snapshot FILE PATH…`: counts what is left, and appends it to the file of snapshots. */
export async function snapshotCampaign(
  file: string,
  paths: readonly string[],
  flags: ConnectionFlags,
): Promise<number> {
  const text = read(file);
  readCampaign(text);
  return withEngine(connectionChoice(flags), async (client) => {
    const { unreadable } = await takeInNames(client, paths);
    await client.page.audit.askKeys({ refresh: false, all: true });
    const snapshot = await client.host.audit.campaign({ text });
    appendFileSync(snapshotsOf(file), `${JSON.stringify(snapshot)}\n`);
    const { remaining, unknown, blobs } = snapshot;
    console.log(safe(`${snapshot.campaign}: ${remaining} left of ${blobs}, ${unknown} not known.`));
    return unreadable ? BAD_INPUT : OK;
  });
}

/** `rewrap campaign status FILE [--fail-after DATE]`: the burn-down by owner; exit code 1 where it is late. */
export async function showCampaign(
  file: string,
  flags: { failAfter?: string; json?: true },
): Promise<number> {
  const plan = readCampaign(read(file));
  const at = snapshotsOf(file);
  const snapshots = existsSync(at) ? readSnapshots(read(at)) : [];
  const { verdict, lines } = campaignStatus(plan, snapshots, flags.failAfter ?? plan.deadline, Date.now());
  if (flags.json) console.log(JSON.stringify({ verdict, snapshots }, null, 2));
  else for (const line of lines) console.log(safe(line));
  return verdict === 'late' ? SOME_FAILED : verdict === 'unanswered' ? NOT_ANSWERED : OK;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new FaultError(
      fault('CannotRead', `${file} cannot be read.`, '', 'Check its name and permissions.'),
    );
  }
}
