import { Copy } from 'lucide-react';
import type { KeyInfo } from '#shared/model/key.ts';
import { IconButton } from '../../components/Button.tsx';
import { Status } from '../../components/Status.tsx';
import { day } from '../../lib/format.ts';
import { keyLabel } from '../../lib/keys.ts';
import { ALGORITHM_WORDS, type Tone } from '../../lib/words.ts';

import { copyText } from '../../store/ui.ts';

const STATE_TONES: Record<string, Tone> = { Enabled: 'done', Disabled: 'neutral', PendingDeletion: 'danger' };

/** One line for each key. What KMS would not tell is shown as a gap, not as an empty cell. */
export function KeyTable({ keys }: { readonly keys: readonly KeyInfo[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="data-scroll" tabIndex={0} aria-label="Keys of this account and Region">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Spec and usage</th>
            <th scope="col">State</th>
            <th scope="col">Origin and manager</th>
            <th scope="col">Algorithms</th>
            <th scope="col">Created</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyLine key={key.arn} info={key} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function KeyLine({ info }: { readonly info: KeyInfo }) {
  const unfit = info.unfitAsDestination;
  return (
    <tr>
      <th scope="row" className="cell-key">
        <span className="cell-main">{keyLabel(info)}</span>
        {info.aliases.slice(1).map((alias) => (
          <span key={alias} className="cell-sub">
            {alias}
          </span>
        ))}
        {info.aliases.length > 0 && <code className="cell-sub">{info.keyId}</code>}
        {info.description !== '' && <span className="cell-sub">{info.description}</span>}
        {unfit !== null && <span className="cell-sub attention-text">Cannot be a destination: {unfit}</span>}
        {info.gaps.map((gap) => (
          <span key={gap} className="cell-sub gap-text">
            Gap: {gap}
          </span>
        ))}
      </th>
      <td>
        {info.spec ?? <Unknown />}
        {info.usage !== null && <span className="cell-sub">{usageWords(info.usage)}</span>}
      </td>
      <td>
        {info.state === null ? (
          <Unknown />
        ) : (
          <Status tone={STATE_TONES[info.state] ?? 'attention'} word={stateWords(info.state)} />
        )}
        {info.deletionDate !== null && <span className="cell-sub">on {day(info.deletionDate)}</span>}
      </td>
      <td>
        {info.origin === null ? <Unknown /> : info.origin}
        {info.manager !== null && (
          <span className="cell-sub">{info.manager === 'AWS' ? 'AWS managed' : 'Customer managed'}</span>
        )}
        {info.multiRegion === true && <span className="cell-sub">Multi-Region</span>}
      </td>
      <td>
        {info.algorithms.length === 0 && <span className="faint">none for encryption</span>}
        {info.algorithms.map((each) => (
          <span key={each} className="cell-line">
            {ALGORITHM_WORDS[each] ?? each}
          </span>
        ))}
      </td>
      <td className="cell-nowrap">{info.createdAt === null ? <Unknown /> : day(info.createdAt)}</td>
      <td>
        <IconButton
          label={`Copy ARN of ${keyLabel(info)}`}
          small
          onPress={() => void copyText(info.arn, 'the key ARN')}
        >
          <Copy className="icon" aria-hidden="true" />
        </IconButton>
      </td>
    </tr>
  );
}

const usageWords = (usage: string): string =>
  usage
    .toLowerCase()
    .replaceAll('_', ' and ')
    .replace(/^./, (c) => c.toUpperCase());
const stateWords = (state: string): string =>
  state.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

function Unknown() {
  return <span className="gap-text">not permitted</span>;
}
