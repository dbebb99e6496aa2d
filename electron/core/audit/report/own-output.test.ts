import { expect, test } from 'vitest';
import { keyReferences, ownOutput } from '../../intake/index.ts';
import { arnOf, input, key, reportText, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';

const ARN = arnOf('k');

test.each(['json', 'sarif', 'cyclonedx'] as const)(
  'a report as %s that lies among audited files refers to no key',
  (format) => {
    const audit = makeAudit(input([row({ file: 'a', keyArn: ARN })], [key('k')]));
    const bytes = Buffer.from(reportText(audit, format));
    expect(bytes.includes('arn:aws:kms:') || format === 'sarif').toBe(true);
    expect(ownOutput(bytes)).toMatch(/report/);
    expect(keyReferences(bytes, `before.${format === 'json' ? 'json' : `${format}.json`}`, [])).toEqual([]);
  },
);

test('plans and records refer to no key; what only looks alike does', () => {
  const others = [
    `{"rewrapPlan": 1, "destination": {"keyId": "${ARN}"}}`,
    `{\n  "rewrap": 1, "blobs": [{"keyArn": "${ARN}"}]}`,
  ];
  for (const text of others) expect(keyReferences(Buffer.from(text), 'a.json', [])).toEqual([]);
  const theirs = [
    `{"$schema": "x", "runs": [{"tool": {"driver": {"name": "tfsec"}}, "key": "${ARN}"}]}`,
    `{"bomFormat": "CycloneDX", "metadata": {"tools": {"components": [{"name": "syft"}]}}, "key": "${ARN}"}`,
    `{"report": "daily", "kmsKey": "${ARN}"}`,
  ];
  for (const text of theirs) expect(keyReferences(Buffer.from(text), 'a.json', []), text).toHaveLength(1);
});
