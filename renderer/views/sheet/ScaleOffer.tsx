import { Network } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Estimate } from '#shared/kms/estimate.ts';
import { jobScale, MOST_SHARDS, PROCESS_PER_SECOND } from '#shared/kms/scale.ts';
import { Button } from '../../components/Button.tsx';
import { SelectInput, TextInput } from '../../components/fields.tsx';
import { buildRequest, draftRows, fileCount } from '../../lib/request/request.ts';
import { count, duration, plural } from '../../lib/words/format.ts';
import { useUi } from '../../store/app/ui.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';

/** What is faster than one process for many blobs, and the plan for it: by processes here, or by many machines. */
export function ScaleOffer({ estimate }: { readonly estimate: Estimate }) {
  const { draft, savePlan } = useDraft();
  const cores = useConnection((state) => state.app?.cores ?? 1);
  const help = useUi((state) => state.help);
  const close = useDraft((state) => state.close);
  const { perSecond } = draft;
  const scale = useMemo(() => jobScale({ ...estimate, cores, perSecond }), [estimate, cores, perSecond]);
  const [typed, setTyped] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const built = useMemo(() => buildRequest(draft, false), [draft]);
  const text = typed ?? String(scale.shards);
  const shards = shardsOf(text);
  const write = async (): Promise<void> => {
    setBusy(true);
    await savePlan(shards ?? scale.shards);
    setBusy(false);
  };
  const { byProcesses, most, ceiling, oneProcess, outgrows } = scale;
  return (
    <section className="scale-offer" aria-label="Faster">
      <dl className="facts estimate">
        <dt>One process</dt>
        <dd>
          {about(oneProcess)}
          <span className="hint">
            {`At about ${count(Math.min(PROCESS_PER_SECOND, ceiling ?? PROCESS_PER_SECOND))} requests a second.`}
          </span>
        </dd>
        {byProcesses.length > 1 && (
          <>
            <dt>This machine</dt>
            <dd>
              <Processes choices={byProcesses} />
            </dd>
          </>
        )}
        {most !== null && (
          <>
            <dt>{perSecond === null ? 'At the quota' : 'At this rate'}</dt>
            <dd>
              {about(most.seconds)}
              <span className="hint">
                {most.machines === 1
                  ? 'This machine is enough for it.'
                  : `With ${plural(most.machines, 'machine')} like this one. Production shares the quota.`}
              </span>
            </dd>
          </>
        )}
      </dl>
      {outgrows && <p className="remark remark-attention">This job outgrows one machine.</p>}
      <div className="scale-shards">
        <TextInput label="Shards" value={text} onChange={setTyped} numeric mono invalid={shards === null} />
        <Button
          icon={<Network className="icon" aria-hidden="true" />}
          isPending={busy}
          reason={
            built.ok
              ? shards === null
                ? `Type a number from 1 to ${count(MOST_SHARDS)}.`
                : null
              : (built.problems[0] ?? '')
          }
          onPress={() => void write()}
        >
          Write shard plan…
        </Button>
        <Button
          variant="link"
          onPress={() => {
            close();
            help('scale');
          }}
        >
          Beyond one machine
        </Button>
      </div>
      <p className="hint">
        A shard is a plan of a part of the files. Machines run the shards at the same time.
      </p>
    </section>
  );
}

const about = (seconds: number): string => `about ${duration(Math.max(1, seconds))}`;

/** By how many processes of this machine the run is done, and what that gains. */
function Processes({
  choices,
}: {
  readonly choices: readonly { readonly processes: number; readonly seconds: number }[];
}) {
  const { draft, patch } = useDraft();
  const files = useMemo(() => fileCount(draftRows(draft)), [draft]);
  if (draft.output.mode === 'download')
    return <span className="hint">New files for download are made by one process.</span>;
  if (files === 1)
    return <span className="hint">All blobs are in one file, and a file is done by one process.</span>;
  const offered = choices.slice(0, files);
  const chosen = Math.min(draft.processes, offered.length);
  return (
    <>
      <SelectInput
        label="Use"
        inline
        value={String(chosen)}
        options={offered.map(({ processes, seconds }) => ({
          id: String(processes),
          label: `${plural(processes, 'process', 'processes')}, ${about(seconds)}`,
        }))}
        onChange={(id) => patch({ processes: Number(id) })}
      />
      <span className="hint">
        {chosen === 1
          ? 'More processes work on files at the same time. By default it is one, as everything in the account shares the quota.'
          : 'They share one rate and one record, and the run is paused, resumed and undone as a whole. If one dies, another takes its place.'}
      </span>
    </>
  );
}

function shardsOf(text: string): number | null {
  const number = Number(text.trim());
  return Number.isInteger(number) && number >= 1 && number <= MOST_SHARDS ? number : null;
}
