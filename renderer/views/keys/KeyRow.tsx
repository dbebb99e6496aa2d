import { memo } from 'react';
import type { KeyInfo } from '#shared/model/key.ts';
import { Box, Cell } from '../../components/grid.tsx';
import { Status } from '../../components/Status.tsx';
import { day, plural } from '../../lib/format.ts';
import { keyDanger, keyLabel, rotationWords, stateTone, stateWords, usageWords } from '../../lib/keys.ts';

export const KEY_COLUMNS = [
  { id: 'name', name: 'Key' },
  { id: 'spec', name: 'Spec and usage' },
  { id: 'state', name: 'State' },
  { id: 'rotation', name: 'Rotation' },
  { id: 'origin', name: 'Origin' },
  { id: 'created', name: 'Created' },
] as const;

/** Id of a key's row in the page. */
export const keyRowId = (arn: string): string => `key-${arn.replace(/[^\w-]/g, '_')}`;

interface KeyRowProps {
  readonly info: KeyInfo;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly active: boolean;
  readonly onChoose: (key: KeyInfo) => void;
}

/** One key in two lines. What KMS would not tell is shown as a gap, not as an empty cell. */
export const KeyRow = memo(function KeyRow({ info, index, top, height, active, onChoose }: KeyRowProps) {
  const { aliases, keyId, spec, usage, state, unfitAsDestination, createdAt, gaps } = info;
  const danger = keyDanger(info);
  const more = aliases.length - 1;
  return (
    <Box
      id={keyRowId(info.arn)}
      className={active ? 'key-row is-active' : 'key-row'}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      style={{ height, transform: `translateY(${top}px)` }}
      onClick={() => onChoose(info)}
    >
      <Cell
        className="key-col-name"
        title={[...aliases, info.arn, info.description].filter(Boolean).join('\n')}
      >
        <span className="cell-main">
          {keyLabel(info)}
          {more > 0 && <span className="cell-more"> and {plural(more, 'alias', 'aliases')} more</span>}
        </span>
        <code className="cell-sub">{aliases.length > 0 ? keyId : info.description || 'no alias'}</code>
      </Cell>
      <Cell className="key-col-spec">
        {spec === null ? <Gap why={gaps} /> : <span>{spec}</span>}
        {usage !== null && <span className="cell-sub">{usageWords(usage)}</span>}
      </Cell>
      <Cell className="key-col-state">
        {state === null ? (
          <Gap why={gaps} />
        ) : (
          <Status tone={stateTone(info)} word={stateWords(state)} why={danger?.why ?? null} />
        )}
        {info.deletionDate !== null && (
          <span className="cell-sub danger-text">on {day(info.deletionDate)}</span>
        )}
        {unfitAsDestination !== null && danger === null && (
          <span className="cell-sub attention-text" title={unfitAsDestination}>
            not a destination
          </span>
        )}
      </Cell>
      <Cell className="key-col-rotation">
        <Rotation info={info} />
      </Cell>
      <Cell className="key-col-origin">
        {info.origin === null ? <Gap why={gaps} /> : <span>{info.origin}</span>}
        <span className="cell-sub">
          {info.manager === 'AWS'
            ? 'AWS managed'
            : info.multiRegionKey === null
              ? ''
              : regionWords(info.multiRegionKey)}
        </span>
      </Cell>
      <Cell className="key-col-created">{createdAt === null ? <Gap why={gaps} /> : day(createdAt)}</Cell>
    </Box>
  );
});

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
  if (spec !== null && spec !== 'SYMMETRIC_DEFAULT') return <span className="faint">does not rotate</span>;
  return <span className="faint">{spec === null ? '' : '…'}</span>;
}

function regionWords({ role, replicas }: NonNullable<KeyInfo['multiRegionKey']>): string {
  return role === 'PRIMARY' ? `primary, ${plural(replicas.length, 'replica')}` : 'replica';
}

function Gap({ why }: { readonly why: readonly string[] }) {
  return (
    <span className="gap-text" title={why.join('\n')}>
      no permission to read
    </span>
  );
}
