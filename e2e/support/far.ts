import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Locator } from '@playwright/test';
import type { Stage } from './fixtures.ts';
import { write } from './vault.ts';

const FAR = 'eu-west-1';

/** A client of the other Region of the practice, and a key that is there alone. */
export async function farKey(stage: Stage): Promise<{ kms: KMSClient; arn: string }> {
  const credentials = { accessKeyId: 'AKIAPRACTICEKMSEXAMPL', secretAccessKey: 'any' };
  const kms = new KMSClient({ endpoint: stage.endpoint, region: FAR, credentials });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'In the other Region alone' }));
  return { kms, arn: KeyMetadata?.Arn ?? '' };
}

/**
 * Flags with which the application works against the stage's practice KMS as against AWS, in a process of its own, so
 * that its faults can be switched and no plaintext of its is in ours.
 */
export function asAws(stage: Stage): string[] {
  write(
    stage.home,
    'no-aws-credentials',
    '[default]\naws_access_key_id = AKIAPRACTICEKMSEXAMPL\naws_secret_access_key = any\n',
  );
  return ['--region', 'us-east-1', '--endpoint-url', stage.endpoint];
}

/** Switches faults of the stage's practice KMS. */
export async function faults(stage: Stage, rules: readonly object[]): Promise<void> {
  const scope = '20270101/us-east-1/kms/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=any/${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const url = new URL('/practice/faults', stage.endpoint);
  const reply = await fetch(url, { method: 'PUT', headers: { authorization }, body: JSON.stringify(rules) });
  if (!reply.ok) throw new Error(await reply.text());
}

/** Chooses a destination key that the list does not show. */
export async function pickByArn(sheet: Locator, arn: string): Promise<void> {
  await sheet.getByRole('button', { name: /Destination key$/ }).click();
  await sheet.page().getByRole('button', { name: 'Use another key by ARN (destination)' }).click();
  await sheet.getByRole('textbox', { name: 'Destination key by ARN' }).fill(arn);
  await sheet.getByRole('button', { name: 'Look up key' }).click();
}

export const TICK = 'I accept this for this run: decrypt on this machine';
