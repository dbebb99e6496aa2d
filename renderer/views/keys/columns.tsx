import type { KeyInfo } from '#shared/model/key.ts';
import type { TableColumn } from '../../components/columns.ts';
import { Swatch } from '../../components/KeyFace.tsx';
import { Status } from '../../components/Status.tsx';
import {
  keyDanger,
  keyLabel,
  rotationWords,
  stateTone,
  stateWords,
  usageWords,
} from '../../lib/keys/keys.ts';
import { day, plural } from '../../lib/words/format.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';

/** The columns of the list of keys, each cell in two lines. What KMS did not report is shown as a gap. */
export const KEY_COLUMNS: readonly TableColumn<KeyInfo>[] = [
  {
    id: 'name',
    title: 'Key',
    width: 'minmax(9rem, 2.2fr)',
    minTable: 0,
    tooltip: ({ aliases, arn, description }) => [...aliases, arn, description].filter(Boolean).join('\n'),
    cell: (info) => {
      const more = info.aliases.length - 1;
      return (
        <>
          <span className="cell-main">
            <KnownFaces arn={info.arn} />
            {keyLabel(info)}
            {more > 0 && <span className="cell-more"> and {plural(more, 'alias', 'aliases')} more</span>}
          </span>
          <code className="cell-sub key-sub">
            {info.aliases.length > 0 ? info.keyId : info.description || 'no alias'}
          </code>
        </>
      );
    },
  },
  {
    id: 'spec',
    title: 'Spec and usage',
    width: 'minmax(11.2rem, 1fr)',
    minTable: 45,
    cell: ({ spec, usage, gaps }) => (
      <>
        {spec === null ? <Gap why={gaps} /> : <span>{spec}</span>}
        {usage !== null && <span className="cell-sub">{usageWords(usage)}</span>}
      </>
    ),
  },
  {
    id: 'state',
    title: 'State',
    width: 'minmax(10rem, 1fr)',
    minTable: 0,
    cell: (info) => <State info={info} />,
  },
  {
    id: 'rotation',
    title: 'Rotation',
    width: 'minmax(8.4rem, 0.8fr)',
    minTable: 45,
    cell: (info) => <Rotation info={info} />,
  },
  {
    id: 'origin',
    title: 'Origin',
    width: 'minmax(8.5rem, 0.9fr)',
    minTable: 52,
    cell: ({ origin, manager, multiRegionKey, gaps }) => (
      <>
        {origin === null ? <Gap why={gaps} /> : <span>{origin}</span>}
        <span className="cell-sub">
          {manager === 'AWS' ? 'AWS managed' : multiRegionKey === null ? '' : regionWords(multiRegionKey)}
        </span>
      </>
    ),
  },
  {
    id: 'created',
    title: 'Created',
    width: 'minmax(6.5rem, 0.7fr)',
    minTable: 62,
    cell: ({ createdAt, gaps }) => (createdAt === null ? <Gap why={gaps} /> : day(createdAt)),
  },
];

/** Faces that are shown of a key; one that was rotated often has many key materials. */
const FACES = 3;

/** Faces of the key materials that are known to be of a key, from the blobs of the list. */
function KnownFaces({ arn }: { readonly arn: string }) {
  const known = useKeyGroups((state) => state.materialsOf.get(arn));
  return (
    <span className="key-faces">
      {known?.slice(0, FACES).map((fingerprint) => (
        <Swatch key={fingerprint} fingerprint={fingerprint} />
      ))}
    </span>
  );
}

function State({ info }: { readonly info: KeyInfo }) {
  const { state, deletionDate, unfitAsDestination, gaps } = info;
  const danger = keyDanger(info);
  return (
    <>
      {state === null ? (
        <Gap why={gaps} />
      ) : (
        <Status tone={stateTone(info)} word={stateWords(state)} why={danger?.why ?? null} />
      )}
      {deletionDate !== null && <span className="cell-sub danger-text">on {day(deletionDate)}</span>}
      {unfitAsDestination !== null && danger === null && (
        <span className="cell-sub attention-text" title={unfitAsDestination}>
          not a destination
        </span>
      )}
    </>
  );
}

function Rotation({ info }: { readonly info: KeyInfo }) {
  const { rotation, spec, gaps } = info;
  if (rotation !== null)
    return (
      <>
        <span>{rotationWords(rotation)}</span>
        {rotation.nextAt !== null && <span className="cell-sub">next {day(rotation.nextAt)}</span>}
      </>
    );
  const refused = gaps.filter((gap) => gap.startsWith('GetKeyRotationStatus'));
  if (refused.length > 0) return <Gap why={refused} />;
  if (spec !== null && spec !== 'SYMMETRIC_DEFAULT') return <span className="faint">Does not rotate</span>;
  return <span className="faint">{spec === null ? '' : '…'}</span>;
}

function regionWords({ role, replicas }: NonNullable<KeyInfo['multiRegionKey']>): string {
  return role === 'PRIMARY' ? `primary, ${plural(replicas.length, 'replica')}` : 'replica';
}

function Gap({ why }: { readonly why: readonly string[] }) {
  return (
    <span className="gap-text" title={why.join('\n')}>
      not available
    </span>
  );
}
