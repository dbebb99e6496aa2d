/**
 * Two lines of a shell for each command, as its help and the manual page show them. A test runs every one of them, in a
 * folder with these files, as the profile `prod`.
 */
export const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  inspect: ['rewrap inspect secrets/', 'cat secrets/db.b64 | rewrap inspect - --json'],
  reencrypt: [
    'rewrap reencrypt secrets/ --to alias/payments-2027 --in-place --backup --profile prod',
    'rewrap reencrypt - --to alias/payments-2027 --out - --profile prod < secrets/db.b64 > db-new.b64',
  ],
  plan: [
    'rewrap plan secrets/ --to alias/payments-2027 -o plan.json --profile prod',
    "rewrap plan . --rule 'path=**/*.env' --to alias/payments-2027 --profile prod > env-plan.json",
  ],
  'plan diff': [
    'rewrap plan diff plan-of-monday.json plan.json',
    'rewrap plan diff plan.json plan.json && echo same',
  ],
  'plan shard': [
    'rewrap plan shard plan.json --shards 16 -o shards',
    'rewrap plan shard plan.json --shards 100 --rate 4000 -o more-shards',
  ],
  run: ['rewrap run plan.json --dry-run --profile prod', 'rewrap run plan.json --workers 4 --profile prod'],
  runs: ['rewrap runs --limit 5', 'rewrap runs --json > runs.json'],
  'runs resume': ['rewrap runs resume RUN --profile prod', 'rewrap runs resume RUN --profile prod --json'],
  'runs retry': [
    'rewrap runs retry RUN --profile prod',
    'rewrap runs retry RUN --grant-token "$TOKEN" --profile prod',
  ],
  'runs compare': [
    'rewrap runs compare RUN --sample 20 --accept-plaintext-in-memory --profile prod',
    'rewrap runs compare RUN --accept-plaintext-in-memory --profile prod --json',
  ],
  'runs undo': ['rewrap runs undo RUN', 'rewrap runs undo RUN --json'],
  'runs close': ['rewrap runs close RUN', 'rewrap runs close RUN --json'],
  'runs show': ['rewrap runs show RUN', 'rewrap runs show RUN --json > run.json'],
  'runs merge': [
    'rewrap runs merge shards',
    'rewrap runs merge shards --json --history history.jsonl > merged.json',
  ],
  history: ['rewrap history --limit 20', 'rewrap history --json > history.json'],
  'history verify': ['rewrap history verify', 'rewrap history verify --json'],
  keys: ['rewrap keys --profile prod', 'rewrap keys --profile prod --region us-east-1 --json'],
  whoami: ['rewrap whoami --profile prod', 'rewrap whoami --profile prod --json'],
  explain: ['rewrap explain AccessDeniedException', 'rewrap explain > codes.txt'],
  audit: [
    'rewrap audit secrets/ --rules rules.yaml --format sarif -o audit.sarif',
    'rewrap audit . --if-deleted alias/payments --profile prod',
  ],
  reconcile: ['rewrap reconcile AWSLogs', 'rewrap reconcile AWSLogs --json -o reconciled.json'],
  evidence: [
    'rewrap evidence secrets/ --sign signing.pem -o evidence',
    'rewrap evidence --run RUN --attach plan.json --sign signing.pem -o evidence-of-run',
  ],
  'gitleaks-ignore': [
    'rewrap gitleaks-ignore leaks.json >> .gitleaksignore',
    'rewrap gitleaks-ignore leaks.json --root . --json > judged.json',
  ],
  campaign: ['rewrap campaign snapshot leave-2019.yaml secrets/', 'rewrap campaign status leave-2019.yaml'],
  'campaign snapshot': [
    'rewrap campaign snapshot leave-2019.yaml secrets/',
    'rewrap campaign snapshot leave-2019.yaml secrets/ --profile prod',
  ],
  'campaign status': [
    'rewrap campaign status leave-2019.yaml',
    'rewrap campaign status leave-2019.yaml --fail-after 2030-01-31 --json',
  ],
  verify: [
    'rewrap verify evidence --public-key public.pem',
    'rewrap verify evidence --public-key public.pem --json > verdict.json',
  ],
  'sso-login': ['rewrap sso-login prod-sso', 'rewrap sso-login prod-sso && rewrap keys --profile prod-sso'],
  serve: ['rewrap serve secrets/ --profile prod', 'rewrap serve --port 8080 --out ./out --allow-unverified'],
  'practice-kms': ['rewrap practice-kms', 'rewrap practice-kms --port 4599 --state ./practice'],
  completion: ['rewrap completion bash > rewrap.bash', 'source <(rewrap completion bash)'],
  manual: ['rewrap manual > rewrap.1', 'rewrap manual | man -l -'],
};

/** What ends the help of a command. */
export function examplesText(words: string): string {
  const lines = EXAMPLES[words] ?? [];
  return lines.length === 0 ? '' : `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
