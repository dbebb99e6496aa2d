import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RulesInUse } from './audit-rules.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keep = (content: string): void => writeFileSync(join(folder, 'rules.json'), content);
const TEXT = 'version: 1\nforbid: [key-disabled]\n';

describe('rules that an earlier start kept', () => {
  it('are in use again', () => {
    new RulesInUse(folder).use(TEXT, 'gate.yaml', true);
    const again = new RulesInUse(folder);
    expect(again.state).toEqual({ text: TEXT, name: 'gate.yaml', problem: null });
    expect(again.parsed?.forbid).toEqual(['key-disabled']);
  });

  it('are none where none were kept', () => {
    expect(new RulesInUse(folder).state).toEqual({ text: null, name: null, problem: null });
  });

  it.each([
    ['of an earlier form', JSON.stringify({ text: 'version: 0\n', name: 'gate.yaml' }), /version/],
    [
      'with a code that does not exist',
      JSON.stringify({ text: 'version: 1\nforbid: [key-disable]\n', name: 'gate.yaml' }),
      /forbid\.0: .*key-disabled/,
    ],
    ['cut short', '{"text":"version: 1', /rules\.json/],
    ['not as Rewrap writes them', '{"text":1}', /rules\.json/],
  ])('%s are said to be of no use, and stay until others are named', (_, content, problem) => {
    keep(content);
    const rules = new RulesInUse(folder);
    expect(rules.parsed).toBeNull();
    expect(rules.state.problem).toMatch(problem);
    expect(readFileSync(join(folder, 'rules.json'), 'utf8')).toBe(content);
    rules.use(TEXT, 'gate.yaml', true);
    expect(rules.state.problem).toBeNull();
    expect(new RulesInUse(folder).state).toMatchObject({ text: TEXT, problem: null });
  });

  it('that are broken can be taken out of use', () => {
    keep('{');
    new RulesInUse(folder).use(null, null, true);
    expect(new RulesInUse(folder).state).toEqual({ text: null, name: null, problem: null });
  });
});
