import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { RULE_NAMES, type RuleName } from '#shared/model/choices.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { Rule } from '#shared/model/rule.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { SelectInput, TextInput } from '../../components/fields.tsx';
import { findingCounts, kindCounts, RULE_WORDS, rulesOfFilter } from '../../lib/table/narrow.ts';
import { plural } from '../../lib/words/format.ts';
import { findingWords, kindWords } from '../../lib/words/words.ts';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useSelection } from '../../store/blobs/selection.ts';

/** Chooses blobs by rules, begun from what the table is narrowed to; a plan keeps the rules. */
export function RulesDialog() {
  const open = useUi((state) => state.dialog === 'rules');
  return open ? <Rules /> : null;
}

interface Line extends Rule {
  readonly id: number;
}

let next = 1;
const line = (name: RuleName = 'path', value = ''): Line => ({ id: next++, name, value });

/** These rules, or one to fill in. */
function firstLines(rules: readonly Rule[]): Line[] {
  return rules.length === 0 ? [line()] : rules.map(({ name, value }) => line(name, value));
}

function Rules() {
  const show = useUi((state) => state.open);
  const { selectOnly } = useActions(useSelection);
  const { cursor, byRules } = useSelection();
  const filter = useArrange();
  const [lines, setLines] = useState<readonly Line[]>(() =>
    firstLines(byRules ?? rulesOfFilter(filter, cursor)),
  );
  const rules = useMemo(
    () =>
      lines
        .filter(({ value }) => value.trim() !== '')
        .map(({ name, value }): Rule => ({ name, value: value.trim() })),
    [lines],
  );
  const { ids, notes, fault } = useChosen(rules);
  const note =
    rules.length === 0
      ? 'Say what the blobs have in common.'
      : ids?.length === 0
        ? 'No blob that KMS can re-encrypt is chosen.'
        : '';
  const close = (): void => show(null);
  const select = (): void => {
    if (ids === null) return;
    selectOnly(ids, rules);
    close();
  };
  const change = (id: number, patch: Partial<Rule>): void =>
    setLines(lines.map((each) => (each.id === id ? { ...each, ...patch } : each)));
  return (
    <Dialog
      title="Select by rule"
      open
      onClose={close}
      footer={
        <>
          <span className="foot-note" role="status">
            {note}
          </span>
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            reason={
              ids === null || ids.length === 0 ? (note === '' ? 'The rules are being read.' : note) : null
            }
            onPress={select}
          >
            {ids === null ? 'Select' : `Select ${plural(ids.length, 'blob')}`}
          </Button>
        </>
      }
    >
      <p className="hint">
        Rules of the same type are OR; different types are AND. A plan saved from this selection keeps them.
      </p>
      <fieldset className="rules">
        <legend className="visually-hidden">Rules</legend>
        {lines.map((each, index) => (
          <div key={each.id} className="rule-line">
            <SelectInput
              label={`Rule ${index + 1}`}
              value={each.name}
              options={RULE_NAMES.map((id) => ({ id, label: RULE_WORDS[id].name }))}
              onChange={(name) => change(each.id, { name, value: '' })}
            />
            <RuleValue index={index} rule={each} onChange={(value) => change(each.id, { value })} />
            <IconButton
              label={`Remove rule ${index + 1}`}
              reason={lines.length === 1 ? 'A selection needs one rule at least.' : null}
              onPress={() => setLines(lines.filter(({ id }) => id !== each.id))}
            >
              <Trash2 className="icon" aria-hidden="true" />
            </IconButton>
          </div>
        ))}
      </fieldset>
      <span>
        <Button
          variant="link"
          icon={<Plus className="icon" aria-hidden="true" />}
          onPress={() => setLines([...lines, line()])}
        >
          Add rule
        </Button>
      </span>
      {notes.map((note) => (
        <p key={note} className="hint">
          {note}
        </p>
      ))}
      {fault !== null && <FaultCard fault={fault} />}
    </Dialog>
  );
}

/** A list where the list of blobs knows all values, a field else. */
function RuleValue({
  index,
  rule,
  onChange,
}: {
  readonly index: number;
  readonly rule: Rule;
  readonly onChange: (value: string) => void;
}) {
  const table = useBlobs((state) => state.table);
  const label = `Value of rule ${index + 1}`;
  if (rule.name !== 'kind' && rule.name !== 'finding')
    return (
      <TextInput
        label={label}
        mono
        value={rule.value}
        placeholder={RULE_WORDS[rule.name].example}
        onChange={onChange}
      />
    );
  const known =
    rule.name === 'kind'
      ? kindCounts(table).flatMap(({ id }) =>
          id === 'not-kms' ? [] : [{ id: id as string, label: kindWords(id) }],
        )
      : [
          { id: 'critical', label: 'Critical' },
          { id: 'warning', label: 'Warning' },
          { id: 'info', label: 'Note' },
          ...findingCounts(table).map(({ id }) => ({ id, label: findingWords(id) })),
        ];
  const options =
    known.some(({ id }) => id === rule.value) || rule.value === ''
      ? known
      : [...known, { id: rule.value, label: rule.value }];
  return (
    <SelectInput
      label={label}
      value={rule.value === '' ? null : rule.value}
      options={options}
      onChange={onChange}
    />
  );
}

const TYPING_MS = 150;

/** Ids of the blobs that rules choose; null while that is asked, or without a rule. */
function useChosen(rules: readonly Rule[]): {
  ids: readonly string[] | null;
  notes: readonly string[];
  fault: Fault | null;
} {
  const [ids, setIds] = useState<readonly string[] | null>(null);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [fault, setFault] = useState<Fault | null>(null);
  useEffect(() => {
    let gone = false;
    setIds(null);
    setNotes([]);
    setFault(null);
    if (rules.length === 0) return;
    const timer = setTimeout(() => {
      call(bridge().plans.select({ rules: [...rules] })).then(
        ({ blobIds, notes: said }) => {
          if (gone) return;
          setIds(blobIds);
          setNotes(said);
        },
        (error: unknown) => {
          if (!gone) setFault(pageFaultOf(error));
        },
      );
    }, TYPING_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [rules]);
  return { ids, notes, fault };
}
