import { CalendarCheck, Camera, Download, FolderOpen } from 'lucide-react';
import { useEffect, useId } from 'react';
import type { CampaignView } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyNote } from '../../components/EmptyNote.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { FramedTable, NumberCell } from '../../components/FramedTable.tsx';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';
import { Status } from '../../components/Status.tsx';
import { count, day, moment, plural } from '../../lib/words/format.ts';
import type { Tone } from '../../lib/words/words.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useCampaign } from '../../store/audit/campaign.ts';
import { pickTexts } from './pick-text.ts';

const VERDICTS: Record<CampaignView['verdict'], { tone: Tone; word: string }> = {
  done: { tone: 'done', word: 'Nothing left' },
  going: { tone: 'running', word: 'Blobs left' },
  late: { tone: 'danger', word: 'Late: the deadline has passed' },
  unanswered: {
    tone: 'attention',
    word: 'The deadline has passed, and it is not certain that nothing is left',
  },
};
/** Snapshots in the table; the picture shows all. */
const SHOWN = 20;

const takeable = (counting: boolean, view: CampaignView | null): string | null => {
  if (counting) return 'The blobs are being counted.';
  return view === null ? 'The blobs could not be counted.' : null;
};

/** What must be left by when: the burn-down by owner, over the snapshots and the list as it stands. */
export function CampaignTab() {
  const {
    text,
    view,
    counting,
    fault,
    isUnsaved,
    open,
    count: recount,
    takeSnapshot,
    save,
    close,
  } = useCampaign();
  // Another list or another answer of KMS counts otherwise.
  const summary = useAudit((state) => state.summary);
  const waiting = useLongWait(counting && view === null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the summary says that there is something new to count
  useEffect(() => void recount(), [summary, recount]);
  const choose = () => pickTexts('.yaml,.yml,.json,.jsonl', (files) => void open(files));
  return (
    <div className="audit-page">
      {text !== null && (
        <div className="button-row">
          <Button icon={<FolderOpen className="icon" aria-hidden="true" />} onPress={choose}>
            Open another campaign…
          </Button>
          <Button
            icon={<Camera className="icon" aria-hidden="true" />}
            reason={takeable(counting, view)}
            onPress={() => void takeSnapshot()}
          >
            Take a snapshot
          </Button>
          <Button
            variant={isUnsaved ? 'primary' : 'normal'}
            icon={<Download className="icon" aria-hidden="true" />}
            reason={isUnsaved ? null : 'Every snapshot is in its file already.'}
            onPress={() => void save()}
          >
            Save snapshots…
          </Button>
          <Button variant="quiet" onPress={close}>
            {isUnsaved ? 'Close without saving' : 'Close campaign'}
          </Button>
        </div>
      )}
      {fault !== null && <FaultCard fault={fault} />}
      {waiting && <Skeleton label="Counting" lines={6} />}
      {view !== null && <Burndown view={view} />}
      {text === null && (
        <EmptyNote
          icon={CalendarCheck}
          title="No campaign is open"
          text={
            <>
              A campaign file says what to leave, who owns which files, and until when. Choose it together
              with its file of snapshots (<code>NAME.snapshots.jsonl</code>), which{' '}
              <code className="cell-nowrap">rewrap campaign snapshot</code> writes, too.
            </>
          }
        >
          <Button icon={<FolderOpen className="icon" aria-hidden="true" />} onPress={choose}>
            Open campaign…
          </Button>
        </EmptyNote>
      )}
    </div>
  );
}

function Burndown({ view }: { readonly view: CampaignView }) {
  const { name, deadline, verdict, expected, snapshots, now } = view;
  const [first = now] = snapshots;
  const atFirst = new Map(first.owners.map((each) => [each.owner, each.remaining]));
  const shown = [...snapshots.slice(-SHOWN), now].toReversed();
  return (
    <section aria-label={`Campaign ${name}`} className="campaign">
      <div className="campaign-head">
        <h2 className="page-heading">{name}</h2>
        <Status {...VERDICTS[verdict]} />
      </div>
      <p className="run-line tabular">
        <span>{`Deadline ${day(deadline)}`}</span>
        <span>{`${count(now.remaining)} of ${plural(now.blobs, 'blob')} left`}</span>
        {now.unknown > 0 && (
          <span className="attention-text">{`${plural(now.unknown, 'blob')} of unknown key`}</span>
        )}
        {now.filesSkipped > 0 && (
          <span className="attention-text">{`${count(now.filesSkipped)} files, folders or links not read`}</span>
        )}
        {expected !== null && (
          <span
            className={expected > deadline ? 'attention-text' : undefined}
          >{`At the rate so far, nothing is left by ${day(expected)}`}</span>
        )}
      </p>
      <BurndownChart view={view} />
      <FramedTable
        label="By owner"
        head={[
          'Owner',
          { number: 'Left' },
          { number: 'Not known' },
          { number: 'Blobs' },
          { number: `Left on ${day(first.at)}` },
          'Done',
        ]}
      >
        {now.owners
          .toSorted((a, b) => b.remaining - a.remaining)
          .map(({ owner, remaining, unknown, blobs }) => {
            const done = blobs - remaining - unknown;
            return (
              <tr key={owner}>
                <th scope="row">{owner}</th>
                <NumberCell>{count(remaining)}</NumberCell>
                <NumberCell>{unknown === 0 ? '–' : count(unknown)}</NumberCell>
                <NumberCell>{count(blobs)}</NumberCell>
                <NumberCell>{atFirst.has(owner) ? count(atFirst.get(owner) ?? 0) : '–'}</NumberCell>
                <td className="campaign-done tabular">
                  <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect className="bar-track" width="100" height="6" />
                    <rect className="fill-done" width={blobs === 0 ? 0 : (done / blobs) * 100} height="6" />
                  </svg>
                  {blobs === 0 ? '–' : `${Math.floor((done / blobs) * 100)} %`}
                </td>
              </tr>
            );
          })}
      </FramedTable>
      <FramedTable
        label="Snapshots"
        head={[
          'Counted',
          { number: 'Left' },
          { number: 'Not known' },
          { number: 'Blobs' },
          { number: 'Files read' },
          { number: 'Not read' },
        ]}
      >
        {shown.map((each, i) => (
          <tr key={`${each.at} ${i === 0 ? 'now' : ''}`}>
            <th scope="row">{i === 0 ? 'Now' : moment(each.at)}</th>
            <NumberCell>{count(each.remaining)}</NumberCell>
            <NumberCell>{count(each.unknown)}</NumberCell>
            <NumberCell>{count(each.blobs)}</NumberCell>
            <NumberCell>{count(each.filesRead)}</NumberCell>
            <NumberCell>{count(each.filesSkipped)}</NumberCell>
          </tr>
        ))}
      </FramedTable>
      {snapshots.length > SHOWN && (
        <p className="hint">{`${plural(snapshots.length - SHOWN, 'older snapshot')} in the file.`}</p>
      )}
    </section>
  );
}

const WIDTH = 600;
const HEIGHT = 120;

/** Blobs left over time, until the deadline. */
function BurndownChart({ view: { snapshots, now, deadline } }: { readonly view: CampaignView }) {
  const id = useId();
  if (snapshots.length === 0) return null;
  const all = [...snapshots, now];
  const times = all.map(({ at }) => Date.parse(at));
  const from = Math.min(...times);
  const end = Math.max(Date.parse(deadline), ...times);
  const highest = Math.max(1, ...all.map(({ remaining }) => remaining));
  // Even, so that the line at half of it stands at a whole number of blobs.
  const most = highest === 1 ? 1 : highest + (highest % 2);
  const x = (time: number): number => ((time - from) / Math.max(1, end - from)) * WIDTH;
  const y = (left: number): number => HEIGHT - (left / most) * HEIGHT;
  const points = all.map(({ remaining }, i) => `${x(times[i] ?? from)},${y(remaining)}`).join(' ');
  return (
    <figure className="burndown">
      {/* Said by the picture's own words. */}
      <div className="burndown-scale hint tabular" aria-hidden="true">
        <span>{count(most)}</span>
        {most > 1 && <span>{count(most / 2)}</span>}
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}t ${id}d`}
      >
        <title id={`${id}t`}>Blobs left over time</title>
        <desc id={`${id}d`}>
          {`${count(all[0]?.remaining ?? 0)} on ${day(new Date(from).toISOString())}, ${count(now.remaining)} now; the deadline is ${day(deadline)}.`}
        </desc>
        <line className="burndown-grid" x1="0" x2={WIDTH} y1="0" y2="0" />
        {most > 1 && <line className="burndown-grid" x1="0" x2={WIDTH} y1={y(most / 2)} y2={y(most / 2)} />}
        <line
          className="burndown-deadline"
          x1={x(Date.parse(deadline))}
          x2={x(Date.parse(deadline))}
          y1="0"
          y2={HEIGHT}
        />
        <polyline className="pace-line" points={points} />
      </svg>
      <figcaption className="hint tabular burndown-ends">
        <span>{`${day(new Date(from).toISOString())}: ${count(all[0]?.remaining ?? 0)} left`}</span>
        <span
          className="burndown-now"
          style={{ insetInlineStart: `clamp(28%, ${(x(Date.parse(now.at)) / WIDTH) * 100}%, 72%)` }}
        >{`Now: ${count(now.remaining)} left`}</span>
        <span>
          {Date.parse(deadline) === end ? `Deadline ${day(deadline)}` : day(new Date(end).toISOString())}
        </span>
      </figcaption>
    </figure>
  );
}
