import type { PlanView } from '#shared/model/plan-view.ts';
import { KeyFace } from '../../components/KeyFace.tsx';
import { keyWords } from '../../lib/keys/keys.ts';
import { count, plural } from '../../lib/words/format.ts';
import { type PlanFact, planFacts } from '../../lib/words/plan.ts';
import { useKeys } from '../../store/connection/keys.ts';

/** What a plan says, in words. */
export function PlanSays({ view }: { readonly view: PlanView }) {
  const keys = useKeys((state) => state.keys);
  const facts = planFacts(view, (keyId) => keyWords(keyId, keys));
  return (
    <div className="plan-says">
      <FactBox title="What" facts={facts.what}>
        {view.rules.length > 0 && (
          <>
            <dt>Chosen by rules</dt>
            <dd className="plan-stack">
              {view.rules.map((rule) => (
                <code key={rule}>{rule}</code>
              ))}
            </dd>
          </>
        )}
      </FactBox>
      <FactBox title="From" facts={facts.from}>
        {view.materials.length > 0 && (
          <>
            <dt>Key materials, in the bytes</dt>
            <dd className="plan-stack">
              {view.materials.map(({ fingerprint, blobs }) => (
                <span key={fingerprint} className="plan-material">
                  {fingerprint === null ? 'not in the blob' : <KeyFace fingerprint={fingerprint} />}
                  <span className="hint tabular">{plural(blobs, 'blob')}</span>
                </span>
              ))}
              {view.moreMaterials > 0 && <span className="hint">and {count(view.moreMaterials)} more</span>}
            </dd>
          </>
        )}
      </FactBox>
      <FactBox title="To" facts={facts.to} />
      <FactBox title="How" facts={facts.how} />
    </div>
  );
}

function FactBox({
  title,
  facts,
  children,
}: {
  readonly title: string;
  readonly facts: readonly PlanFact[];
  readonly children?: React.ReactNode;
}) {
  return (
    <section className="plan-box" aria-label={title}>
      <h2 className="run-group-title">{title}</h2>
      <dl className="facts">
        {facts.map(({ name, value, title: whole }) => (
          <div key={name} className="plan-fact">
            <dt>{name}</dt>
            <dd title={whole}>{value}</dd>
          </div>
        ))}
        {children}
      </dl>
    </section>
  );
}
